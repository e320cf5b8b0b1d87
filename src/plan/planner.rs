//! Assembles the plan from the changes of all discoveries.
//!
//! [`super::declared`] and [`super::undeclared`] decide about each discovery.

use super::{
    check,
    declared::DiscoveryPlanner,
    grades::apply_grades,
    impact::impact,
    inputs::PlanInputs,
    messages::{self, Diagnostics},
    overlaps::overlaps,
    policy_plan, rerun,
    types::{Controller, Options, Plan, PlanDiagnostic},
    undeclared,
};
use crate::model::{Desired, DesiredDiscovery, Live, LiveDiscovery, RemoteId, State};

/// Plans. `now` is in milliseconds of the epoch, and matters to `rerun: {older_than: …}` only.
pub(crate) fn plan(desired: &Desired, live: &Live, options: &Options, now: i64) -> Plan {
    make_plan(&PlanInputs::new(desired, live, options, now))
}

/// Makes the plan of these inputs.
pub(super) fn make_plan(inputs: &PlanInputs<'_>) -> Plan {
    let &PlanInputs { desired, live, options, .. } = inputs;
    let mut diagnostics = Diagnostics::default();
    let undeclared = undeclared::changes(inputs, &mut diagnostics);
    let mut changes = undeclared.deletes;
    let mut unchanged = Vec::new();
    let mut n_excluded = undeclared.n_excluded;
    for it in &desired.discoveries {
        let name = &it.name.value;
        if !inputs.is_selected(name) {
            n_excluded += 1;
            if inputs.is_requested(name) {
                diagnostics.add(name, messages::rerun_narrowed_away(it));
            }
            continue;
        }
        if inputs.is_left_alone(name) {
            continue;
        }
        let mut planner = DiscoveryPlanner::new(inputs, it);
        let change = planner.change();
        match change {
            _ if planner.diagnostics.has_error() => (),
            Some(change) => changes.push(change),
            None => unchanged.push(name.clone()),
        }
        diagnostics.append(planner.diagnostics);
    }
    for pattern in inputs.unmatched_patterns() {
        let diagnostic = messages::matches_nothing(pattern);
        diagnostics.add_general(PlanDiagnostic { diagnostic, refuses: false });
    }
    changes.sort_by(|one, other| (one.action, &one.name).cmp(&(other.action, &other.name)));
    unchanged.sort();
    let impact = impact(&mut changes, live);
    let overlaps = overlaps(desired, live, &changes);
    let mut plan = Plan {
        options: options.clone(),
        controller: controller(live),
        changes,
        unchanged,
        unmanaged: undeclared.unmanaged,
        n_excluded,
        impact,
        overlaps,
        compared: None,
        diagnostics: diagnostics.into_plan_diagnostics(),
    };
    let bugs = check::violations(&plan, desired, live);
    let bugs =
        bugs.iter().map(|it| PlanDiagnostic { diagnostic: messages::bug(it), refuses: false });
    plan.diagnostics.extend(bugs);
    let policy = desired.policy.as_ref().map(|it| &it.value);
    plan.diagnostics = apply_grades(policy, plan.diagnostics);
    plan.diagnostics.extend(policy_plan::check_plan(&plan, inputs.files, live));
    plan
}

fn controller(live: &Live) -> Controller {
    let Live { url, release, interface, discoveries, credentials: _ } = live;
    let (url, release) = (url.clone(), release.clone());
    Controller { url, release, interface: *interface, n_live: discoveries.len() }
}

/// Returns the live discoveries with a plan that depends on the end of their last run. Only these ends
/// have to be read before planning.
pub(super) fn needs_run_age(desired: &Desired, live: &Live, options: &Options) -> Vec<RemoteId> {
    let inputs = PlanInputs::new(desired, live, options, 0);
    let ids = desired.discoveries.iter().filter_map(|it| age_decides(&inputs, it));
    ids.cloned().collect()
}

fn age_decides<'a>(inputs: &PlanInputs<'a>, it: &DesiredDiscovery) -> Option<&'a RemoteId> {
    let name = &it.name.value;
    let &[LiveDiscovery { id, name: _, read: Ok(live) }] = inputs.live_of(name) else {
        return None;
    };
    let is_by_policy = it.state() == State::Present && !inputs.is_requested(name);
    if !is_by_policy || !inputs.is_selected(name) || !rerun::depends_on_age(it.rerun(), live.run) {
        return None;
    }
    let resolved = DiscoveryPlanner::new(inputs, it).resolved();
    let after = live.settings.with(&resolved.settings);
    after.differences(&live.settings).is_empty().then_some(id)
}
