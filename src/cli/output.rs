//! Where the output of a command goes: the terminal, `--events` and `--annotations`.

use std::path::Path;

use super::{
    annotations::{Annotations, OutputClaims},
    args::{AnnotationArgs, Colour, ExecuteArgs, Format},
    event_log::EventLog,
    exit::Exit,
    host::Host,
    terminal::Terminal,
};
use crate::{
    events::{Report, SinkError},
    render::{self, LogRecord, ReportAbout},
    session::{
        ClaimedPath, Clock, Environment, Error, ErrorKind, Observer, OutcomeDiagnostic, OutputFile,
        Problem, Progress, check_path_conflicts, check_report_file,
    },
    source::{Diagnostic, SourceMap},
};

/// Everything that a command writes to, apart from result files.
pub(crate) struct Output<'h> {
    pub(crate) terminal: Terminal<'h>,
    events: Option<EventLog>,
    annotations: Option<Annotations>,
    /// Whether reports are printed, as JSON.
    prints_reports: bool,
    clock: Clock,
}

impl<'h> Output<'h> {
    pub(crate) fn new(host: &'h mut Host, colour: Colour, clock: Clock) -> Self {
        let terminal = Terminal::new(host, colour);
        Self { terminal, events: None, annotations: None, prints_reports: false, clock }
    }

    /// Opens the log of `--events`, if one is asked for: `files` are the other paths of the
    /// command line.
    pub(crate) fn open_events(
        &mut self,
        path: Option<&Path>,
        files: &[ClaimedPath<'_>],
    ) -> Result<(), Error> {
        check_path_conflicts(OutputFile { what: "the events", flag: "--events", path }, files)?;
        let Some(path) = path else { return Ok(()) };
        let log = EventLog::open(path).map_err(|error| {
            let message = format!("the events cannot be written to `{}`: {error}", path.display());
            Error::new(ErrorKind::Failed, message)
        })?;
        if log.has_stdout() {
            self.terminal.keep_stdout_for_machines();
        }
        self.events = Some(log);
        Ok(())
    }

    /// Opens every output of an apply beside its account: `files` are the other paths of the
    /// command line.
    pub(crate) fn open_for_execution(
        &mut self,
        args: &ExecuteArgs,
        files: &[ClaimedPath<'_>],
        environment: &Environment,
    ) -> Result<(), Error> {
        let (events, report) = (args.events.as_deref(), args.report.as_deref());
        let stdout = (args.format == Format::Json).then_some("--format json");
        let claimed = [files, &[("the report", report)]].concat();
        let claims = OutputClaims { stdout, events, files: &claimed };
        self.open_annotations(&args.annotations, claims, environment)?;
        check_report_file(report, &[files, &[("the events", events)]].concat())?;
        self.open_events(events, files)?;
        if args.format == Format::Json {
            self.prints_reports = true;
            self.terminal.keep_stdout_for_machines();
        }
        Ok(())
    }

    /// Begins to collect diagnostics for `--annotations`, if that is asked for.
    pub(crate) fn open_annotations(
        &mut self,
        args: &AnnotationArgs,
        claims: OutputClaims<'_>,
        environment: &Environment,
    ) -> Result<(), Error> {
        let Some(mut annotations) = Annotations::open(args, claims, environment)? else {
            return Ok(());
        };
        let checked = annotations.check_document();
        if annotations.is_for_runner() {
            self.terminal.expect_runner();
        }
        if annotations.has_stdout() {
            self.terminal.keep_stdout_for_machines();
        }
        self.annotations = Some(annotations);
        checked
    }

    /// Delivers the annotations. Returns the reason if that failed.
    pub(crate) fn close_annotations(&mut self, exit: Exit) -> Option<String> {
        let annotations = self.annotations.take()?;
        let failure = annotations.write_document(exit, |document| self.print_document(document));
        self.terminal.command_runner(&annotations.runner_commands());
        failure
    }

    /// Prints a document to stdout, unless events have it to themselves.
    pub(crate) fn print_document(&mut self, document: &str) {
        if !self.events.as_ref().is_some_and(EventLog::has_stdout) {
            self.terminal.print_raw(document);
        }
    }

    /// Prints Markdown to stdout, unless events have it to themselves.
    pub(crate) fn print_markdown(&mut self, page: &str) {
        if !self.events.as_ref().is_some_and(EventLog::has_stdout) {
            self.terminal.print_markdown(page);
        }
    }

    /// Returns, once, why stdout or the events could not be written, if it was not that the pipe
    /// was closed.
    pub(crate) fn take_failure(&mut self) -> Option<String> {
        let of_events = self.events.as_mut().and_then(EventLog::take_failure);
        let of_events = of_events.map(|it| format!("the events could not be written: {it}"));
        let of_out = self.terminal.take_failure();
        of_out.map(|it| format!("the result could not be written: {it}")).or(of_events)
    }

    /// Reports what could not be printed, if anything, and returns the exit code. If the command
    /// may have written to the controller, the exit code stays that of the writes.
    pub(crate) fn report_failure(
        &mut self,
        failure: Option<String>,
        exit: Exit,
        writes: bool,
    ) -> Exit {
        let Some(message) = failure else { return exit };
        if writes || !matches!(exit, Exit::Done | Exit::Changes | Exit::Drift) {
            self.warn(&message);
            return exit;
        }
        self.error(&Error::new(ErrorKind::Failed, message));
        Exit::Failed
    }

    /// Passes diagnostics to the log and the annotations.
    fn record_diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        for diagnostic in diagnostics {
            // A log that cannot be written is reported at the end, by `take_failure`.
            _ = self.record(LogRecord::diagnostic(diagnostic, sources));
        }
        if let Some(annotations) = &mut self.annotations {
            annotations.add(diagnostics, sources);
        }
    }
}

impl Observer for Output<'_> {
    fn note(&mut self, text: &str) {
        self.terminal.note(text);
    }

