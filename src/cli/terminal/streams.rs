//! The two streams of a command: colour by line, closed pipes, escapes.

use std::io::{self, Write};

use super::{draw, progress::ProgressDisplay};
use crate::{
    cli::{args::Colour, host::Host},
    model::printable,
    render::{self, ChangedWords, Piece, changed_words},
    session::{Interrupts, Progress},
    source::{Diagnostic, SourceMap},
};

/// Printed below the first diagnostics.
const HINT: &str = "\nFor more on a code, run `trueup explain CODE`.";

/// A stream, and whether it is coloured.
struct Stream<'h> {
    writer: &'h mut (dyn Write + Send),
    has_colour: bool,
}

impl Stream<'_> {
    fn write(&mut self, text: &str) -> io::Result<()> {
        self.writer.write_all(text.as_bytes())?;
        self.writer.flush()
    }
}

/// The two streams of a command, and the terminal that they may lead to.
///
/// A closed pipe is not an error: its reader has read enough.
pub(crate) struct Terminal<'h> {
    out: Stream<'h>,
    err: Stream<'h>,
    is_interactive: bool,
    width: usize,
    /// The error of the last failed write to stdout, other than a closed pipe.
    failed: Option<io::Error>,
    /// Whether GitHub's runner reads the streams. It obeys some of the lines.
    is_read_by_runner: bool,
    /// Whether a program reads stdout: what people would read there goes to stderr instead.
    out_is_for_machines: bool,
    /// Printed once, and only on a terminal.
    hint: Option<&'static str>,
    progress: ProgressDisplay,
    /// Reads the answer to a question, if there is a terminal to ask at.
    ask: Option<Box<dyn FnMut() -> io::Result<String> + Send>>,
}

impl<'h> Terminal<'h> {
    pub(crate) fn new(host: &'h mut Host, colour: Colour) -> Self {
        let has_colour = |is_terminal: bool| match colour {
            Colour::Auto => is_terminal && host.var("NO_COLOR").is_none(),
            Colour::Always => true,
            Colour::Never => false,
        };
        let (out_colour, err_colour) =
            (has_colour(host.out_is_terminal), has_colour(host.err_is_terminal));
        let is_read_by_runner = host.var("GITHUB_ACTIONS") == Some("true");
        Self {
            out: Stream { writer: &mut *host.out, has_colour: out_colour },
            err: Stream { writer: &mut *host.err, has_colour: err_colour },
            is_interactive: host.err_is_terminal,
            width: host.width,
            failed: None,
            is_read_by_runner,
            out_is_for_machines: false,
            hint: host.err_is_terminal.then_some(HINT),
            progress: ProgressDisplay::new(host.err_is_terminal),
            ask: host.ask.take(),
        }
    }

    /// Escapes from here on what GitHub's runner would obey.
    pub(crate) fn expect_runner(&mut self) {
        self.is_read_by_runner = true;
    }

    /// Keeps stdout for one document.
    pub(crate) fn keep_stdout_for_machines(&mut self) {
        self.out_is_for_machines = true;
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Prints the result of a command for people: to stdout, or to stderr if a program reads
    /// stdout.
    pub(crate) fn print(&mut self, text: &str) {
        if self.out_is_for_machines {
            self.note(text.trim_end_matches('\n'));
            return;
        }
        let text = self.inert(&harmless(text));
        let painted = if self.out.has_colour { painted(&text) } else { text };
        self.print_raw(&painted);
    }

    /// Prints Markdown to stdout. JSON and HTML have escapes of their own for what GitHub's runner
    /// would obey; Markdown has none.
    pub(crate) fn print_markdown(&mut self, page: &str) {
        let page = self.inert(page);
        self.print_raw(&page);
    }

    /// Prints a document to stdout as it is.
    pub(crate) fn print_raw(&mut self, text: &str) {
        match self.out.write(text) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => self.failed = Some(error),
            Ok(()) | Err(_) => (),
        }
    }

