//! What is printed, and how: colour by line, pipes that close, complaints.

use std::{
    io::{self, Write as _},
    path::Path,
};

use tokio::time::Instant;

use super::draw;
use crate::{
    cli::{
        annotations::Annotations, args::Colour, event_log::EventLog, exit::Exit, host::Host,
        outcomes::Told,
    },
    codes,
    model::printable,
    render::{self, LogRecord},
    source::{Diagnostic, Severity, SourceMap},
};

/// Said below the first complaints.
const HINT: &str = "\nFor more on a code, run `trueup explain CODE`.";

/// Who reads what is said and printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Anybody,
    /// GitHub's runner first, which obeys some of it.
    Runner,
}

/// The two streams of a command.
///
/// A closed pipe is no error: whoever reads has read enough.
pub(crate) struct Output<'h> {
    pub(crate) host: &'h mut Host,
    out_colour: bool,
    err_colour: bool,
    /// Why stdout could not be written, other than that it was closed.
    failed: Option<io::Error>,
    events: Option<EventLog>,
    annotations: Option<Annotations>,
    reader: Reader,
    /// Whether stdout is for a machine: what a person would read there goes to stderr then.
    out_is_for_machines: bool,
    began: Instant,
    /// What is still to be said about codes, where somebody reads it: once is enough.
    hint: Option<&'static str>,
}

impl<'h> Output<'h> {
    pub(crate) fn new(host: &'h mut Host, colour: Colour) -> Self {
        let is_wanted = |is_terminal: bool| match colour {
            Colour::Auto => is_terminal && host.var("NO_COLOR").is_none(),
            Colour::Always => true,
            Colour::Never => false,
        };
        let (out_colour, err_colour) =
            (is_wanted(host.out_is_terminal), is_wanted(host.err_is_terminal));
        let is_on_runner = host.var("GITHUB_ACTIONS") == Some("true");
        let reader = if is_on_runner { Reader::Runner } else { Reader::Anybody };
        let hint = host.err_is_terminal.then_some(HINT);
        Self {
            host,
            out_colour,
            err_colour,
            failed: None,
            events: None,
            annotations: None,
            reader,
            out_is_for_machines: false,
            began: Instant::now(),
            hint,
        }
    }

    /// Returns the time now, in milliseconds of the epoch.
    pub(crate) fn now_ms(&self) -> i64 {
        let elapsed = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.host.now_ms.saturating_add(elapsed)
    }

    /// Opens the log of `--events`, if one is asked for.
    pub(crate) fn open_events(&mut self, path: Option<&Path>) -> Result<(), Exit> {
        let Some(path) = path else { return Ok(()) };
        let log = EventLog::open(path).map_err(|error| {
            self.error(
                &format!("the events cannot be written to `{}`: {error}", path.display()),
                None,
            );
            Exit::Failed
        })?;
        self.out_is_for_machines |= log.has_stdout();
        self.events = Some(log);
        Ok(())
    }

    /// Collects complaints from here on.
    pub(crate) fn annotate(&mut self, annotations: Annotations) {
        if annotations.is_for_runner() {
            self.reader = Reader::Runner;
        }
        self.out_is_for_machines |= annotations.has_stdout();
        self.annotations = Some(annotations);
    }

    /// Returns what was collected, which is then no longer added to.
    pub(crate) fn take_annotations(&mut self) -> Option<Annotations> {
        self.annotations.take()
    }

    /// Keeps stdout for one document.
    pub(crate) fn keep_stdout_for_machines(&mut self) {
        self.out_is_for_machines = true;
    }

    /// Writes a line to the log of `--events`, if there is one.
    pub(crate) fn log(&mut self, record: LogRecord) -> io::Result<()> {
        let at_ms = self.now_ms();
        match &mut self.events {
            Some(log) => log.write(record, at_ms, &mut self.host.out),
            None => Ok(()),
        }
    }

    /// Prints to stdout what a person ran the command for; to stderr where stdout is for a
    /// machine.
    pub(crate) fn print(&mut self, text: &str) {
        if self.out_is_for_machines {
            self.say(text.trim_end_matches('\n'));
            return;
        }
        let text = self.inert(&harmless(text));
        let painted = if self.out_colour { painted(&text) } else { text };
        self.print_raw(&painted);
    }

    /// Prints a document to stdout, unless events have it for themselves.
    pub(crate) fn print_document(&mut self, document: &str) {
        if !self.events.as_ref().is_some_and(EventLog::has_stdout) {
            self.print_raw(document);
        }
    }

    /// Prints Markdown to stdout in the same way. JSON and HTML have escapes of their own for what
    /// GitHub's runner would obey, and Markdown has none.
    pub(crate) fn print_markdown(&mut self, page: &str) {
        let page = self.inert(page);
        self.print_document(&page);
    }