    fn warn(&mut self, message: &str) {
        self.terminal.warn(message);
    }

    fn error(&mut self, error: &Error) {
        for problem in &error.problems {
            match problem {
                Problem::Message { message, help } => {
                    let help = help.as_deref();
                    let diagnostic = Problem::diagnostic(message, help);
                    self.record_diagnostics(&[diagnostic], &SourceMap::default());
                    self.terminal.error(message, help);
                }
                Problem::InFiles { diagnostics, sources, summary } => {
                    self.diagnostics(diagnostics, sources);
                    if let Some(summary) = summary {
                        self.note(summary);
                    }
                }
            }
        }
    }

    fn diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        if !diagnostics.is_empty() {
            self.record_diagnostics(diagnostics, sources);
            self.terminal.draw(diagnostics, sources);
        }
    }

    fn outcomes(&mut self, outcomes: &[OutcomeDiagnostic<'_>], sources: &SourceMap) {
        if let Some(annotations) = &mut self.annotations {
            annotations.add_outcomes(outcomes, sources);
        }
    }

    fn report(&mut self, report: &Report, about: ReportAbout<'_>) {
        let document = render::report_document(report, about);
        // A log that cannot be written is reported at the end, by `take_failure`.
        _ = self.record(LogRecord::report(document));
        if self.prints_reports {
            self.print_document(&render::report_json(report, about));
        }
    }

    fn print(&mut self, text: &str) {
        self.terminal.print(text);
    }

    fn record(&mut self, record: LogRecord) -> Result<(), SinkError> {
        let Some(log) = &mut self.events else { return Ok(()) };
        let is_written = log.write(record, self.clock.now_ms(), &mut self.terminal);
        if is_written { Ok(()) } else { Err(SinkError::EventLog) }
    }

    fn progress(&mut self, progress: Progress<'_>) {
        self.terminal.progress(progress);
    }
}
