//! The lines of a file that a diagnostic points at, made safe to print.
//!
//! A file may be large, a line may be long, and either may hold what a terminal would obey. So only
//! the lines that are shown are copied, and miette draws the copy.

use std::{error::Error, fmt, ops::Range};

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::{
    model::{is_unsafe, printable},
    source::{Label, Source, SourceMap},
};

/// A few lines of one file in a row, with labels.
#[derive(Debug)]
pub(super) struct Excerpt {
    path: String,
    text: String,
    labels: Vec<LabeledSpan>,
    /// The number of the first line, counted from 1.
    line: usize,
    /// How many characters of a long line come before the excerpt of it.
    skipped: usize,
}

/// Stands for what is left out of a long line.
const ELLIPSIS: char = '…';

/// How many lines apart two labels may be to be shown together: the lines around them then touch.
const NEAR: usize = 3;

/// Returns the lines that the labels point at, those of the first label first. A long line has an
/// excerpt for each label, without the lines around it.
pub(super) fn excerpts(labels: &[Label], sources: &SourceMap, max_chars: usize) -> Vec<Excerpt> {
    let mut groups = Vec::<Group<'_>>::new();
    for label in labels {
        let source = sources.source(label.span.source);
        let line = sources.locate(label.span).line;
        let group = Group { source, labels: vec![label], first: line, last: line, max_chars };
        match groups.iter_mut().find(|it| it.touches(&group)) {
            Some(near) => {
                near.labels.push(label);
                (near.first, near.last) = (near.first.min(line), near.last.max(line));
            }
            None => groups.push(group),
        }
    }
    groups.iter().map(Group::excerpt).collect()
}

/// Labels that are shown together, and the lines from the first to the last of them.
struct Group<'a> {
    source: &'a Source,
    labels: Vec<&'a Label>,
    first: usize,
    last: usize,
    max_chars: usize,
}

impl Group<'_> {
    fn touches(&self, other: &Self) -> bool {
        let (first, last) = (self.first.min(other.first), self.last.max(other.last));
        let distance = last - first - (self.last - self.first);
        self.labels[0].span.source == other.labels[0].span.source
            && distance <= NEAR
            && (first..=last).all(|it| self.fits(it))
    }

    fn line(&self, number: usize) -> Range<usize> {
        self.source.line(number).unwrap_or_default()
    }

    fn text(&self, part: Range<usize>) -> &str {
        self.source.text.get(part).unwrap_or_default()
    }

    fn fits(&self, number: usize) -> bool {
        self.text(self.line(number)).chars().nth(self.max_chars).is_none()
    }

    fn excerpt(&self) -> Excerpt {
        let (line, shown) = if self.fits(self.first) { self.with_context() } else { self.cut() };
        let Range { start: line_start, .. } = self.line(line);
        let line_end = self.line(self.last).end.max(shown.end);
        let skipped = self.text(line_start..shown.start).chars().count();
        let mut text = String::new();
        if skipped != 0 {
            text.push(ELLIPSIS);
        }
        let mark = text.len();
        text += &safe(self.text(shown.clone()), self.text(shown.end..line_end));
        if shown.end < line_end {
            text.push(ELLIPSIS);
        }
        text.push('\n');
        let offset = |at: usize| {
            let before = self.text(shown.start..at.clamp(shown.start, shown.end));
            mark + before.chars().map(|it| visible(it).len_utf8()).sum::<usize>()
        };
        let label = |(index, label): (usize, &&Label)| {
            // Of several lines, the first is underlined.
            let end = self.text(label.span.start..shown.end).find(['\r', '\n']);
            let end = end.map_or(shown.end, |it| label.span.start + it).min(label.span.end);
            let start = offset(label.span.start);
            let span = (start, offset(end).saturating_sub(start));
            let text = label.text.as_deref().map(printable);
            match index {
                0 => LabeledSpan::new_primary_with_span(text, span),
                _ => LabeledSpan::new_with_span(text, span),
            }
        };
        let labels = self.labels.iter().enumerate().map(label).collect();
        Excerpt { path: printable(&self.source.path), text, labels, line, skipped }
    }

    /// Returns the first line that is shown, and which bytes: the lines and those around them.
    fn with_context(&self) -> (usize, Range<usize>) {
        let has_before = 1 < self.first && self.fits(self.first - 1);
        let first = if has_before { self.first - 1 } else { self.first };
        let after = self.source.line(self.last + 1);
        // A file that ends with a line break has no line behind it.
        let after = after.filter(|it| !it.is_empty() || it.end < self.source.text.len());
        let end = after.filter(|_| self.fits(self.last + 1)).map(|it| it.end);
        (first, self.line(first).start..end.unwrap_or(self.line(self.last).end))
    }

    /// Returns the line, and the part of it around its label: a third is for what comes before.
    fn cut(&self) -> (usize, Range<usize>) {
        let line = self.line(self.first);
        let start = self.labels[0].span.start.clamp(line.start, line.end);
        let before = self.text(line.start..start).char_indices().rev().take(self.max_chars / 3);
        let from = before.last().map_or(start, |(at, _)| line.start + at);
        let to = self.text(from..line.end).char_indices().nth(self.max_chars);
        (self.first, from..to.map_or(line.end, |(at, _)| from + at))
    }
}

