//! What the user has to know about the journals of earlier applies.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use crate::{journal::JournalError, model::Name};

/// Something that the user has to know.
#[derive(Debug)]
pub(crate) enum Notice {
    /// Another apply is running. This one goes on, or plans without its journal.
    AnotherApply {
        path: PathBuf,
        is_plan: bool,
    },
    /// An interrupted apply is being settled.
    Settling {
        path: PathBuf,
        n_open: usize,
    },
    /// Its operations are still open.
    StillOpen {
        path: PathBuf,
    },
    /// A plan is made without the journals, because their folder cannot be read.
    FolderNotRead {
        folder: &'static str,
        error: io::Error,
    },
    /// A plan is made without this journal, and possibly without others.
    NotRead {
        path: PathBuf,
        n_more: usize,
        error: JournalError,
    },
    /// Nothing more is recorded, and so nothing more is sent.
    NotWritten {
        path: PathBuf,
        error: io::Error,
    },
    NotClosed {
        path: PathBuf,
        error: io::Error,
    },
    /// The plan creates a discovery that an earlier apply deleted, without knowing its former
    /// settings.
    CreatedFromFilesAlone {
        names: Vec<Name>,
        path: PathBuf,
    },
    /// The plan does not run a discovery that an earlier apply edited.
    RunMissing {
        names: Vec<Name>,
        path: PathBuf,
        is_resumable: bool,
    },
    /// The plan does not create a discovery that an earlier apply deleted.
    NotRecreated {
        names: Vec<Name>,
        path: PathBuf,
        is_resumable: bool,
    },
    /// The plan does not run a discovery that an earlier apply was asked to run again.
    RerunForgotten {
        names: Vec<Name>,
    },
}

/// The severity of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    Note,
    Warning,
    Error,
}

impl Notice {
    /// Whether it is about any discovery, where it is about discoveries at all.
    pub(super) fn names_something(&self) -> bool {
        match self {
            Self::CreatedFromFilesAlone { names, .. }
            | Self::RunMissing { names, .. }
            | Self::NotRecreated { names, .. }
            | Self::RerunForgotten { names } => !names.is_empty(),
            Self::AnotherApply { .. }
            | Self::Settling { .. }
            | Self::StillOpen { .. }
            | Self::FolderNotRead { .. }
            | Self::NotRead { .. }
            | Self::NotWritten { .. }
            | Self::NotClosed { .. } => true,
        }
    }

    pub(crate) fn severity(&self) -> Severity {
        match self {
            Self::AnotherApply { .. } | Self::Settling { .. } => Severity::Note,
            Self::NotWritten { .. } => Severity::Error,
            Self::StillOpen { .. }
            | Self::FolderNotRead { .. }
            | Self::NotRead { .. }
            | Self::NotClosed { .. }
            | Self::CreatedFromFilesAlone { .. }
            | Self::RunMissing { .. }
            | Self::NotRecreated { .. }
            | Self::RerunForgotten { .. } => Severity::Warning,
        }
    }
}

/// What a plan without a journal does not know.
const UNKNOWN: &str = "so that this plan does not know what an earlier apply left";

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnotherApply { path, is_plan: true } => write!(
                f,
                "Another apply is at work, and writes `{}`; this plan does not know what it does.",
                path.display(),
            ),
            Self::AnotherApply { path, is_plan: false } => {
                write!(f, "Another apply is at work, and writes `{}`; going on.", path.display())
            }
            Self::Settling { path, n_open } => write!(
                f,
                "An earlier apply was interrupted, with {n_open} {} in flight ({}). Checking \
                 the outcome.",
                if *n_open == 1 { "operation" } else { "operations" },
                path.display(),
            ),
            Self::StillOpen { path } => write!(
                f,
                "operations of an earlier apply are still open ({}) and may take effect later; \
                 continuing with the current state. Each apply waits for them: if they never end, \
                 check their outcome on the controller, then move the file away",
                path.display(),
            ),
            Self::FolderNotRead { folder, error } => {
                write!(f, "the folder `{folder}` cannot be read, {UNKNOWN}: {error}")
            }
            Self::NotRead { path, n_more: 0, error } => {
                write!(f, "the journal `{}` cannot be read, {UNKNOWN}: {error}", path.display())
            }
            Self::NotRead { path, n_more, error } => write!(
                f,
                "the journal `{}`, and {n_more} more of that folder, cannot be read, {UNKNOWN}: \
                 {error}",
                path.display(),
            ),
            Self::NotWritten { path, error } => {
                write!(f, "the journal `{}` cannot be written: {error}", path.display())
            }
            Self::NotClosed { path, error } => {
                write!(f, "the journal `{}` could not be closed: {error}", path.display())
            }
            Self::CreatedFromFilesAlone { names, path } => write!(
                f,
                "an earlier apply deleted {} and did not create it again; this plan, which was \
                 made without that journal, creates it from the files alone: settings that they \
                 leave open may differ from before, see {}",
                joined(names),
                path.display(),
            ),
            Self::RunMissing { names, path, is_resumable } => write!(
                f,
                "an earlier apply edited {} and did not start its run, and this plan does not \
                 either: {}",
                joined(names),
                remedy(path, *is_resumable),
            ),
            Self::NotRecreated { names, path, is_resumable } => write!(
                f,
                "an earlier apply deleted {} and did not create it again, and this plan does not \
                 either: {}",
                joined(names),
                remedy(path, *is_resumable),
            ),
            Self::RerunForgotten { names } => write!(
                f,
                "an earlier apply was to run {} again and did not get to it, and this plan does \
                 not either: pass `--rerun` again",
                joined(names),
            ),
        }
    }
}

fn joined(names: &[Name]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Says what does what the plan does not do.
fn remedy(path: &Path, is_resumable: bool) -> String {
    if is_resumable {
        format!("run `trueup resume {}`", path.display())
    } else {
        "plan and apply it again".to_owned()
    }
}
