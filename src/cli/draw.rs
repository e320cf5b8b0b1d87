//! Draws complaints: what is wrong, the place in the file underlined, and what to do about it.
//!
//! Decides nothing about colours or widths, and prints nothing: the caller knows the terminal.

use std::{error::Error, fmt};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeStyles};

use super::excerpt::{Excerpt, excerpts, safe};
use crate::source::{Diagnostic, Severity, SourceMap};

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) colour: bool,
    pub(crate) unicode: bool,
    /// How many columns there are.
    pub(crate) width: usize,
}

/// Line numbers and the frame take this many columns.
const FRAME: usize = 12;
/// However narrow the terminal is, less of a line tells nothing.
const MIN_WIDTH: usize = 40;
/// However wide it is, more of a line is not read.
const MAX_WIDTH: usize = 200;

/// Returns the complaints as text, one below the other with a blank line in between.
pub(crate) fn draw(diagnostics: &[Diagnostic], sources: &SourceMap, style: Style) -> String {
    let drawn = diagnostics.iter().map(|it| draw_one(it, sources, style));
    drawn.collect::<Vec<_>>().join("\n")
}

fn draw_one(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    let Diagnostic { severity, code, message, help, labels } = diagnostic;
    let width = style.width.clamp(MIN_WIDTH + FRAME, MAX_WIDTH);
    let theme = GraphicalTheme {
        characters: theme_of(style).characters,
        styles: if style.colour { ThemeStyles::ansi() } else { ThemeStyles::none() },
    };
    let (word, of_word) = match severity {
        Severity::Error => ("Error:", theme.styles.error),
        Severity::Warning => ("Warning:", theme.styles.warning),
    };
    let mut out = format!("{} {} [{code}]\n", of_word.style(word), safe(message));
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width)
        .with_links(false)
        .without_cause_chain()
        .without_syntax_highlighting();
    for excerpt in &excerpts(labels, sources, width - FRAME) {
        out.push_str(&rendered(&handler, &Part { excerpt: Some(excerpt), help: None }));
    }
    if let Some(help) = help {
        out.push_str(&rendered(&handler, &Part { excerpt: None, help: Some(safe(help)) }));
    }
    out
}

fn theme_of(style: Style) -> GraphicalTheme {
    if style.unicode { GraphicalTheme::unicode() } else { GraphicalTheme::ascii() }
}

/// Returns what miette draws below its own headline, which ours stands for.
fn rendered(handler: &GraphicalReportHandler, part: &Part<'_>) -> String {
    let mut drawn = String::new();
    match handler.render_report(&mut drawn, part) {
        Ok(()) => match drawn.split_once('\n') {
            Some((_headline, rest)) => rest.to_owned(),
            None => String::new(),
        },
        // Only a place that is not in its excerpt can fail: better no drawing than none of it.
        Err(fmt::Error) => String::new(),
    }
}

/// One drawing, without a headline.
#[derive(Debug)]
struct Part<'a> {
    excerpt: Option<&'a Excerpt<'a>>,
    help: Option<String>,
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl Error for Part<'_> {}

impl miette::Diagnostic for Part<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|it| -> Box<dyn fmt::Display> { Box::new(it) })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.map(|it| -> &dyn SourceCode { it })
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.excerpt.map(|it| -> Box<dyn Iterator<Item = LabeledSpan>> {
            Box::new(it.labels().iter().cloned())
        })
    }
}
