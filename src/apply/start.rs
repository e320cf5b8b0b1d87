//! The beginning of an apply: what is carried out and how, and the check that it still may be.
//!
//! Sends no write. Once every precondition was checked, `driver` goes on.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    driver::{Began, Driver, EventSink},
    limits::Limits,
    operation::{Events, Moment},
    precondition::View,
    replay::Replay,
    scheduler::Scheduler,
};
use crate::{
    api::Client,
    events::{Event, Moved},
    live::{Dialect, ReadError},
    model::Live,
    plan::Plan,
};

/// How long the plan's own read vouches for every precondition.
const READ_VOUCHES_FOR: Duration = Duration::from_secs(5);

/// A plan to be carried out, and how.
pub(crate) struct Apply<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) client: &'a Client,
    /// The live state that the plan was made from, or a later read of it.
    pub(crate) live: &'a Live,
    /// When it was requested.
    pub(crate) read_at: Instant,
    pub(crate) limits: Limits,
    pub(crate) deadline: Instant,
    pub(crate) purpose: Purpose<'a>,
    /// Requests that nothing more is begun.
    pub(crate) stop: CancellationToken,
    /// The time now, in milliseconds of the epoch: stands in for the controller's clock until the
    /// controller has sent its own.
    pub(crate) wall_ms: i64,
}

/// What an apply is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose<'a> {
    /// To carry the plan out.
    CarryOut,
    /// To resume an interrupted apply.
    Resume(&'a Replay),
    /// To settle the operations that it had in flight by reading, and to write nothing.
    Settle(&'a Replay),
}

/// How an apply ended. The outcomes of its changes are in the events.
#[derive(Debug)]
#[must_use = "a stale plan wrote nothing"]
pub(crate) enum Ended {
    Finished,
    /// Nothing was written: these changes are neither as planned nor done already.
    Stale(Vec<(usize, Moved)>),
    /// Nothing was written: the live state could not be read again.
    NotRead(ReadError),
}

/// Carries a plan out.
pub(crate) async fn apply(job: Apply<'_>, sink: EventSink<'_>) -> Ended {
    let now = Instant::now();
    let vouches = now.duration_since(job.read_at) < READ_VOUCHES_FOR;
    // Moments count from the read that vouches for the preconditions: its age is theirs.
    let began = if vouches { job.read_at } else { now };
    let age = i64::try_from(now.duration_since(began).as_millis()).unwrap_or(i64::MAX);
    let wall_ms = job.wall_ms.saturating_sub(age);
    let client = job.client.until(job.deadline);
    let dialect = Dialect::new(job.live.interface, &job.live.credentials);
    let (mut scheduler, taken_up) = scheduler(&job);
    let checked = if vouches {
        let view = View::new(&job.live.discoveries, true);
        scheduler.check_all(&view, &dialect, Moment::ZERO, began.elapsed())
    } else {
        match dialect.complete_view(&client).await {
            Ok(view) => {
                let came_at = began.elapsed();
                scheduler.check_all(&View::from(&view), &dialect, came_at, came_at)
            }
            Err(error) => return Ended::NotRead(error),
        }
    };
    let events = match checked {
        Ok(events) => events,
        Err(moved) => return Ended::Stale(moved),
    };
    if let Purpose::Resume(left) | Purpose::Settle(left) = job.purpose
        && let Some(at_ms) = left.first_open_ms()
    {
        client.note_write(at_ms);
    }
    let start = match job.purpose {
        Purpose::CarryOut => Event::Started { n_changes: job.plan.changes.len() },
        Purpose::Resume(left) | Purpose::Settle(left) => {
            Event::Resumed { n_open: left.n_open(), settles_only: scheduler.settles_only() }
        }
    };
    let mut driver = Driver::new(Began { client, dialect, scheduler, at: began, wall_ms }, sink);
    driver.emit(&[vec![start], taken_up, events].concat());
    driver.run(&job.stop, job.deadline.duration_since(began), job.limits.drain).await;
    Ended::Finished
}

fn scheduler<'a>(job: &Apply<'a>) -> (Scheduler<'a>, Events) {
    match job.purpose {
        Purpose::CarryOut => (Scheduler::new(job.plan, job.limits), Events::new()),
        Purpose::Resume(left) => Scheduler::resumed(job.plan, job.limits, left),
        Purpose::Settle(left) => {
            let (scheduler, taken_up) = Scheduler::resumed(job.plan, job.limits, left);
            (scheduler.settling(), taken_up)
        }
    }
}
