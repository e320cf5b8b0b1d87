//! Draws diagnostics: the message, the place in the file underlined, and help.
//!
//! miette draws the excerpts and the help. Prints nothing and does not know the terminal: the caller
//! decides on colour and width.

use std::fmt::{self, Write as _};

use miette::{GraphicalReportHandler, GraphicalTheme, MietteDiagnostic, ThemeStyles};

use super::excerpt::excerpts;
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

/// The columns of the line numbers and the frame.
const FRAME: usize = 12;
/// A narrower excerpt is of no use, and a wider one is hard to read.
const MIN_WIDTH: usize = 40;
const MAX_WIDTH: usize = 200;

/// Returns the diagnostics as text, with a blank line between two.
pub(crate) fn draw(diagnostics: &[Diagnostic], sources: &SourceMap, style: Style) -> String {
    let drawn = diagnostics.iter().map(|it| draw_one(it, sources, style));
    drawn.collect::<Vec<_>>().join("\n")
}

fn draw_one(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    let Diagnostic { severity, code, message, help, labels } = diagnostic;
    let width = style.width.clamp(MIN_WIDTH + FRAME, MAX_WIDTH);
    let mut theme = if style.unicode { GraphicalTheme::unicode() } else { GraphicalTheme::ascii() };
    theme.styles = if style.colour { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let severity = match severity {
        Severity::Error => theme.styles.error.style("Error:"),
        Severity::Warning => theme.styles.warning.style("Warning:"),
    };
    let mut out = format!("{severity} {} [{}]\n", printable(message), printable(code));
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width)
        .with_links(false)
        .without_cause_chain()
        .without_syntax_highlighting();
    let (known, others): (Vec<_>, Vec<_>) =
        labels.iter().cloned().partition(|it| it.span.has_text());
    for excerpt in &excerpts(&known, sources, width - FRAME) {
        out += &rendered(&handler, excerpt);
    }
    for label in others {
        let at = sources.locate(label.span);
        writeln!(out, "    at {}:{}:{}", printable(&at.path), at.line, at.column)
            .expect("invariant: a string takes everything");
    }
    if let Some(help) = help {
        out += &rendered(&handler, &MietteDiagnostic::new("").with_help(printable(help)));
    }
    out
}

/// Returns what miette draws below its own headline, which lacks the code and `Error:`.
fn rendered(handler: &GraphicalReportHandler, part: &dyn miette::Diagnostic) -> String {
    let mut drawn = String::new();
    match handler.render_report(&mut drawn, part) {
        Ok(()) => drawn.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default(),
        // Only a place outside its excerpt can fail. The message is shown without the drawing.
        Err(fmt::Error) => String::new(),
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

    /// Draws the mistakes in these files.
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
    fn a_mistake_is_underlined() {
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
    fn labels_in_two_files_are_drawn_primary_first() {
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
    fn diagnostics_without_a_place_are_drawn_in_words() {
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
    fn lines_between_distant_labels_are_left_out() {
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
        assert_snapshot!(drawing, @"
        Error: `a[` is not a pattern: unclosed character class; missing ']' [trueup::config::bad_glob]
           ╭─[files/a.yaml:2:30018]
         2 │ … ä, ä, ä, ä, ä, ä, ä, 'a[', ä, ä, ä, ä, ä, ä, ä, ä, ä, ä, ä, ä, ä, ä…
           ·                        ────
           ╰────
        ");
    }

    #[test]
    fn terminal_control_characters_never_reach_the_terminal() {
        let text =
            "version: 1 # \u{1b}[31mred\u{7}\u{202e}\u{9b}2J\ncontroler: \"\u{1b}]0;x\u{7}\"\n";
        let (mut sources, id) = one(text);
        let path = sources.add("\u{1b}[2J.yaml", text);
        let span = |source, start| Span { source, start, end: start + 9 };
        let diagnostic = Diagnostic::error(&codes::ANY, "\u{1b}[31m \u{202e}")
            .labelled(span(id, text.find("contr").unwrap()), "\u{1b}[1m")
            .at(span(path, 0))
            .help("\u{7}");
        let drawing = draw(&[diagnostic], &sources, PLAIN);
        assert!(drawing.contains("controler"), "{drawing}");
        assert!(!drawing.contains(is_dangerous), "{drawing:?}");
    }

    #[test]
    fn hostile_characters_and_logins_are_replaced_and_the_underline_is_still_right() {
        let text =
            "controller: https://admin:hunter2@host # \u{202e}\u{200b}\u{7}\u{feff}\t東京 x\nb\r\n";
        let (sources, source) = one(text);
        let start = text.find('x').unwrap();
        let at_x = Span { source, start, end: start + 1 };
        let at_host = Span { source, start: 34, end: 38 };
        let diagnostic =
            Diagnostic::error(&codes::ANY, "m").labelled(at_x, "here").labelled(at_host, "there");
        for width in [40, 80] {
            let drawing =
                draw(std::slice::from_ref(&diagnostic), &sources, Style { width, ..PLAIN });
            assert!(!drawing.contains(is_dangerous) && !drawing.contains("hunter2"), "{drawing}");
        }
        assert_snapshot!(draw(&[diagnostic], &sources, PLAIN), @"
        Error: m [trueup::config::x]
           ╭─[a.yaml:1:50]
         1 │ controller: https://*************@host # ���� 東京 x
           ·                                   ──┬─             ┬
           ·                                     │              ╰── here
           ·                                     ╰── there
         2 │ b
           ╰────
        ");
    }

    fn is_dangerous(c: char) -> bool {
        c != '\n' && crate::model::is_unsafe(c)
    }

    #[test]
    fn colour_is_used_only_on_request() {
        let text = "version: 2\n";
        assert!(drawn(&[text], Style { colour: true, ..PLAIN }).contains("\u{1b}["));
        assert!(!drawn(&[text], PLAIN).contains('\u{1b}'));
    }

    #[test]
    fn labels_at_the_edges_of_a_file_are_drawn() {
        for text in ["", "\n", "a", "a\n", "a\r\nb", "\t\u{301}x\n"] {
            let (sources, source) = one(text);
            let offsets =
                (0..=text.len()).filter(|it| text.is_char_boundary(*it)).collect::<Vec<_>>();
            for &start in &offsets {
                for &end in offsets.iter().filter(|it| start <= **it) {
                    let diagnostic = Diagnostic::error(&codes::ANY, "m")
                        .labelled(Span { source, start, end }, "l");
                    let drawing = draw(&[diagnostic], &sources, PLAIN);
                    assert!(drawing.contains("a.yaml:"), "{text:?} {start}..{end}: {drawing}");
                }
            }
        }
    }

    #[test]
    fn thousands_of_diagnostics_are_drawn_at_once() {
        let entry = "  - {name: x, address: 10.0.0.300, timout: 5s}\n";
        let text = format!("version: 1\ndiscoveries:\n{}", entry.repeat(3_000));
        let drawing = drawn(&[&text], PLAIN);
        let n_errors = drawing.lines().filter(|it| it.starts_with("Error: ")).count();
        // Two for each entry, and one for each name but the first.
        assert_eq!(n_errors, 3 * 3_000 - 1);
    }
}
