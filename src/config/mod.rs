//! YAML files to the desired state, and every mistake in them in one go.
//!
//! A file goes through three forms: a [`tree`] of what is written, the [`raw`] maps with their keys,
//! and the model with its values and defaults ([`resolve`]). Knows no controller: whether a
//! credential exists, or a name is taken, is for the planner to find out.

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
#[cfg(feature = "testing")]
pub(crate) use self::load::read_bytes;
