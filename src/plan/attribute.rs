//! Whose doing each change is: the branch's, or drift, or both.
//!
//! A comparison of three states by field, with the same planner: what is live, what the files of the
//! base would make of it, and what the files of today make of it. Reads no git: what the base said
//! comes in. What is left alone of drift is decided in [`super::keep`].

use std::collections::{BTreeMap, BTreeSet};

use super::{
    complaints,
    declared::Case,
    keep,
    origin::{Base, Compared, Drift, Git, Origin},
    planner::{needs_run_age, planned},
    scene::Scene,
    types::{Action, Change, FieldChange, Options, Plan, Planned, Reason},
};
use crate::model::{
    Desired, DesiredDiscovery, Field, Live, Name, RemoteId, Settings, State, Target,
};

/// Plans as [`super::plan`] does, says of each change whose doing it is, and does with drift what
/// the options say.
pub(crate) fn plan_against(
    base: &Base,
    desired: &Desired,
    live: &Live,
    options: &Options,
    now: i64,
) -> Plan {
    let scene = Scene::new(desired, live, options, now);
    let before = match &base.desired {
        Ok(before) => before,
        Err(why) => return plan_without(why, &base.git, &scene),
    };
    let past = Past::new(before, live, options, now);
    let (mut plan, kept) = match options.drift {
        Drift::Keep => keep::planned_but_drift(&scene, &past),
        Drift::Revert | Drift::Fail => (attributed(&scene, &past), Vec::new()),
    };
    if options.drift == Drift::Fail {
        plan.diagnostics.extend(refusals(&plan));
    }
    let is_removed = |it: &&Name| past.declared.contains_key(*it);
    let removed = plan.unmanaged.iter().filter(is_removed).collect::<BTreeSet<_>>();
    let removed = removed.into_iter().cloned().collect();
    plan.compared = Some(Compared { git: base.git.clone(), is_readable: true, kept, removed });
    plan
}

/// Plans where nobody can tell what the files said before: everything counts as this change, and
/// what would be done with drift cannot be done.
fn plan_without(why: &str, git: &Git, scene: &Scene<'_>) -> Plan {
    let mut plan = planned(scene);
    for change in &mut plan.changes {
        let is_restart = change.action == Action::Restart;
        put_all(change, Origin::ThisChange);
        change.origin = (!is_restart).then_some(Origin::ThisChange);
    }
    let refuses = scene.options.drift != Drift::Revert;
    let diagnostic = complaints::unreadable_base(why, git, scene.options.drift);
    plan.diagnostics.push(Planned { diagnostic, refuses });
    let git = git.clone();
    let (kept, removed) = (Vec::new(), Vec::new());
    plan.compared = Some(Compared { git, is_readable: false, kept, removed });
    plan
}

/// Returns the live discoveries whose plan rests on when their last run ended, be it the plan of
/// today's files, of the base's, or of what is left of today's where drift is kept.
pub(crate) fn needs_run_age_against(
    base: Option<&Base>,
    desired: &Desired,
    live: &Live,
    options: &Options,
) -> Vec<RemoteId> {
    let mut ids = needs_run_age(desired, live, options);
    if let Some(Base { desired: Ok(before), git: _ }) = base {
        ids.extend(needs_run_age(before, live, options));
        if options.drift == Drift::Keep {
            let past = Past::new(before, live, options, 0);
            let (kept, _) = keep::released(&Scene::new(desired, live, options, 0), &past);
            ids.extend(needs_run_age(&kept, live, options));
        }
    }
    ids.sort();
    ids.dedup();
    ids
}

/// What the files of the base would do to the controller as it is now.
pub(super) struct Past<'a> {
    scene: Scene<'a>,
    declared: BTreeMap<&'a Name, &'a DesiredDiscovery>,
    changes: BTreeMap<Name, Change>,
}

impl<'a> Past<'a> {
    pub(super) fn new(before: &'a Desired, live: &'a Live, options: &'a Options, now: i64) -> Self {
        let scene = Scene::new(before, live, options, now);
        let changes = planned(&scene).changes.into_iter().map(|it| (it.name.clone(), it));
        let changes = changes.collect();
        let declared = before.discoveries.iter().map(|it| (&it.name.value, it)).collect();
        Self { scene, declared, changes }
    }

