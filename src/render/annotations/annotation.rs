//! A complaint with its places as they are named in a repository.

use crate::{
    model::printable,
    source::{Diagnostic, Location, Severity, SourceMap},
};

/// A complaint as it is put to its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Annotation {
    pub(crate) severity: Severity,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// The places involved, the one to blame first.
    pub(crate) places: Vec<Place>,
    /// What tells it from others of its code in its file, in whatever line they stand.
    pub(crate) identity: String,
    /// The hash of the line to blame, where its text is known.
    pub(crate) line_hash: Option<String>,
}

/// A place in a file, by the file's name in its repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: Named,
    /// Its path is as the user would write it.
    pub(crate) at: Location,
    /// What is to be said there.
    pub(crate) text: Option<String>,
}

/// How a file is named to whoever has the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// With slashes.
    pub(crate) path: String,
    /// Whether the path begins at the root of the repository.
    pub(crate) is_in_repository: bool,
}

/// Makes an annotation of a complaint; `named` knows how a file is named.
///
/// Nothing of it can mislead a reader: what is not seen is escaped here, so that both formats show
/// it alike.
pub(crate) fn annotation(
    diagnostic: &Diagnostic,
    sources: &SourceMap,
    mut named: impl FnMut(&str) -> Named,
) -> Annotation {
    let Diagnostic { severity, code, message, help, labels } = diagnostic;
    let places = labels.iter().map(|label| {
        let at = sources.locate(label.span);
        Place { file: named(&at.path), at, text: label.text.as_deref().map(printable) }
    });
    Annotation {
        severity: *severity,
        code: printable(code),
        message: printable(message),
        help: help.as_deref().map(printable),
        places: places.collect(),
        identity: message.clone(),
        line_hash: None,
    }
}
