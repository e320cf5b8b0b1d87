//! Labels each change with its origin: this branch, drift, or both.
//!
//! Compares three states by field, with the same planner: the live state, the result of the base's
//! files, and the result of the current files. The caller reads the base. [`super::keep`] decides
//! which drift is left alone.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    declared::DiscoveryPlanner,
    grades::apply_grades,
    inputs::PlanInputs,
    keep, messages,
    origin::{Base, Comparison, Drift, Git, Origin},
    planner::{make_plan, needs_run_age},
    types::{Action, Change, FieldChange, Options, Plan, PlanDiagnostic, Reason},
};
use crate::model::{
    Desired, DesiredDiscovery, Field, Live, Name, RemoteId, Setting, SettingKey, Settings, State,
    Target,
};

/// Plans like [`super::plan`], labels each change with its origin, and treats drift as the options
/// say.
pub(crate) fn plan_against(
    base: &Base,
    desired: &Desired,
    live: &Live,
    options: &Options,
    now: i64,
) -> Plan {
    let inputs = PlanInputs::new(desired, live, options, now);
    let before = match &base.desired {
        Ok(before) => before,
        Err(why) => return plan_without(why, &base.git, &inputs),
    };
    let base_plan = BasePlan::new(before, live, options, now);
    let (mut plan, kept) = match options.drift {
        Drift::Keep => keep::plan_keeping_drift(&inputs, &base_plan),
        Drift::Revert | Drift::Fail => (plan_with_origins(&inputs, &base_plan), Vec::new()),
    };
    if options.drift == Drift::Fail {
        plan.diagnostics.extend(refusals(&plan));
    }
    let is_removed = |it: &&Name| base_plan.declared.contains_key(*it);
    let removed = plan.unmanaged.iter().filter(is_removed).collect::<BTreeSet<_>>();
    let removed = removed.into_iter().cloned().collect();
    plan.compared = Some(Comparison { git: base.git.clone(), is_readable: true, kept, removed });
    plan
}

/// Plans without a readable base: everything counts as this branch, and drift cannot be kept.
fn plan_without(why: &str, git: &Git, inputs: &PlanInputs<'_>) -> Plan {
    let mut plan = make_plan(inputs);
    for change in &mut plan.changes {
        let is_restart = change.action == Action::Restart;
        set_origin(change, Origin::ThisChange);
        change.origin = (!is_restart).then_some(Origin::ThisChange);
    }
    let refuses = inputs.options.drift != Drift::Revert;
    let diagnostic = messages::unreadable_base(why, git, inputs.options.drift);
    let policy = inputs.desired.policy.as_ref().map(|it| &it.value);
    plan.diagnostics.extend(apply_grades(policy, vec![PlanDiagnostic { diagnostic, refuses }]));
    let git = git.clone();
    let (kept, removed) = (Vec::new(), Vec::new());
    plan.compared = Some(Comparison { git, is_readable: false, kept, removed });
    plan
}

/// Returns the live discoveries whose plan depends on the end of their last run: the plan of the
/// current files, of the base, or of what remains if drift is kept.
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
            let base_plan = BasePlan::new(before, live, options, 0);
            let (kept, _) =
                keep::release_drift(&PlanInputs::new(desired, live, options, 0), &base_plan);
            ids.extend(needs_run_age(&kept, live, options));
        }
    }
    ids.sort();
    ids.dedup();
    ids
}

/// The plan of the base's files against the current controller.
pub(super) struct BasePlan<'a> {
    inputs: PlanInputs<'a>,
    declared: BTreeMap<&'a Name, &'a DesiredDiscovery>,
    changes: BTreeMap<Name, Change>,
}

impl<'a> BasePlan<'a> {
    pub(super) fn new(before: &'a Desired, live: &'a Live, options: &'a Options, now: i64) -> Self {
        let inputs = PlanInputs::new(before, live, options, now);
        let changes = make_plan(&inputs).changes.into_iter().map(|it| (it.name.clone(), it));
        let changes = changes.collect();
        let declared = before.discoveries.iter().map(|it| (&it.name.value, it)).collect();
        Self { inputs, declared, changes }
    }

