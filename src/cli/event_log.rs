//! Where `--events` goes: a file, or stdout.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use crate::{events::Line, render::LogRecord};

/// The lines of `--events`.
pub(crate) struct EventLog {
    /// `None` is stdout, which the host has.
    file: Option<Box<dyn Write + Send>>,
    seq: u64,
    /// Whether it can no longer be written.
    has_failed: bool,
    /// Why, until that is told.
    failed: Option<io::Error>,
}

impl EventLog {
    /// Opens the log; `-` is stdout. A file is readable by its owner only.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let is_stdout = path.as_os_str() == "-";
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let file = if is_stdout { None } else { Some(options.open(path)?) };
        let file = file.map(|it| -> Box<dyn Write + Send> { Box::new(it) });
        Ok(Self { file, seq: 0, has_failed: false, failed: None })
    }

    /// Whether it has stdout for itself.
    pub(crate) fn has_stdout(&self) -> bool {
        self.file.is_none()
    }

    /// Writes a line, at once and whole. What fails once fails for good.
    pub(crate) fn write(
        &mut self,
        record: LogRecord,
        at_ms: i64,
        stdout: &mut dyn Write,
    ) -> io::Result<()> {
        if self.has_failed {
            return Err(io::Error::other("an earlier line could not be written"));
        }
        self.seq += 1;
        let line = Line::new(self.seq, at_ms, record).text();
        let stream: &mut dyn Write = match &mut self.file {
            Some(file) => file,
            None => stdout,
        };
        match stream.write_all(line.as_bytes()).and_then(|()| stream.flush()) {
            // Whoever reads the pipe has read enough; that stops nothing.
            Err(error) if self.file.is_none() && error.kind() == io::ErrorKind::BrokenPipe => {
                Ok(())
            }
            Err(error) => {
                let again = io::Error::new(error.kind(), error.to_string());
                self.has_failed = true;
                self.failed = Some(error);
                Err(again)
            }
            Ok(()) => Ok(()),
        }
    }

    /// Returns why it could not be written, if it could not, the first time that it is asked.
    pub(crate) fn failure(&mut self) -> Option<io::Error> {
        self.failed.take()
    }
}
