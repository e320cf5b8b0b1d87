//! Errors and warnings, with the lines of the files that they are about.
//!
//! A saved plan has only the places of diagnostics, not the lines of the files.

use maud::{Markup, html};

use super::words::grouped;
use crate::{
    model::printable,
    source::{Diagnostic, Location, Severity, SourceMap, Span},
};

/// The maximum number of diagnostics.
const MOST: usize = 1_000;

/// The maximum number of characters of a line before the label, and in total.
const BEFORE: usize = 48;
const LINE: usize = 140;

/// Lists diagnostics, errors first.
pub(super) fn diagnostics(all: &[&Diagnostic], sources: &SourceMap) -> Markup {
    let mut sorted = all.to_vec();
    sorted.sort_by_key(|it| it.severity);
    let n_more = sorted.len().saturating_sub(MOST);
    html! {
        ul.complaints {
            @for it in sorted.iter().take(MOST) { (diagnostic(it, sources)) }
        }
        @if n_more != 0 { p { (grouped(n_more)) " more are not shown here." } }
        p.note-below { "For more on a code, run " code { "trueup explain CODE" } "." }
    }
}

fn diagnostic(diagnostic: &Diagnostic, sources: &SourceMap) -> Markup {
    let Diagnostic { severity, code, message, help, labels } = diagnostic;
    let (class, severity) = match severity {
        Severity::Error => ("error", "Error:"),
        Severity::Warning => ("warning", "Warning:"),
    };
    html! {
        li class=(class) {
            p { strong { (severity) } " " (printable(message)) }
            @for (at, label) in labels.iter().enumerate() {
                @let Location { path, line, column, .. } = sources.locate(label.span);
                p.at {
                    @if at != 0 { "and " }
                    code { (printable(&path)) ":" (line) ":" (column) }
                    @if let Some(text) = &label.text { " " (printable(text)) }
                }
                @if let Some(excerpt) = excerpt(label.span, sources) { (excerpt) }
            }
            @if let Some(help) = help { p.help { "Help: " (printable(help)) } }
            p.code { code { (printable(code)) } }
        }
    }
}

/// Returns the line of a span, with the span marked.
fn excerpt(span: Span, sources: &SourceMap) -> Option<Markup> {
    if !span.has_text() {
        return None;
    }
    let Location { line, column, end_line, end_column, .. } = sources.locate(span);
    let source = sources.source(span.source);
    let text = source.text.get(source.line(line)?)?;
    let begin = column.saturating_sub(1);
    let end = if end_line == line { end_column.saturating_sub(1) } else { usize::MAX };
    let skipped = begin.saturating_sub(BEFORE);
    let part = |from: usize, to: usize| {
        let (from, to) = (from.min(skipped + LINE), to.min(skipped + LINE));
        let chars = text.chars().skip(from).take(to.saturating_sub(from));
        printable(&chars.collect::<String>())
    };
    let is_cut = text.chars().nth(skipped + LINE).is_some();
    Some(html! {
        pre {
            span.n { (line) " " }
            @if skipped != 0 { "…" }
            (part(skipped, begin)) mark { (part(begin, end)) } (part(end, usize::MAX))
            @if is_cut { "…" }
        }
    })
}
