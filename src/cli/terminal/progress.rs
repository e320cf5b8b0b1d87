//! Progress of long work: bars on a terminal, a line an event in a pipe.

use std::{pin::pin, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::{Instant, sleep};

use super::output::Output;
use crate::{
    api::Client,
    apply::Wait,
    events::{Entry, Event, Outcome, Report, StopReason},
    model::printable,
    plan::Step,
};

/// How often a bar that nothing happens to is drawn again.
const TICK: Duration = Duration::from_millis(120);

/// How often it is looked whether the client is in trouble.
const LOOK: Duration = Duration::from_secs(1);

/// How often somebody who sees no bar is told that it still goes on.
const PATIENCE: Duration = Duration::from_secs(15);

/// Reads the controller, and shows that it does: by a bar on a terminal, and in a pipe by a line
/// now and then where it takes long. Both say what keeps the client from an answer.
pub(crate) async fn reading<T>(
    read: impl Future<Output = T>,
    (client, url): (&Client, &str),
    output: &mut Output<'_>,
) -> T {
    let bar = Spinner(bar_for(output, "{spinner} {msg} {elapsed}"));
    bar.0.set_message(format!("Reading {url}"));
    bar.0.enable_steady_tick(TICK);
    let began = Instant::now();
    let mut read = pin!(read);
    let mut told = began;
    loop {
        tokio::select! {
            biased;
            read = &mut read => return read,
            () = sleep(LOOK) => {
                let trouble = client.last_failure().map(|it| format!(" ({it})")).unwrap_or_default();
                bar.0.set_message(format!("Reading {url}{trouble}"));
                if PATIENCE <= told.elapsed() && !output.is_interactive() {
                    told = Instant::now();
                    let so_far = began.elapsed().as_secs();
                    output.say(&format!("Still reading {url} after {so_far} s{trouble}..."));
                }
            }
        }
    }
}

/// A bar that goes when it is dropped.
#[derive(Debug)]
struct Spinner(ProgressBar);

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn bar_for(output: &Output<'_>, template: &str) -> ProgressBar {
    let target = if output.is_interactive() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    let style = ProgressStyle::with_template(template);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar
}

/// Follows an apply.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Spinner,
    n_ended: u64,
    is_interactive: bool,
    /// Whether a change ends with the run that it starts, and not before.
    waits_for_runs: bool,
}

impl Progress {
    /// Begins to follow an apply of so many changes.
    pub(crate) fn new(n_changes: usize, output: &Output<'_>) -> Self {
        let bar = bar_for(output, "{spinner} [{bar:30}] {pos}/{len} {elapsed} {wide_msg}");
        bar.set_length(n_changes as u64);
        bar.enable_steady_tick(TICK);
        let is_interactive = output.is_interactive();
        Self { bar: Spinner(bar), n_ended: 0, is_interactive, waits_for_runs: false }
    }

    /// Tells of runs that are waited for, too.
    pub(crate) fn with_runs(self, wait: Wait) -> Self {
        Self { waits_for_runs: wait == Wait::Runs, ..self }
    }

    /// Returns the line to say of an event, if there is one to say. On a terminal the bar tells
    /// what is under way, and only what a person has to know becomes a line.
    pub(crate) fn line(&mut self, event: &Event, report: &Report) -> Option<String> {
        if let Event::Ended { outcome, .. } = event {
            // The account lists what was not tried: here it would hide everything else.
            if let Outcome::NotTried { .. } = outcome {
                return None;
            }
            self.n_ended += 1;
            self.bar.0.set_position(self.n_ended);
        }
        let mut line = line(event, report)?;
        if self.waits_for_runs && starts_a_run(event) {
            line.push_str(", waiting for the end of its run...");
        }
        if !self.is_interactive {
            return Some(line);
        }
        self.bar.0.set_message(line.clone());
        is_for_a_person(event).then_some(line)
    }

    /// Says something above the bar.
    pub(crate) fn say(&self, line: &str, output: &mut Output<'_>) {
        self.bar.0.suspend(|| output.say(line));
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

/// Says an event in one line.
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
            format!("{}: {} (try {attempt})...", of(change), doing(step))
        }
        Event::Accepted { change, step, task } => {
            format!("{}: {step} accepted, task {task}", of(change))
        }
        Event::InDoubt { change, step, why } => {
            format!("{}: {step} in doubt, looking what came of it: {why}", of(change))
        }
        Event::NotTaken { change, step, why } => {
            format!("{}: {step} was not taken on: {why}", of(change))
        }
        Event::Refused { change, step, why } => {
            format!("{}: {step} was refused, looking whether it was needed: {why}", of(change))
        }
        Event::Claimed { change, step } => {
            format!("{}: {step} reported as done, looking...", of(change))
        }
        Event::Settled { change, step, found: false, .. } => format!("{}: {step} done", of(change)),
        Event::Settled { change, step, found: true, .. } => {
            format!("{}: {step} not needed, it is so already", of(change))
        }
        Event::Noted { change, note } => format!("Warning: {}: {note}", of(change)),
        Event::Ended { change, outcome } => ended(entry(change)?, outcome),
        Event::Stopping { why: StopReason::Interrupted } => {
            "Stopping (interrupted): nothing more is begun, open operations are waited for; \
             another Ctrl-C leaves at once..."
                .to_owned()
        }
        Event::Stopping { why } => format!("Stopping ({why}): nothing more is begun."),
        Event::Waiting { n_open, trouble: None } => format!("Still waiting, {n_open} under way..."),
        Event::Waiting { n_open, trouble: Some(trouble) } => {
            format!("Still waiting, {n_open} under way; the controller's last trouble: {trouble}")
        }
        Event::ReadFailed { why } => format!("Warning: a read failed and is tried again: {why}"),
    };
    Some(printable(&line))
}

fn ended(entry: &Entry, outcome: &Outcome) -> String {
    let name = &entry.name;
    match outcome {
        Outcome::Done => format!("{name}: {} complete", entry.action),
        Outcome::Converged => format!("{name}: is so already"),
        Outcome::Stale { words } => format!("{name}: not tried, it moved since the plan: {words}"),
        Outcome::Failed { words } | Outcome::Conflict { words } => {
            format!("{name}: {} failed: {words}", entry.action)
        }
        Outcome::Unknown { words } => format!("{name}: nobody knows what came of it: {words}"),
        Outcome::NotTried { why } => format!("{name}: not tried: {why}"),
        Outcome::Open { words, .. } => format!("{name}: still open: {words}"),
    }
}
