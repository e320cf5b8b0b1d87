//! A page, before it has a format.

/// A part of a page. The only markup in texts is code between backticks, and links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// A heading; 1 is the page's own.
    Heading(usize, String),
    /// A paragraph.
    Text(String),
    /// Preformatted lines, and their language: `yaml`, `sh`, or nothing.
    Lines(&'static str, String),
    /// Rows under a head. The first cell of a row is its subject.
    Table(Vec<&'static str>, Vec<Vec<String>>),
}

impl Block {
    pub(crate) fn heading(level: usize, text: impl Into<String>) -> Self {
        Self::Heading(level, text.into())
    }

    /// Reads the paragraphs and the fenced code of a section in Markdown. No fence has an empty
    /// line.
    pub(crate) fn of_section(markdown: &'static str) -> impl Iterator<Item = Self> {
        markdown.trim_end().split("\n\n").map(|part| match part.strip_prefix("```") {
            Some(fence) => {
                let (language, code) = fence.split_once('\n').unwrap_or_default();
                Self::lines(language, code.trim_end_matches("```"))
            }
            None => Self::Text(part.replace('\n', " ")),
        })
    }

    pub(crate) fn lines(language: &'static str, text: impl Into<String>) -> Self {
        Self::Lines(language, text.into())
    }
}