    fn print_raw(&mut self, text: &str) {
        let written = self.host.out.write_all(text.as_bytes()).and_then(|()| self.host.out.flush());
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => self.failed = Some(error),
            Ok(()) | Err(_) => (),
        }
    }

    /// Says that stdout or the events could not be written, and why, if they could not for another
    /// reason than a closed pipe.
    pub(crate) fn failure(&mut self) -> Option<String> {
        let of_events = self.events.as_mut().and_then(EventLog::failure);
        let of_events = of_events.map(|it| format!("the events could not be written: {it}"));
        let of_out = self.failed.take().map(|it| format!("the result could not be written: {it}"));
        of_out.or(of_events)
    }

    /// Says something to the person, in one line or more.
    pub(crate) fn say(&mut self, text: &str) {
        self.say_drawn(&harmless(text));
    }

    /// Says what is ours to the last character of it, colours included.
    fn say_drawn(&mut self, text: &str) {
        let text = self.inert(text);
        self.tell(&text);
    }

    /// Gives GitHub's runner its commands.
    pub(crate) fn tell_runner(&mut self, commands: &str) {
        if !commands.is_empty() {
            self.tell(commands.trim_end_matches('\n'));
        }
    }

    /// Returns lines that GitHub's runner takes for what they are, where it reads them.
    fn inert(&self, lines: &str) -> String {
        match self.reader {
            Reader::Runner => render::inert(lines),
            Reader::Anybody => lines.to_owned(),
        }
    }

    fn tell(&mut self, text: &str) {
        // Nobody is left to be told that nobody listens.
        drop(writeln!(self.host.err, "{text}").and_then(|()| self.host.err.flush()));
    }

    /// Says what is wrong where no file is to blame, and what to do about it: in a line each.
    pub(crate) fn error(&mut self, message: &str, help: Option<&str>) {
        let complaint = Diagnostic::error(&codes::command::COMMAND, message);
        let complaint = match help {
            Some(help) => complaint.help(help),
            None => complaint,
        };
        self.log_complaints(&[complaint], &SourceMap::default());
        let help = help.map(|it| format!("\n  help: {}", printable(it))).unwrap_or_default();
        let (red, plain) = self.colours("\u{1b}[1;31m");
        self.say_drawn(&format!("{red}Error:{plain} {}{help}", printable(message)));
    }

    /// Says what is wrong with the command line, in as many lines as that takes.
    pub(crate) fn usage_error(&mut self, message: &str) {
        let (red, plain) = self.colours("\u{1b}[1;31m");
        self.say_drawn(&format!("{red}Error:{plain} {}", harmless(message)));
    }

    fn colours(&self, begin: &'static str) -> (&'static str, &'static str) {
        if self.err_colour { (begin, "\u{1b}[0m") } else { ("", "") }
    }

    /// Warns where no file is to blame.
    pub(crate) fn warn(&mut self, message: &str) {
        let (yellow, plain) = self.colours("\u{1b}[1;33m");
        self.say_drawn(&format!("{yellow}Warning:{plain} {}", printable(message)));
    }

    /// Draws complaints, and how many there are.
    pub(crate) fn complain(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        if diagnostics.is_empty() {
            return;
        }
        self.log_complaints(diagnostics, sources);
        let style = draw::Style {
            colour: self.err_colour,
            width: self.host.width,
            unicode: self.host.err_is_terminal,
        };
        let drawn = draw::draw(diagnostics, sources, style);
        self.say_drawn(drawn.trim_end());
        if let Some(hint) = self.hint.take() {
            self.say(hint);
        }
    }

    /// Tells machines of complaints.
    fn log_complaints(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        for diagnostic in diagnostics {
            // That it cannot be logged is told at the end, by `failure`.
            drop(self.log(LogRecord::diagnostic(diagnostic, sources)));
        }
        if let Some(annotations) = &mut self.annotations {
            annotations.take(diagnostics, sources);
        }
    }

    /// Puts what came of changes to their lines, where that is asked for.
    pub(crate) fn annotate_outcomes(&mut self, told: &[Told<'_>], sources: &SourceMap) {
        if let Some(annotations) = &mut self.annotations {
            annotations.take_outcomes(told, sources);
        }
    }

    /// Returns whether what is said is read on a terminal.
    pub(crate) fn is_interactive(&self) -> bool {
        self.host.err_is_terminal
    }
}

/// Says how many errors and warnings there are, as in `2 errors and 1 warning`.
pub(crate) fn counted(diagnostics: &[Diagnostic]) -> String {
    let count = |severity| diagnostics.iter().filter(|it| it.severity == severity).count();
    let of = |n: usize, what: &str| match n {
        0 => None,
        1 => Some(format!("1 {what}")),
        n => Some(format!("{n} {what}s")),
    };
    let errors = of(count(Severity::Error), "error");
    let warnings = of(count(Severity::Warning), "warning");
    match (errors, warnings) {
        (Some(errors), Some(warnings)) => format!("{errors} and {warnings}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "no errors".to_owned(),
    }
}

/// Returns lines without anything that a terminal obeys or nobody sees. Where a text of others is
/// put into a line of ours that is seen to before; this is for what was forgotten.
fn harmless(lines: &str) -> String {
    lines.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// Puts colour to a plan or an account, line by line: by its sign, which says the same without.
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
        Some((_, colour)) => format!("{colour}{bare}\u{1b}[0m{end}"),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_adds_to_a_line_and_changes_nothing_of_it() {
        let painted = painted("  + a\nplain\n  # b");
        assert_eq!(painted, "\u{1b}[32m  + a\u{1b}[0m\nplain\n\u{1b}[1m  # b\u{1b}[0m");
    }
}
