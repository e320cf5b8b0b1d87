//! Checks a plan, or the files alone, against the policy.
//!
//! Does not change the plan: refused changes stay visible in it.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    impact, overlaps,
    policy_discovery::{Limits, addresses, listed, place_of_target},
    types::{Action, Change, Options, Overlap, Overlaps, Plan, PlanDiagnostic, Reason},
};
use crate::{
    codes,
    model::{Count, Desired, DesiredDiscovery, Grade, Live, MaxDelete, Name, Policy, Sourced},
    source::{Diagnostic, Severity, Span},
};

/// The most discoveries that a refusal points at.
const MOST_LABELS: usize = 3;

/// The most overlaps that are reported one by one.
const MOST_OVERLAPS: usize = 100;

/// The input of a check against the limits.
struct LimitCheck<'a> {
    policy: &'a Policy,
    options: &'a Options,
    by_name: BTreeMap<&'a Name, &'a DesiredDiscovery>,
}

/// Returns the diagnostics of the policy for a plan.
pub(super) fn check_plan(plan: &Plan, desired: &Desired, live: &Live) -> Vec<PlanDiagnostic> {
    let Some(policy) = &desired.policy else { return Vec::new() };
    let check = LimitCheck::new(&policy.value, desired, &plan.options);
    let mut found = check.check_discoveries(desired);
    found.extend(check.check_kept_drift(plan));
    let interface = live.interface;
    let immutable = |change: &Change| {
        let mut fields = change.fields.iter().filter(|it| !interface.changes_in_place(it.setting));
        fields.find_map(|it| it.key)
    };
    found.extend(plan.changes.iter().filter_map(|it| check.protected(it, immutable(it))));
    found.extend(check.max_delete(plan, desired, live));
    found.extend(check.max_new_addresses(plan, live));
    found.extend(check.max_login_attempts(plan));
    let mut found = found.into_iter().map(refusal).collect::<Vec<_>>();
    found.extend(check.overlaps(&plan.overlaps));
    found
}

/// Returns the diagnostics of the policy for the files, without a controller.
pub(crate) fn check_files(desired: &Desired) -> Vec<PlanDiagnostic> {
    let Some(policy) = &desired.policy else { return Vec::new() };
    let options = Options::default();
    let check = LimitCheck::new(&policy.value, desired, &options);
    let mut found = check.check_discoveries(desired).into_iter().map(refusal).collect::<Vec<_>>();
    if check.reports_overlaps() {
        found.extend(check.overlaps(&overlaps::of_files(desired)));
    }
    found
}

fn refusal(diagnostic: Diagnostic) -> PlanDiagnostic {
    PlanDiagnostic { diagnostic, refuses: true }
}

impl<'a> LimitCheck<'a> {
    fn new(policy: &'a Policy, desired: &'a Desired, options: &'a Options) -> Self {
        let by_name = desired.discoveries.iter().map(|it| (&it.name.value, it)).collect();
        Self { policy, options, by_name }
    }

    fn check_discoveries(&self, desired: &Desired) -> Vec<Diagnostic> {
        let limits = Limits::new(self.policy);
        let mut selected = desired.discoveries.iter().collect::<Vec<_>>();
        selected.retain(|it| self.options.selects(&it.name.value));
        selected.sort_by_key(|it| it.name.span);
        selected.into_iter().flat_map(|it| limits.refusals(it)).collect()
    }

    /// Checks the settings that are sent for discoveries with kept drift.
    fn check_kept_drift(&self, plan: &Plan) -> Vec<Diagnostic> {
        let limits = Limits::new(self.policy);
        let changed = plan.changes.iter();
        let changed =
            changed.filter_map(|it| Some((*self.by_name.get(&it.name)?, it.after.as_ref()?)));
        let mut changed = changed.collect::<Vec<_>>();
        changed.sort_by_key(|(it, _)| it.name.span);
        changed.into_iter().flat_map(|(it, after)| limits.refusals_of_kept(it, after)).collect()
    }

