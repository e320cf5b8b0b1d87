//! The origin of a change: this branch, drift on the controller, or both.
//!
//! [`super::attribute`] decides it.

use std::fmt;

use super::types::{Action, FieldChange};
use crate::{
    model::{Desired, Name},
    source::Span,
};

/// Where a difference between the files and the controller comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// This branch: at the base, the files asked for the live value.
    ThisChange,
    /// Drift: at the base, the files asked for the same as now.
    Drift,
    /// Both: the live value is neither what the base asked for nor what the files ask for now, and
    /// these differ.
    Both,
}

impl Origin {
    /// Every origin.
    pub(crate) const ALL: [Self; 3] = [Self::ThisChange, Self::Drift, Self::Both];

    /// Returns the name in JSON.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::ThisChange => "this_change",
            Self::Drift => "drift",
            Self::Both => "both",
        }
    }

    /// Combines two origins.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Both }
    }
}

/// Formats it for a plan.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ThisChange => "this change",
            Self::Drift => "drift",
            Self::Both => "both: this change, and drift",
        })
    }
}

/// What to do with drift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Drift {
    /// It is left alone.
    Keep,
    /// It is changed back to the files.
    #[default]
    Revert,
    /// The plan is refused.
    Fail,
}

impl Drift {
    /// Every option.
    pub(crate) const ALL: [Self; 3] = [Self::Keep, Self::Revert, Self::Fail];
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keep => "keep",
            Self::Revert => "revert",
            Self::Fail => "fail",
        })
    }
}

/// The files as they were before the branch began.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    /// Their desired state, or the first mistakes in them as a message.
    pub(crate) desired: Result<Desired, String>,
    pub(crate) git: Git,
}

/// The base in git. Paths are as a person would write them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Git {
    /// The base as the user named it.
    pub(crate) base: String,
    /// The id of the last commit that this branch and the base share, in full.
    pub(crate) merge_base: String,
    /// The id of the commit that is checked out, in full.
    pub(crate) head: String,
    /// Files with uncommitted changes, which count as this change.
    pub(crate) dirty: Vec<String>,
    /// Files that had another path at the base: the path now, and the one then.
    pub(crate) renamed: Vec<(String, String)>,
    /// Files outside the repository, which are assumed to be the same at the base.
    pub(crate) outside: Vec<String>,
}

/// The comparison of a plan with a base.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    pub(crate) git: Git,
    /// Whether the files of the base could be read; otherwise everything counts as this change.
    pub(crate) is_readable: bool,
    /// Drift that is left alone, by name.
    pub(crate) kept: Vec<KeptDrift>,
    /// Live discoveries that the branch removed from the files and that stay, by name.
    pub(crate) removed: Vec<Name>,
}

/// Drift of one discovery that is left alone.
#[derive(Clone, Debug)]
pub(crate) struct KeptDrift {
    pub(crate) name: Name,
    /// The action that was not planned; an update if only some fields are kept.
    pub(crate) action: Action,
    /// The fields that were not changed.
    pub(crate) fields: Vec<FieldChange>,
    /// The discovery's entry in the files, if any.
    pub(crate) span: Option<Span>,
}

/// The number of changes of each origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origins {
    pub(crate) this_change: usize,
    pub(crate) drift: usize,
    pub(crate) both: usize,
    /// Restarts that nothing in the branch asks for.
    pub(crate) restart: usize,
    /// Discoveries that an interrupted apply deleted and did not create again.
    pub(crate) deleted_not_recreated: usize,
}
