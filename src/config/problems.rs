//! Collects the mistakes in the files, and formats the words of messages.

use std::{cmp::Reverse, collections::BTreeSet};

use crate::{
    codes,
    model::quoted,
    source::{Diagnostic, Severity, SourceId, Span},
};

/// The mistakes of one file, as they are found.
#[derive(Debug)]
pub(super) struct Problems {
    source: SourceId,
    found: Vec<Diagnostic>,
    /// The most to keep.
    room: usize,
    /// The severity of everything found after the limit was reached.
    left_out: Vec<Severity>,
}

/// The most mistakes that are reported for all files together. A file that is not about discoveries
/// can have one in each of millions of lines.
pub(super) const MOST: usize = 10_000;

/// Where something is in the text of one file: a range of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// How many characters of the user's text a message repeats.
const SHOWN_CHARS: usize = 60;

impl Problems {
    /// Creates a list that keeps at most `room` problems.
    pub(super) fn new(source: SourceId, room: usize) -> Self {
        Self { source, found: Vec::new(), room, left_out: Vec::new() }
    }

    /// Returns a place of this file as one among all files.
    pub(super) fn span(&self, place: Place) -> Span {
        Span { source: self.source, start: place.start, end: place.end }
    }

    pub(super) fn add(&mut self, problem: Diagnostic) {
        if self.found.len() < self.room && self.left_out.is_empty() {
            self.found.push(problem);
        } else {
            self.left_out.push(problem.severity);
        }
    }

    /// Returns the number of problems so far, a mark for `has_error_since`.
    pub(super) fn len(&self) -> usize {
        self.found.len() + self.left_out.len()
    }

    /// Whether an error was found since there were `len` problems.
    pub(super) fn has_error_since(&self, len: usize) -> bool {
        let since = len.saturating_sub(self.found.len());
        self.found.iter().skip(len).any(Diagnostic::is_error)
            || self.left_out.iter().skip(since).any(|it| *it == Severity::Error)
    }

    /// Whether an error was found at a place inside this one.
    pub(super) fn has_error_within(&self, outer: Span) -> bool {
        // Beyond the limit, places are not kept.
        if !self.left_out.is_empty() {
            return true;
        }
        let errors = self.found.iter().filter(|it| it.is_error());
        let mut places = errors.filter_map(|it| it.labels.first()).map(|it| it.span);
        places.any(|it| outer.start <= it.start && it.end <= outer.end)
    }

    /// Removes the warnings since there were `len` problems.
    pub(super) fn drop_warnings_since(&mut self, len: usize) {
        let since = len.saturating_sub(self.found.len());
        let later = self.left_out.split_off(since.min(self.left_out.len()));
        self.left_out.extend(later.into_iter().filter(|it| *it == Severity::Error));
        let later = self.found.split_off(len.min(self.found.len()));
        self.found.extend(later.into_iter().filter(Diagnostic::is_error));
    }

    /// Returns the problems that were kept, and the severity of the others.
    pub(super) fn into_parts(self) -> (Vec<Diagnostic>, Vec<Severity>) {
        (self.found, self.left_out)
    }
}

/// Reports how many problems were not kept, if any: an error if one of them is.
pub(super) fn too_many(left_out: &[Severity]) -> Option<Diagnostic> {
    let worst = left_out.iter().min()?;
    let message = format!("the files have more than {MOST} problems");
    let n = left_out.len();
    let help = format!("{n} are not shown: correct the others first. Are these the right files?");
    let problem = match worst {
        Severity::Error => Diagnostic::error(&codes::config::TOO_MANY, message),
        Severity::Warning => Diagnostic::warning(&codes::config::TOO_MANY, message),
    };
    Some(problem.help(help))
}

/// Sorts problems by file and line, and drops duplicates.
///
/// An anchor is read once for each alias, with the same mistakes each time.
pub(super) fn in_order(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let first = |it: &Diagnostic| it.labels.first().map(|it| it.span);
    problems.sort_by_key(|it| first(it).map(|it| (it.source, it.start, Reverse(it.end))));
    let mut seen = BTreeSet::new();
    problems.retain(|it| match first(it) {
        Some(span) => seen.insert((it.code.clone(), span, it.message.clone())),
        None => true,
    });
    problems
}

/// Quotes the user's text in a message: between backticks, short, and harmless to a terminal.
pub(super) fn shown(text: &str) -> String {
    let mut chars = text.chars();
    let mut short = chars.by_ref().take(SHOWN_CHARS).collect::<String>();
    if chars.next().is_some() {
        short.push('…');
    }
    shown_whole(&short)
}

/// Does the same without shortening, for paths.
pub(super) fn shown_whole(text: &str) -> String {
    let as_json = quoted(text);
    if as_json == format!("\"{text}\"") { format!("`{text}`") } else { as_json }
}

/// Returns words as a list for people: `` `a`, `b` or `c` ``.
pub(crate) fn alternatives<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    joined(words, "or")
}

/// Returns words as a list: `` `a`, `b` and `c` ``.
pub(super) fn all_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    joined(words, "and")
}

fn joined<'a>(words: impl IntoIterator<Item = &'a str>, by: &str) -> String {
    let mut words = words.into_iter().map(|it| format!("`{it}`")).collect::<Vec<_>>();
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} {by} {last}", words.join(", ")) }
}

/// Returns the word that `written` is probably a misspelling of.
pub(crate) fn nearest<'a>(
    written: &str,
    words: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // A longer text is not a misspelling.
    if written.chars().count() > 2 * SHOWN_CHARS {
        return None;
    }
    let plain = |it: &str| it.to_lowercase().replace(['-', ' '], "_");
    let written = plain(written);
    let scored = words.into_iter().map(|it| (distance(&written, it), it));
    let (distance, word) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + word.chars().count() / 4).then_some(word)
}

/// Returns how many characters must be added, dropped, replaced or swapped with the next one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.chars().collect::<Vec<_>>(), b.chars().collect::<Vec<_>>());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if 1 < i && 1 < j && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_is_recognized() {
        let words = ["timeout", "retries", "ranges", "cidr"];
        let meant = |it: &str| nearest(it, words);
        assert_eq!(meant("timout"), Some("timeout"));
        assert_eq!(meant("Time-Out"), Some("timeout"));
        assert_eq!(meant("range"), Some("ranges"));
        assert_eq!(meant("cdir"), Some("cidr"));
        assert_eq!(meant("password"), None);
        assert_eq!(meant(&"x".repeat(1_000_000)), None);
    }

    #[test]
    fn quoted_text_is_short_and_harmless() {
        assert_eq!(shown("10.0.0"), "`10.0.0`");
        assert_eq!(shown("\u{1b}[31m"), r#""\u001b[31m""#);
        assert_eq!(shown(&"x".repeat(100)).chars().count(), SHOWN_CHARS + 3);
    }
}
