//! The state of a discovery's last run.

use std::fmt;

/// The state of a discovery's last run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RunState {
    Running,
    Complete,
    Aborted,
    Failed,
    /// It was created, and has not run yet.
    Never,
    /// The controller reports a state that is not known.
    Unknown,
}

impl RunState {
    /// Every state.
    pub(crate) const ALL: [Self; 6] =
        [Self::Running, Self::Complete, Self::Aborted, Self::Failed, Self::Never, Self::Unknown];
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Aborted => "aborted",
            Self::Failed => "failed",
            Self::Never => "never",
            Self::Unknown => "unknown",
        })
    }
}