/// Returns a text without logins and without anything that a terminal would obey.
fn safe(text: &str, behind: &str) -> String {
    let logins = logins(text, behind);
    let is_login = |at: usize| logins.iter().any(|it| it.contains(&at));
    let safe = |(at, c): (usize, char)| if c.is_ascii() && is_login(at) { '*' } else { visible(c) };
    text.char_indices().map(safe).collect()
}

/// Returns where a text has a login, as in `https://user:password@host`: it must not get into the
/// log of a pipeline. `behind` is the rest of the last line, which is not shown.
fn logins(text: &str, behind: &str) -> Vec<Range<usize>> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '{' | '}');
    let mut found = Vec::new();
    let mut start = 0;
    for word in text.split_inclusive(is_end) {
        let end = start + word.len();
        let continues = end == text.len() && !word.ends_with(is_end);
        let rest = if continues { behind.split(is_end).next().unwrap_or_default() } else { "" };
        let at = if rest.contains('@') { Some(word.len()) } else { word.rfind('@') };
        let login = at.and_then(|at| word.get(..at)).filter(|it| it.contains(':'));
        if let Some(login) = login {
            let scheme = login.find("://").map_or(0, |it| it + 3);
            found.push(start + scheme..start + login.len());
        }
        start = end;
    }
    found
}

/// Returns a character that stands for one that must not reach a terminal.
fn visible(c: char) -> char {
    match c {
        '\n' => '\n',
        '\t' | '\r' => ' ',
        c if is_unsafe(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // With lines around it, the excerpt is shown as it is; without, the place is asked for.
        let start = if lines_before == 0 { span.offset() } else { 0 };
        let parts = self.text.split_at_checked(start).ok_or(MietteError::OutOfBounds)?;
        let (before, text) = parts;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        let mark = usize::from(self.skipped != 0 && !before.is_empty());
        Ok(Box::new(MietteSpanContents::new_named(
            self.path.clone(),
            text.as_bytes(),
            SourceSpan::from((start, text.len())),
            self.line - 1 + before.matches('\n').count(),
            self.skipped + column - mark,
            text.lines().count(),
        )))
    }
}

impl miette::Diagnostic for Excerpt {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl Error for Excerpt {}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(line: &str, behind: &str) -> String {
        let ranges = logins(line, behind);
        let mask = |(at, c)| if ranges.iter().any(|it| it.contains(&at)) { '*' } else { c };
        line.char_indices().map(mask).collect()
    }

    #[test]
    fn a_login_in_a_url_is_not_shown() {
        let table = [
            ("controller: https://admin:pw@host", "controller: https://********@host"),
            (
                "controller: \"https://a:p@w@host/x\" # y",
                "controller: \"https://*****@host/x\" # y",
            ),
            ("controller: https://a:p/w@host", "controller: https://*****@host"),
            ("controller: a:pw@host", "controller: ****@host"),
            ("username: netops@corp", "username: netops@corp"),
            ("{username: a@b, cidr: 2001:db8::/32}", "{username: a@b, cidr: 2001:db8::/32}"),
            ("controller: https://host:8443", "controller: https://host:8443"),
        ];
        for (line, want) in table {
            assert_eq!(masked(line, ""), want);
        }
        assert_eq!(masked("controller: https://a:pas", "sword@host"), "controller: https://*****");
        assert_eq!(masked("controller: https://a:80", " # a@b"), "controller: https://a:80");
    }
}
