//! Diagnostics as workflow commands, which GitHub's runner turns into annotations.
//!
//! The runner reads every line of both streams of a step. A line is a command if it begins, after
//! blanks, with `::`, or if it contains `##[`. So foreign texts must have neither.

use std::fmt::Write as _;

use super::annotation::{Annotation, Place};
use crate::{
    model::printable,
    source::{Location, Severity},
};

/// The number of annotations of each kind that GitHub shows for a step.
const MOST_SHOWN: usize = 10;

const INVARIANT: &str = "invariant: a string takes everything";

/// Returns a line with a command for each diagnostic, errors first, and a notice if GitHub does not
/// show all of them.
pub(crate) fn github_commands(all: &[Annotation]) -> String {
    let mut sorted = all.iter().collect::<Vec<_>>();
    sorted.sort_by_key(|it| it.severity);
    let mut lines = sorted.into_iter().map(command).collect::<String>();
    let n_more = |severity| {
        let n = all.iter().filter(|it| it.severity == severity).count();
        n.saturating_sub(MOST_SHOWN)
    };
    let (n_errors, n_warnings) = (n_more(Severity::Error), n_more(Severity::Warning));
    let of = |n: usize, what: &str| match n {
        0 => None,
        1 => Some(format!("1 more {what}")),
        n => Some(format!("{n} more {what}s")),
    };
    let more = [of(n_errors, "error"), of(n_warnings, "warning")];
    let more = more.into_iter().flatten().collect::<Vec<_>>().join(" and ");
    if !more.is_empty() {
        let note = format!(
            "GitHub shows {MOST_SHOWN} annotations of a kind for each step; the log has {more}."
        );
        lines += &["::notice title=trueup::", &data(&note), "\n"].concat();
    }
    lines
}

fn command(annotation: &Annotation) -> String {
    let Annotation { severity, code, message, help, places, identity: _, line_hash: _ } =
        annotation;
    let kind = severity.word();
    let mut properties = places.first().map_or_else(Vec::new, properties);
    properties.push(format!("title={}", property(code)));
    let mut text = message.clone();
    for place in places.iter().skip(1) {
        let Place { file, at, text: label } = place;
        let label = label.as_deref().unwrap_or("see also");
        let (path, line, column) = (printable(&file.path), at.line, at.column);
        write!(text, "\n{label}: {path}:{line}:{column}").expect(INVARIANT);
    }
    if let Some(help) = help {
        write!(text, "\nhelp: {help}").expect(INVARIANT);
    }
    format!("::{kind} {}::{}\n", properties.join(","), data(&text))
}

/// Returns the properties of a place. GitHub accepts columns only within one line.
fn properties(place: &Place) -> Vec<String> {
    let Place { file, at, text: _ } = place;
    let Location { path: _, line, column, end_line, end_column } = at;
    let mut found = vec![
        format!("file={}", property(&printable(&file.path))),
        format!("line={line}"),
        format!("endLine={end_line}"),
    ];
    if line == end_line {
        found.extend([format!("col={column}"), format!("endColumn={end_column}")]);
    }
    found
}

/// Escapes a text for the message, after the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a text for a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Returns lines without workflow commands: the characters that start one become JSON escapes.
pub(crate) fn inert(lines: &str) -> String {
    let lines = lines.replace("##[", "\\u0023#[");
    let inert = lines.split_inclusive(['\n', '\r']).map(|line| {
        let start = line.trim_start();
        match start.strip_prefix("::") {
            Some(rest) => {
                let blanks = line.strip_suffix(start).unwrap_or_default();
                [blanks, "\\u003a:", rest].concat()
            }
            None => line.to_owned(),
        }
    });
    inert.collect()
}
