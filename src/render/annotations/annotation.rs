//! A diagnostic with its places as paths in the repository.

use crate::{
    model::printable,
    source::{Diagnostic, Location, Severity, SourceMap},
};

/// A diagnostic at its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Annotation {
    pub(crate) severity: Severity,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// The places, the primary one first.
    pub(crate) places: Vec<Place>,
    /// Distinguishes it from others with its code in its file, independent of the line number.
    pub(crate) identity: String,
    /// The hash of the primary line, if its text is known.
    pub(crate) line_hash: Option<String>,
}

/// A place in a file of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: Named,
    /// Its path is the one that the user would write.
    pub(crate) at: Location,
    /// The label.
    pub(crate) text: Option<String>,
}

/// The path of a file in the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// With slashes.
    pub(crate) path: String,
    /// Whether the path begins at the root of the repository.
    pub(crate) is_in_repository: bool,
}

/// Converts a diagnostic to an annotation; `named` returns the path of a file in the repository.
///
/// Invisible characters are escaped here, so that both formats show them the same way.
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
