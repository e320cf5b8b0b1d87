//! How a new apply takes over the journals of interrupted ones.
//!
//! Settles nothing: that was done before, by reading.

use super::{
    follower::{Follower, RecordedJournal},
    notice::Notice,
    remainder::{Obligation, Remainder, Remainders},
};
use crate::{
    events::{Event, Outcome},
    model::{Name, Settings},
    plan::{Change, Plan, Reason, Step},
};

/// The journal of an interrupted apply, settled, from which a new apply takes over.
#[derive(Debug)]
pub(crate) struct SettledApply {
    pub(super) recorded: RecordedJournal,
    pub(super) changes: Vec<Change>,
    pub(super) remainders: Remainders,
}

impl SettledApply {
    /// The discoveries that it edited and did not run.
    pub(crate) fn run_missing(&self) -> Vec<Name> {
        self.names(|it| it.owes() == Some(Obligation::Run))
    }

    /// The discoveries that it deleted, or may have, and did not create again, with their intended
    /// settings: deleted discoveries are created again with these.
    pub(crate) fn last_known_settings(&self) -> Vec<(Name, Settings)> {
        last_known_settings(&self.remainders, &self.changes)
    }

    fn names(&self, which: impl Fn(Remainder) -> bool) -> Vec<Name> {
        self.remainders.changes(&self.changes, which).map(|(_, it)| it.name.clone()).collect()
    }
}

pub(super) fn last_known_settings(
    remainders: &Remainders,
    changes: &[Change],
) -> Vec<(Name, Settings)> {
    let is_deleted =
        |it: Remainder| matches!(it.owes(), Some(Obligation::Create | Obligation::PossibleCreate));
    let deleted = remainders.changes(changes, is_deleted);
    deleted.filter_map(|(_, it)| Some((it.name.clone(), it.after.clone()?))).collect()
}

/// A new apply, which takes over from earlier ones as far as it planned their discoveries.
pub(crate) struct NewApply<'a> {
    pub(crate) plan: &'a Plan,
    /// Whether the plan was made by this apply, which passed the missing runs to the planner.
    pub(crate) is_planned_here: bool,
    /// Its journal, if it needed one.
    pub(crate) journal: Option<String>,
}

/// The journals that hand over what is left in them to a new apply. They do so right before its
/// first write is sent, or when it has ended without one: until then it may turn out to be stale
/// and take over nothing.
#[derive(Debug, Default)]
pub(crate) struct EarlierJournals {
    all: Vec<(RecordedJournal, HandedOver)>,
    /// The journal of the new apply.
    by: Option<String>,
}

/// What a journal hands over to a new apply.
#[derive(Debug)]
enum HandedOver {
    Everything,
    /// The ends of some of its changes: the rest stays open. If they were done twice, they would
    /// undo later changes.
    Part {
        ended: Vec<Event>,
        changes: Vec<Change>,
    },
}

impl EarlierJournals {
    /// Closes the journals, or records which part of them is over.
    pub(crate) fn hand_over(self, follower: &mut dyn Follower) {
        for (RecordedJournal { mut journal, path }, handed_over) in self.all {
            let now_ms = follower.now_ms();
            let recorded = match handed_over {
                HandedOver::Everything => journal.hand_over(self.by.clone(), now_ms),
                HandedOver::Part { ended, changes } => journal.record(&ended, &changes, now_ms),
            };
            if let Err(error) = recorded {
                follower.notice(Notice::NotClosed { path, error });
            }
        }
    }
}

impl NewApply<'_> {
    /// Takes over from settled applies. Returns their journals, which hand over later, and the
    /// obligations that the plan leaves open.
    pub(crate) fn take_over(self, settled: Vec<SettledApply>) -> (EarlierJournals, Vec<Notice>) {
        let mut notices = Vec::new();
        let mut all = Vec::new();
        for of in settled {
            let run_missing = self.not_planned(of.run_missing());
            let not_recreated = of.names(|it| it.owes() == Some(Obligation::Create));
            let not_recreated = self.not_planned(not_recreated);
            let stays_open = !run_missing.is_empty() || !not_recreated.is_empty();
            let (path, is_resumable) = (of.recorded.path.clone(), of.remainders.is_resumable());
            notices.extend([
                Notice::CreatedFromFilesAlone { names: self.bare(&of), path: path.clone() },
                Notice::RunMissing { names: run_missing, path: path.clone(), is_resumable },
                Notice::NotRecreated { names: not_recreated, path, is_resumable },
                Notice::RerunForgotten { names: self.forgotten_reruns(&of) },
            ]);
            all.push(if stays_open || of.remainders.is_open() {
                self.part_of(of)
            } else {
                (of.recorded, HandedOver::Everything)
            });
        }
        notices.retain(Notice::names_something);
        (EarlierJournals { all, by: self.journal }, notices)
    }

    fn has_planned(&self, name: &Name) -> bool {
        let selected = self.is_planned_here && self.plan.options.selects(name);
        selected || self.plan.changes.iter().any(|it| it.name == *name)
    }

    fn not_planned(&self, names: Vec<Name>) -> Vec<Name> {
        names.into_iter().filter(|it| !self.has_planned(it)).collect()
    }

    /// The discoveries of the plan that are created without their former settings.
    fn bare(&self, of: &SettledApply) -> Vec<Name> {
        let known = of.last_known_settings();
        let new = self.plan.changes.iter().filter(|it| it.reason == Reason::New);
        let bare = new.filter(|it| known.iter().any(|(name, _)| *name == it.name));
        bare.map(|it| it.name.clone()).collect()
    }

    /// The discoveries that an earlier apply was asked to run again and did not, and that are not
    /// run now: the user made a new plan without these runs, and has to ask for them again.
    fn forgotten_reruns(&self, of: &SettledApply) -> Vec<Name> {
        let left = of.remainders.changes(&of.changes, Remainder::can_be_handed_over);
        let asked = left.map(|(_, it)| it).filter(|it| it.reason == Reason::RerunRequested);
        let is_run = |name: &Name| {
            let mut changes = self.plan.changes.iter().filter(|it| it.name == *name);
            changes.any(|it| it.steps.iter().any(|it| matches!(it, Step::Run | Step::Create)))
        };
        asked.filter(|it| !is_run(&it.name)).map(|it| it.name.clone()).collect()
    }

    /// Returns a journal that stays open, with the ends of the changes that this apply has.
    fn part_of(&self, of: SettledApply) -> (RecordedJournal, HandedOver) {
        let SettledApply { recorded, changes, remainders } = of;
        let words = match &self.journal {
            Some(path) => format!("a later apply has it: {path}"),
            None => "a later apply found nothing to do for it".to_owned(),
        };
        let left = remainders.changes(&changes, Remainder::can_be_handed_over);
        let taken = left.filter(|(_, change)| self.has_planned(&change.name));
        let end = |(change, _): (usize, &Change)| Event::Ended {
            change,
            outcome: Outcome::Stale { words: words.clone() },
        };
        let ended = taken.map(end).collect();
        (recorded, HandedOver::Part { ended, changes })
    }
}