    /// A discovery that an interrupted apply deleted was within the limits when its replace was
    /// planned.
    fn max_new_addresses(&self, plan: &Plan, live: &Live) -> Option<Diagnostic> {
        let limit = self.policy.max_new_addresses.as_ref()?;
        let found = if plan.changes.iter().any(|it| it.reason == Reason::ReplaceOwed) {
            impact::new_except_recreated(&plan.changes, live, &plan.options.deleted_not_recreated)
        } else {
            plan.impact.new
        };
        let message = format!(
            "the plan scans {} that no live discovery covers; `max_new_addresses` is {}",
            addresses(found),
            limit.value.grouped()
        );
        let most = |it: &Change| it.impact.new;
        (limit.value < found).then(|| {
            let refusal = Diagnostic::error(&codes::policy::MAX_NEW_ADDRESSES, message);
            let refusal =
                self.with_culprits(refusal, plan, most, |it| format!("{} new", it.grouped()));
            refusal
                .labelled(limit.at, "the limit")
                .help("scan less, or raise the limit in a separate change")
        })
    }

    fn max_login_attempts(&self, plan: &Plan) -> Option<Diagnostic> {
        let limit = self.policy.max_login_attempts.as_ref()?;
        let found = plan.impact.logins;
        let message = format!(
            "the plan logs in to devices up to {} times; `max_login_attempts` is {}",
            found.grouped(),
            limit.value.grouped()
        );
        let most = |it: &Change| it.impact.logins;
        (limit.value < found).then(|| {
            let refusal = Diagnostic::error(&codes::policy::MAX_LOGIN_ATTEMPTS, message);
            let refusal = self.with_culprits(refusal, plan, most, |it| {
                format!("{} logins at most", it.grouped())
            });
            refusal.labelled(limit.at, "the limit").help(
                "scan less, use fewer credentials or `retries`, or raise the limit in a separate \
                 change",
            )
        })
    }

    /// Points at the discoveries that contribute most.
    fn with_culprits(
        &self,
        refusal: Diagnostic,
        plan: &Plan,
        most: impl Fn(&Change) -> Count,
        text: impl Fn(Count) -> String,
    ) -> Diagnostic {
        let mut culprits = plan.changes.iter().map(|it| (most(it), it)).collect::<Vec<_>>();
        culprits.retain(|(count, _)| !count.is_zero());
        culprits.sort_by_key(|(count, it)| (Reverse(*count), &it.name));
        let places = culprits.into_iter().take(MOST_LABELS);
        let places = places.filter_map(|(count, it)| Some((count, self.place_of(it)?)));
        places.fold(refusal, |refusal, (count, span)| refusal.labelled(span, text(count)))
    }

    fn place_of(&self, change: &Change) -> Option<Span> {
        self.by_name.get(&change.name).map(|it| place_of_target(it)).or(change.span)
    }

    fn max_delete(&self, plan: &Plan, desired: &Desired, live: &Live) -> Option<Diagnostic> {
        let Sourced { value: MaxDelete { count, percent }, key: _, at } =
            self.policy.max_delete.as_ref()?;
        let destroyed = plan.changes.iter().filter(|it| destroys(it.action)).collect::<Vec<_>>();
        let n = destroyed.len() as u64;
        let is_owned =
            |name: &Name| desired.manage.is_match(name) || self.by_name.contains_key(name);
        let n_owned = live.discoveries.iter().filter(|it| is_owned(&it.name)).count() as u64;
        let is_above = |limit: Option<&Sourced<u64>>, above: &dyn Fn(u64) -> bool| {
            limit.is_none_or(|it| above(it.value))
        };
        let is_much = is_above(count.as_ref(), &|it| it < n)
            && is_above(percent.as_ref(), &|it| {
                u128::from(it) * u128::from(n_owned) < u128::from(n) * 100
            });
        if !is_much || n == 0 {
            return None;
        }
        let limits = [
            count.as_ref().map(|it| it.value.to_string()),
            percent.as_ref().map(|it| format!("{} percent", it.value)),
        ];
        let limits = limits.into_iter().flatten().collect::<Vec<_>>().join(" and ");
        let message = format!(
            "the plan destroys {n} of the {n_owned} managed discoveries; `max_delete` is {limits}"
        );
        let mut refusal = Diagnostic::error(&codes::policy::MAX_DELETE, message);
        let places = destroyed.iter().filter_map(|it| self.by_name.get(&it.name));
        for it in places.take(MOST_LABELS) {
            refusal = refusal.labelled(it.name.span, "destroyed");
        }
        Some(refusal.labelled(*at, "the limit").help(
            "keep some of them, or raise the limit in a separate change; `--allow-delete` does not \
             lift it",
        ))
    }

