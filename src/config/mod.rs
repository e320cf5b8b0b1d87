//! Reads YAML files as the desired state, and finds all their mistakes at once.
//!
//! A file goes through three forms: a [`tree`] of its text, the [`raw`] maps with their keys, and
//! the model with its values and defaults ([`resolve`]). This module knows no controller: the planner
//! finds out whether a credential exists, or a name is taken.

mod load;

mod yaml;

mod tree;

mod raw;

mod read;

mod resolve;

mod settings;

mod targets;

mod policy;

mod values;

mod schema;

mod problems;

#[cfg(test)]
mod tests;

pub(crate) use self::{
    load::{Loaded, load, read_files},
    problems::{alternatives, nearest},
    schema::schema,
};

#[cfg(test)]
pub(crate) use self::load::read;
