//! Words and numbers that several parts of a page use.

use maud::{Markup, html};

use crate::{
    model::{Count, Name, printable, shown},
    plan::{Action, Reason},
    source::{Location, SourceMap, Span},
};

/// How many names are told where more would hide the rest.
const MOST_NAMES: usize = 12;

/// Returns a number with commas between its thousands.
pub(super) fn grouped(n: usize) -> String {
    Count::from(n as u128).grouped()
}

/// Returns so many of something, the number grouped.
pub(super) fn some(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

/// Returns so many addresses.
pub(super) fn addresses(count: Count) -> String {
    let count = count.grouped();
    let what = if count == "1" { "address" } else { "addresses" };
    format!("{count} {what}")
}

/// Lists names, as many as can be taken in.
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

/// Returns where something stands in the files.
pub(super) fn place(span: Span, sources: &SourceMap) -> String {
    let Location { path, line, .. } = sources.locate(span);
    format!("{}:{line}", printable(&path))
}

/// Returns a text of others in the type of a machine.
pub(super) fn code(text: &str) -> Markup {
    html! { code { (shown(text)) } }
}

/// Returns the class that the style knows an action by.
pub(super) fn class(action: Action) -> &'static str {
    match action {
        Action::Delete => "delete",
        Action::Replace => "replace",
        Action::Update => "update",
        Action::Stop => "stop",
        Action::Restart => "restart",
        Action::Create => "create",
    }
}

/// Says why a change is made, as a sentence goes on after a colon.
pub(super) fn why(reason: Reason) -> String {
    let words = match reason {
        Reason::New => "in the files, and not on the controller",
        Reason::SettingsChanged => "its settings differ from the files",
        Reason::ImmutableField => "a setting differs that the controller cannot change in place",
        Reason::ReplaceRequested => "its settings differ, and the files want it made anew then",
        Reason::Running => "it is running, and the files want it stopped",
        Reason::DeclaredAbsent => "the files declare it absent",
        Reason::NotDeclared => "the files own its name, and do not declare it",
        Reason::Removed => "this branch removed it from the files, which own its name",
        Reason::NeverDeclared => "the files own its name, and never declared it",
        Reason::RerunIncomplete(run) => return format!("its last run did not complete: {run}"),
        Reason::RerunAlways => "the files want it run each time",
        Reason::RerunAge => "its last run is longer ago than the files allow",
        Reason::RerunRequested => "its run was asked for by name",
        Reason::RerunOwed => "an interrupted apply has planned its run, and not started it",
        Reason::ReplaceOwed => "an interrupted apply has deleted it, and not created it again",
    };
    words.to_owned()
}

/// Returns host and port of a URL; what is no URL is its own host.
pub(super) fn host(url: &str) -> &str {
    let (_, behind) = url.split_once("://").unwrap_or(("", url));
    behind.split(['/', '?', '#']).next().unwrap_or(behind)
}
