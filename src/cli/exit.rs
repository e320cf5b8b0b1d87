//! Exit codes: an interface, never renumbered.

use std::process::ExitCode;

use crate::{
    events::Verdict,
    session::{Error, ErrorKind},
};

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done; or nothing to do.
    Done = 0,
    /// Failed, and nothing was changed.
    Failed = 1,
    /// `--detailed-exitcode`: there are changes.
    Changes = 2,
    /// `--detailed-exitcode`: there is drift, and nothing else to do.
    Drift = 3,
    /// The command line or the files are invalid.
    Invalid = 4,
    /// Refused by a limit or a protection.
    Refused = 5,
    /// The live state has changed since the plan; nothing was written.
    Stale = 6,
    /// Some changes took effect, others failed or were not tried.
    Partial = 7,
    /// Stopped or out of time, with operations open or unknown.
    Pending = 8,
    /// The controller could not be reached, or the login failed.
    Unreachable = 9,
}

impl Exit {
    /// Every exit code, by number.
    pub(crate) const ALL: [Self; 10] = [
        Self::Done,
        Self::Failed,
        Self::Changes,
        Self::Drift,
        Self::Invalid,
        Self::Refused,
        Self::Stale,
        Self::Partial,
        Self::Pending,
        Self::Unreachable,
    ];

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The meaning, as in the README.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done; or nothing to do",
            Self::Failed => "failed, and nothing was changed; or the plan was not approved",
            Self::Changes => "`--detailed-exitcode`: there are changes",
            Self::Drift => "`--detailed-exitcode`: there is drift, and nothing else to do",
            Self::Invalid => {
                "invalid: the command line, the files, a saved plan, a journal, no login, or no \
                 terminal to ask at and no `--auto-approve`"
            }
            Self::Refused => {
                "refused: by a limit or a protection, or the files or the saved plan are for \
                 another controller, or a saved plan has errors"
            }
            Self::Stale => {
                "stale: the controller changed between plan and apply; nothing was written"
            }
            Self::Partial => "partial: some changes took effect, others failed or were not tried",
            Self::Pending => "pending: stopped or out of time, with operations open or unknown",
            Self::Unreachable => {
                "unreachable: the controller could not be reached, or the login failed"
            }
        }
    }

    /// The name, for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Changes => "changes",
            Self::Drift => "drift",
            Self::Invalid => "invalid",
            Self::Refused => "refused",
            Self::Stale => "stale",
            Self::Partial => "partial",
            Self::Pending => "pending",
            Self::Unreachable => "unreachable",
        }
    }
}

impl Exit {
    /// Returns the exit code for the end of an apply.
    pub(crate) fn of(result: &Result<Verdict, Error>) -> Self {
        match result {
            Ok(Verdict::Complete) => Self::Done,
            Ok(Verdict::Failed) => Self::Failed,
            Ok(Verdict::Partial) => Self::Partial,
            Ok(Verdict::Pending) => Self::Pending,
            Err(error) => error.kind.into(),
        }
    }
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Failed => Self::Failed,
            ErrorKind::Invalid => Self::Invalid,
            ErrorKind::Refused => Self::Refused,
            ErrorKind::Stale => Self::Stale,
            ErrorKind::Unreachable => Self::Unreachable,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
