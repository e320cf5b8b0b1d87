//! Places in files, and the type of all diagnostics.
//!
//! Knows offsets, lines and columns. Knows no YAML, reads no files, and does not draw: `cli` draws
//! a [`Diagnostic`], `render` writes it for machines.

use std::{borrow::Cow, cmp::Ordering, ops::Range, sync::Arc};

use crate::codes::Code;

/// The text of a [`SourceMap`] that a [`Span`] lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SourceId(u32);

impl SourceId {
    /// The source of places without known text.
    const NOT_READ: Self = Self(u32::MAX);
}

/// A half-open range of bytes in one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) source: SourceId,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    /// Whether its text is known, and not only its position.
    pub(crate) fn has_text(self) -> bool {
        self.source != SourceId::NOT_READ
    }
}

#[cfg(test)]
impl Span {
    /// Returns the range of bytes.
    pub(crate) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A value and its place.
///
/// Two values are equal wherever they are written: the planner must not see a moved line as a
/// change.
#[derive(Clone, Debug)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

impl<T> Spanned<T> {
    /// Attaches a place to a value.
    pub(crate) fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T: PartialOrd> PartialOrd for Spanned<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<T: Ord> Ord for Spanned<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

/// All texts, in the order of reading.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceMap {
    sources: Vec<Source>,
    /// Places in texts that were not read: a saved plan has positions without texts.
    places: Vec<Location>,
}

/// One text, with the path as the user would write it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: Arc<str>,
    /// The offset at which each line begins. A file may be nothing but line breaks.
    lines: Vec<u32>,
    /// The number of characters before each [`STRIDE`]th byte, since a line can be as long as its
    /// file and have errors everywhere.
    n_chars: Vec<u32>,
}

/// A place for people: lines and columns from 1, columns in characters.
///
/// The end is just after the last character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) end_line: usize,
    pub(crate) end_column: usize,
}

impl SourceMap {
    /// Adds a text and returns its id.
    pub(crate) fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        let text = text.into();
        let small =
            |it: usize| u32::try_from(it).expect("invariant: files are bounded far below 4 GiB");
        let starts = text.match_indices('\n').map(|(at, _)| small(at + 1));
        let lines = std::iter::once(0).chain(starts).collect();
        let id = u32::try_from(self.sources.len()).expect("invariant: fewer than 2³² files");
        let mut n_chars = vec![0];
        let mut n = 0;
        for chunk in text.as_bytes().chunks(STRIDE) {
            n += n_starts(chunk);
            n_chars.push(small(n));
        }
        self.sources.push(Source { path: path.into(), text, lines, n_chars });
        SourceId(id)
    }

    /// Adds a place without known text, and returns a span for it.
    pub(crate) fn place(&mut self, location: Location) -> Span {
        let index = self.places.len();
        self.places.push(location);
        Span { source: SourceId::NOT_READ, start: index, end: index }
    }

    /// Returns a source; the id must be from this map.
    pub(crate) fn source(&self, id: SourceId) -> &Source {
        let index = usize::try_from(id.0).expect("invariant: a usize has 32 bits or more");
        self.sources.get(index).expect("invariant: ids come from `add` of this map")
    }

    /// Returns every source, in the order in which they were read.
    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Returns the ids of all sources, in the order of reading.
    pub(crate) fn ids(&self) -> impl Iterator<Item = SourceId> + use<> {
        let n_sources = u32::try_from(self.sources.len()).expect("invariant: checked by `add`");
        (0..n_sources).map(SourceId)
    }

    /// Returns the span as lines and columns.
    pub(crate) fn locate(&self, span: Span) -> Location {
        if !span.has_text() {
            let place = self.places.get(span.start);
            return place.expect("invariant: spans come from `place` of this map").clone();
        }
        let source = self.source(span.source);
        let (line, column) = source.position(span.start);
        let (end_line, end_column) = source.position(span.end.max(span.start));
        Location { path: source.path.clone(), line, column, end_line, end_column }
    }
}

impl Source {
    /// Returns the range of a line, counted from 1, without its line break.
    pub(crate) fn line(&self, number: usize) -> Option<Range<usize>> {
        let start = self.start_of(number.checked_sub(1)?)?;
        let end = self.start_of(number).map_or(self.text.len(), |next| next - 1);
        let text = self.text.get(start..end).unwrap_or_default();
        Some(start..start + text.strip_suffix('\r').unwrap_or(text).len())
    }

    /// Returns the offset at which a line begins, lines counted from 0.
    fn start_of(&self, index: usize) -> Option<usize> {
        self.lines.get(index).map(|it| *it as usize)
    }

