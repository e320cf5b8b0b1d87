//! Every diagnostic code, and the page that explains it.
//!
//! A complaint takes its code from here, so none can be printed that has no page. Each page is
//! text and an example that provokes the code; `tests/it/codes.rs` runs every example. Draws
//! nothing and complains of nothing: `reference` makes pages of the entries, `cli` prints them.

/// Makes the codes of one namespace, and `ALL` of them in the order in which they stand.
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

/// A diagnostic code and what there is to know of it.
///
/// Texts are paragraphs parted by blank lines, with code between backticks.
#[derive(Debug)]
pub(crate) struct Code {
    /// The whole code, such as `trueup::config::large_range`: an interface, never renamed.
    pub(crate) name: &'static str,
    /// How it can be told, the usual one first.
    pub(crate) grades: &'static [Grade],
    /// What happened, in at most 50 characters: a fragment in lower case, without a period.
    pub(crate) title: &'static str,
    /// What it means: what the program saw.
    pub(crate) meaning: &'static str,
    /// Why the program cares.
    pub(crate) reason: &'static str,
    pub(crate) example: Example,
    /// What to do about it.
    pub(crate) remedy: &'static str,
}

/// How much a complaint matters, and so what it keeps from being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    /// Stops nothing.
    Warning,
    /// The files or the command line are wrong: nothing is asked of the controller.
    Invalid,
    /// Only the controller shows that it is wrong: the plan cannot be applied.
    Error,
    /// A limit or a protection says no: the plan is shown and cannot be applied.
    Refusal,
    /// A command failed, in one of many ways.
    Failure,
    /// It is what came of a change that was carried out.
    Outcome,
}

/// What provokes a code. A test runs it.
#[derive(Debug)]
pub(crate) enum Example {
    /// The text of `discoveries.yaml`, for `trueup validate`.
    File(&'static str),
    /// Something that is not seen in a text of the file: what to do, in words, and the bytes of
    /// the file that is made so.
    Made {
        said: &'static str,
        #[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "run by tests only"))]
        file: fn() -> Vec<u8>,
    },
    /// A plan.
    Plan(ExampleSetup),
    /// More than one file or command line: what provokes it, in words. A test of its own does.
    Told(&'static str),
    /// No file and no command line provokes it, and why. A unit test does.
    Never(&'static str),
}

/// A plan that is complained of.
#[derive(Debug)]
pub(crate) struct ExampleSetup {
    /// What is on the controller, in words; nothing but its credentials where that is empty.
    pub(crate) live: &'static str,
    /// The same as the discoveries of a world of the built-in controller: a list in JSON.
    #[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "run by tests only"))]
    pub(crate) world: &'static str,
    /// The text of `discoveries.yaml`.
    pub(crate) file: &'static str,
    /// The command line behind the program's name.
    pub(crate) line: &'static str,
}

impl Code {
    /// Returns the last part of the name, which is unique as well.
    pub(crate) fn short(&self) -> &'static str {
        self.name.rsplit("::").next().unwrap_or(self.name)
    }

    /// Whether it is told as a warning, always or sometimes.
    pub(crate) fn may_warn(&self) -> bool {
        self.grades.contains(&Grade::Warning)
    }

    /// Whether it is a warning that the `rules` of a policy may grade.
    pub(crate) fn is_gradable(&self) -> bool {
        self.may_warn() && policy::ALL.iter().all(|own| own.name != self.name)
    }

    /// Whether it is told as more than a warning, always or sometimes.
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

/// Returns the codes of the warnings that the `rules` of a policy may grade. Those of the policy
/// itself are not among them, as its own keys grade them.
pub(crate) fn gradable() -> impl Iterator<Item = &'static Code> + Clone {
    all().into_iter().filter(|it| it.is_gradable())
}

/// Returns the code of this name, whole or only its last part.
pub(crate) fn find(name: &str) -> Option<&'static Code> {
    all().into_iter().find(|it| it.name == name || it.short() == name)
}

/// A code that the program never prints, for tests of what is done with any.
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
    fn every_page_says_something_under_every_heading() {
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
