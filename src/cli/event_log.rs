//! Where `--events` goes: a file, or stdout.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use super::terminal::Terminal;
use crate::{events::Line, render::LogRecord};

/// The log of `--events`.
pub(crate) struct EventLog {
    /// `None` is stdout.
    file: Option<Box<dyn Write + Send>>,
    seq: u64,
    /// Whether a write has failed. Then no other is tried.
    has_failed: bool,
    /// The error of that write, until it is reported.
    failure: Option<io::Error>,
}

impl EventLog {
    /// Opens the log; `-` is stdout. A file is readable by its owner only.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let is_stdout = path.as_os_str() == "-";
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let file = if is_stdout { None } else { Some(options.open(path)?) };
        let file = file.map(|it| -> Box<dyn Write + Send> { Box::new(it) });
        Ok(Self { file, seq: 0, has_failed: false, failure: None })
    }

    /// Whether the log has stdout to itself.
    pub(crate) fn has_stdout(&self) -> bool {
        self.file.is_none()
    }

    /// Writes a line, at once and whole. Returns whether that worked.
    pub(crate) fn write(
        &mut self,
        record: LogRecord,
        at_ms: i64,
        terminal: &mut Terminal<'_>,
    ) -> bool {
        if self.has_failed {
            return false;
        }
        self.seq += 1;
        let line = Line::new(self.seq, at_ms, record).text();
        let written = match &mut self.file {
            Some(file) => file.write_all(line.as_bytes()).and_then(|()| file.flush()),
            None => terminal.write_log_line(&line),
        };
        self.failure = written.err();
        self.has_failed = self.failure.is_some();
        !self.has_failed
    }

    /// Returns the error of the failed write, once.
    pub(crate) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }
}