    /// Returns the state in the base's files; `None` if they do not declare the discovery.
    fn state(&self, name: &Name) -> Option<State> {
        self.declared.get(name).map(|it| it.state())
    }

    /// Returns the settings that the base's files lead to, from the live ones; `None` if they would
    /// not create the discovery.
    pub(super) fn after(&self, name: &Name, before: Option<&Settings>) -> Option<Settings> {
        if let Some(after) = self.changes.get(name).and_then(|it| it.after.as_ref()) {
            return Some(after.clone());
        }
        let given = self.declared.get(name).filter(|it| match it.state() {
            State::Present => true,
            // A missing discovery is not created to be stopped.
            State::Stopped => before.is_some(),
            State::Absent => false,
        });
        let resolved = given.map(|it| DiscoveryPlanner::new(&self.inputs, it).resolved().settings);
        match (before, resolved) {
            (Some(before), Some(resolved)) => Some(before.with(&resolved)),
            (Some(before), None) => Some(before.clone()),
            (None, resolved) => resolved,
        }
    }
}

/// Plans, and labels each change with its origin.
pub(super) fn plan_with_origins(inputs: &PlanInputs<'_>, base_plan: &BasePlan<'_>) -> Plan {
    let mut plan = make_plan(inputs);
    let given = inputs.desired.discoveries.iter().map(|it| (&it.name.value, it));
    let given = given.collect::<BTreeMap<_, _>>();
    for change in &mut plan.changes {
        let origin = match change.action {
            // An interrupted apply deleted it: neither the branch nor another user did.
            Action::Create if change.reason == Reason::ReplaceOwed => None,
            Action::Create | Action::Update | Action::Replace => {
                origin_of_fields(change, base_plan)
            }
            Action::Stop => Some(match base_plan.state(&change.name) {
                Some(State::Stopped) => Origin::Drift,
                Some(State::Present | State::Absent) | None => Origin::ThisChange,
            }),
            Action::Delete => Some(origin_of_delete(change, base_plan)),
            Action::Restart => {
                origin_of_restart(change, given.get(&change.name).copied(), base_plan)
            }
        };
        match (change.action, origin) {
            (Action::Delete, Some(origin)) => set_origin(change, origin),
            _ => change.origin = origin,
        }
    }
    plan
}

/// Sets one origin for a change and all its fields.
fn set_origin(change: &mut Change, origin: Origin) {
    change.origin = Some(origin);
    change.fields.iter_mut().for_each(|it| it.origin = Some(origin));
}

/// Sets the origin of each field, and returns that of the change.
fn origin_of_fields(change: &mut Change, base_plan: &BasePlan<'_>) -> Option<Origin> {
    let Change { name, action, steps, before, after, fields, .. } = change;
    let then = base_plan.after(name, before.as_ref());
    let three_way =
        ThreeWay { before: before.as_ref(), base: then.as_ref(), after: after.as_ref() };
    three_way.set_origins(fields, *action == Action::Replace);
    let origin = fields.iter().filter_map(|it| it.origin).reduce(Origin::and)?;
    // The base would correct the same fields by another action, so the action is of this branch.
    let is_another =
        base_plan.changes.get(name).is_some_and(|it| (it.action, &it.steps) != (*action, &*steps));
    Some(if is_another { origin.and(Origin::ThisChange) } else { origin })
}

fn origin_of_delete(change: &mut Change, base_plan: &BasePlan<'_>) -> Origin {
    let state = base_plan.state(&change.name);
    if change.reason == Reason::NotDeclared {
        change.reason = if state.is_some() { Reason::Removed } else { Reason::NeverDeclared };
    }
    let deleted = base_plan.changes.get(&change.name).is_some_and(|it| it.action == Action::Delete);
    if deleted { Origin::Drift } else { Origin::ThisChange }
}

