//! Events to lines and back: what is read is what was written, or an error.

use jiff::Timestamp;

use super::document::{ChangeRefV1, KindV1, LineV1, OutcomeV1, StopV1};
use crate::{
    events::{Event, Outcome, StopReason},
    model::RemoteId,
    plan::{Change, Step},
};

/// Returns the line of an event of these changes. `None` for what nobody has to know afterwards.
pub(super) fn line(event: &Event, changes: &[Change]) -> Option<LineV1> {
    let of = |kind: KindV1, position: &usize| LineV1 {
        change: changes.get(*position).map(|it| ChangeRefV1 {
            position: *position,
            name: it.name.as_str().to_owned(),
            action: it.action.to_string(),
        }),
        ..LineV1::of_kind(kind)
    };
    let of_step =
        |kind, position, step: &Step| LineV1 { step: Some(step.to_string()), ..of(kind, position) };
    let with_words = |words: &str, line| LineV1 { words: Some(words.to_owned()), ..line };
    Some(match event {
        Event::Waiting { .. } | Event::ReadFailed { .. } => return None,
        Event::Started { .. } => LineV1::of_kind(KindV1::ApplyStarted),
        Event::Resumed { settles_only: false, .. } => LineV1::of_kind(KindV1::ApplyResumed),
        Event::Resumed { settles_only: true, .. } => LineV1::of_kind(KindV1::ApplySettling),
        Event::Submitting { change, step, attempt, sent_ms, earlier_run_ms } => LineV1 {
            attempt: Some(*attempt),
            controller_time: Some(moment(*sent_ms)),
            earlier_run: earlier_run_ms.map(moment),
            ..of_step(KindV1::Submitting, change, step)
        },
        Event::Accepted { change, step, task } => {
            LineV1 { task: Some(task.clone()), ..of_step(KindV1::Accepted, change, step) }
        }
        Event::InDoubt { change, step, why } => {
            with_words(why, of_step(KindV1::InDoubt, change, step))
        }
        Event::NotTaken { change, step, why } => {
            with_words(why, of_step(KindV1::NotTaken, change, step))
        }
        Event::Refused { change, step, why } => {
            with_words(why, of_step(KindV1::Refused, change, step))
        }
        Event::Claimed { change, step } => of_step(KindV1::Claimed, change, step),
        Event::Settled { change, step, found, id } => LineV1 {
            found: Some(*found),
            id: id.as_ref().map(|it| it.0.clone()),
            ..of_step(KindV1::Settled, change, step)
        },
        Event::Noted { change, note } => with_words(note, of(KindV1::Noted, change)),
        Event::Ended { change, outcome } => ended(outcome, of(KindV1::Ended, change)),
        Event::Stopping { why } => LineV1 {
            reason: Some(stop(*why)),
            ..with_words(&why.to_string(), LineV1::of_kind(KindV1::Stopping))
        },
    })
}

fn ended(outcome: &Outcome, line: LineV1) -> LineV1 {
    let (word, words, task) = match outcome {
        Outcome::Done => (OutcomeV1::Done, None, None),
        Outcome::Converged => (OutcomeV1::Converged, None, None),
        Outcome::Failed { words } => (OutcomeV1::Failed, Some(words), None),
        Outcome::Stale { words } => (OutcomeV1::Stale, Some(words), None),
        Outcome::Conflict { words } => (OutcomeV1::Conflict, Some(words), None),
        Outcome::Unknown { words } => (OutcomeV1::Unknown, Some(words), None),
        Outcome::NotTried { why } => (OutcomeV1::NotTried, Some(why), None),
        Outcome::Open { task, words } => (OutcomeV1::Open, Some(words), task.clone()),
    };
    LineV1 { outcome: Some(word), words: words.cloned(), task, ..line }
}

