//! The limits that are set to what may be planned, each with its place.
//!
//! Knows what the limits are. Whether a plan keeps to them is for the planner to say.

use std::collections::BTreeMap;

use super::{
    address::{AddressRange, Count},
    desired::{Given, Globs},
    name::Name,
};
use crate::source::{Span, Spanned};

/// The limits that are set. `None` sets none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    /// How many addresses a plan may scan that no live discovery covers.
    pub(crate) max_new_addresses: Option<Given<Count>>,
    /// How many addresses a discovery of the files may name.
    pub(crate) max_addresses_per_discovery: Option<Given<Count>>,
    /// How often the runs of a plan may log in to devices at most.
    pub(crate) max_login_attempts: Option<Given<Count>>,
    pub(crate) max_delete: Option<Given<MaxDelete>>,
    /// What no discovery of the files may scan.
    pub(crate) forbid_ranges: Option<Given<Vec<Spanned<AddressRange>>>>,
    /// What discoveries of the files may scan, and nothing else.
    pub(crate) allow_only_within: Option<Given<Vec<Spanned<AddressRange>>>>,
    /// The names of the neighbour discoveries that there may be.
    pub(crate) allow_unbounded: Option<Given<NamePatterns>>,
    /// What is said of discoveries that scan the same addresses; where nothing is given, nothing.
    pub(crate) overlap: Option<Given<Grade>>,
    /// The names of what is never deleted or replaced.
    pub(crate) protected_names: Option<Given<NamePatterns>>,
    /// How much a warning matters, by its whole code.
    pub(crate) rules: BTreeMap<&'static str, Given<Grade>>,
}

/// How many discoveries a plan may destroy. Where both are given, it has to be above both to be
/// refused.
#[derive(Clone, Debug)]
pub(crate) struct MaxDelete {
    pub(crate) count: Option<Given<u64>>,
    /// Of the live discoveries that the files own.
    pub(crate) percent: Option<Given<u64>>,
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

/// The code of every warning that there is about files and plans. Those of the policy itself are
/// not among them, as its own keys grade them.
pub(crate) const WARNINGS: &[&str] = &[
    "trueup::config::duplicate_protocol",
    "trueup::config::duplicate_range",
    "trueup::config::exclude_may_be_ignored",
    "trueup::config::ipv6_unproven",
    "trueup::config::large_range",
    "trueup::config::long_address_list",
    "trueup::config::long_name",
    "trueup::config::many_credentials",
    "trueup::config::prefix_size",
    "trueup::config::too_many",
    "trueup::config::too_many_ranges",
    "trueup::plan::already_running",
    "trueup::plan::being_edited",
    "trueup::plan::create_starts_a_run",
    "trueup::plan::credential_twice",
    "trueup::plan::hops_not_reported",
    "trueup::plan::matches_nothing",
    "trueup::plan::no_snmp_credential",
    "trueup::plan::own_credentials_lost",
    "trueup::plan::rerun_narrowed_away",
    "trueup::plan::run_age_unknown",
    "trueup::plan::run_state_unknown",
    "trueup::plan::secrets_not_sent",
    "trueup::plan::similar_name",
    "trueup::plan::unreadable",
];

/// Returns the last part of a code, which is short for it.
pub(crate) fn short_code(code: &str) -> &str {
    code.rsplit("::").next().unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        fs,
        path::{Path, PathBuf},
    };

    use super::*;

    /// The sources of the program, without their tests.
    fn sources(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("tests.rs") {
                let text = String::from_utf8(fs::read(&path).unwrap()).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
                found.push(code.to_owned());
            }
        }
    }

    #[test]
    fn every_warning_can_be_graded() {
        let mut files = Vec::new();
        sources(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        assert!(100 < files.len(), "the walk found next to nothing");
        let mut made = BTreeSet::new();
        for code in &files {
            for behind in code.split("Diagnostic::warning(").skip(1) {
                let literal = behind.trim_start().strip_prefix('"');
                let literal = literal.unwrap_or_else(|| panic!("no code here: {behind:.80}"));
                made.insert(literal.split('"').next().unwrap().to_owned());
            }
        }
        made.retain(|it| !it.starts_with("trueup::policy::"));
        let listed = WARNINGS.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(made, listed);
    }

    #[test]
    fn the_short_codes_of_warnings_are_all_different() {
        let short = WARNINGS.iter().map(|it| short_code(it)).collect::<BTreeSet<_>>();
        assert_eq!(short.len(), WARNINGS.len());
        assert!(WARNINGS.is_sorted());
    }
}
