//! Runs an apply with its journal: a new plan, a resumed one, or one that is only settled.

use std::mem;

use super::{
    follower::{Follower, RecordedJournal},
    notice::Notice,
    remainder::{Remainder, Remainders},
    takeover::EarlierJournals,
};
use crate::{
    apply::{self, Apply, Ended, Purpose, Replay, Wait},
    events::{Event, Moved, Outcome, Report, SinkError},
    plan::Change,
};

/// An apply and its record.
pub(crate) struct Run<'a> {
    pub(crate) apply: Apply<'a>,
    pub(crate) journal: Option<&'a mut RecordedJournal>,
    /// The journals that hand over what is left in them, once this apply has its first write.
    pub(crate) earlier: EarlierJournals,
    /// The outcomes so far.
    pub(crate) report: Report,
}

/// How an apply ended.
pub(crate) struct RunResult {
    /// `None` if it was interrupted before it ended.
    pub(crate) ended: Option<Ended>,
    pub(crate) report: Report,
    /// The operations, according to the journal.
    pub(crate) replay: Replay,
    /// The journals that have handed over nothing yet.
    pub(crate) earlier: EarlierJournals,
    /// The first sink that failed.
    pub(crate) sink_error: Option<SinkError>,
}

/// Where the events of an apply go.
struct Sinks<'a> {
    changes: &'a [Change],
    journal: Option<&'a mut RecordedJournal>,
    earlier: EarlierJournals,
    report: Report,
    replay: Replay,
    follower: &'a mut dyn Follower,
    sink_error: Option<SinkError>,
}

impl Run<'_> {
    /// Runs the apply until it ends, or until it is interrupted at once.
    pub(crate) async fn run(
        self,
        interrupt: impl Future<Output = ()>,
        follower: &mut dyn Follower,
    ) -> RunResult {
        let Self { apply, journal, earlier, report } = self;
        let changes = &apply.plan.changes;
        let replay = match apply.purpose {
            Purpose::CarryOut => Replay::of(changes, []),
            Purpose::Resume(replay) | Purpose::Settle(replay) => replay.clone(),
        };
        let sink_error = None;
        let mut sinks = Sinks { changes, journal, earlier, report, replay, follower, sink_error };
        let mut emit = |events: &[Event]| sinks.emit(events);
        let ended = tokio::select! {
            biased;
            ended = apply::apply(apply, &mut emit) => Some(ended),
            () = interrupt => None,
        };
        if let Some(Ended::Stale(moved)) = &ended {
            sinks.end_stale(moved);
        }
        let Sinks { earlier, report, replay, sink_error, .. } = sinks;
        RunResult { ended, report, replay, earlier, sink_error }
    }
}

impl Sinks<'_> {
    /// Emits events: to the journal first, because its line has to be on the disk before a write is
    /// sent.
    fn emit(&mut self, events: &[Event]) -> Result<(), SinkError> {
        let at_ms = self.follower.now_ms();
        let recorded = self.record(events, at_ms);
        let mut followed = Ok(());
        for event in events {
            // Without its line in the journal, the request is not sent.
            if recorded.is_err() && matches!(event, Event::Submitting { .. }) {
                continue;
            }
            self.report.apply_event(event, at_ms);
            followed = followed.and(self.follower.event(event, self.changes, &self.report));
        }
        let emitted = recorded.and(followed);
        self.sink_error = self.sink_error.or(emitted.err());
        emitted
    }

    fn record(&mut self, events: &[Event], at_ms: i64) -> Result<(), SinkError> {
        let Some(RecordedJournal { journal, path }) = self.journal.as_deref_mut() else {
            return Ok(());
        };
        let Err(error) = journal.record(events, self.changes, at_ms) else {
            for event in events {
                self.replay.apply_event(event, at_ms);
            }
            if events.iter().any(|it| matches!(it, Event::Submitting { .. })) {
                mem::take(&mut self.earlier).hand_over(self.follower);
            }
            return Ok(());
        };
        if self.sink_error != Some(SinkError::Journal) {
            self.follower.notice(Notice::NotWritten { path: path.clone(), error });
        }
        Err(SinkError::Journal)
    }

    /// Records the end of a stale plan. Nothing was written, and the next apply checks again, so
    /// obligations stay open in the journal.
    fn end_stale(&mut self, moved: &[(usize, Moved)]) {
        let end = |(change, moved): &(usize, Moved)| Event::Ended {
            change: *change,
            outcome: Outcome::Stale { words: moved.in_full() },
        };
        let ends = moved.iter().map(end).collect::<Vec<_>>();
        let at_ms = self.follower.now_ms();
        if let Some(RecordedJournal { journal, .. }) = self.journal.as_deref_mut() {
            let remainders = Remainders::of(&self.replay, self.changes, Wait::Tasks);
            let owing = remainders.changes(self.changes, Remainder::has_obligation);
            let kept = owing.map(|(position, _)| position).collect::<Vec<_>>();
            let is_over = |it: &&Event| it.change().is_some_and(|it| !kept.contains(&it));
            let over = ends.iter().filter(is_over).cloned().collect::<Vec<_>>();
            drop(journal.record(&over, self.changes, at_ms));
        }
        for event in &ends {
            self.report.apply_event(event, at_ms);
            _ = self.follower.record(event, self.changes);
        }
    }
}
