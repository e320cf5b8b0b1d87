//! Rules for every finished plan.
//!
//! Written independently of the planner, sharing no decision with it. A violation is a bug, and the
//! plan is not applied.

use std::collections::{BTreeMap, BTreeSet};

use super::types::{Action, Change, Plan, Step};
use crate::model::{
    Desired, DesiredDiscovery, Live, LiveDiscovery, Name, RemoteId, RunState, State,
};

/// Returns the violations of a plan; there should be none.
pub(super) fn violations(plan: &Plan, desired: &Desired, live: &Live) -> Vec<String> {
    let facts = Facts {
        plan,
        desired,
        live: live.discoveries.iter().map(|it| (&it.id, it)).collect(),
        live_names: live.discoveries.iter().map(|it| &it.name).collect(),
        declared: desired.discoveries.iter().map(|it| (&it.name.value, it)).collect(),
    };
    let mut violations = Vec::new();
    if !plan.changes.is_sorted_by_key(|it| (it.action, &it.name)) {
        violations.push("the changes are out of order".to_owned());
    }
    let mut names = BTreeSet::new();
    for change in &plan.changes {
        let mut hold = |holds: bool, rule: &str| {
            if !holds {
                violations.push(format!("`{}`: {rule}", change.name));
            }
        };
        hold(names.insert(&change.name), "it has two changes");
        hold(has_legal_steps(change), "its steps do not implement its action");
        hold(has_precondition_and_result(change), "its precondition or its result is missing");
        hold(facts.matches_live(change), "its precondition does not match the live discovery");
        hold(
            facts.starts_no_running_discovery(change),
            "it would start a discovery that is running",
        );
        hold(facts.is_managed(change), "neither a file nor `manage.names` covers it");
        hold(facts.is_requested(change), "the files do not ask for it");
    }
    violations
}

struct Facts<'a> {
    plan: &'a Plan,
    desired: &'a Desired,
    live: BTreeMap<&'a RemoteId, &'a LiveDiscovery>,
    live_names: BTreeSet<&'a Name>,
    declared: BTreeMap<&'a Name, &'a DesiredDiscovery>,
}

fn has_legal_steps(change: &Change) -> bool {
    use Step::{Create, Delete, Edit, Run, Stop};

    let steps = change.steps.as_slice();
    match change.action {
        Action::Delete => steps == [Delete],
        Action::Replace => {
            let steps = steps.strip_prefix(&[Stop]).unwrap_or(steps);
            steps == [Delete, Create] || steps == [Delete, Create, Run]
        }
        Action::Update => {
            let steps = steps.strip_prefix(&[Stop]).unwrap_or(steps);
            steps == [Edit] || steps == [Edit, Run]
        }
        Action::Stop => steps == [Stop],
        Action::Restart => steps == [Run],
        Action::Create => steps == [Create] || steps == [Create, Run],
    }
}

fn has_precondition_and_result(change: &Change) -> bool {
    let Change { id, before, after, .. } = change;
    match change.action {
        Action::Delete => id.is_some() && before.is_some() && after.is_none(),
        Action::Replace | Action::Update => id.is_some() && before.is_some() && after.is_some(),
        Action::Stop | Action::Restart => id.is_some() && before.is_some() && before == after,
        Action::Create => id.is_none() && before.is_none() && after.is_some(),
    }
}

