//! The few lines of a file that a complaint is about, made safe to print.
//!
//! Copies out what will be shown and nothing else: a file may be large, a line may be long, and
//! either may hold what a terminal would obey. Knows no colours.

use std::ops::Range;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::{
    model::{is_unsafe, printable},
    source::{Label, Source, SourceMap, Span},
};

/// A few lines of one file in a row, with the places in them that are pointed at.
#[derive(Debug)]
pub(super) struct Excerpt<'a> {
    source: &'a Source,
    span: Span,
    windows: Vec<Window>,
    path: String,
    text: String,
    lines: Vec<Line>,
    labels: Vec<LabeledSpan>,
}

/// The part of a line that is shown because something in it is pointed at.
#[derive(Debug)]
struct Window {
    /// The line, counted from 1.
    number: usize,
    /// Which bytes of the source are shown.
    shown: Range<usize>,
    /// How many characters of the line come before.
    skipped: usize,
    /// What is pointed at, in bytes of the source.
    labels: Vec<(Range<usize>, Option<String>)>,
}

/// A line as it is shown.
#[derive(Debug)]
struct Line {
    number: usize,
    /// Which bytes of the excerpt it takes, line break included.
    range: Range<usize>,
    /// How many characters of the real line come before; one more is the mark that says so.
    skipped: usize,
}

/// Stands for what is left out of a long line.
const LEFT_OUT: char = '…';

/// How many lines away two places may be to be shown together: the lines around them then touch.
const NEAR: usize = 3;

/// Returns the lines that the labels point at, the one to blame first.
pub(super) fn excerpts<'a>(
    labels: &[Label],
    sources: &'a SourceMap,
    max_chars: usize,
) -> Vec<Excerpt<'a>> {
    let mut excerpts = Vec::<Excerpt<'a>>::new();
    for label in labels {
        let window = Window::around(label, sources, max_chars);
        let same = |it: &&mut Excerpt<'_>| it.span.source == label.span.source;
        let rest = match excerpts.iter_mut().rev().find(same) {
            Some(excerpt) => excerpt.join(window),
            None => Some(window),
        };
        if let Some(window) = rest {
            excerpts.push(Excerpt {
                source: sources.source(label.span.source),
                span: label.span,
                windows: vec![window],
                path: printable(&sources.source(label.span.source).path),
                text: String::new(),
                lines: Vec::new(),
                labels: Vec::new(),
            });
        }
    }
    for excerpt in &mut excerpts {
        excerpt.lay_out(max_chars);
    }
    excerpts
}

impl Window {
    /// Shows a line around a label; one that goes over several lines is pointed at in its first.
    fn around(label: &Label, sources: &SourceMap, max_chars: usize) -> Self {
        let at = sources.locate(label.span);
        let source = sources.source(label.span.source);
        let line = source.line(at.line).unwrap_or_default();
        let text = source.text.get(line.clone()).unwrap_or_default();
        let start = label.span.start.clamp(line.start, line.end);
        let end = label.span.end.clamp(start, line.end);
        // A third before the label is enough to know where one is; a line that fits is shown whole.
        let fits = text.chars().nth(max_chars).is_none();
        let before = text.get(..start - line.start).unwrap_or_default();
        let room = if fits { usize::MAX } else { max_chars / 3 };
        let n_before = before.chars().rev().take(room).count();
        let from = before
            .char_indices()
            .rev()
            .take(n_before)
            .last()
            .map_or(start, |(it, _)| line.start + it);
        let behind = source.text.get(from..line.end).unwrap_or_default();
        let to = behind.char_indices().nth(max_chars).map_or(line.end, |(it, _)| from + it);
        let skipped = (at.column - 1).saturating_sub(n_before);
        let labels = vec![(start..end.min(to), label.text.clone())];
        Self { number: at.line, shown: from..to, skipped, labels }
    }
}

