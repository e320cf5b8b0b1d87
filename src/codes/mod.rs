//! Every diagnostic code, and the page that explains it.
//!
//! Diagnostics take their codes from here, so every code that is printed has a page: a Markdown file
//! in `pages`, with an example that triggers the code. `tests/it/codes.rs` runs the examples.
//! `reference` formats the pages, and `cli` prints them.

/// Declares the codes of each group with their grades, and `all`.
macro_rules! codes {
    ($($(#[$doc:meta])* $group:ident $space:literal {
        $($id:ident $last:literal [$($grade:ident),+],)+
    })+) => {
        $($(#[$doc])*
        pub(crate) mod $group {
            $(pub(crate) static $id: $crate::codes::Code = $crate::codes::Code {
                name: concat!($space, $last),
                grades: &[$($crate::codes::Grade::$grade),+],
                page: include_str!(concat!("pages/", $last, ".md")),
            };)+
        })+

        /// Returns every code, by name.
        pub(crate) fn all() -> Vec<&'static Code> {
            let mut all = vec![$($(&$group::$id),+),+];
            all.sort_by_key(|it: &&Code| it.name);
            all
        }
    };
}

codes! {
    /// Errors in files: `validate` finds all of them, without a controller.
    config "trueup::config::" {
        SYNTAX "syntax" [Invalid],
        UNKNOWN_KEY "unknown_key" [Invalid],
        WRONG_TYPE "wrong_type" [Invalid],
        MISSING_KEY "missing_key" [Invalid],
        DUPLICATE_KEY "duplicate_key" [Invalid],
        DUPLICATE_NAME "duplicate_name" [Invalid],
        BAD_NAME "bad_name" [Invalid],
        BAD_ADDRESS "bad_address" [Invalid],
        BAD_PREFIX "bad_prefix" [Invalid],
        REVERSED_RANGE "reversed_range" [Invalid],
        MIXED_FAMILIES "mixed_families" [Invalid],
        WHICH_TARGET "which_target" [Invalid],
        OUT_OF_RANGE "out_of_range" [Invalid],
        BAD_DURATION "bad_duration" [Invalid],
        BAD_GLOB "bad_glob" [Invalid],
        BAD_CREDENTIAL "bad_credential" [Invalid],
        BAD_CONTROLLER "bad_controller" [Invalid],
        DUPLICATE_POLICY "duplicate_policy" [Invalid],
        UNSUPPORTED_VERSION "unsupported_version" [Invalid],
        NO_FILES "no_files" [Invalid],
        TOO_MANY "too_many" [Invalid, Warning],
    }

    /// Warnings about files: values that are accepted and may not have the expected effect.
    bounds "trueup::config::" {
        LARGE_RANGE "large_range" [Warning],
        PREFIX_SIZE "prefix_size" [Warning],
        TOO_MANY_RANGES "too_many_ranges" [Warning],
        LONG_ADDRESS_LIST "long_address_list" [Warning],
        LONG_NAME "long_name" [Warning],
        MANY_CREDENTIALS "many_credentials" [Warning],
        DUPLICATE_RANGE "duplicate_range" [Warning],
        DUPLICATE_PROTOCOL "duplicate_protocol" [Warning],
        IPV6_UNPROVEN "ipv6_unproven" [Warning],
        EXCLUDE_MAY_BE_IGNORED "exclude_may_be_ignored" [Warning],
    }

    /// Diagnostics of a plan about the files and the command line: credentials, names, pruning,
    /// requested runs.
    plan "trueup::plan::" {
        CREDENTIAL_MISSING "credential_missing" [Error],
        CREDENTIAL_AMBIGUOUS "credential_ambiguous" [Error],
        CREDENTIAL_OF_ANOTHER_KIND "credential_of_another_kind" [Error],
        CREDENTIAL_TWICE "credential_twice" [Warning],
        NO_CLI_CREDENTIAL "no_cli_credential" [Error],
        NO_SNMP_CREDENTIAL "no_snmp_credential" [Warning],
        CREATE_STARTS_A_RUN "create_starts_a_run" [Warning],
        OTHER_CONTROLLER "other_controller" [Refusal],
        PRUNE_WITHOUT_NAMES "prune_without_names" [Invalid],
        PRUNE_WITHOUT_DISCOVERIES "prune_without_discoveries" [Invalid],
        RERUN_NOT_PRESENT "rerun_not_present" [Invalid],
        RERUN_NARROWED_AWAY "rerun_narrowed_away" [Warning],
        MATCHES_NOTHING "matches_nothing" [Warning],
        TOO_MANY_DELETIONS "too_many_deletions" [Refusal],
        IMMUTABLE_WHILE_STOPPED "immutable_while_stopped" [Error],
        BUG "bug" [Error],
    }

    /// Diagnostics of a plan about the state of the controller.
    live "trueup::plan::" {
        DUPLICATE_LIVE_NAME "duplicate_live_name" [Error],
        UNREADABLE "unreadable" [Error, Warning],
        OWN_CREDENTIALS "own_credentials" [Refusal],
        OWN_CREDENTIALS_LOST "own_credentials_lost" [Warning],
        SECRETS_NOT_SENT "secrets_not_sent" [Warning],
        BEING_EDITED "being_edited" [Warning],
        SIMILAR_NAME "similar_name" [Warning],
        HOPS_NOT_REPORTED "hops_not_reported" [Warning],
        RUN_STATE_UNKNOWN "run_state_unknown" [Warning],
        RUN_AGE_UNKNOWN "run_age_unknown" [Warning],
        ALREADY_RUNNING "already_running" [Warning],
    }

    /// Diagnostics of a plan with `--base`.
    drift "trueup::plan::" {
        DRIFT "drift" [Refusal],
        UNREADABLE_BASE "unreadable_base" [Warning, Refusal],
    }

    /// Refusals by the limits of a `policy` block.
    policy "trueup::policy::" {
        MAX_NEW_ADDRESSES "max_new_addresses" [Refusal],
        MAX_LOGIN_ATTEMPTS "max_login_attempts" [Refusal],
        MAX_DELETE "max_delete" [Refusal],
        PROTECTED_NAMES "protected_names" [Refusal],
        MAX_ADDRESSES_PER_DISCOVERY "max_addresses_per_discovery" [Refusal],
        FORBID_RANGES "forbid_ranges" [Refusal],
        ALLOW_ONLY_WITHIN "allow_only_within" [Refusal],
        ALLOW_UNBOUNDED "allow_unbounded" [Refusal],
        OVERLAP "overlap" [Refusal, Warning],
    }

    /// Outcomes of executed changes that differ from the plan.  The terminal shows them in the
    /// summary; these codes are for machine-readable output.
    apply "trueup::apply::" {
        FAILED "failed" [Outcome],
        CONFLICT "conflict" [Outcome],
        STALE "stale" [Outcome],
        PENDING "pending" [Outcome],
        UNKNOWN "unknown" [Outcome],
        NOT_TRIED "not_tried" [Outcome],
    }

    /// Failures that no file caused.
    command "trueup::" {
        COMMAND "command" [Failure],
    }
}