    /// Refuses to delete or replace a protected discovery. `immutable` is the key that cannot be
    /// changed in place.
    fn protected(&self, change: &Change, immutable: Option<Span>) -> Option<Diagnostic> {
        let protected = self.policy.protected_names.as_ref()?;
        if !destroys(change.action) {
            return None;
        }
        let pattern = protected.value.place_of_match(&change.name)?;
        let what = if change.action == Action::Replace { "replaced" } else { "deleted" };
        let name = &change.name;
        let message = format!("`{name}` would be {what}, and its name is protected");
        let refusal = Diagnostic::error(&codes::policy::PROTECTED_NAMES, message);
        let it = self.by_name.get(name);
        let (place, text, help) = match change.reason {
            Reason::DeclaredAbsent => (
                it.and_then(|it| Some(it.state.as_ref()?.at)),
                "this deletes it",
                "set `state: present` or `state: stopped`",
            ),
            Reason::ReplaceRequested => (
                it.and_then(|it| Some(it.on_change.as_ref()?.at)),
                "this replaces it",
                "with `on_change: update` it is edited in place",
            ),
            Reason::ImmutableField => {
                (immutable, "this cannot be changed in place", "leave this setting as it is")
            }
            _ => (
                None,
                "",
                "no file declares it: declare it again under this name, or plan without `--prune`",
            ),
        };
        let refusal = match place {
            Some(place) => refusal.labelled(place, text),
            None => refusal,
        };
        Some(refusal.labelled(pattern, "protected here").help(help))
    }

    fn reports_overlaps(&self) -> bool {
        self.policy.overlap.as_ref().is_some_and(|it| it.value != Grade::Off)
    }

    fn overlaps(&self, overlaps: &Overlaps) -> Vec<PlanDiagnostic> {
        let Some(Sourced { value: grade, key: _, at }) =
            self.policy.overlap.as_ref().filter(|_| self.reports_overlaps())
        else {
            return Vec::new();
        };
        let is_seen = |it: &Name| self.by_name.contains_key(it) && self.options.selects(it);
        let seen = overlaps.found.iter();
        let seen = seen.filter(|it| is_seen(&it.names.0) || is_seen(&it.names.1));
        let seen = seen.collect::<Vec<_>>();
        let mut reported =
            seen.iter().take(MOST_OVERLAPS).map(|it| self.overlap(it)).collect::<Vec<_>>();
        let more = seen.len().saturating_sub(MOST_OVERLAPS);
        if more != 0 || overlaps.is_cut {
            let n = if overlaps.is_cut { String::new() } else { format!("{more} ") };
            let message = format!("there are {n}more overlaps than are shown");
            reported.push(Diagnostic::warning(&codes::policy::OVERLAP, message));
        }
        let is_refused = *grade == Grade::Error;
        let graded = |it: Diagnostic| {
            if !is_refused {
                return PlanDiagnostic { diagnostic: it, refuses: false };
            }
            let it = Diagnostic { severity: Severity::Error, ..it };
            refusal(it.labelled(*at, "`overlap` makes it an error"))
        };
        reported.into_iter().map(graded).collect()
    }

    fn overlap(&self, it: &Overlap) -> Diagnostic {
        let Overlap { names: (one, other), ranges, addresses: count, spans: _ } = it;
        let shown_name = |name: &Name| match self.by_name.get(name) {
            Some(_) => format!("`{name}`"),
            None => format!("`{name}` (unmanaged)"),
        };
        let message = format!(
            "{} and {} both scan {} ({})",
            shown_name(one),
            shown_name(other),
            listed(ranges),
            addresses(*count)
        );
        let mut overlap = Diagnostic::warning(&codes::policy::OVERLAP, message);
        for name in [one, other] {
            if let Some(it) = self.by_name.get(name) {
                overlap = overlap.labelled(place_of_target(it), format!("`{name}`"));
            }
        }
        overlap.help("let only one of them scan it")
    }
}