    /// Writes a line of a log that has stdout to itself.
    pub(crate) fn write_log_line(&mut self, line: &str) -> io::Result<()> {
        match self.out.write(line) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Returns the error of the last failed write to stdout, once.
    pub(crate) fn take_failure(&mut self) -> Option<io::Error> {
        self.failed.take()
    }

    /// Prints a remark for the user, in one line or more.
    pub(crate) fn note(&mut self, text: &str) {
        self.note_escaped(&harmless(text));
    }

    /// Prints a text that is escaped already and may have colours.
    fn note_escaped(&mut self, text: &str) {
        let text = self.inert(text);
        self.write_err(&text);
    }

    /// Prints commands for GitHub's runner.
    pub(crate) fn command_runner(&mut self, commands: &str) {
        if !commands.is_empty() {
            self.write_err(commands.trim_end_matches('\n'));
        }
    }

    /// Escapes what GitHub's runner would obey, if it reads the streams.
    fn inert(&self, lines: &str) -> String {
        if self.is_read_by_runner { render::inert(lines) } else { lines.to_owned() }
    }

    fn write_err(&mut self, text: &str) {
        let err = &mut self.err;
        // There is no other stream to report this failure on.
        self.progress.suspend(|| drop(err.write(&[text, "\n"].concat())));
    }

    /// Prints an error that no file is to blame for, and what to do about it.
    pub(crate) fn error(&mut self, message: &str, help: Option<&str>) {
        let help = help.map(|it| format!("\n  help: {}", printable(it))).unwrap_or_default();
        let (red, plain) = self.colours("\u{1b}[1;31m");
        self.note_escaped(&format!("{red}Error:{plain} {}{help}", printable(message)));
    }

    /// Prints an error in the command line, which may have several lines.
    pub(crate) fn usage_error(&mut self, message: &str) {
        let (red, plain) = self.colours("\u{1b}[1;31m");
        self.note_escaped(&format!("{red}Error:{plain} {}", harmless(message)));
    }

    /// Prints a warning that no file is to blame for.
    pub(crate) fn warn(&mut self, message: &str) {
        let (yellow, plain) = self.colours("\u{1b}[1;33m");
        self.note_escaped(&format!("{yellow}Warning:{plain} {}", printable(message)));
    }

    fn colours(&self, begin: &'static str) -> (&'static str, &'static str) {
        if self.err.has_colour { (begin, "\u{1b}[0m") } else { ("", "") }
    }

    /// Draws problems at places in files.
    pub(crate) fn draw(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        let style = draw::Style {
            colour: self.err.has_colour,
            width: self.width,
            unicode: self.is_interactive,
        };
        let drawn = draw::draw(diagnostics, sources, style);
        self.note_escaped(drawn.trim_end());
        if let Some(hint) = self.hint.take() {
            self.note(hint);
        }
    }

    /// Whether there is a terminal to ask at.
    pub(crate) fn can_ask(&self) -> bool {
        self.ask.is_some()
    }

    /// Asks whether to execute the plan. Only `yes` approves; an interrupt does not.
    pub(crate) async fn approves(&mut self, interrupts: &Interrupts) -> bool {
        self.note("\nDo you want to execute this plan? Only `yes` approves.");
        let Some(ask) = self.ask.take() else { return false };
        // Only a thread can wait for a terminal. It may be left waiting until the process ends.
        let answer = tokio::task::spawn_blocking(ask);
        let answer = interrupts.unless_interrupted(answer).await;
        answer.is_some_and(|it| it.is_ok_and(|it| it.is_ok_and(|it| it.trim() == "yes")))
    }

    /// Shows progress, by a bar or a line.
    pub(crate) fn progress(&mut self, progress: Progress<'_>) {
        if let Some(line) = self.progress.update(progress) {
            self.note(&line);
        }
    }
}

/// Escapes everything in the lines that a terminal obeys or hides. Texts from outside are escaped
/// where they are put into a line; this catches what was missed.
fn harmless(lines: &str) -> String {
    lines.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// Colours a plan or an account line by line, by the sign that each line begins with.
fn painted(text: &str) -> String {
    text.split_inclusive('\n').map(painted_line).collect()
}

fn painted_line(line: &str) -> String {
    let bare = line.trim_end_matches('\n');
    let end = if bare.len() < line.len() { "\n" } else { "" };
    let start = bare.trim_start();
    let signs: [(&str, &str); 12] = [
        ("-/+ ", "\u{1b}[31m"),
        ("+ ", "\u{1b}[32m"),
        ("- ", "\u{1b}[31m"),
        ("~ ", "\u{1b}[33m"),
        ("! ", "\u{1b}[36m"),
        (". ", "\u{1b}[36m"),
        ("# ", "\u{1b}[1m"),
        ("Plan: ", "\u{1b}[1m"),
        ("No changes.", "\u{1b}[1;32m"),
        ("Apply complete!", "\u{1b}[1;32m"),
        ("Apply incomplete.", "\u{1b}[1;31m"),
        ("Apply cancelled.", "\u{1b}[1m"),
    ];
    match signs.iter().find(|(sign, _)| start.starts_with(sign)) {
        Some((_, colour)) => format!("{colour}{}\u{1b}[0m{end}", with_marked_words(bare)),
        None => line.to_owned(),
    }
}

/// Underlines the words that change in a line such as `~ x = "old" -> "new"`. Values with an escaped
/// quote are left alone.
fn with_marked_words(line: &str) -> String {
    let parts = line.split_once(" = ").and_then(|(start, values)| {
        let (before, after) = values.split_once("\" -> \"")?;
        let (after, end) = after.split_once('"').filter(|(it, _)| !it.ends_with('\\'))?;
        let ChangedWords { before, after } = changed_words(before, after)?;
        Some(format!("{start} = {}\" -> \"{}\"{end}", underlined(&before), underlined(&after)))
    });
    parts.unwrap_or_else(|| line.to_owned())
}

fn underlined(pieces: &[Piece]) -> String {
    let draw = |it: &Piece| {
        if it.is_changed { format!("\u{1b}[4m{}\u{1b}[24m", it.text) } else { it.text.clone() }
    };
    pieces.iter().map(draw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_words_of_a_long_value_are_underlined() {
        let line = "      ~ range = \"10.0.0.1-10.0.0.254\" -> \"10.0.0.1-10.0.9.254\"";
        let marked = with_marked_words(line);
        assert!(marked.ends_with("-> \"10.0.0.1-10.0.\u{1b}[4m9.\u{1b}[24m254\""), "{marked}");
        let plain = marked.replace("\u{1b}[4m", "").replace("\u{1b}[24m", "");
        assert_eq!(plain, line);
        assert_eq!(with_marked_words("  ~ x = \"1s\" -> \"2s\""), "  ~ x = \"1s\" -> \"2s\"");
    }

    #[test]
    fn colour_adds_to_a_line_and_changes_nothing_of_it() {
        let painted = painted("  + a\nplain\n  # b");
        assert_eq!(painted, "\u{1b}[32m  + a\u{1b}[0m\nplain\n\u{1b}[1m  # b\u{1b}[0m");
    }
}
