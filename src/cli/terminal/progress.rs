//! Progress of long work: bars on a terminal, a line an event in a pipe.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    events::{Entry, Event, Outcome, Report, StopReason},
    model::printable,
    plan::Step,
    session::Progress,
};

/// How often a bar is redrawn while nothing happens.
const TICK: Duration = Duration::from_millis(120);

/// How often a line says that a read continues, where there is no bar.
const LINE_INTERVAL: Duration = Duration::from_secs(15);

/// Shows progress: by a bar on a terminal, by lines in a pipe.
#[derive(Debug)]
pub(super) struct ProgressDisplay {
    is_interactive: bool,
    bar: Option<ProgressBar>,
    n_ended: u64,
    /// Whether a change ends with the run that it starts, and not before.
    waits_for_runs: bool,
    /// How long the read had taken when the last line was printed.
    last_line: Duration,
}

impl ProgressDisplay {
    pub(super) fn new(is_interactive: bool) -> Self {
        Self {
            is_interactive,
            bar: None,
            n_ended: 0,
            waits_for_runs: false,
            last_line: Duration::ZERO,
        }
    }

    /// Takes a sign of progress. Returns the line to print about it, if any.
    pub(super) fn update(&mut self, progress: Progress<'_>) -> Option<String> {
        match progress {
            Progress::Reading { url, elapsed, trouble } => self.reading(url, elapsed, trouble),
            Progress::Applying { n_changes, waits_for_runs } => {
                let bar = self.show("{spinner} [{bar:30}] {pos}/{len} {elapsed} {wide_msg}");
                bar.set_length(n_changes as u64);
                (self.n_ended, self.waits_for_runs) = (0, waits_for_runs);
                None
            }
            Progress::Event { event, report } => self.event(event, report),
            Progress::Ended => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
                None
            }
        }
    }

    /// Does something with the bar out of the way.
    pub(super) fn suspend(&self, print: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn show(&mut self, template: &str) -> &ProgressBar {
        let target = if self.is_interactive {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template(template);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.enable_steady_tick(TICK);
        self.bar.insert(bar)
    }

    fn reading(&mut self, url: &str, elapsed: Duration, trouble: Option<&str>) -> Option<String> {
        let trouble = trouble.map(|it| format!(" ({it})")).unwrap_or_default();
        if self.bar.is_none() {
            self.last_line = Duration::ZERO;
            self.show("{spinner} {msg} {elapsed}");
        }
        if let Some(bar) = &self.bar {
            bar.set_message(format!("Reading {url}{trouble}"));
        }
        if self.is_interactive || elapsed < self.last_line + LINE_INTERVAL {
            return None;
        }
        self.last_line = elapsed;
        Some(format!("Still reading {url} after {} s{trouble}...", elapsed.as_secs()))
    }

    /// Returns the line for an event. On a terminal the bar shows what is in flight, and only what
    /// a person has to know becomes a line.
    fn event(&mut self, event: &Event, report: &Report) -> Option<String> {
        if let Event::Ended { outcome, .. } = event {
            // The account lists what was not tried: here it would hide everything else.
            if let Outcome::NotTried { .. } = outcome {
                return None;
            }
            self.n_ended += 1;
        }
        let mut line = line(event, report)?;
        if self.waits_for_runs && starts_a_run(event) {
            line.push_str(", waiting for the end of its run...");
        }
        let Some(bar) = self.bar.as_ref().filter(|_| self.is_interactive) else {
            return Some(line);
        };
        bar.set_position(self.n_ended);
        bar.set_message(line.clone());
        is_for_a_person(event).then_some(line)
    }
}

fn starts_a_run(event: &Event) -> bool {
    matches!(event, Event::Settled { step: Step::Create | Step::Run, found: false, .. })
}

fn is_for_a_person(event: &Event) -> bool {
    match event {
        Event::Started { .. }
        | Event::Resumed { .. }
        | Event::Submitting { .. }
        | Event::Accepted { .. }
        | Event::Claimed { .. }
        | Event::Settled { .. } => false,
        Event::InDoubt { .. }
        | Event::NotTaken { .. }
        | Event::Refused { .. }
        | Event::Noted { .. }
        | Event::Ended { .. }
        | Event::Stopping { .. }
        | Event::Waiting { .. }
        | Event::ReadFailed { .. } => true,
    }
}

/// Returns an event as a line.
fn line(event: &Event, report: &Report) -> Option<String> {
    let entry = |change: &usize| report.entries.get(*change);
    let of = |change: &usize| entry(change).map(|it| it.name.to_string()).unwrap_or_default();
    let doing = |step: &Step| match step {
        Step::Stop => "stopping",
        Step::Edit => "editing",
        Step::Run => "starting a run",
        Step::Delete => "deleting",
        Step::Create => "creating",
    };
    let line = match event {
        Event::Started { .. } | Event::Resumed { .. } => return None,
        Event::Submitting { change, step, attempt: 1, .. } => {
            format!("{}: {}...", of(change), doing(step))
        }
        Event::Submitting { change, step, attempt, .. } => {
            format!("{}: {} (attempt {attempt})...", of(change), doing(step))
        }
        Event::Accepted { change, step, task } => {
            format!("{}: {step} accepted, task {task}", of(change))
        }
        Event::InDoubt { change, step, why } => {
            format!("{}: {step} in doubt, checking its outcome: {why}", of(change))
        }
        Event::NotTaken { change, step, why } => {
            format!("{}: {step} was not processed: {why}", of(change))
        }
        Event::Refused { change, step, why } => {
            format!("{}: {step} was refused, checking whether it was needed: {why}", of(change))
        }
        Event::Claimed { change, step } => {
            format!("{}: {step} reported done, verifying...", of(change))
        }
        Event::Settled { change, step, found: false, .. } => format!("{}: {step} done", of(change)),
        Event::Settled { change, step, found: true, .. } => {
            format!("{}: {step} not needed, already as wanted", of(change))
        }
        Event::Noted { change, note } => format!("Warning: {}: {note}", of(change)),
        Event::Ended { change, outcome } => ended(entry(change)?, outcome),
        Event::Stopping { why: StopReason::Interrupted } => {
            "Stopping (interrupted): waiting for open operations, starting nothing more; another \
             Ctrl-C stops at once..."
                .to_owned()
        }
        Event::Stopping { why } => format!("Stopping ({why}): starting nothing more."),
        Event::Waiting { n_open, trouble: None } => format!("Still waiting, {n_open} in flight..."),
        Event::Waiting { n_open, trouble: Some(trouble) } => {
            format!(
                "Still waiting, {n_open} in flight; last problem with the controller: {trouble}"
            )
        }
        Event::ReadFailed { why } => format!("Warning: a read failed, retrying: {why}"),
    };
    Some(printable(&line))
}

fn ended(entry: &Entry, outcome: &Outcome) -> String {
    let name = &entry.name;
    match outcome {
        Outcome::Done => format!("{name}: {} complete", entry.action),
        Outcome::Converged => format!("{name}: already as wanted"),
        Outcome::Stale { words } => {
            format!("{name}: not tried, it has moved since the plan: {words}")
        }
        Outcome::Failed { words } | Outcome::Conflict { words } => {
            format!("{name}: {} failed: {words}", entry.action)
        }
        Outcome::Unknown { words } => format!("{name}: outcome unknown: {words}"),
        Outcome::NotTried { why } => format!("{name}: not tried: {why}"),
        Outcome::Open { words, .. } => format!("{name}: still open: {words}"),
    }
}
