//! Errors and warnings, in the format of compilers.

use super::inert::{Open, details, fence};
use crate::{
    model::printable,
    render::plan::counted,
    source::{Diagnostic, Severity, SourceMap},
};

/// Lists as many diagnostics as fit, errors first, and counts the rest.
pub(super) fn diagnostics(
    diagnostics: &[&Diagnostic],
    sources: &SourceMap,
    room: usize,
) -> Option<String> {
    let count = |severity| diagnostics.iter().filter(|it| it.severity == severity).count();
    let errors = counted(count(Severity::Error), "error", "errors");
    let warnings = counted(count(Severity::Warning), "warning", "warnings");
    let title = errors.into_iter().chain(warnings).collect::<Vec<_>>().join(" and ");
    if title.is_empty() {
        return None;
    }
    let mut sorted = diagnostics.to_vec();
    sorted.sort_by_key(|it| it.severity);
    let mut text = String::new();
    let mut n_shown = 0;
    for diagnostic in &sorted {
        let drawn = drawn(diagnostic, sources);
        if room < text.len() + drawn.len() {
            break;
        }
        text.push_str(&drawn);
        n_shown += 1;
    }
    let n_left = sorted.len() - n_shown;
    if n_shown == 0 {
        return Some(format!("**{title}**, not shown here."));
    }
    let body = fence("text", &text);
    let more = (n_left != 0).then(|| format!("\n\n**{n_left} more, not shown here.**"));
    Some(details(Open::Yes, &title, &(body + &more.unwrap_or_default())))
}

fn drawn(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let Diagnostic { severity, code, message, help, labels } = diagnostic;
    let place = labels.first().map(|it| sources.locate(it.span));
    let place =
        place.map(|it| format!("  --> {}:{}:{}\n", printable(&it.path), it.line, it.column));
    let help = help.as_ref().map(|it| format!("  help: {}\n", printable(it)));
    let (place, help) = (place.unwrap_or_default(), help.unwrap_or_default());
    format!("{}[{}]: {}\n{place}{help}", severity.word(), printable(code), printable(message))
}
