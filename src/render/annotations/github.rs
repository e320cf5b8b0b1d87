//! Complaints as workflow commands, which GitHub's runner makes annotations of.
//!
//! The runner reads every line of both streams of a step. A line is a command that begins, behind
//! blanks, with `::`, or that has `##[` anywhere; so what others have written must have neither.

use std::fmt::Write as _;

use super::annotation::{Annotation, Place};
use crate::{
    model::printable,
    source::{Location, Severity},
};

/// How many annotations of each kind GitHub shows of a step; of the rest only its log knows.
const MOST_SHOWN: usize = 10;

const INVARIANT: &str = "invariant: a string takes everything";

/// Returns one command a line for each complaint, errors first, and where GitHub does not show all
/// of them, one more that says so.
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
        let said = format!(
            "GitHub shows {MOST_SHOWN} annotations of a kind for each step; the log has {more}."
        );
        lines += &["::notice title=trueup::", &data(&said), "\n"].concat();
    }
    lines
}

fn command(annotation: &Annotation) -> String {
    let Annotation { severity, code, message, help, places, identity: _, line_hash: _ } =
        annotation;
    let kind = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut properties = places.first().map_or_else(Vec::new, properties);
    properties.push(format!("title={}", property(code)));
    let mut text = message.clone();
    for place in places.iter().skip(1) {
        let Place { file, at, text: said } = place;
        let said = said.as_deref().unwrap_or("see also");
        let (path, line, column) = (printable(&file.path), at.line, at.column);
        write!(text, "\n{said}: {path}:{line}:{column}").expect(INVARIANT);
    }
    if let Some(help) = help {
        write!(text, "\nhelp: {help}").expect(INVARIANT);
    }
    format!("::{kind} {}::{}\n", properties.join(","), data(&text))
}

/// Returns the properties of a place. GitHub takes columns only where they are in one line.
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

/// Returns a text as it stands behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Returns a text as it stands in a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Returns lines of which the runner takes none for a command. What would make one is escaped, as
/// JSON escapes it.
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
