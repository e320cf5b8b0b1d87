//! Draws complaints: what is wrong, the place in the file underlined, and what to do about it.
//!
//! Decides nothing about colours or widths, and prints nothing: the caller knows the terminal.

use std::{error::Error, fmt};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeStyles};

use super::excerpt::{Excerpt, excerpts};
use crate::{
    model::printable,
    source::{Diagnostic, Severity, SourceMap},
};

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
    let (said, code) = (printable(message), printable(code));
    let mut out = format!("{} {said} [{code}]\n", of_word.style(word));
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width)
        .with_links(false)
        .without_cause_chain()
        .without_syntax_highlighting();
    let (known, others): (Vec<_>, Vec<_>) =
        labels.iter().cloned().partition(|it| it.span.has_text());
    for excerpt in &excerpts(&known, sources, width - FRAME) {
        out.push_str(&rendered(&handler, &Part { excerpt: Some(excerpt), help: None }));
    }
    for label in others {
        let at = sources.locate(label.span);
        out +=
            &[&format!("    at {}:{}:{}", printable(&at.path), at.line, at.column), "\n"].concat();
    }
    if let Some(help) = help {
        out.push_str(&rendered(&handler, &Part { excerpt: None, help: Some(printable(help)) }));
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

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::{
        codes, config,
        source::{SourceId, Span},
    };

    const PLAIN: Style = Style { colour: false, unicode: true, width: 80 };

    /// Draws what is wrong with these files.
    fn drawn(texts: &[&str], style: Style) -> String {
        let mut sources = SourceMap::default();
        for (index, text) in texts.iter().enumerate() {
            sources.add(format!("files/{}.yaml", ["a", "b"][index]), *text);
        }
        let loaded = config::read(sources);
        draw(&loaded.diagnostics, &loaded.sources, style)
    }

    fn one(text: &str) -> (SourceMap, SourceId) {
        let mut sources = SourceMap::default();
        let id = sources.add("a.yaml", text);
        (sources, id)
    }

    #[test]
    fn a_mistake_is_underlined_where_it_is() {
        let text =
            "version: 1\ndiscoveries:\n  - name: Zürich\n    address: 10.0.0.1\n    timout: 5s\n";
        assert_snapshot!(drawn(&[text], PLAIN), @r"
        Error: a discovery has no key `timout` [trueup::config::unknown_key]
           ╭─[files/a.yaml:5:5]
         4 │     address: 10.0.0.1
         5 │     timout: 5s
           ·     ──────
           ╰────
          help: did you mean `timeout`?
        ");
    }

    #[test]
    fn both_files_are_shown_the_one_to_blame_first() {
        let text = "version: 1\ndiscoveries:\n  - {name: x, address: 10.0.0.1}\n";
        assert_snapshot!(drawn(&[text, text], PLAIN), @r"
        Error: the name `x` is given twice [trueup::config::duplicate_name]
           ╭─[files/b.yaml:3:12]
         2 │ discoveries:
         3 │   - {name: x, address: 10.0.0.1}
           ·            ┬
           ·            ╰── again here
           ╰────
           ╭─[files/a.yaml:3:12]
         2 │ discoveries:
         3 │   - {name: x, address: 10.0.0.1}
           ·            ┬
           ·            ╰── first given here
           ╰────
          help: a name is the identity of a discovery: remove one, or give it another
                name
        ");
    }

    #[test]
    fn warnings_and_errors_without_a_place_stand_in_words() {
        let text = "version: 1\ndiscoveries:\n  - {name: x, cidr: 10.0.0.0/8}\n";
        let style = Style { unicode: false, ..PLAIN };
        assert_snapshot!(drawn(&[text, "# nothing\n"], style), @r"
        Error: `files/b.yaml` is empty [trueup::config::no_files]
          help: a file begins with `version: 1`

        Warning: the user guide allows prefixes from /20 to /30 [trueup::config::prefix_size]
           ,-[files/a.yaml:3:21]
         2 | discoveries:
         3 |   - {name: x, cidr: 10.0.0.0/8}
           :                     ^^^^^^^^^^
           `----
          help: /8 is sent as written; the controller may reject it
        ");
    }

    #[test]
    fn places_far_apart_are_shown_without_what_lies_between() {
        let filler = "#\n".repeat(500);
        let text = format!("version: 1\n{filler}version: 2\n{filler}");
        assert_snapshot!(drawn(&[&text], PLAIN), @r"
        Error: `version` is given twice [trueup::config::duplicate_key]
             ╭─[files/a.yaml:502:1]
         501 │ #
         502 │ version: 2
             · ───┬───
             ·    ╰── again here
         503 │ #
             ╰────
           ╭─[files/a.yaml:1:1]
         1 │ version: 1
           · ───┬───
           ·    ╰── first given here
         2 │ #
           ╰────
          help: remove one of them
        ");
    }

    #[test]
    fn a_long_line_is_cut_around_the_mistake() {
        let more = "ä, ".repeat(10_000);
        let text = format!("version: 1\nmanage: {{names: [{more}'a[', {more}b]}}\n");
        let drawing = drawn(&[&text], PLAIN);
        assert!(drawing.len() < 2_000, "{}", drawing.len());
        assert_snapshot!(drawing, @r"
        Error: `a[` is not a pattern: unclosed character class; missing ']' [trueup::config::bad_glob]
           ╭─[files/a.yaml:2:30018]
         1 │ version: 1
         2 │ … ä, ä, ä, ä, ä, ä, ä, 'a[', ä, ä, ä, ä, ä, ä, ä, ä, ä, ä, ä, ä, ä, ä…
           ·                        ────
           ╰────
        ");
    }

    #[test]
    fn nothing_that_a_terminal_would_obey_gets_through() {
        let text =
            "version: 1 # \u{1b}[31mred\u{7}\u{202e}\u{9b}2J\ncontroler: \"\u{1b}]0;x\u{7}\"\n";
        let (mut sources, id) = one(text);
        let path = sources.add("\u{1b}[2J.yaml", text);
        let span = |source, start| Span { source, start, end: start + 9 };
        let complaint = Diagnostic::error(&codes::ANY, "\u{1b}[31m \u{202e}")
            .labelled(span(id, text.find("contr").unwrap()), "\u{1b}[1m")
            .at(span(path, 0))
            .help("\u{7}");
        let drawing = draw(&[complaint], &sources, PLAIN);
        assert!(drawing.contains("controler"), "{drawing}");
        assert!(!drawing.contains(|it: char| is_dangerous(it)), "{drawing:?}");
    }

    fn is_dangerous(c: char) -> bool {
        (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c)
    }

    #[test]
    fn colour_is_only_there_where_it_is_asked_for() {
        let text = "version: 2\n";
        assert!(drawn(&[text], Style { colour: true, ..PLAIN }).contains("\u{1b}["));
        assert!(!drawn(&[text], PLAIN).contains('\u{1b}'));
    }

    #[test]
    fn places_at_the_edges_are_drawn() {
        for text in ["", "\n", "a", "a\n", "a\r\nb", "\t\u{301}x\n"] {
            let (sources, source) = one(text);
            let offsets =
                (0..=text.len()).filter(|it| text.is_char_boundary(*it)).collect::<Vec<_>>();
            for &start in &offsets {
                for &end in offsets.iter().filter(|it| start <= **it) {
                    let complaint = Diagnostic::error(&codes::ANY, "m")
                        .labelled(Span { source, start, end }, "l");
                    let drawing = draw(&[complaint], &sources, PLAIN);
                    assert!(drawing.contains("a.yaml:"), "{text:?} {start}..{end}: {drawing}");
                }
            }
        }
    }

    #[test]
    fn thousands_of_complaints_are_drawn_at_once() {
        let entry = "  - {name: x, address: 10.0.0.300, timout: 5s}\n";
        let text = format!("version: 1\ndiscoveries:\n{}", entry.repeat(3_000));
        let drawing = drawn(&[&text], PLAIN);
        let n_errors = drawing.lines().filter(|it| it.starts_with("Error: ")).count();
        // Two for each entry, and one for each name but the first.
        assert_eq!(n_errors, 3 * 3_000 - 1);
    }
}