impl Facts<'_> {
    fn matches_live(&self, change: &Change) -> bool {
        let Some(id) = &change.id else {
            return !self.live_names.contains(&change.name);
        };
        let Some(live) = self.live.get(id) else { return false };
        let read = live.read.as_ref().ok().map(|it| &it.settings);
        live.name == change.name && read.is_some() && read == change.before.as_ref()
    }

    fn starts_no_running_discovery(&self, change: &Change) -> bool {
        let live = change.id.as_ref().and_then(|it| self.live.get(it));
        let run = live.and_then(|it| it.read.as_ref().ok()).map(|it| it.run);
        let starts = change.steps.contains(&Step::Run) || change.steps.contains(&Step::Create);
        let is_stopped_first = change.steps.first() == Some(&Step::Stop);
        run != Some(RunState::Running) || !starts || is_stopped_first
    }

    fn is_managed(&self, change: &Change) -> bool {
        let options = &self.plan.options;
        let is_covered = self.desired.manage.is_match(&change.name);
        let is_narrowed_away = (!options.only.is_empty() && !options.only.is_match(&change.name))
            || options.except.is_match(&change.name);
        !is_narrowed_away && (self.declared.contains_key(&change.name) || is_covered)
    }

    fn is_requested(&self, change: &Change) -> bool {
        let state = self.declared.get(&change.name).map(|it| it.state());
        let may_run = state == Some(State::Present);
        match change.action {
            Action::Delete => match state {
                Some(state) => state == State::Absent,
                None => self.plan.options.prune,
            },
            Action::Replace | Action::Restart | Action::Create => may_run,
            Action::Update => {
                let rests = state == Some(State::Stopped) && !change.steps.contains(&Step::Run);
                may_run || rests
            }
            Action::Stop => state == Some(State::Stopped),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Setting;
    use crate::plan::ChangeImpact;
    use crate::plan::{testing::Scenario, types::Reason};

    /// Returns the violations after a valid plan was modified.
    fn violations_after(tamper: impl FnOnce(&mut Plan, &mut Scenario)) -> String {
        let desired = "a; address 10.0.0.1; retries 3\nb; state absent\nd; address 10.0.0.2";
        let live = "a; address 10.0.0.1; running\nb\nc\nd; address 10.0.0.2; running";
        let mut scenario = Scenario::new(desired, live).pruning(&["c"]);
        let mut plan = scenario.plan();
        assert_eq!(violations(&plan, &scenario.desired, &scenario.live), [""; 0]);
        tamper(&mut plan, &mut scenario);
        violations(&plan, &scenario.desired, &scenario.live).join("; ")
    }

    fn change<'a>(plan: &'a mut Plan, name: &str) -> &'a mut Change {
        plan.changes.iter_mut().find(|it| it.name.as_str() == name).unwrap()
    }

    #[test]
    fn each_name_is_changed_once_and_in_order() {
        let twice = violations_after(|plan, _| plan.changes.push(plan.changes[2].clone()));
        assert_eq!(twice, "`a`: it has two changes");
        let reversed = violations_after(|plan, _| plan.changes.reverse());
        assert_eq!(reversed, "the changes are out of order");
    }

    #[test]
    fn steps_fit_the_action() {
        let steps =
            violations_after(|plan, _| change(plan, "a").steps = vec![Step::Run, Step::Edit]);
        assert!(steps.contains("`a`: its steps do not implement"), "{steps}");
        let steps = violations_after(|plan, _| change(plan, "b").steps.push(Step::Create));
        assert!(steps.contains("`b`: its steps do not implement"), "{steps}");
    }

    #[test]
    fn a_running_discovery_is_stopped_before_it_is_run() {
        let run = violations_after(|plan, _| change(plan, "a").steps = vec![Step::Edit, Step::Run]);
        assert_eq!(run, "`a`: it would start a discovery that is running");
    }

    #[test]
    fn a_change_has_the_live_state_as_its_precondition() {
        let id = violations_after(|plan, _| change(plan, "a").id = Some(RemoteId("99".to_owned())));
        assert!(id.contains("`a`: its precondition does not match the live discovery"), "{id}");
        let other = violations_after(|plan, _| {
            change(plan, "a").before.as_mut().unwrap().insert(Setting::Retries(9));
        });
        assert_eq!(other, "`a`: its precondition does not match the live discovery");
        let none = violations_after(|plan, _| change(plan, "a").after = None);
        assert_eq!(none, "`a`: its precondition or its result is missing");
    }

    #[test]
    fn only_managed_discoveries_are_deleted() {
        let prune = violations_after(|plan, _| plan.options.prune = false);
        assert_eq!(prune, "`c`: the files do not ask for it");
        let manage = violations_after(|_, scenario| {
            scenario.desired.manage = crate::model::Globs::default();
        });
        assert_eq!(manage, "`c`: neither a file nor `manage.names` covers it");
        let present = violations_after(|_, scenario| scenario.desired.discoveries[1].state = None);
        assert_eq!(present, "`b`: the files do not ask for it");
        let narrowed = violations_after(|plan, scenario| {
            *scenario = scenario.clone().except(&["b"]);
            plan.options = scenario.options.clone();
        });
        assert_eq!(narrowed, "`b`: neither a file nor `manage.names` covers it");
    }

    #[test]
    fn an_unchanged_running_discovery_is_not_restarted() {
        let restarted = violations_after(|plan, scenario| {
            let live = scenario.live.discoveries.iter().find(|it| it.name.as_str() == "d").unwrap();
            let settings = live.read.as_ref().unwrap().settings.clone();
            plan.changes.push(Change {
                impact: ChangeImpact::default(),
                origin: None,
                name: live.name.clone(),
                action: Action::Restart,
                reason: Reason::RerunAlways,
                id: Some(live.id.clone()),
                steps: vec![Step::Run],
                before: Some(settings.clone()),
                after: Some(settings),
                fields: Vec::new(),
                span: None,
            });
        });
        assert_eq!(restarted, "`d`: it would start a discovery that is running");
    }
}
