//! What a new apply makes of the journals of earlier ones that were cut short.
//!
//! Settles nothing: that was done before, by reading.

use super::{
    execute::Recorded,
    journal_file,
    journals::{Search, Settled},
};
use crate::{
    events::{Event, Outcome},
    journal::Header,
    model::Name,
    plan::{Change, Plan, Reason, Step},
    session::{Clock, Environment, Error, ErrorKind, Observer},
};

/// What a new apply makes of the journals of earlier ones.
pub(crate) struct Succession<'a> {
    pub(crate) settled: Vec<Settled>,
    pub(crate) plan: &'a Plan,
    /// Whether the plan was made by this apply, which told the planner what runs are owed.
    pub(crate) is_planned_here: bool,
}

/// The journals that pass what is left of them to a new apply. They do right before its first write
/// leaves, or when it has come to its end without one: until then it may turn out to be stale, and
/// does nothing of it.
#[derive(Debug, Default)]
pub(crate) struct Predecessors {
    all: Vec<(Recorded, Passed)>,
    /// The journal of the new one.
    by: Option<String>,
}

/// What a journal passes to a new apply.
#[derive(Debug)]
enum Passed {
    Whole,
    /// What is over for it, of these changes: the rest stays open. Done twice, it would undo what
    /// was wanted since.
    Part(Vec<Event>, Vec<Change>),
}

impl Predecessors {
    pub(crate) fn pass(self, clock: Clock, observer: &mut dyn Observer) {
        for (Recorded { mut journal, path }, passed) in self.all {
            let now_ms = clock.now_ms();
            let outcome = match passed {
                Passed::Whole => journal.hand_over(self.by.clone(), now_ms),
                Passed::Part(over, changes) => journal.record(&over, &changes, now_ms),
            };
            if let Err(error) = outcome {
                let path = path.display();
                observer.warn(&format!("the journal `{path}` could not be closed: {error}"));
            }
        }
    }
}

/// Begins the journal of an apply. Returns it with those that pass it what is left of them.
pub(crate) fn begin(
    search: Search<'_>,
    header: Header,
    mut succession: Succession<'_>,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<(Option<Recorded>, Predecessors), Error> {
    let needs_one = !succession.plan.changes.is_empty() && search.connection.has_journals;
    let journal = if needs_one || search.journal.is_some() && !succession.plan.changes.is_empty() {
        let begun =
            journal_file::create(search.journal, header, &mut succession.settled, environment);
        Some(begun.map_err(|(path, error)| {
            let message = format!("the journal `{}` cannot be written: {error}", path.display());
            let help = "nothing was sent; `--journal FILE` writes it elsewhere";
            Error::new(ErrorKind::Failed, message).help(help)
        })?)
    } else {
        None
    };
    let by = journal.as_ref().map(|it| it.path.display().to_string());
    let Succession { settled, plan, is_planned_here } = succession;
    let heir = Heir { plan, is_planned_here, by };
    let mut all = Vec::new();
    for of in settled {
        let is_left = heir.says_what_is_left(&of, observer);
        all.push(if is_left || of.is_open {
            heir.part_of(of)
        } else {
            (of.recorded, Passed::Whole)
        });
    }
    Ok((journal, Predecessors { all, by: heir.by }))
}

/// A new apply, which has what earlier ones left as far as it looked at it.
struct Heir<'a> {
    plan: &'a Plan,
    is_planned_here: bool,
    /// Its journal, if it needed one.
    by: Option<String>,
}

impl Heir<'_> {
    fn has(&self, name: &Name) -> bool {
        let looked = self.is_planned_here && self.plan.options.selects(name);
        looked || self.plan.changes.iter().any(|it| it.name == *name)
    }

    /// Says what of a journal is not made up for, and returns whether there is something.
    fn says_what_is_left(&self, of: &Settled, observer: &mut dyn Observer) -> bool {
        let Settled { recorded, owed, halved, kept, has_more, .. } = of;
        let path = recorded.path.display();
        let missing = |them: &[Name]| {
            let missing = them.iter().filter(|it| !self.has(it)).map(ToString::to_string);
            missing.collect::<Vec<_>>().join(", ")
        };
        let (lost, gone) = (missing(owed), missing(halved));
        let bare = self.plan.changes.iter().filter(|it| it.reason == Reason::New);
        let bare = bare.filter(|it| kept.iter().any(|(name, _)| *name == it.name));
        let bare = bare.map(|it| it.name.to_string()).collect::<Vec<_>>().join(", ");
        if !bare.is_empty() {
            observer.warn(&format!(
                "an earlier apply deleted {bare} and did not create it again; this plan, which was \
                 made without that journal, creates it from the files alone: what they leave open \
                 is not as it was, see {path}"
            ));
        }
        let who = if *has_more {
            format!("`trueup resume {path}` does")
        } else {
            "an apply that plans it anew does".to_owned()
        };
        if !lost.is_empty() {
            observer.warn(&format!(
                "an earlier apply edited {lost} and did not start its run, and this plan does not \
                 either: {who}"
            ));
        }
        if !gone.is_empty() {
            observer.warn(&format!(
                "an earlier apply deleted {gone} and did not create it again, and this plan does \
                 not either: {who}"
            ));
        }
        let forgone = self.forgone(of);
        if !forgone.is_empty() {
            // Who asks for a new plan without it does not ask for it any more.
            observer.warn(&format!(
                "an earlier apply was to run {} again and did not come to it, and this plan does \
                 not either: give `--rerun` once more",
                forgone.join(", ")
            ));
        }
        !lost.is_empty() || !gone.is_empty()
    }

    /// The discoveries that an earlier apply was asked to run again, did not, and that are not run
    /// now.
    fn forgone(&self, of: &Settled) -> Vec<String> {
        let waiting = of.waiting.iter().filter_map(|it| of.changes.get(*it));
        let asked = waiting.filter(|it| it.reason == Reason::RerunRequested);
        let is_run = |name: &Name| {
            let mut changes = self.plan.changes.iter().filter(|it| it.name == *name);
            changes.any(|it| it.steps.iter().any(|it| matches!(it, Step::Run | Step::Create)))
        };
        asked.filter(|it| !is_run(&it.name)).map(|it| it.name.to_string()).collect()
    }

    /// Returns a journal that stays open, and what is this apply's by now.
    fn part_of(&self, of: Settled) -> (Recorded, Passed) {
        let Settled { recorded, waiting, changes, .. } = of;
        let words = match &self.by {
            Some(path) => format!("a later apply has it: {path}"),
            None => "a later apply found nothing to do for it".to_owned(),
        };
        let has = |it: &usize| changes.get(*it).is_some_and(|it| self.has(&it.name));
        let ended =
            |change| Event::Ended { change, outcome: Outcome::Stale { words: words.clone() } };
        let over = waiting.into_iter().filter(has).map(ended).collect();
        (recorded, Passed::Part(over, changes))
    }
}