/// Returns the event of a line; `None` where it has none. Fails with what is wrong with it.
pub(super) fn event(line: LineV1, changes: &[Change]) -> Result<Option<Event>, String> {
    let LineV1 {
        format_version: _,
        seq: _,
        time: _,
        event: kind,
        trueup_version: _,
        wait: _,
        plan: _,
        change,
        step,
        attempt,
        controller_time,
        earlier_run,
        task,
        id,
        found,
        outcome,
        reason,
        words,
        by: _,
    } = line;
    let change = || position(change.as_ref(), changes);
    let step = || {
        let text = needed("step", step.as_deref())?;
        let step = Step::ALL.into_iter().find(|it| it.to_string() == text);
        step.ok_or_else(|| format!("its `step` is `{text}`"))
    };
    let said = || words.clone().unwrap_or_default();
    Ok(Some(match kind {
        KindV1::Plan => return Err("it is a second plan".to_owned()),
        KindV1::Finished | KindV1::TakenOver => return Ok(None),
        KindV1::ApplyStarted => Event::Started { n_changes: changes.len() },
        KindV1::ApplyResumed => Event::Resumed { n_open: 0, settles_only: false },
        KindV1::ApplySettling => Event::Resumed { n_open: 0, settles_only: true },
        KindV1::Submitting => Event::Submitting {
            change: change()?,
            step: step()?,
            attempt: needed("attempt", attempt)?,
            sent_ms: milliseconds(needed("controller_time", controller_time.as_deref())?)?,
            earlier_run_ms: earlier_run.as_deref().map(milliseconds).transpose()?,
        },
        KindV1::Accepted => {
            Event::Accepted { change: change()?, step: step()?, task: needed("task", task)? }
        }
        KindV1::InDoubt => Event::InDoubt { change: change()?, step: step()?, why: said() },
        KindV1::NotTaken => Event::NotTaken { change: change()?, step: step()?, why: said() },
        KindV1::Refused => Event::Refused { change: change()?, step: step()?, why: said() },
        KindV1::Claimed => Event::Claimed { change: change()?, step: step()? },
        KindV1::Settled => Event::Settled {
            change: change()?,
            step: step()?,
            found: needed("found", found)?,
            id: id.map(RemoteId),
        },
        KindV1::Noted => Event::Noted { change: change()?, note: said() },
        KindV1::Ended => {
            let outcome = outcome_of(needed("outcome", outcome)?, said(), task);
            Event::Ended { change: change()?, outcome }
        }
        // The first journals gave it in words only, and nothing is made of it.
        KindV1::Stopping => return Ok(reason.map(|it| Event::Stopping { why: stop_reason(it) })),
    }))
}

fn needed<T>(member: &str, value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| format!("its `{member}` is missing or unknown"))
}

fn position(change: Option<&ChangeRefV1>, changes: &[Change]) -> Result<usize, String> {
    let ChangeRefV1 { position, name, action } = needed("change", change)?;
    match changes.get(*position) {
        Some(it) if it.name.as_str() == name && it.action.to_string() == *action => Ok(*position),
        Some(_) | None => {
            Err(format!("the plan's change {position} is not the {action} of {name}"))
        }
    }
}

fn stop(why: StopReason) -> StopV1 {
    match why {
        StopReason::Interrupted => StopV1::Interrupted,
        StopReason::OutOfTime => StopV1::OutOfTime,
        StopReason::Unheard => StopV1::Unheard,
        StopReason::Unrecorded => StopV1::Unrecorded,
        StopReason::Settling => StopV1::Settling,
    }
}

fn stop_reason(why: StopV1) -> StopReason {
    match why {
        StopV1::Interrupted => StopReason::Interrupted,
        StopV1::OutOfTime => StopReason::OutOfTime,
        StopV1::Unheard => StopReason::Unheard,
        StopV1::Unrecorded => StopReason::Unrecorded,
        StopV1::Settling => StopReason::Settling,
    }
}

fn outcome_of(word: OutcomeV1, words: String, task: Option<String>) -> Outcome {
    match word {
        OutcomeV1::Done => Outcome::Done,
        OutcomeV1::Converged => Outcome::Converged,
        OutcomeV1::Failed => Outcome::Failed { words },
        OutcomeV1::Stale => Outcome::Stale { words },
        OutcomeV1::Conflict => Outcome::Conflict { words },
        OutcomeV1::Unknown => Outcome::Unknown { words },
        OutcomeV1::NotTried => Outcome::NotTried { why: words },
        OutcomeV1::Open => Outcome::Open { task, words },
    }
}

/// Returns a time of the epoch as RFC 3339 writes it, in UTC.
pub(super) fn moment(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or_default().to_string()
}

/// Reads such a time.
pub(super) fn milliseconds(text: &str) -> Result<i64, String> {
    let time = text.parse::<Timestamp>();
    time.map(Timestamp::as_millisecond).map_err(|_| format!("`{text}` is no time"))
}
