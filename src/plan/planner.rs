//! The plan, put together from what is done to each discovery.
//!
//! Decides nothing about a single one: [`super::declared`] and [`super::undeclared`] do.

use super::{
    check,
    complaints::{self, Complaints},
    declared::Case,
    grades::graded,
    impact::impact,
    limits,
    overlaps::overlaps,
    rerun,
    scene::Scene,
    types::{Controller, Options, Plan, Planned},
    undeclared,
};
use crate::model::{Desired, DesiredDiscovery, Live, LiveDiscovery, RemoteId, State};

/// Plans. `now` is in milliseconds of the epoch, and matters to `rerun: {older_than: …}` only.
pub(crate) fn plan(desired: &Desired, live: &Live, options: &Options, now: i64) -> Plan {
    planned(&Scene::new(desired, live, options, now))
}

/// Plans what a scene has.
pub(super) fn planned(scene: &Scene<'_>) -> Plan {
    let &Scene { desired, live, options, .. } = scene;
    let mut complaints = Complaints::default();
    let undeclared = undeclared::changes(scene, &mut complaints);
    let mut changes = undeclared.deletes;
    let mut unchanged = Vec::new();
    let mut n_narrowed_away = undeclared.n_narrowed_away;
    for it in &desired.discoveries {
        let name = &it.name.value;
        if !scene.looks_at(name) {
            n_narrowed_away += 1;
            if scene.is_requested(name) {
                complaints.add(name, complaints::rerun_narrowed_away(it));
            }
            continue;
        }
        if scene.is_left_alone(name) {
            continue;
        }
        let mut case = Case::new(scene, it);
        let change = case.change();
        match change {
            _ if case.complaints.has_error() => (),
            Some(change) => changes.push(change),
            None => unchanged.push(name.clone()),
        }
        complaints.append(case.complaints);
    }
    for pattern in scene.idle_patterns() {
        let diagnostic = complaints::matches_nothing(pattern);
        complaints.add_general(Planned { diagnostic, refuses: false });
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
        n_narrowed_away,
        impact,
        overlaps,
        compared: None,
        diagnostics: complaints.into_planned(),
    };
    let bugs = check::violations(&plan, desired, live);
    let bugs = bugs.iter().map(|it| Planned { diagnostic: complaints::bug(it), refuses: false });
    plan.diagnostics.extend(bugs);
    let policy = desired.policy.as_ref().map(|it| &it.value);
    plan.diagnostics = graded(policy, plan.diagnostics);
    plan.diagnostics.extend(limits::of_plan(&plan, scene.files, live));
    plan
}

fn controller(live: &Live) -> Controller {
    let Live { url, release, interface, discoveries, credentials: _ } = live;
    let (url, release) = (url.clone(), release.clone());
    Controller { url, release, interface: *interface, n_live: discoveries.len() }
}

/// Returns the live discoveries whose plan rests on when their last run ended. Whoever reads the
/// controller asks it for these, and for no others, before planning.
pub(super) fn needs_run_age(desired: &Desired, live: &Live, options: &Options) -> Vec<RemoteId> {
    let scene = Scene::new(desired, live, options, 0);
    let ids = desired.discoveries.iter().filter_map(|it| age_decides(&scene, it));
    ids.cloned().collect()
}

fn age_decides<'a>(scene: &Scene<'a>, it: &DesiredDiscovery) -> Option<&'a RemoteId> {
    let name = &it.name.value;
    let &[LiveDiscovery { id, name: _, read: Ok(live) }] = scene.live_of(name) else {
        return None;
    };
    let is_by_policy = it.state() == State::Present && !scene.is_requested(name);
    if !is_by_policy || !scene.looks_at(name) || !rerun::looks_at_age(it.rerun(), live.run) {
        return None;
    }
    let wish = Case::new(scene, it).wish();
    let after = live.settings.with(&wish.settings);
    after.differences(&live.settings).is_empty().then_some(id)
}
