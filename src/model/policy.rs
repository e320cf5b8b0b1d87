//! The limits that are set to what may be planned, each with its place.
//!
//! Knows what the limits are. Whether a plan keeps to them is for the planner to say.

use std::collections::BTreeMap;

use super::{
    address::{AddressRange, Count},
    desired::{Globs, Sourced},
    name::Name,
};
use crate::source::{Span, Spanned};

/// The limits that are set. `None` sets none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    /// How many addresses a plan may scan that no live discovery covers.
    pub(crate) max_new_addresses: Option<Sourced<Count>>,
    /// How many addresses a discovery of the files may name.
    pub(crate) max_addresses_per_discovery: Option<Sourced<Count>>,
    /// How often the runs of a plan may log in to devices at most.
    pub(crate) max_login_attempts: Option<Sourced<Count>>,
    pub(crate) max_delete: Option<Sourced<MaxDelete>>,
    /// What no discovery of the files may scan.
    pub(crate) forbid_ranges: Option<Sourced<Vec<Spanned<AddressRange>>>>,
    /// What discoveries of the files may scan, and nothing else.
    pub(crate) allow_only_within: Option<Sourced<Vec<Spanned<AddressRange>>>>,
    /// The names of the neighbour discoveries that there may be.
    pub(crate) allow_unbounded: Option<Sourced<NamePatterns>>,
    /// What is said of discoveries that scan the same addresses; where nothing is given, nothing.
    pub(crate) overlap: Option<Sourced<Grade>>,
    /// The names of what is never deleted or replaced.
    pub(crate) protected_names: Option<Sourced<NamePatterns>>,
    /// How much a warning matters, by its whole code.
    pub(crate) rules: BTreeMap<&'static str, Sourced<Grade>>,
}

/// How many discoveries a plan may destroy. Where both are given, it has to be above both to be
/// refused.
#[derive(Clone, Debug)]
pub(crate) struct MaxDelete {
    pub(crate) count: Option<Sourced<u64>>,
    /// Of the live discoveries that the files own.
    pub(crate) percent: Option<Sourced<u64>>,
}

/// How much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grade {
    /// Nothing is said.
    Off,
    Warn,
    /// The plan is refused.
    Error,
}

/// Patterns of names, and where each stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct NamePatterns {
    pub(crate) patterns: Vec<Spanned<String>>,
    /// All of them, compiled.
    pub(crate) globs: Globs,
}

impl NamePatterns {
    /// Returns where the first pattern stands that matches the name.
    pub(crate) fn place_of_match(&self, name: &Name) -> Option<Span> {
        if !self.globs.is_match(name) {
            return None;
        }
        let is_match = |it: &&Spanned<String>| {
            Globs::new([&it.value]).is_ok_and(|pattern| pattern.is_match(name))
        };
        self.patterns.iter().find(is_match).map(|it| it.span)
    }
}