    /// Returns the state that the files of the base wanted; `None` where they did not give it.
    fn state(&self, name: &Name) -> Option<State> {
        self.declared.get(name).map(|it| it.state())
    }

    /// Returns the settings that the files of the base would have led to, of what is live before;
    /// `None` where they would not have made it.
    pub(super) fn after(&self, name: &Name, before: Option<&Settings>) -> Option<Settings> {
        if let Some(after) = self.changes.get(name).and_then(|it| it.after.as_ref()) {
            return Some(after.clone());
        }
        let given = self.declared.get(name).filter(|it| match it.state() {
            State::Present => true,
            // What is not there is not made to be stopped.
            State::Stopped => before.is_some(),
            State::Absent => false,
        });
        let wish = given.map(|it| Case::new(&self.scene, it).wish().settings);
        match (before, wish) {
            (Some(before), Some(wish)) => Some(before.with(&wish)),
            (Some(before), None) => Some(before.clone()),
            (None, wish) => wish,
        }
    }
}

/// Plans, and says of each change whose doing it is.
pub(super) fn attributed(scene: &Scene<'_>, past: &Past<'_>) -> Plan {
    let mut plan = planned(scene);
    let given = scene.desired.discoveries.iter().map(|it| (&it.name.value, it));
    let given = given.collect::<BTreeMap<_, _>>();
    for change in &mut plan.changes {
        let origin = match change.action {
            Action::Create | Action::Update | Action::Replace => of_fields(change, past),
            Action::Stop => Some(match past.state(&change.name) {
                Some(State::Stopped) => Origin::Drift,
                Some(State::Present | State::Absent) | None => Origin::ThisChange,
            }),
            Action::Delete => Some(of_delete(change, past)),
            Action::Restart => of_restart(change, given.get(&change.name).copied(), past),
        };
        match (change.action, origin) {
            (Action::Delete, Some(origin)) => put_all(change, origin),
            _ => change.origin = origin,
        }
    }
    plan
}

/// Puts one origin to a change and to all of its fields.
fn put_all(change: &mut Change, origin: Origin) {
    change.origin = Some(origin);
    change.fields.iter_mut().for_each(|it| it.origin = Some(origin));
}

/// Puts its origin to each field, and returns that of the change.
fn of_fields(change: &mut Change, past: &Past<'_>) -> Option<Origin> {
    let Change { name, action, steps, before, after, fields, .. } = change;
    let then = past.after(name, before.as_ref());
    let sides = Sides { before: before.as_ref(), base: then.as_ref(), after: after.as_ref() };
    sides.put_to(fields, *action == Action::Replace);
    let origin = fields.iter().filter_map(|it| it.origin).reduce(Origin::and)?;
    // The same fields put right in another way: that way is the branch's.
    let is_another =
        past.changes.get(name).is_some_and(|it| (it.action, &it.steps) != (*action, &*steps));
    Some(if is_another { origin.and(Origin::ThisChange) } else { origin })
}

fn of_delete(change: &mut Change, past: &Past<'_>) -> Origin {
    let state = past.state(&change.name);
    if change.reason == Reason::NotDeclared {
        change.reason = if state.is_some() { Reason::Removed } else { Reason::NeverDeclared };
    }
    let deleted = past.changes.get(&change.name).is_some_and(|it| it.action == Action::Delete);
    if deleted { Origin::Drift } else { Origin::ThisChange }
}

/// A run that is due is nobody's doing; one that the files did not ask for before is the branch's.
fn of_restart(
    change: &Change,
    given: Option<&DesiredDiscovery>,
    past: &Past<'_>,
) -> Option<Origin> {
    match change.reason {
        Reason::RerunOwed | Reason::RerunRequested => return None,
        _ => (),
    }
    let asked = |it: &DesiredDiscovery| (it.state(), it.rerun());
    let then = past.declared.get(&change.name).map(|it| asked(it));
    let interface = past.scene.interface();
    let ran = past.changes.get(&change.name).is_some_and(|it| it.starts_a_run(interface));
    (!ran && then != given.map(asked)).then_some(Origin::ThisChange)
}

