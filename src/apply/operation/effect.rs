//! Whether a read shows the effect of a step.

use crate::{
    apply::precondition::{View, describe},
    model::{LiveDiscovery, RemoteId, RunState},
    plan::{Change, Step},
};

/// The effect of a step, as a read shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Shown {
        id: Option<RemoteId>,
    },
    /// What was found instead.
    Not {
        why: String,
    },
    /// The discovery is no longer there.
    Gone,
    /// The name of a create exists, with other settings.
    Other {
        why: String,
    },
    /// The run may have ended before the read: its job items would show that.
    AskJobs,
    /// The list is incomplete, so this is unknown.
    Unknown,
}

/// What is known about a discovery during a step.
#[derive(Clone, Debug)]
pub(super) struct Known<'a> {
    pub(super) id: Option<&'a RemoteId>,
    /// What its run was doing before the step was sent.
    pub(super) run_before: Option<RunState>,
}

/// Looks for the effect of a step.
pub(super) fn effect(step: Step, change: &Change, known: &Known<'_>, view: &View<'_>) -> Effect {
    if step == Step::Create {
        return create_effect(change, view);
    }
    let found = known.id.and_then(|it| view.with_id(it));
    if step == Step::Delete {
        return delete_effect(change, found, view);
    }
    let Some(found) = found else {
        return if view.complete { Effect::Gone } else { Effect::Unknown };
    };
    let read = match &found.read {
        Ok(read) => read,
        Err(why) => return Effect::Not { why: format!("it cannot be understood: {why}") },
    };
    let shown = Effect::Shown { id: known.id.cloned() };
    match step {
        Step::Edit => {
            let wanted = change.after.as_ref();
            let differences = wanted.map(|it| it.differences(&read.settings)).unwrap_or_default();
            if differences.is_empty() { shown } else { Effect::Not { why: describe(&differences) } }
        }
        Step::Stop if read.run == RunState::Running => {
            Effect::Not { why: "it is still running".to_owned() }
        }
        Step::Stop => shown,
        Step::Run if read.run == RunState::Running => shown,
        // It ended differently from its last run: it has run since.
        Step::Run if known.run_before.is_some_and(|it| it != read.run) => shown,
        Step::Run => Effect::AskJobs,
        Step::Create | Step::Delete => Effect::Unknown,
    }
}

fn create_effect(change: &Change, view: &View<'_>) -> Effect {
    let named = view.named(&change.name);
    let departs = |it: &&LiveDiscovery| match (&it.read, &change.after) {
        (Ok(read), Some(after)) => describe(&after.differences(&read.settings)),
        (Err(why), _) => format!("it cannot be understood: {why}"),
        (Ok(_), None) => String::new(),
    };
    match named {
        [] if view.complete => Effect::Not { why: "no discovery has the name".to_owned() },
        [] => Effect::Unknown,
        [first, ..] => match named.iter().find(|it| departs(it).is_empty()) {
            Some(it) => Effect::Shown { id: Some(it.id.clone()) },
            None => Effect::Other { why: departs(first) },
        },
    }
}

fn delete_effect(change: &Change, found: Option<&LiveDiscovery>, view: &View<'_>) -> Effect {
    match (found, view.named(&change.name)) {
        (Some(_), _) => Effect::Not { why: "it is still there".to_owned() },
        (None, [other, ..]) => Effect::Not {
            why: format!("a discovery of that name is there, with the id {}", other.id),
        },
        (None, []) if view.complete => Effect::Shown { id: None },
        (None, []) => Effect::Unknown,
    }
}
