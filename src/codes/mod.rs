//! Every diagnostic code, and the page that explains it.
//!
//! A diagnostic takes its code from here, so every code has a page: text, and an example that
//! triggers the code, which `tests/it/codes.rs` runs. `reference` builds the pages, `cli` prints
//! them.

/// Defines the codes of one namespace, and `ALL` of them in the order of their definition.
macro_rules! codes {
    ($space:literal; $($id:ident $last:literal [$($grade:ident),+] { $($field:ident: $value:expr,)+ })+) => {
        $(pub(crate) static $id: $crate::codes::Code = $crate::codes::Code {
            name: concat!($space, $last),
            grades: &[$($crate::codes::Grade::$grade),+],
            $($field: $value,)+
        };)+

        pub(super) static ALL: &[&$crate::codes::Code] = &[$(&$id),+];
    };
}

pub(crate) mod config;

pub(crate) mod bounds;

pub(crate) mod plan;

pub(crate) mod live;

pub(crate) mod drift;

pub(crate) mod policy;

pub(crate) mod apply;

pub(crate) mod command;

/// A diagnostic code and its page.
///
/// Texts are paragraphs separated by blank lines, with code between backticks.
#[derive(Debug)]
pub(crate) struct Code {
    /// The full code, such as `trueup::config::large_range`. It is never renamed.
    pub(crate) name: &'static str,
    /// The grades that it can have, the usual one first.
    pub(crate) grades: &'static [Grade],
    /// What happened, in at most 50 characters: a fragment in lower case, without a period.
    pub(crate) title: &'static str,
    /// What the program saw.
    pub(crate) meaning: &'static str,
    /// Why it matters.
    pub(crate) reason: &'static str,
    pub(crate) example: Example,
    /// What to do about it.
    pub(crate) remedy: &'static str,
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

/// What triggers a code. A test runs it.
#[derive(Debug)]
pub(crate) enum Example {
    /// The text of `discoveries.yaml`, for `trueup validate`.
    File(&'static str),
    /// A file that is too large to print: its description, and its bytes.
    Made {
        said: &'static str,
        #[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "run by tests only"))]
        file: fn() -> Vec<u8>,
    },
    /// A plan.
    Plan(ExampleSetup),
    /// A situation of more than one file or command line, described in words. A separate test
    /// triggers it.
    Described(&'static str),
    /// Why no file and no command line triggers it. A unit test does.
    Never(&'static str),
}

/// What the example of a plan starts from.
#[derive(Debug)]
pub(crate) struct ExampleSetup {
    /// What is on the controller, in words; empty if it has only credentials.
    pub(crate) live: &'static str,
    /// The same as discoveries for the built-in controller: a list in JSON.
    #[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "run by tests only"))]
    pub(crate) world: &'static str,
    /// The text of `discoveries.yaml`.
    pub(crate) file: &'static str,
    /// The command line after the program's name.
    pub(crate) line: &'static str,
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
        self.may_warn() && policy::ALL.iter().all(|own| own.name != self.name)
    }

    /// Whether it can be more than a warning.
    pub(crate) fn may_stop(&self) -> bool {
        self.grades.iter().any(|it| *it != Grade::Warning)
    }
}

/// Returns every code, by name.
pub(crate) fn all() -> Vec<&'static Code> {
    let spaces = [
        config::ALL,
        bounds::ALL,
        plan::ALL,
        live::ALL,
        drift::ALL,
        policy::ALL,
        apply::ALL,
        command::ALL,
    ];
    let mut all = spaces.concat();
    all.sort_by_key(|it| it.name);
    all
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
pub(crate) static ANY: Code = Code {
    name: "trueup::config::x",
    grades: &[Grade::Invalid, Grade::Warning],
    title: "",
    meaning: "",
    reason: "",
    example: Example::Never(""),
    remedy: "",
};

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
        for Code { name, grades, title, meaning, reason, example: _, remedy } in all() {
            assert!(!grades.is_empty(), "{name}");
            assert!(title.chars().count() <= 50 && !title.ends_with('.'), "{name}: {title}");
            for text in [meaning, reason, remedy] {
                assert!(30 < text.len() && text.ends_with(['.', '`']), "{name}: {text}");
                assert!(text.matches('`').count() % 2 == 0, "{name}: {text}");
                assert!(!text.contains("  ") && !text.contains(" \n"), "{name}: {text}");
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