fn destroys(action: Action) -> bool {
    match action {
        Action::Delete | Action::Replace => true,
        Action::Update | Action::Stop | Action::Restart | Action::Create => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::AddressRange,
        plan::{
            Drift,
            testing::{Scenario, limit, limit_of, limit_to},
        },
    };

    /// The refusals of a plan: code, message, and the labelled texts of the files.
    fn refusals(scenario: &Scenario) -> String {
        refusals_of(scenario, &scenario.plan())
    }

    fn refusals_of(scenario: &Scenario, plan: &Plan) -> String {
        let refusals = plan.diagnostics.iter().filter(|it| it.refuses);
        let source = scenario.sources.sources().first().unwrap();
        let reported = refusals.map(|PlanDiagnostic { diagnostic: it, .. }| {
            let labels = it.labels.iter().map(|it| {
                let there = source.text.get(it.span.range()).unwrap();
                format!("  {there}: {}\n", it.text.as_deref().unwrap_or_default())
            });
            let (labels, help) = (labels.collect::<String>(), it.help.as_deref().unwrap_or("-"));
            format!("{} {}\n{labels}  help: {help}\n", it.code, it.message)
        });
        reported.collect()
    }

    #[test]
    fn the_key_of_an_immutable_setting_is_labelled_if_the_name_is_protected() {
        let live = "core-1; cidr 10.0.0.0/24; retries 2";
        let scenario = Scenario::new("core-1; cidr 10.0.0.0/24; retries 3", live);
        let scenario = scenario
            .limited(Policy { protected_names: Some(limit_to(&["core-*"])), ..Policy::default() });
        let plan = scenario.plan();
        let [change] = plan.changes.clone().try_into().unwrap();
        let policy = &scenario.desired.policy.as_ref().unwrap().value;
        let check = LimitCheck::new(policy, &scenario.desired, &scenario.options);
        let key = change.fields[0].key;
        assert!(key.is_some() && check.protected(&change, key).is_none());
        // The classic interface changes everything in place: the next one will not.
        let change = Change { action: Action::Replace, reason: Reason::ImmutableField, ..change };
        let refusal = check.protected(&change, key).unwrap();
        assert_eq!(Some(refusal.labels[0].span), key);
        assert_eq!(refusal.labels[0].text.as_deref(), Some("this cannot be changed in place"));
    }

    #[test]
    fn discoveries_that_contribute_most_are_labelled_first() {
        let desired = (1..6).map(|it| {
            format!("n{it}; cidr 10.{it}.0.0/2{it}; cli netops; snmp_v3 core; retries 0")
        });
        let scenario = Scenario::new(&desired.collect::<Vec<_>>().join("\n"), "").limited(Policy {
            max_new_addresses: Some(limit(Count::from(1_000))),
            max_login_attempts: Some(limit(Count::from(2_000))),
            ..Policy::default()
        });
        insta::assert_snapshot!(refusals(&scenario), @"
        trueup::policy::max_new_addresses the plan scans 3,968 addresses that no live discovery covers; `max_new_addresses` is 1,000
          10.1.0.0/21: 2,048 new
          10.2.0.0/22: 1,024 new
          10.3.0.0/23: 512 new
          : the limit
          help: scan less, or raise the limit in a separate change
        trueup::policy::max_login_attempts the plan logs in to devices up to 7,936 times; `max_login_attempts` is 2,000
          10.1.0.0/21: 4,096 logins at most
          10.2.0.0/22: 2,048 logins at most
          10.3.0.0/23: 1,024 logins at most
          : the limit
          help: scan less, use fewer credentials or `retries`, or raise the limit in a separate change
        ");
    }

    #[test]
    fn a_create_that_completes_an_interrupted_replace_is_not_new() {
        let desired = "a; cidr 10.0.0.0/24; cli netops; snmp_v3 core";
        let most = Some(limit(Count::from(100)));
        let scenario = Scenario::new(desired, "")
            .limited(Policy { max_new_addresses: most, ..Policy::default() });
        assert_ne!(refusals(&scenario), "");
        let cut = scenario.clone().with_deleted(desired);
        assert_eq!(refusals(&cut), "");
        assert_eq!(cut.plan().impact.new, Count::from(256));
        // Addresses that it did not scan before are new.
        let cut = scenario.with_deleted(&desired.replace("/24", "/25"));
        assert!(refusals(&cut).contains("the plan scans 128 addresses"), "{}", refusals(&cut));
    }

    #[test]
    fn kept_drift_is_checked_if_it_would_be_scanned() {
        let before = "a; cidr 10.0.0.0/24; timeout 5s";
        let live = "a; cidr 10.9.0.0/24; timeout 5s";
        let of = |today: &str, forbidden: &str| {
            let forbidden = forbidden.parse::<AddressRange>().unwrap();
            let scenario = Scenario::new(today, live).limited(Policy {
                forbid_ranges: Some(limit_of(&[forbidden])),
                ..Policy::default()
            });
            refusals_of(&scenario, &scenario.plan_against(before, Drift::Keep))
        };
        let slower = before.replace("5s", "9s");
        // The plan does not change it.
        assert_eq!(of(before, "10.9.0.7"), "");
        for today in [before, &slower] {
            assert!(of(today, "10.0.0.7").contains("10.0.0.0/24: this scans it"), "{today}");
        }
        insta::assert_snapshot!(of(&slower, "10.9.0.7"), @"
        trueup::policy::forbid_ranges `a` scans 10.9.0.7, which `forbid_ranges` forbids
          10.0.0.0/24: the setting on the controller, which is kept, is the cause, not this one
          : forbidden here
          help: correct it on the controller, or use `--drift revert`
        ");
    }

    #[test]
    fn ipv6_is_counted_to_the_last_address() {
        let range = |it: &str| it.parse::<AddressRange>().unwrap();
        let scenario =
            Scenario::new("n; cidr 2001:db8::/64; exclude 2001:db8::7; state stopped", "");
        let scenario = scenario.limited(Policy {
            max_addresses_per_discovery: Some(limit(Count::from(u128::from(u64::MAX) - 1))),
            forbid_ranges: Some(limit_of(&[range("2001:db8::6-2001:db8::8"), range("::1")])),
            allow_only_within: Some(limit_of(&[range("2001:db8::-2001:db8::ffff:ffff:ffff:fff0")])),
            ..Policy::default()
        });
        insta::assert_snapshot!(refusals(&scenario), @"
        trueup::policy::max_addresses_per_discovery `n` has 18,446,744,073,709,551,615 addresses; `max_addresses_per_discovery` is 18,446,744,073,709,551,614
          2001:db8::/64: 18,446,744,073,709,551,615 addresses
          : the limit
          help: scan less, exclude addresses with `exclude`, or split the discovery
        trueup::policy::forbid_ranges `n` scans 2001:db8::6, 2001:db8::8, which `forbid_ranges` forbids
          2001:db8::/64: this scans it
          : forbidden here
          help: leave out with `exclude` what is forbidden, or scan less
        trueup::policy::allow_only_within `n` scans 2001:db8::ffff:ffff:ffff:fff1-2001:db8::ffff:ffff:ffff:ffff, which is outside `allow_only_within`
          2001:db8::/64: this scans it
          : only this is allowed
          help: leave out with `exclude` what is not allowed, or scan less
        ");
    }

    #[test]
    fn overlaps_beyond_the_limit_are_counted() {
        let desired =
            (0..16).map(|it| format!("n{it:02}; address 10.0.0.1; cli netops; snmp_v3 core"));
        let scenario = Scenario::new(&desired.collect::<Vec<_>>().join("\n"), "");
        let policy = |grade| Policy { overlap: Some(limit(grade)), ..Policy::default() };
        let reported = refusals(&scenario.clone().limited(policy(Grade::Error)));
        assert_eq!(reported.matches("trueup::policy::overlap").count(), 101, "{reported}");
        assert!(reported.contains("there are 20 more overlaps than are shown"), "{reported}");
        let warned = scenario.clone().limited(policy(Grade::Warn)).plan();
        assert!(warned.is_complete() && warned.diagnostics.len() == 101);
        assert!(scenario.limited(policy(Grade::Off)).plan().diagnostics.is_empty());
    }
}
