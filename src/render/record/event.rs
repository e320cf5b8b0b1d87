//! Events as JSON lines, all in one envelope.

use super::{
    document::{ChangeRefV1, EventV1, ExitV1, FORMAT_VERSION, KindV1, ReportV1},
    report::outcome_of,
};
use crate::{
    events::{Event, Outcome},
    model::shown_json,
    plan::{Change, Plan, Step},
    render::saved::{diagnostic, moment, summary},
    source::{Diagnostic, SourceMap},
};

/// What a line of `--events` can tell.
#[derive(Debug)]
pub(crate) enum LogRecord<'a> {
    PlanStarted,
    PlanMade(&'a Plan),
    Diagnostic(&'a Diagnostic, &'a SourceMap),
    /// An event of an apply, and the changes that it is about.
    Applying(&'a Event, &'a [Change]),
    Report(Box<ReportV1>),
    Exit {
        code: u8,
        name: &'static str,
    },
}

/// Returns one line, with its newline: the `seq`th, at that moment of the epoch.
pub(crate) fn event_line(record: LogRecord<'_>, seq: u64, at_ms: i64) -> String {
    let line = EventV1 { seq, time: moment(at_ms), ..document(record) };
    let text = serde_json::to_string(&line).expect("invariant: every key is text");
    shown_json(text) + "\n"
}

fn document(record: LogRecord<'_>) -> EventV1 {
    match record {
        LogRecord::PlanStarted => of_kind(KindV1::PlanStarted),
        LogRecord::PlanMade(plan) => {
            EventV1 { summary: Some(summary(plan)), ..of_kind(KindV1::PlanMade) }
        }
        LogRecord::Diagnostic(it, sources) => EventV1 {
            diagnostic: Some(diagnostic(it, false, sources)),
            ..of_kind(KindV1::Diagnostic)
        },
        LogRecord::Applying(event, changes) => applying(event, changes),
        LogRecord::Report(report) => EventV1 { report: Some(*report), ..of_kind(KindV1::Report) },
        LogRecord::Exit { code, name } => {
            EventV1 { exit: Some(ExitV1 { code, name: name.to_owned() }), ..of_kind(KindV1::Exit) }
        }
    }
}

fn of_kind(event: KindV1) -> EventV1 {
    EventV1 {
        format_version: FORMAT_VERSION.to_owned(),
        seq: 0,
        time: String::new(),
        event,
        change: None,
        step: None,
        attempt: None,
        task: None,
        id: None,
        found: None,
        outcome: None,
        words: None,
        summary: None,
        diagnostic: None,
        report: None,
        exit: None,
    }
}

fn applying(event: &Event, changes: &[Change]) -> EventV1 {
    let of = |kind: KindV1, change: &usize| {
        let change = changes.get(*change).map(|it| ChangeRefV1 {
            name: it.name.as_str().to_owned(),
            action: it.action.to_string(),
        });
        EventV1 { change, ..of_kind(kind) }
    };
    let of_step =
        |kind, change, step: &Step| EventV1 { step: Some(step.to_string()), ..of(kind, change) };
    match event {
        Event::Started { .. } => of_kind(KindV1::ApplyStarted),
        Event::Resumed { .. } => of_kind(KindV1::ApplyResumed),
        Event::Submitting { change, step, attempt, sent_ms: _, earlier_run_ms: _ } => {
            EventV1 { attempt: Some(*attempt), ..of_step(KindV1::Submitting, change, step) }
        }
        Event::Accepted { change, step, task } => {
            EventV1 { task: Some(task.clone()), ..of_step(KindV1::Accepted, change, step) }
        }
        Event::InDoubt { change, step, why } => {
            EventV1 { words: Some(why.clone()), ..of_step(KindV1::InDoubt, change, step) }
        }
        Event::NotTaken { change, step, why } => {
            EventV1 { words: Some(why.clone()), ..of_step(KindV1::NotTaken, change, step) }
        }
        Event::Refused { change, step, why } => {
            EventV1 { words: Some(why.clone()), ..of_step(KindV1::Refused, change, step) }
        }
        Event::Claimed { change, step } => of_step(KindV1::Claimed, change, step),
        Event::Settled { change, step, found, id } => EventV1 {
            found: Some(*found),
            id: id.as_ref().map(|it| it.0.clone()),
            ..of_step(KindV1::Settled, change, step)
        },
        Event::Noted { change, note } => {
            EventV1 { words: Some(note.clone()), ..of(KindV1::Noted, change) }
        }
        Event::Ended { change, outcome } => {
            let (word, words) = outcome_of(outcome);
            let kind = match outcome {
                Outcome::Failed { .. } | Outcome::Conflict { .. } => KindV1::Failed,
                Outcome::Done
                | Outcome::Converged
                | Outcome::Stale { .. }
                | Outcome::Unknown { .. }
                | Outcome::NotTried { .. }
                | Outcome::Open { .. } => KindV1::Ended,
            };
            let task = match outcome {
                Outcome::Open { task, .. } => task.clone(),
                _ => None,
            };
            EventV1 { outcome: Some(word), words, task, ..of(kind, change) }
        }
        Event::Stopping { why } => {
            EventV1 { words: Some(why.to_string()), ..of_kind(KindV1::Stopping) }
        }
        Event::Waiting { n_open: _, trouble } => {
            EventV1 { words: trouble.clone(), ..of_kind(KindV1::Waiting) }
        }
        Event::ReadFailed { why } => {
            EventV1 { words: Some(why.clone()), ..of_kind(KindV1::ReadFailed) }
        }
    }
}