/// The three states of one discovery that are compared.
pub(super) struct Sides<'a> {
    /// What is live.
    pub(super) before: Option<&'a Settings>,
    /// What the files of the base would have led to.
    pub(super) base: Option<&'a Settings>,
    /// What the files lead to now.
    pub(super) after: Option<&'a Settings>,
}

impl Sides<'_> {
    /// Puts its origin to each field.
    pub(super) fn put_to(&self, fields: &mut [FieldChange], is_replaced: bool) {
        for field in &mut *fields {
            field.origin = Some(self.origin(field.path));
        }
        // An edit of credentials, and making it anew, leave out what is gone: where the branch asks
        // for either, that comes with it.
        let is_drift = |it: &FieldChange| it.origin == Some(Origin::Drift);
        let takes_along = |it: &FieldChange| {
            !is_drift(it) && (is_replaced || it.path.starts_with("credentials."))
        };
        let is_taken_along = fields.iter().any(takes_along);
        let gone = fields.iter_mut().find(|it| it.path == GONE && is_drift(it));
        if let Some(gone) = gone.filter(|_| is_taken_along) {
            gone.origin = Some(Origin::Both);
        }
    }

    /// Returns settings without the hops that the controller does not report: they do not compare.
    fn as_reported(&self, settings: &Settings) -> Settings {
        use Target::{Cdp, Lldp};

        let mut settings = settings.clone();
        let have = self.before.and_then(|it| it.target.as_ref());
        if let (Some(Cdp(it)), Some(Cdp(have))) | (Some(Lldp(it)), Some(Lldp(have))) =
            (&mut settings.target, have)
        {
            it.hops = it.hops.filter(|_| have.hops.is_some());
        }
        settings
    }

    fn origin(&self, path: &str) -> Origin {
        let value = |it: Option<&Settings>| match it {
            Some(it) => values(&self.as_reported(it), path),
            None => Vec::new(),
        };
        let (before, mut base, mut after) =
            (value(self.before), value(self.base), value(self.after));
        if self.before.is_some() {
            // Of what is there, none and nothing said are the same; of what is made, they are not.
            base.retain(|it| !it.value.is_empty_list());
            after.retain(|it| !it.value.is_empty_list());
        }
        let is_as_before = before.iter().filter(|it| !it.value.is_empty_list()).eq(&base);
        if base == after {
            Origin::Drift
        } else if is_as_before {
            Origin::ThisChange
        } else {
            Origin::Both
        }
    }
}

/// The path of the credentials that are of no kind any more.
pub(super) const GONE: &str = "credentials";

/// Returns what a path names of some settings: a field, or a whole target.
fn values(settings: &Settings, path: &str) -> Vec<Field> {
    if path == "target" {
        let target = settings.target.clone();
        return Settings { target, ..Settings::default() }.fields();
    }
    settings.fields().into_iter().filter(|it| it.path == path).collect()
}

/// Returns a refusal for all that has drifted, in the order of the files.
fn refusals(plan: &Plan) -> Vec<Planned> {
    let drifts = |it: Option<Origin>| matches!(it, Some(Origin::Drift | Origin::Both));
    let mut diagnostics = Vec::new();
    for change in plan.changes.iter().filter(|it| drifts(it.origin)) {
        let by_field = match change.action {
            Action::Update | Action::Replace => true,
            Action::Create => change.origin == Some(Origin::Both),
            Action::Delete | Action::Stop | Action::Restart => false,
        };
        let fields = change.fields.iter().filter(|it| by_field && drifts(it.origin));
        let before = diagnostics.len();
        diagnostics.extend(fields.map(|it| complaints::drifted_field(change, it)));
        if diagnostics.len() == before {
            diagnostics.push(complaints::drifted(change));
        }
    }
    let at = |it: &crate::source::Diagnostic| it.labels.first().map(|it| it.span);
    diagnostics.sort_by_key(|it| (at(it).is_none(), at(it)));
    diagnostics.into_iter().map(|diagnostic| Planned { diagnostic, refuses: true }).collect()
}