    /// Returns the line and column of an offset; one past the end, or inside a character, counts
    /// as the nearest place before it.
    fn position(&self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.text.len());
        let line = self.lines.partition_point(|start| *start as usize <= offset);
        let start = self.start_of(line - 1).unwrap_or_default();
        (line, self.chars_before(offset) - self.chars_before(start) + 1)
    }

    /// Returns how many characters begin before an offset.
    fn chars_before(&self, offset: usize) -> usize {
        let index = offset / STRIDE;
        let counted = self.n_chars.get(index).map_or(0, |it| *it as usize);
        let rest = self.text.as_bytes().get(index * STRIDE..offset).unwrap_or_default();
        counted + n_starts(rest)
    }
}

/// How many bytes are counted at most to find a column.
const STRIDE: usize = 1_024;

/// Counts the characters that begin in some bytes of a text.
fn n_starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|it| **it & 0b1100_0000 != 0b1000_0000).count()
}

/// The severity of a diagnostic: an error stops the command before any write, a warning stops
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Error,
    Warning,
}

impl Severity {
    /// Returns its name, as documents have it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A diagnostic: what is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a diagnostic has to be reported"]
pub(crate) struct Diagnostic {
    pub(crate) severity: Severity,
    /// The code, such as `trueup::config::unknown_key`: the name of a [`Code`], unless it comes
    /// from a file of another version.
    pub(crate) code: Cow<'static, str>,
    /// What is wrong, in the user's terms: a fragment that starts in lower case, without a period.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
    /// The places involved, the cause first. Empty without a place.
    pub(crate) labels: Vec<Label>,
}

/// A place of a diagnostic, with its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) span: Span,
    pub(crate) text: Option<String>,
}

impl Diagnostic {
    /// Creates an error; add places and help with [`Self::at`] and [`Self::help`].
    pub(crate) fn error(code: &'static Code, message: impl Into<String>) -> Self {
        debug_assert!(code.may_stop(), "{} is never an error", code.name);
        Self::new(Severity::Error, code, message.into())
    }

    /// Creates a warning; add places and help with [`Self::at`] and [`Self::help`].
    pub(crate) fn warning(code: &'static Code, message: impl Into<String>) -> Self {
        debug_assert!(code.may_warn(), "{} is never a warning", code.name);
        Self::new(Severity::Warning, code, message.into())
    }

    fn new(severity: Severity, code: &'static Code, message: String) -> Self {
        let code = Cow::Borrowed(code.name);
        Self { severity, code, message, help: None, labels: Vec::new() }
    }

    /// Adds a place; the first one is the cause.
    pub(crate) fn at(mut self, span: Span) -> Self {
        self.labels.push(Label { span, text: None });
        self
    }

    /// Adds a place with a label.
    pub(crate) fn labelled(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: Some(text.into()) });
        self
    }

    /// Sets the help: what to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the help, if there is any.
    pub(crate) fn help_if(self, help: Option<impl Into<String>>) -> Self {
        Self { help: help.map(Into::into).or(self.help), ..self }
    }

    /// Whether it stops the command.
    pub(crate) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(text: &str, range: Range<usize>) -> (usize, usize, usize, usize) {
        let mut map = SourceMap::default();
        let source = map.add("a.yaml", text);
        let at = map.locate(Span { source, start: range.start, end: range.end });
        (at.line, at.column, at.end_line, at.end_column)
    }

    #[test]
    fn lines_and_columns_count_from_one() {
        assert_eq!(located("ab\ncd", 0..1), (1, 1, 1, 2));
        assert_eq!(located("ab\ncd", 3..5), (2, 1, 2, 3));
    }

    #[test]
    fn columns_count_characters_and_not_bytes() {
        assert_eq!(located("ä: ö\n", 4..6), (1, 4, 1, 5));
    }

    #[test]
    fn an_offset_past_the_end_is_the_end() {
        assert_eq!(located("ab\n", 9..12), (2, 1, 2, 1));
        assert_eq!(located("", 0..0), (1, 1, 1, 1));
    }

    #[test]
    fn a_line_is_found_without_its_line_break() {
        let mut map = SourceMap::default();
        let id = map.add("a.yaml", "ab\r\n\ncd");
        let lines = (0..5).map(|it| map.source(id).line(it)).collect::<Vec<_>>();
        assert_eq!(lines, [None, Some(0..2), Some(4..4), Some(5..7), None]);
    }

    #[test]
    fn a_moved_value_is_the_same_value() {
        let mut map = SourceMap::default();
        let source = map.add("a.yaml", "1 1");
        let first = Spanned::new(1, Span { source, start: 0, end: 1 });
        assert_eq!(first, Spanned::new(1, Span { source, start: 2, end: 3 }));
    }
}