/// A diagnostic code and the page that explains it.
#[derive(Debug)]
pub(crate) struct Code {
    /// The whole code, such as `trueup::config::large_range`: an interface, never renamed.
    pub(crate) name: &'static str,
    /// How it can be reported, the usual grade first.
    pub(crate) grades: &'static [Grade],
    /// The page, as Markdown: the title as its heading, and sections.
    pub(crate) page: &'static str,
}

/// How severe a diagnostic is, and what it prevents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    /// Stops nothing.
    Warning,
    /// The files or the command line have an error: no request is sent.
    Invalid,
    /// Only the controller reveals the error: the plan cannot be applied.
    Error,
    /// A limit or a protection refuses: the plan is shown and cannot be applied.
    Refusal,
    /// A command failed, in one of many ways.
    Failure,
    /// The outcome of an executed change.
    Outcome,
}

impl Code {
    /// Returns the last part of the name, which is also unique.
    pub(crate) fn short(&self) -> &'static str {
        self.name.rsplit("::").next().unwrap_or(self.name)
    }

    /// Whether it can be a warning.
    pub(crate) fn may_warn(&self) -> bool {
        self.grades.contains(&Grade::Warning)
    }

    /// Whether it can be a warning whose grade the `rules` of a policy may set.
    pub(crate) fn is_gradable(&self) -> bool {
        self.may_warn() && !self.name.starts_with("trueup::policy::")
    }

    /// Whether it can be more than a warning.
    pub(crate) fn may_stop(&self) -> bool {
        self.grades.iter().any(|it| *it != Grade::Warning)
    }

    /// Returns what happened, in at most 50 characters: a fragment in lower case, without a period.
    pub(crate) fn title(&self) -> &'static str {
        self.page.lines().next().and_then(|it| it.strip_prefix("# ")).unwrap_or_default()
    }

    /// Returns the sections of the page, each with its heading.
    pub(crate) fn sections(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.page.split("\n## ").skip(1).filter_map(|it| it.split_once("\n\n"))
    }
}

/// Returns the codes whose grade the `rules` of a policy may set. The limits of the policy are not
/// among them, because their own keys grade them.
pub(crate) fn gradable() -> impl Iterator<Item = &'static Code> + Clone {
    all().into_iter().filter(|it| it.is_gradable())
}

/// Finds a code by its full name or by its last part.
pub(crate) fn find(name: &str) -> Option<&'static Code> {
    all().into_iter().find(|it| it.name == name || it.short() == name)
}

/// A code for tests that the program never prints.
#[cfg(test)]
pub(crate) static ANY: Code =
    Code { name: "trueup::config::x", grades: &[Grade::Invalid, Grade::Warning], page: "" };

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_in_whole_and_in_their_last_part() {
        let all = all();
        assert!(50 < all.len());
        let whole = all.iter().map(|it| it.name).collect::<BTreeSet<_>>();
        let short = all.iter().map(|it| it.short()).collect::<BTreeSet<_>>();
        assert_eq!((whole.len(), short.len()), (all.len(), all.len()));
    }

    #[test]
    fn every_page_has_text_under_every_heading() {
        for code in all() {
            let (name, title) = (code.name, code.title());
            assert!(!code.grades.is_empty(), "{name}");
            assert!((1..=50).contains(&title.chars().count()) && !title.ends_with('.'), "{name}");
            let headings = code.sections().map(|(heading, _)| heading).collect::<Vec<_>>();
            let expected = ["What it means", "Why it matters", "Example", "What to do"];
            assert_eq!(headings, expected, "{name}");
            for (heading, text) in code.sections().filter(|(heading, _)| *heading != "Example") {
                let text = text.trim_end();
                assert!(30 < text.len() && text.ends_with(['.', '`']), "{name}: {heading}");
                assert!(text.matches('`').count() % 2 == 0, "{name}: {heading}");
                assert!(!text.contains("  ") && !text.contains(" \n"), "{name}: {heading}");
            }
        }
    }

    #[test]
    fn a_code_is_found_by_its_last_part() {
        assert_eq!(find("large_range").unwrap().name, "trueup::config::large_range");
        assert_eq!(find("trueup::config::large_range").unwrap().short(), "large_range");
        assert!(find("config::large_range").is_none() && find("").is_none());
    }
}
