//! What an interrupted apply left of each change.

use crate::{
    apply::{Operation, Replay, Wait},
    plan::{Action, Change, Reason, Step},
};

/// What is left of one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remainder {
    Nothing,
    /// Every step is done, and the run is still waited for.
    AwaitsRun,
    /// Steps are left, and nothing is in flight.
    ToResume {
        owes: Option<Obligation>,
    },
    /// A write was sent and has an unknown outcome.
    Open {
        owes: Option<Obligation>,
    },
    /// It failed, so there is nothing to resume, but a later apply has to make up for it.
    Failed {
        owes: Obligation,
    },
}

/// What a later apply has to make up for, even if the change is not resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Obligation {
    /// The discovery was edited and not run, or will be if its edit took effect.
    Run,
    /// A run is planned after an edit that was not sent: another user may have made that edit.
    PossibleRun,
    /// The discovery was deleted and not created again, by this apply or by one before it.
    Create,
    /// The same, if its delete took effect.
    PossibleCreate,
}

/// What is left of every change, in the order of the plan.
#[derive(Clone, Debug)]
pub(crate) struct Remainders(Vec<Remainder>);

impl Remainders {
    /// Whether a change is done depends on what the apply waited for.
    pub(crate) fn of(replay: &Replay, changes: &[Change], wait: Wait) -> Self {
        let all = replay.operations().iter().zip(changes);
        Self(all.map(|(operation, change)| Remainder::of(operation, change, wait)).collect())
    }

    pub(crate) fn is_open(&self) -> bool {
        self.n_open() != 0
    }

    pub(crate) fn n_open(&self) -> usize {
        self.0.iter().filter(|it| matches!(it, Remainder::Open { .. })).count()
    }

    /// How many changes can be resumed.
    pub(crate) fn n_resumable(&self) -> usize {
        self.0.iter().filter(|it| it.is_resumable()).count()
    }

    pub(crate) fn is_resumable(&self) -> bool {
        self.n_resumable() != 0
    }

    pub(crate) fn has_obligations(&self) -> bool {
        self.0.iter().any(|it| it.has_obligation())
    }

    /// Whether a list of discoveries has to be read to know what a later apply has to make up for.
    pub(crate) fn needs_settling(&self) -> bool {
        let may_owe_a_run =
            |it: &Remainder| matches!(it.owes(), Some(Obligation::Run | Obligation::PossibleRun));
        self.is_open() || self.0.iter().any(may_owe_a_run)
    }

    /// The changes with a remainder of this kind.
    pub(crate) fn changes<'c>(
        &self,
        changes: &'c [Change],
        which: impl Fn(Remainder) -> bool,
    ) -> impl Iterator<Item = (usize, &'c Change)> {
        let all = changes.iter().enumerate().zip(&self.0);
        all.filter(move |(_, it)| which(**it)).map(|(change, _)| change)
    }
}

impl Remainder {
    fn of(operation: &Operation, change: &Change, wait: Wait) -> Self {
        let owes = Obligation::of(operation, change);
        let has_steps = operation.steps().next().is_some();
        match owes {
            Some(owes) if operation.is_over() => Self::Failed { owes },
            None if operation.is_over() => Self::Nothing,
            _ if operation.is_open() => Self::Open { owes },
            _ if has_steps => Self::ToResume { owes },
            _ if wait == Wait::Runs && operation.has_started_a_run() => Self::AwaitsRun,
            _ => Self::Nothing,
        }
    }

    fn is_resumable(self) -> bool {
        matches!(self, Self::AwaitsRun | Self::ToResume { .. } | Self::Open { .. })
    }

    pub(crate) fn owes(self) -> Option<Obligation> {
        match self {
            Self::Nothing | Self::AwaitsRun => None,
            Self::ToResume { owes } | Self::Open { owes } => owes,
            Self::Failed { owes } => Some(owes),
        }
    }

    pub(crate) fn has_obligation(self) -> bool {
        matches!(self.owes(), Some(Obligation::Run | Obligation::Create))
    }

    /// Whether a new apply may do something that is left, because it waits for no answer.
    pub(crate) fn can_be_handed_over(self) -> bool {
        match self {
            Self::ToResume { .. } => true,
            Self::Failed { .. } => self.has_obligation(),
            Self::Nothing | Self::AwaitsRun | Self::Open { .. } => false,
        }
    }
}

impl Obligation {
    fn of(operation: &Operation, change: &Change) -> Option<Self> {
        if operation.is_over() && !operation.has_failed() {
            return None;
        }
        let is_replace = change.action == Action::Replace;
        let is_update = change.action == Action::Update;
        let steps = operation.steps().collect::<Vec<_>>();
        match steps.as_slice() {
            [Step::Create, ..] if is_replace || change.reason == Reason::ReplaceOwed => {
                Some(Self::Create)
            }
            steps if is_replace && operation.has_begun() && steps.contains(&Step::Create) => {
                Some(Self::PossibleCreate)
            }
            // A run in progress is not missing. The run of an edit in doubt is missing if its
            // settings turn out to be in effect.
            [Step::Run] if operation.is_open() => Self::possible_run(is_update, operation),
            [Step::Run] if is_update || change.reason == Reason::RerunOwed => Some(Self::Run),
            [Step::Edit, Step::Run]
                if operation.is_open() && (is_update || change.reason == Reason::RerunOwed) =>
            {
                Some(Self::Run)
            }
            steps if steps.contains(&Step::Run) => Self::possible_run(is_update, operation),
            _ => None,
        }
    }

    fn possible_run(is_update: bool, operation: &Operation) -> Option<Self> {
        (is_update && !operation.is_over()).then_some(Self::PossibleRun)
    }
}