impl Excerpt<'_> {
    /// Returns what it shows, and where.
    pub(super) fn labels(&self) -> &[LabeledSpan] {
        &self.labels
    }

    /// Takes a place in, unless it is far away, or on a line of which another part is shown.
    fn join(&mut self, window: Window) -> Option<Window> {
        let Some(same) = self.windows.iter_mut().find(|it| it.number == window.number) else {
            let is_near = |it: &Window| it.number.abs_diff(window.number) <= NEAR;
            if !self.windows.iter().any(is_near) {
                return Some(window);
            }
            self.windows.push(window);
            return None;
        };
        let fits = |(at, _): &(Range<usize>, Option<String>)| {
            same.shown.start <= at.start && at.end <= same.shown.end
        };
        if !window.labels.iter().all(fits) {
            return Some(window);
        }
        same.labels.extend(window.labels);
        None
    }

    /// Copies the lines out, each with the one before and the one behind it.
    fn lay_out(&mut self, max_chars: usize) {
        let blamed = self.windows.first().map(|it| it.number);
        let mut windows = std::mem::take(&mut self.windows);
        windows.sort_by_key(|it| it.number);
        for window in &windows {
            self.add_context(window.number - 1, &windows, max_chars);
            self.add_line(window.number, window.shown.clone(), window.skipped);
            let line = self.lines.last().map_or(0, |it| it.range.start);
            for (index, (at, text)) in window.labels.iter().enumerate() {
                let start = line + self.shown_length(window.shown.start..at.start, window.skipped);
                let end = line + self.shown_length(window.shown.start..at.end, window.skipped);
                let span = SourceSpan::from((start, end - start));
                let text = text.as_deref().map(printable);
                let is_blamed = blamed == Some(window.number) && index == 0;
                self.labels.push(if is_blamed {
                    LabeledSpan::new_primary_with_span(text, span)
                } else {
                    LabeledSpan::new_with_span(text, span)
                });
            }
            self.add_context(window.number + 1, &windows, max_chars);
        }
    }

    fn add_context(&mut self, number: usize, windows: &[Window], max_chars: usize) {
        let is_there = windows.iter().any(|it| it.number == number)
            || self.lines.iter().any(|it| it.number == number);
        if let (Some(line), false) = (self.source.line(number), is_there) {
            let text = self.source.text.get(line.clone()).unwrap_or_default();
            let end =
                text.char_indices().nth(max_chars).map_or(line.end, |(it, _)| line.start + it);
            // The empty line behind the last line break is none.
            if number == 1 || !line.is_empty() || line.end < self.source.text.len() {
                self.add_line(number, line.start..end, 0);
            }
        }
    }

    fn add_line(&mut self, number: usize, shown: Range<usize>, skipped: usize) {
        let start = self.text.len();
        if skipped != 0 {
            self.text.push(LEFT_OUT);
        }
        let text = self.source.text.get(shown.clone()).unwrap_or_default();
        let line_end = self.source.line(number).map_or(shown.end, |it| it.end);
        let behind = self.source.text.get(shown.end..line_end).unwrap_or_default();
        let hidden = logins(text, behind);
        let is_hidden = |at: usize| hidden.iter().any(|it| it.contains(&at));
        self.text.extend(
            text.char_indices().map(
                |(at, c)| {
                    if c.is_ascii() && is_hidden(at) { '*' } else { visible(c) }
                },
            ),
        );
        if shown.end < line_end {
            self.text.push(LEFT_OUT);
        }
        self.text.push('\n');
        self.lines.push(Line { number, range: start..self.text.len(), skipped });
    }

    /// Returns how many bytes a part of the source takes in the excerpt.
    fn shown_length(&self, part: Range<usize>, skipped: usize) -> usize {
        let mark = if skipped == 0 { 0 } else { LEFT_OUT.len_utf8() };
        let text = self.source.text.get(part).unwrap_or_default();
        mark + text.chars().map(|it| visible(it).len_utf8()).sum::<usize>()
    }
}

/// Returns where a line says who logs in with what, as in `https://user:password@host`: that is
/// not to get into the log of a pipeline. `behind` is the rest of the line, which is not shown.
fn logins(line: &str, behind: &str) -> Vec<Range<usize>> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '{' | '}');
    let mut found = Vec::new();
    let mut start = 0;
    for word in line.split_inclusive(is_end) {
        let end = start + word.len();
        let continues = end == line.len() && !word.ends_with(is_end);
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
        '\t' => ' ',
        c if is_unsafe(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

impl SourceCode for Excerpt<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let line_of = |offset: usize| self.lines.iter().position(|it| offset < it.range.end);
        let first = line_of(span.offset()).ok_or(MietteError::OutOfBounds)?;
        let last = line_of(span.offset() + span.len()).ok_or(MietteError::OutOfBounds)?;
        let from = first.saturating_sub(lines_before);
        let to = (last + lines_after).min(self.lines.len() - 1);
        let (Some(top), Some(bottom)) = (self.lines.get(from), self.lines.get(to)) else {
            return Err(MietteError::OutOfBounds);
        };
        // Without context, the place itself is asked for.
        let start = if lines_before == 0 { span.offset() } else { top.range.start };
        let before = self.text.get(top.range.start..start).unwrap_or_default();
        let mark = usize::from(top.skipped != 0 && !before.is_empty());
        let column = top.skipped + before.chars().count() - mark;
        let text = self.text.get(start..bottom.range.end).unwrap_or_default();
        Ok(Box::new(MietteSpanContents::new_named(
            self.path.clone(),
            text.as_bytes(),
            SourceSpan::from((start, text.len())),
            top.number - 1,
            column,
            to - from + 1,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(line: &str, behind: &str) -> String {
        let ranges = logins(line, behind);
        let hide = |(at, c)| if ranges.iter().any(|it| it.contains(&at)) { '*' } else { c };
        line.char_indices().map(hide).collect()
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
            assert_eq!(hidden(line, ""), want);
        }
        assert_eq!(hidden("controller: https://a:pas", "sword@host"), "controller: https://*****");
        assert_eq!(hidden("controller: https://a:80", " # a@b"), "controller: https://a:80");
    }
}
