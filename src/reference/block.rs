//! A page, before it has a format.

/// A part of a page. Texts have code between backticks, and nothing else that is marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// A heading; 1 is the page's own.
    Heading(usize, String),
    /// A paragraph.
    Text(String),
    /// Lines that are shown as they are, and their language: `yaml`, `sh`, or nothing.
    Lines(&'static str, String),
    /// Rows under a head, the first cell of each row being what it is about.
    Table(Vec<&'static str>, Vec<Vec<String>>),
}

impl Block {
    pub(crate) fn heading(level: usize, text: impl Into<String>) -> Self {
        Self::Heading(level, text.into())
    }

    /// Makes paragraphs of a text in which blank lines part them.
    pub(crate) fn paragraphs(text: &str) -> impl Iterator<Item = Self> + '_ {
        text.split("\n\n").map(|it| Self::Text(it.to_owned()))
    }

    pub(crate) fn lines(language: &'static str, text: impl Into<String>) -> Self {
        Self::Lines(language, text.into())
    }
}
