//! Keeps drift: removes drifted fields from the desired state and plans the rest.
//!
//! [`super::attribute`] decides what is drift.

use std::collections::BTreeSet;

use super::{
    attribute::{BasePlan, ThreeWay, plan_with_origins},
    declared::{DiscoveryPlanner, ResolvedSettings},
    diff,
    inputs::PlanInputs,
    origin::{KeptDrift, Origin},
    types::{Action, Change, FieldChange, Plan},
};
use crate::model::{
    Desired, DesiredDiscovery, LiveDiscovery, Name, Neighbours, OnChange, Setting, SettingKey,
    Settings, Sourced, State, Target, Wanted,
};

/// Plans the changes that remain if all drift is left alone.
pub(super) fn plan_keeping_drift(
    inputs: &PlanInputs<'_>,
    base_plan: &BasePlan<'_>,
) -> (Plan, Vec<KeptDrift>) {
    let (desired, mut kept) = release_drift(inputs, base_plan);
    let inputs = || {
        PlanInputs::new(&desired, inputs.live, inputs.options, inputs.now).of_files(inputs.files)
    };
    let plan = plan_with_origins(&inputs(), base_plan);
    let drift = plan.changes.iter().filter(|it| it.origin == Some(Origin::Drift));
    let whole = drift.map(kept_change).collect::<Vec<_>>();
    let names = whole.iter().map(|it| it.name.clone()).collect::<BTreeSet<Name>>();
    let mut plan = if names.is_empty() {
        plan
    } else {
        plan_with_origins(&inputs().leaving(&names), base_plan)
    };
    kept.extend(whole);
    kept.sort_by(|one, other| one.name.cmp(&other.name));
    let names = kept.iter().map(|it| &it.name).collect::<BTreeSet<_>>();
    plan.unchanged.retain(|it| !names.contains(it));
    (plan, kept)
}

fn kept_change(change: &Change) -> KeptDrift {
    let Change { name, action, fields, span, .. } = change;
    KeptDrift { name: name.clone(), action: *action, fields: fields.clone(), span: *span }
}

/// Returns the desired state without drifted fields, and those fields.
pub(super) fn release_drift(
    inputs: &PlanInputs<'_>,
    base_plan: &BasePlan<'_>,
) -> (Desired, Vec<KeptDrift>) {
    let mut desired = inputs.desired.clone();
    let mut kept = Vec::new();
    for it in &mut desired.discoveries {
        let name = it.name.value.clone();
        let Some(before) = current_settings(inputs, &name) else { continue };
        if it.state() == State::Absent || !inputs.is_selected(&name) {
            continue;
        }
        let resolved = DiscoveryPlanner::new(inputs, it).resolved();
        let after = before.with(&resolved.settings);
        let mut fields = diff::changed(&it.wanted, after.differences(before));
        let then = base_plan.after(&name, Some(before));
        let three_way = ThreeWay { before: Some(before), base: then.as_ref(), after: Some(&after) };
        three_way.set_origins(&mut fields, false);
        if is_replaced(inputs, it, &fields) {
            three_way.set_origins(&mut fields, true);
        }
        fields.retain(|it| it.origin == Some(Origin::Drift));
        if fields.is_empty() {
            continue;
        }
        for field in &fields {
            release(&mut it.wanted, field, before, &resolved);
        }
        kept.push(KeptDrift { name, action: Action::Update, fields, span: Some(it.span) });
    }
    (desired, kept)
}

/// Returns the live settings of a discovery, or those with which it is created again after an
/// interrupted apply, which include kept drift.
fn current_settings<'s>(inputs: &'s PlanInputs<'_>, name: &Name) -> Option<&'s Settings> {
    match inputs.live_of(name) {
        [LiveDiscovery { id: _, name: _, read: Ok(live) }] => Some(&live.settings),
        [] => inputs.deleted_not_recreated(name),
        _ => None,
    }
}

/// Whether the remaining change is a replace.
fn is_replaced(inputs: &PlanInputs<'_>, it: &DesiredDiscovery, fields: &[FieldChange]) -> bool {
    let left = fields.iter().filter(|it| it.origin != Some(Origin::Drift));
    let is_requested = it.on_change() == OnChange::Replace;
    left.into_iter().any(|it| is_requested || !inputs.interface().changes_in_place(it.setting))
}

/// Stops managing a field. The target is required, so it becomes the live one.
fn release(wanted: &mut Wanted, field: &FieldChange, live: &Settings, resolved: &ResolvedSettings) {
    match field.setting {
        SettingKey::Target => release_target(wanted, field.path, live),
        // They would be removed as long as any kind is managed. Unresolved kinds stay errors.
        SettingKey::GoneCredentials => {
            wanted.credentials.retain(|kind, _| resolved.unresolved.contains(kind));
        }
        key => wanted.remove(key),
    }
}

fn release_target(wanted: &mut Wanted, path: &str, live: &Settings) {
    use Target::{Cdp, Lldp};

    let Some(Sourced { value: want, key, at }) = wanted.target() else { return };
    let Some(live) = live.target() else {
        wanted.remove(SettingKey::Target);
        return;
    };
    let part = |want: &Neighbours, have: &Neighbours| {
        if matches!(path, "cdp.hops" | "lldp.hops") {
            Neighbours { seed: want.seed, hops: have.hops }
        } else {
            Neighbours { seed: have.seed, hops: want.hops }
        }
    };
    let target = match (want, live) {
        (Cdp(want), Cdp(have)) => Cdp(part(want, have)),
        (Lldp(want), Lldp(have)) => Lldp(part(want, have)),
        (_, live) => live.clone(),
    };
    wanted.insert(Sourced { value: Setting::Target(target), key, at });
}
