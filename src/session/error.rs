//! Why a use case ended without a result.

use crate::{
    codes,
    source::{Diagnostic, SourceMap},
};

/// The kind of an error, by which `cli` picks the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    Failed,
    Invalid,
    Refused,
    Stale,
    Unreachable,
}

/// An error, with everything that there is to print about it.
#[derive(Debug)]
pub(crate) struct Error {
    pub(crate) kind: ErrorKind,
    /// In the order in which they are printed. Empty where they were printed as they happened.
    pub(crate) problems: Vec<Problem>,
}

/// One problem.
#[derive(Debug)]
pub(crate) enum Problem {
    /// A problem that no file is to blame for.
    Message { message: String, help: Option<String> },
    /// Problems at places in files, and a line that sums them up.
    InFiles { diagnostics: Vec<Diagnostic>, sources: SourceMap, summary: Option<String> },
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let problem = Problem::Message { message: message.into(), help: None };
        Self { kind, problems: vec![problem] }
    }

    pub(crate) fn in_files(
        kind: ErrorKind,
        diagnostics: Vec<Diagnostic>,
        sources: SourceMap,
    ) -> Self {
        Self { kind, problems: vec![Problem::InFiles { diagnostics, sources, summary: None }] }
    }

    /// An error whose problems were printed as they happened.
    pub(crate) fn already_printed(kind: ErrorKind) -> Self {
        Self { kind, problems: Vec::new() }
    }

    pub(crate) fn interrupted_before_writes() -> Self {
        Self::new(ErrorKind::Failed, "interrupted; nothing was written")
    }

    /// Adds what to do about the last problem.
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        match self.problems.last_mut() {
            Some(Problem::Message { help, .. }) => *help = Some(text.into()),
            Some(Problem::InFiles { summary, .. }) => *summary = Some(text.into()),
            None => (),
        }
        self
    }

    /// Adds the problems of another error; the kind stays that of the first.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.problems.extend(other.problems);
        self
    }
}

impl Problem {
    /// Returns the problem of a message as a diagnostic, for machines.
    pub(crate) fn diagnostic(message: &str, help: Option<&str>) -> Diagnostic {
        Diagnostic::error(&codes::command::COMMAND, message).help_if(help)
    }
}
