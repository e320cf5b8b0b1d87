//! Words and numbers that several parts of a page use.

use maud::{Markup, html};

use crate::{
    model::{Count, Name, printable, shown},
    plan::Reason,
    render::impact,
    source::{SourceMap, Span},
};

/// This many names are listed, and the rest is counted.
const MOST_NAMES: usize = 12;

/// Returns a number with thousands separators.
pub(super) fn grouped(n: usize) -> String {
    Count::from(n as u128).grouped()
}

/// Returns a count with its noun.
pub(super) fn some(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

/// Lists names.
pub(super) fn names(names: &[&Name]) -> Markup {
    let n_more = names.len().saturating_sub(MOST_NAMES);
    html! {
        @for (at, name) in names.iter().take(MOST_NAMES).enumerate() {
            @if at != 0 { ", " }
            b.word { (name) }
        }
        @if n_more != 0 { " and " (grouped(n_more)) " more" }
    }
}

/// Returns the file and line of a span.
pub(super) fn place(span: Span, sources: &SourceMap) -> String {
    printable(&impact::place(span, sources))
}

/// Returns a foreign text as code.
pub(super) fn code(text: &str) -> Markup {
    html! { code { (shown(text)) } }
}

/// Returns the reason for a change, as a clause after a colon.
pub(super) fn why(reason: Reason) -> String {
    let words = match reason {
        Reason::New => "in the files, but not on the controller",
        Reason::SettingsChanged => "its settings differ from the files",
        Reason::ImmutableField => {
            "it differs in a setting that the controller cannot change in place"
        }
        Reason::ReplaceRequested => "its settings differ, and the files request a replace",
        Reason::Running => "it is running, but the files declare it stopped",
        Reason::DeclaredAbsent => "the files declare it absent",
        Reason::NotDeclared => "its name is managed, but no file declares it",
        Reason::Removed => "its name is managed, and this branch removed it from the files",
        Reason::NeverDeclared => "its name is managed, but the files never declared it",
        Reason::RerunIncomplete(run) => return format!("its last run did not complete: {run}"),
        Reason::RerunAlways => "the files request a run every time",
        Reason::RerunAge => "its last run is older than the files allow",
        Reason::RerunRequested => "its run was requested by name",
        Reason::RerunOwed => "an interrupted apply planned its run, and did not start it",
        Reason::ReplaceOwed => "an interrupted apply deleted it, and did not create it again",
    };
    words.to_owned()
}
