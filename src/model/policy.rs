//! Limits on plans, each with its place in the files.
//!
//! The planner checks plans against them.

use std::collections::BTreeMap;

use super::{
    address::{AddressRange, Count},
    desired::{Globs, Sourced},
    name::Name,
};
use crate::source::{Span, Spanned};

/// The limits on plans. `None` is no limit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    /// The most addresses that a plan may scan and no live discovery covers.
    pub(crate) max_new_addresses: Option<Sourced<Count>>,
    /// The most addresses of a discovery in the files.
    pub(crate) max_addresses_per_discovery: Option<Sourced<Count>>,
    /// The most logins to devices that the runs of a plan may cause.
    pub(crate) max_login_attempts: Option<Sourced<Count>>,
    pub(crate) max_delete: Option<Sourced<MaxDelete>>,
    /// Ranges that no discovery in the files may scan.
    pub(crate) forbid_ranges: Option<Sourced<Vec<Spanned<AddressRange>>>>,
    /// The only ranges that discoveries in the files may scan.
    pub(crate) allow_only_within: Option<Sourced<Vec<Spanned<AddressRange>>>>,
    /// The names that neighbour discoveries may have.
    pub(crate) allow_unbounded: Option<Sourced<NamePatterns>>,
    /// What to report if two discoveries scan the same addresses; nothing by default.
    pub(crate) overlap: Option<Sourced<Grade>>,
    /// The names of discoveries that are never deleted or replaced.
    pub(crate) protected_names: Option<Sourced<NamePatterns>>,
    /// The severity of warnings, by their full codes.
    pub(crate) rules: BTreeMap<&'static str, Sourced<Grade>>,
}

/// The most discoveries that a plan may delete or replace. If both are given, a plan is refused only
/// above both.
#[derive(Clone, Debug)]
pub(crate) struct MaxDelete {
    pub(crate) count: Option<Sourced<u64>>,
    /// Of the managed live discoveries.
    pub(crate) percent: Option<Sourced<u64>>,
}

/// How severe a warning is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grade {
    /// Not reported.
    Off,
    Warn,
    /// The plan is refused.
    Error,
}

/// Patterns of names, with their places.
#[derive(Clone, Debug, Default)]
pub(crate) struct NamePatterns {
    pub(crate) patterns: Vec<Spanned<String>>,
    /// All of them, compiled.
    pub(crate) globs: Globs,
}

impl NamePatterns {
    /// Returns the place of the first pattern that matches the name.
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
