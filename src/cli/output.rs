//! What is printed, and how: colour by line, pipes that close, complaints.

use std::io::{self, Write as _};

use super::{args::Colour, draw, host::Host};
use crate::source::{Diagnostic, Severity, SourceMap};

/// The two streams of a command.
///
/// A closed pipe is no error: whoever reads has read enough.
#[derive(Debug)]
pub(crate) struct Output<'h> {
    pub(crate) host: &'h mut Host,
    out_colour: bool,
    err_colour: bool,
    /// Why stdout could not be written, other than that it was closed.
    failed: Option<io::Error>,
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
        Self { host, out_colour, err_colour, failed: None }
    }

    /// Prints to stdout what the command was run for.
    pub(crate) fn print(&mut self, text: &str) {
        if self.out_colour { self.print_plain(&painted(text)) } else { self.print_plain(text) }
    }

    /// Prints to stdout what is for another program to read, which knows no colour.
    pub(crate) fn print_plain(&mut self, text: &str) {
        let written = self.host.out.write_all(text.as_bytes()).and_then(|()| self.host.out.flush());
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => self.failed = Some(error),
            Ok(()) | Err(_) => (),
        }
    }

    /// Returns why stdout could not be written, if it could not for another reason than a closed
    /// pipe.
    pub(crate) fn failure(&mut self) -> Option<io::Error> {
        self.failed.take()
    }

    /// Says something to the person.
    pub(crate) fn say(&mut self, text: &str) {
        // Nobody is left to be told that nobody listens.
        drop(writeln!(self.host.err, "{text}").and_then(|()| self.host.err.flush()));
    }

    /// Says what is wrong where no file is to blame, and what to do about it.
    pub(crate) fn error(&mut self, message: &str, help: Option<&str>) {
        let help = help.map(|it| format!("\n  help: {it}")).unwrap_or_default();
        let (red, plain) = if self.err_colour { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
        self.say(&format!("{red}Error:{plain} {message}{help}"));
    }

    /// Warns where no file is to blame.
    pub(crate) fn warn(&mut self, message: &str) {
        let (yellow, plain) =
            if self.err_colour { ("\u{1b}[1;33m", "\u{1b}[0m") } else { ("", "") };
        self.say(&format!("{yellow}Warning:{plain} {message}"));
    }

    /// Draws complaints, and how many there are.
    pub(crate) fn complain(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        if diagnostics.is_empty() {
            return;
        }
        let style = draw::Style {
            colour: self.err_colour,
            width: self.host.width,
            unicode: self.host.err_is_terminal,
        };
        let drawn = draw::draw(diagnostics, sources, style);
        self.say(drawn.trim_end());
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
