//! Decides the action and the steps for a discovery.
//!
//! Knows neither settings nor files, only the properties that the decision depends on.

use super::types::{Action, Reason, Step};
use crate::model::{Interface, OnChange, RunState, State};

/// The action, its reason and its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) action: Action,
    pub(super) reason: Reason,
    pub(super) steps: Vec<Step>,
}

/// The properties of an existing discovery with different settings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Changed {
    /// Present or stopped.
    pub(super) state: State,
    pub(super) on_change: OnChange,
    /// Whether a run follows the change.
    pub(super) after_change: AfterChange,
    pub(super) run: RunState,
    /// Whether some difference cannot be changed in place.
    pub(super) is_immutable: bool,
}

/// Whether a discovery is run after a create or a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterChange {
    Run,
    Rest,
}

/// A stopped discovery needs a replace, but the create could start it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ImmutableWhileStopped;

/// Decides for a missing discovery that should be present.
pub(super) fn decide_create(
    interface: Interface,
    after_change: AfterChange,
    reason: Reason,
) -> Decision {
    let steps = [Some(Step::Create), run_after_create(interface, after_change)];
    Decision { action: Action::Create, reason, steps: steps.into_iter().flatten().collect() }
}

/// Decides for an existing discovery with different settings.
pub(super) fn decide_change(
    interface: Interface,
    changed: Changed,
) -> Result<Decision, ImmutableWhileStopped> {
    let Changed { state, on_change, after_change, run, is_immutable } = changed;
    let replaced = |reason| {
        let run_again = run_after_create(interface, after_change);
        let steps = [stop_if_running(run), Some(Step::Delete), Some(Step::Create), run_again];
        let steps = steps.into_iter().flatten().collect();
        Decision { action: Action::Replace, reason, steps }
    };
    let edited = |last| {
        let steps = [stop_if_running(run), Some(Step::Edit), last].into_iter().flatten().collect();
        Decision { action: Action::Update, reason: Reason::SettingsChanged, steps }
    };
    match (state, on_change) {
        (State::Stopped | State::Absent, _) if is_immutable => Err(ImmutableWhileStopped),
        (State::Stopped | State::Absent, _) => Ok(edited(None)),
        (State::Present, OnChange::Replace) => Ok(replaced(Reason::ReplaceRequested)),
        (State::Present, OnChange::Update) if is_immutable => Ok(replaced(Reason::ImmutableField)),
        (State::Present, OnChange::Update) => {
            Ok(edited((after_change == AfterChange::Run).then_some(Step::Run)))
        }
    }
}

/// Decides for an unchanged, running discovery that should be stopped.
pub(super) fn decide_stop() -> Decision {
    Decision { action: Action::Stop, reason: Reason::Running, steps: vec![Step::Stop] }
}

/// Decides for an unchanged discovery that is run again.
pub(super) fn decide_restart(reason: Reason) -> Decision {
    Decision { action: Action::Restart, reason, steps: vec![Step::Run] }
}

/// Decides for a discovery to delete.
pub(super) fn decide_delete(reason: Reason) -> Decision {
    Decision { action: Action::Delete, reason, steps: vec![Step::Delete] }
}

fn stop_if_running(run: RunState) -> Option<Step> {
    (run == RunState::Running).then_some(Step::Stop)
}

/// The run after a create, unless the create starts one itself.
fn run_after_create(interface: Interface, after_change: AfterChange) -> Option<Step> {
    let is_wanted = after_change == AfterChange::Run && !interface.create_is_a_run();
    is_wanted.then_some(Step::Run)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(changed: Changed) -> String {
        match decide_change(Interface::Classic, changed) {
            Err(ImmutableWhileStopped) => "error".to_owned(),
            Ok(Decision { action, reason, steps }) => {
                let steps = steps.iter().map(Step::to_string).collect::<Vec<_>>();
                format!("{action} {reason}: {}", steps.join(", "))
            }
        }
    }

    const CHANGED: Changed = Changed {
        state: State::Present,
        on_change: OnChange::Update,
        after_change: AfterChange::Run,
        run: RunState::Complete,
        is_immutable: false,
    };

    #[test]
    fn a_present_discovery_is_edited_and_run() {
        assert_eq!(decided(CHANGED), "update settings_changed: edit, run");
        let running = Changed { run: RunState::Running, ..CHANGED };
        assert_eq!(decided(running), "update settings_changed: stop, edit, run");
        let resting = Changed { after_change: AfterChange::Rest, ..running };
        assert_eq!(decided(resting), "update settings_changed: stop, edit");
    }

    #[test]
    fn an_immutable_setting_causes_a_replace() {
        let immutable = Changed { is_immutable: true, ..CHANGED };
        assert_eq!(decided(immutable), "replace immutable_field: delete, create");
        let asked = Changed { on_change: OnChange::Replace, run: RunState::Running, ..immutable };
        assert_eq!(decided(asked), "replace replace_requested: stop, delete, create");
    }

    #[test]
    fn a_stopped_discovery_is_edited_and_never_run_or_replaced() {
        let stopped = Changed { state: State::Stopped, on_change: OnChange::Replace, ..CHANGED };
        assert_eq!(decided(stopped), "update settings_changed: edit");
        let running = Changed { run: RunState::Running, ..stopped };
        assert_eq!(decided(running), "update settings_changed: stop, edit");
        let immutable = Changed { is_immutable: true, ..stopped };
        assert_eq!(decided(immutable), "error");
    }
}
