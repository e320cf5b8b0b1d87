//! A page without a format.

/// A part of a page. In texts, backticks mark code, and nothing else is markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// A heading; level 1 is the title of the page.
    Heading(usize, String),
    /// A paragraph.
    Text(String),
    /// Literal lines, and their language: `yaml`, `sh`, or nothing.
    Lines(&'static str, String),
    /// Rows under a head. The first cell of a row is its subject.
    Table(Vec<&'static str>, Vec<Vec<String>>),
}

impl Block {
    pub(crate) fn heading(level: usize, text: impl Into<String>) -> Self {
        Self::Heading(level, text.into())
    }

    /// Splits a text into paragraphs at blank lines.
    pub(crate) fn paragraphs(text: &str) -> impl Iterator<Item = Self> + '_ {
        text.split("\n\n").map(|it| Self::Text(it.to_owned()))
    }

    pub(crate) fn lines(language: &'static str, text: impl Into<String>) -> Self {
        Self::Lines(language, text.into())
    }
}