/// A run that is due has no origin; a run that the base did not ask for is of this branch.
fn origin_of_restart(
    change: &Change,
    given: Option<&DesiredDiscovery>,
    base_plan: &BasePlan<'_>,
) -> Option<Origin> {
    match change.reason {
        Reason::RerunOwed | Reason::RerunRequested => return None,
        _ => (),
    }
    let request = |it: &DesiredDiscovery| (it.state(), it.rerun());
    let then = base_plan.declared.get(&change.name).map(|it| request(it));
    let interface = base_plan.inputs.interface();
    let ran = base_plan.changes.get(&change.name).is_some_and(|it| it.starts_a_run(interface));
    (!ran && then != given.map(request)).then_some(Origin::ThisChange)
}

/// The three states of a discovery to compare.
pub(super) struct ThreeWay<'a> {
    /// The live settings.
    pub(super) before: Option<&'a Settings>,
    /// The settings that the base's files lead to.
    pub(super) base: Option<&'a Settings>,
    /// The settings that the current files lead to.
    pub(super) after: Option<&'a Settings>,
}

impl ThreeWay<'_> {
    /// Sets the origin of each field.
    pub(super) fn set_origins(&self, fields: &mut [FieldChange], is_replaced: bool) {
        for field in &mut *fields {
            field.origin = Some(self.origin(field.path));
        }
        // An edit of credentials and a replace both drop deleted credentials: if the branch asks
        // for either, it causes that drop too.
        let is_drift = |it: &FieldChange| it.origin == Some(Origin::Drift);
        let takes_along = |it: &FieldChange| {
            !is_drift(it) && (is_replaced || matches!(it.setting, SettingKey::Credentials(_)))
        };
        let is_taken_along = fields.iter().any(takes_along);
        let gone =
            fields.iter_mut().find(|it| it.setting == SettingKey::GoneCredentials && is_drift(it));
        if let Some(gone) = gone.filter(|_| is_taken_along) {
            gone.origin = Some(Origin::Both);
        }
    }

    /// Returns settings with hops only if both sides have them: otherwise they cannot be compared.
    fn as_reported(&self, settings: &Settings) -> Settings {
        use Target::{Cdp, Lldp};

        let mut settings = settings.clone();
        let mut target = settings.target().cloned();
        let have = self.before.and_then(Settings::target);
        if let (Some(Cdp(it)), Some(Cdp(have))) | (Some(Lldp(it)), Some(Lldp(have))) =
            (&mut target, have)
        {
            it.hops = have.hops.and(it.hops.or(have.hops));
        }
        settings.extend(target.map(Setting::Target));
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
            // In an existing discovery, an empty list equals a missing one; in a new discovery it
            // does not.
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

/// Returns the fields at a path: a field, or a whole target.
fn values(settings: &Settings, path: &str) -> Vec<Field> {
    if path == SettingKey::Target.path() {
        return settings.target_fields();
    }
    settings.fields().into_iter().filter(|it| it.path == path).collect()
}

/// Returns a refusal for each drifted field, in the order of the files.
fn refusals(plan: &Plan) -> Vec<PlanDiagnostic> {
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
        diagnostics.extend(fields.map(|it| messages::drifted_field(change, it)));
        if diagnostics.len() == before {
            diagnostics.push(messages::drifted(change));
        }
    }
    let at = |it: &crate::source::Diagnostic| it.labels.first().map(|it| it.span);
    diagnostics.sort_by_key(|it| (at(it).is_none(), at(it)));
    diagnostics.into_iter().map(|diagnostic| PlanDiagnostic { diagnostic, refuses: true }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::Scenario;

    /// Returns one line for each change: name, action, origin, and the origins of its fields.
    fn lines(plan: &Plan) -> String {
        let word = |it: Option<Origin>| it.map_or("none", Origin::key);
        let line = |it: &Change| {
            let fields = it.fields.iter().map(|it| format!("{} {}", it.path, word(it.origin)));
            let fields = fields.collect::<Vec<_>>().join(", ");
            format!("{} {} {}: {fields}", it.name, it.action, word(it.origin))
        };
        plan.changes.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Returns the origins for files of the base, current files, and a live state.
    fn origins(before: &str, today: &str, live: &str) -> String {
        lines(&Scenario::new(today, live).plan_against(before, Drift::Revert))
    }

    /// The remaining changes and the kept drift, with `--drift keep`.
    fn kept(before: &str, today: &str, live: &str) -> (String, String) {
        let plan = Scenario::new(today, live).plan_against(before, Drift::Keep);
        let kept = plan.compared.as_ref().unwrap().kept.iter().map(|it| {
            let paths = it.fields.iter().map(|it| it.path).collect::<Vec<_>>();
            format!("{} {}: {}", it.name, it.action, paths.join(", "))
        });
        (lines(&plan), kept.collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn each_field_is_compared_on_its_own() {
        let before = "a; cidr 10.0.0.0/24; timeout 5s; retries 1; exclude ";
        let today = "a; cidr 10.0.0.0/24; timeout 9s; retries 2; exclude ; netconf_port 830";
        let live = "a; cidr 10.0.0.0/24; timeout 5s; retries 3; exclude 10.0.0.1; netconf_port 831";
        assert_eq!(
            origins(before, today, live),
            "a update both: exclude drift, retries both, timeout this_change, netconf_port this_change"
        );
        let (rest, left) = kept(before, today, live);
        assert_eq!(
            rest,
            "a update both: retries both, timeout this_change, netconf_port this_change"
        );
        assert_eq!(left, "a update: exclude");
    }

    #[test]
    fn a_setting_that_the_base_did_not_have_is_this_change() {
        let live = "a; address 10.0.0.1; timeout 5s";
        let today = "a; address 10.0.0.1; timeout 9s\nb; address 10.0.0.2; cli netops";
        assert_eq!(
            origins("", today, live),
            "a update this_change: timeout this_change\n\
             b create this_change: address this_change, credentials.cli this_change"
        );
        let absent = "a; state absent\nb; state stopped; address 10.0.0.2; cli netops";
        assert_eq!(origins(absent, today, live), origins("", today, live));
        assert_eq!(
            origins("", "a; state absent", live).split(':').next(),
            Some("a delete this_change")
        );
    }

    #[test]
    fn a_deleted_discovery_that_the_branch_changes_is_both() {
        let before = "a; address 10.0.0.1; cli netops";
        let today = "a; address 10.0.0.2; cli netops; exclude ";
        assert_eq!(
            origins(before, today, ""),
            "a create both: address both, exclude this_change, credentials.cli drift"
        );
        let (rest, left) = kept(before, today, "");
        assert!(rest.starts_with("a create both:") && left.is_empty(), "{rest} {left}");
        assert_eq!(
            kept(before, before, ""),
            (String::new(), "a create: address, credentials.cli".to_owned())
        );
    }

    #[test]
    fn another_target_is_compared_as_a_whole() {
        let (cdp, cidr, lldp) = ("a; cdp 10.0.0.1 3", "a; cidr 10.0.0.0/24", "a; lldp 10.0.0.1 3");
        assert_eq!(origins(cdp, cidr, cdp), "a update this_change: target this_change");
        assert_eq!(origins(cdp, cdp, cidr), "a update drift: target drift");
        assert_eq!(origins(cdp, lldp, cidr), "a update both: target both");
        // Hops that the controller does not report are not drift.
        assert_eq!(
            origins(cdp, cidr, "a; cdp 10.0.0.1 ?"),
            "a update this_change: target this_change"
        );
    }

    #[test]
    fn a_part_of_a_target_can_be_kept() {
        let (before, live) = ("a; cdp 10.0.0.1 3", "a; cdp 10.0.0.9 4");
        let (rest, left) = kept(before, "a; cdp 10.0.0.1 5", live);
        assert_eq!(
            (rest.as_str(), left.as_str()),
            ("a update both: cdp.hops both", "a update: cdp.seed")
        );
        let plan = Scenario::new("a; cdp 10.0.0.1 5", live).plan_against(before, Drift::Keep);
        let target = plan.changes[0].after.as_ref().unwrap().target().cloned();
        let seed = "10.0.0.9".parse().unwrap();
        assert_eq!(target, Some(Target::Cdp(crate::model::Neighbours { seed, hops: Some(5) })));
    }

    #[test]
    fn credentials_that_are_gone_go_with_a_change_of_credentials() {
        let before = "a; address 10.0.0.1; cli netops; timeout 5s";
        let live = "a; address 10.0.0.1; cli netops; timeout 5s; gone x";
        assert_eq!(origins(before, before, live), "a update drift: credentials drift");
        assert_eq!(kept(before, before, live), (String::new(), "a update: credentials".to_owned()));
        let (rest, left) = kept(before, &before.replace("5s", "9s"), live);
        assert_eq!(rest, "a update this_change: timeout this_change");
        assert_eq!(left, "a update: credentials");
        let other = before.replace("netops", "legacy (root)");
        let both = "a update both: credentials.cli this_change, credentials both";
        assert_eq!(origins(before, &other, live), both);
        assert_eq!(kept(before, &other, live), (both.to_owned(), String::new()));
    }

    #[test]
    fn another_action_against_drift_is_this_change_too() {
        let before = "a; address 10.0.0.1; cli netops; timeout 5s";
        let today = format!("{before}; on_change replace");
        let live = "a; address 10.0.0.1; cli netops; timeout 9s";
        assert_eq!(origins(before, &today, live), "a replace both: timeout drift");
        assert_eq!(kept(before, &today, live), (String::new(), "a update: timeout".to_owned()));
    }

    #[test]
    fn a_restart_that_the_branch_requests_is_this_change() {
        let live = "a; address 10.0.0.1; aborted";
        let with = |rerun: &str| format!("a; address 10.0.0.1; rerun {rerun}");
        let (due, never) = (with("until_complete"), with("never"));
        assert_eq!(origins(&due, &due, live), "a restart none: ");
        assert_eq!(origins(&never, &due, live), "a restart this_change: ");
        assert_eq!(origins(&with("always"), &due, live), "a restart none: ");
        assert_eq!(origins("", &due, live), "a restart this_change: ");
        let asked = Scenario::new(&never, live).rerunning(&["a"]);
        assert_eq!(lines(&asked.plan_against("", Drift::Revert)), "a restart none: ");
    }

    #[test]
    fn a_discovery_that_an_interrupted_apply_deleted_has_no_origin() {
        let text = "a; address 10.0.0.1; cli netops";
        let scenario = Scenario::new(text, "").with_deleted(text);
        for drift in [Drift::Keep, Drift::Fail] {
            let plan = scenario.plan_against(text, drift);
            assert!(lines(&plan).starts_with("a create none: "), "{drift}: {}", lines(&plan));
            assert!(!plan.is_only_drift() && plan.compared.unwrap().kept.is_empty());
        }
    }

    #[test]
    fn drift_that_an_interrupted_replace_kept_is_kept_by_the_create() {
        let before = "a; address 10.0.0.1; cli netops; timeout 5s";
        let scenario = Scenario::new(before, "").with_deleted(&before.replace("5s", "9s"));
        let timeout = |drift| {
            let plan = scenario.plan_against(before, drift);
            let fields = plan.changes[0].after.as_ref().unwrap().fields();
            fields.iter().find(|it| it.path == "timeout").unwrap().value.to_string()
        };
        assert_eq!(timeout(Drift::Keep), "9s");
        assert_eq!(timeout(Drift::Revert), "5s");
    }

    #[test]
    fn the_age_of_a_run_is_needed_if_it_decides_after_drift_is_kept() {
        let before = "a; address 10.0.0.1; timeout 5s; rerun older_than 7d";
        let scenario = Scenario::new(before, "a; address 10.0.0.1; timeout 9s");
        let base = Base { desired: Ok(scenario.desired.clone()), git: Git::default() };
        let ids = |drift| {
            let options = Options { drift, ..Options::default() };
            needs_run_age_against(Some(&base), &scenario.desired, &scenario.live, &options).len()
        };
        assert_eq!((ids(Drift::Revert), ids(Drift::Keep)), (0, 1));
    }
}
