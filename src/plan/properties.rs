//! What holds of every plan, tried on generated states.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    ops::RangeInclusive,
};

use proptest::{prelude::*, sample::select};

use super::{
    Action, Change, ChangeImpact, Drift, Impact, Origin, Plan, PlanDiagnostic, Step, check_files,
    testing::{NOW, Scenario, limit, limit_of, limit_to},
    types::Reason,
};
use crate::model::{
    AddressRange, Count, Desired, Exclude, Interface, Live, LiveDiscovery, MaxDelete, Name, Policy,
    Readable, RemoteId, RunState, Setting, Settings, State, Target,
};

proptest! {
    #[test]
    fn equal_inputs_give_equal_plans(scenario in scenarios(), seed in any::<u64>()) {
        let mut shuffled = scenario.clone();
        shuffle(&mut shuffled.desired.discoveries, seed);
        shuffle(&mut shuffled.live.discoveries, seed.rotate_left(7));
        shuffle(&mut shuffled.live.credentials, seed.rotate_left(13));
        prop_assert_eq!(format!("{:?}", scenario.plan()), format!("{:?}", shuffled.plan()));
    }

    #[test]
    fn no_plan_breaks_a_rule_of_its_own(scenario in scenarios()) {
        let plan = scenario.plan();
        let bug = plan.diagnostics.iter().find(|it| it.diagnostic.code.ends_with("::bug"));
        prop_assert_eq!(bug, None);
    }

    #[test]
    fn nothing_is_planned_for_what_is_not_ours(scenario in scenarios()) {
        let given = scenario.desired.discoveries.iter().map(|it| &it.name.value);
        let given = given.collect::<BTreeSet<_>>();
        for change in scenario.plan().changes {
            let is_pruned = scenario.options.prune && scenario.desired.manage.is_match(&change.name);
            prop_assert!(given.contains(&change.name) || is_pruned);
        }
    }

    #[test]
    fn a_plan_is_empty_once_it_is_applied(scenario in scenarios()) {
        let mut scenario = scenario;
        let first = scenario.plan();
        apply(&mut scenario, &first);
        scenario.options.rerun.clear();
        for change in scenario.plan().changes {
            prop_assert_eq!(change.reason, Reason::RerunAlways, "{:?}", change);
        }
    }

    #[test]
    fn addresses_equal_brute_force(scenario in scenarios()) {
        let plan = scenario.plan();
        let Impact { scanned, new, dropped, before, after, logins, .. } = plan.impact;
        let counted = [scanned, new, dropped, before, after, logins].map(number);
        let forced = brute_force(&scenario, &plan);
        prop_assert_eq!(counted, forced.0);
        for (change, forced) in plan.changes.iter().zip(forced.1) {
            let ChangeImpact { before, after, new, dropped, logins, .. } = change.impact;
            let counted = [before, after, new, dropped, logins].map(number);
            prop_assert_eq!(counted, forced, "{}", change.name);
        }
    }

    #[test]
    fn overlaps_equal_brute_force(scenario in scenarios()) {
        let plan = scenario.plan();
        let found = plan.overlaps.found.iter().map(|it| {
            let (one, other) = &it.names;
            let ranges = it.ranges.iter().copied().flat_map(numbers).collect::<BTreeSet<_>>();
            assert_eq!(ranges.len(), number(it.addresses));
            ((one.as_str().to_owned(), other.as_str().to_owned()), ranges)
        });
        prop_assert_eq!(found.collect::<BTreeMap<_, _>>(), forced_overlaps(&scenario, &plan));
    }

    #[test]
    fn limits_on_addresses_equal_brute_force(
        scenario in scenarios(),
        (forbid, within) in (ranges(), ranges()),
        most in 0_usize..40,
    ) {
        let scenario = scenario.limited(Policy {
            max_addresses_per_discovery: Some(limit(Count::from(most as u128))),
            forbid_ranges: Some(limit_of(&forbid)),
            allow_only_within: Some(limit_of(&within)),
            allow_unbounded: Some(limit_to(&["[a-c]"])),
            ..Policy::default()
        });
        let plan = scenario.plan();
        let expected = forced_refusals(&scenario, most, &forbid, &within);
        prop_assert_eq!(&refused(&plan.diagnostics), &expected);
        if scenario.options.except.is_empty() {
            prop_assert_eq!(refused(&check_files(&scenario.desired)), expected);
        }
    }

    #[test]
    fn limits_on_a_plan_go_by_what_it_reaches(
        scenario in scenarios(),
        (new, logins) in (0_u128..60, 0_u128..600),
        (count, percent) in (prop::option::of(0_u64..4), prop::option::of(0_u64..100)),
    ) {
        let plain = scenario.plan();
        let scenario = scenario.limited(Policy {
            max_new_addresses: Some(limit(Count::from(new))),
            max_login_attempts: Some(limit(Count::from(logins))),
            max_delete: Some(limit(MaxDelete {
                count: count.map(limit),
                percent: percent.map(limit),
            })).filter(|_| count.is_some() || percent.is_some()),
            ..Policy::default()
        });
        let plan = scenario.plan();
        let is_refused = |key: &str| plan.diagnostics.iter().any(|it| it.diagnostic.code.ends_with(key));
        prop_assert_eq!(is_refused("::max_new_addresses"), Count::from(new) < plain.impact.new);
        prop_assert_eq!(is_refused("::max_login_attempts"), Count::from(logins) < plain.impact.logins);
        let is_given = |name: &Name| scenario.desired.discoveries.iter().any(|it| it.name.value == *name);
        let owned = scenario.live.discoveries.iter();
        let owned = owned.filter(|it| is_given(&it.name) || scenario.desired.manage.is_match(&it.name));
        let summary = plain.summary();
        let (n, owned) = ((summary.delete + summary.replace) as u64, owned.count() as u64);
        let is_much = match (count, percent) {
            (None, None) => false,
            (Some(count), None) => count < n,
            (None, Some(percent)) => percent * owned < 100 * n,
            (Some(count), Some(percent)) => count < n && percent * owned < 100 * n,
        };
        prop_assert_eq!(is_refused("::max_delete"), is_much);
        // What is refused stays in the plan.
        prop_assert_eq!(format!("{:?}", plan.changes), format!("{:?}", plain.changes));
        prop_assert_eq!(plan.leaves_something_out(), plain.leaves_something_out());
    }

    #[test]
    fn nothing_protected_is_deleted_or_replaced(scenario in scenarios()) {
        let scenario = scenario.limited(Policy {
            protected_names: Some(limit_to(&["[ac]", "[e-f]"])),
            ..Policy::default()
        });
        let plan = scenario.plan();
        let destroyed = plan.changes.iter().filter(|it| {
            matches!(it.action, Action::Delete | Action::Replace)
                && matches!(it.name.as_str(), "a" | "c" | "e" | "f")
        });
        let expected = destroyed.map(|it| ("protected_names".to_owned(), it.name.to_string()));
        let found = refused(&plan.diagnostics).into_iter().map(|(code, name, _)| (code, name));
        prop_assert_eq!(found.collect::<BTreeSet<_>>(), expected.collect::<BTreeSet<_>>());
    }
}

fn ranges() -> impl Strategy<Value = Vec<AddressRange>> {
    let one = (0_u32..60, 0_u32..25).prop_map(|(first, more)| {
        let address = |it: u32| IpAddr::V4((0x0a00_0000 + it).into());
        AddressRange::new(address(first), address(first + more)).unwrap()
    });
    prop::collection::vec(one, 0..4)
}

/// Returns the refusals of the policy: code, name, and the listed addresses.
fn refused(diagnostics: &[PlanDiagnostic]) -> BTreeSet<(String, String, String)> {
    let policy = diagnostics.iter().filter_map(|it| {
        let code = it.diagnostic.code.strip_prefix("trueup::policy::")?;
        assert!(it.refuses && it.diagnostic.is_error());
        let message = &it.diagnostic.message;
        let name = message.split('`').nth(1).unwrap();
        let listed = message.split_once(" scans ").map_or("", |(_, behind)| behind);
        let listed = listed.split(", which").next().unwrap();
        Some((code.to_owned(), name.to_owned(), listed.to_owned()))
    });
    policy.collect()
}

/// Finds the refusals of each discovery, address by address.
fn forced_refusals(
    scenario: &Scenario,
    most: usize,
    forbid: &[AddressRange],
    within: &[AddressRange],
) -> BTreeSet<(String, String, String)> {
    let of =
        |them: &[AddressRange]| them.iter().copied().flat_map(numbers).collect::<BTreeSet<u32>>();
    let (forbid, within) = (of(forbid), of(within));
    let mut found = BTreeSet::new();
    for it in &scenario.desired.discoveries {
        let name = &it.name.value;
        if it.state() == State::Absent || !scenario.options.selects(name) {
            continue;
        }
        let target = it.wanted.target().unwrap().value.clone();
        let is_unbounded = matches!(target, Target::Cdp(_) | Target::Lldp(_));
        let exclude = it.wanted.exclude().map(|it| it.value.clone());
        let reached = reached(&scan(target, exclude));
        let mut refuse = |code: &str, addresses: &BTreeSet<u32>| {
            found.insert((code.to_owned(), name.to_string(), listed(addresses)));
        };
        if most < reached.len() {
            refuse("max_addresses_per_discovery", &BTreeSet::new());
        }
        if !reached.is_disjoint(&forbid) {
            refuse("forbid_ranges", &(&reached & &forbid));
        }
        if !reached.is_subset(&within) {
            refuse("allow_only_within", &(&reached - &within));
        }
        if is_unbounded && !matches!(name.as_str(), "a" | "b" | "c") {
            refuse("allow_unbounded", &BTreeSet::new());
        }
    }
    found
}

/// Lists addresses as a refusal does: the first three ranges, and how many more there are.
fn listed(addresses: &BTreeSet<u32>) -> String {
    let mut runs = Vec::<(u32, u32)>::new();
    for it in addresses {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *it => *last = *it,
            Some(_) | None => runs.push((*it, *it)),
        }
    }
    let text = |(first, last): &(u32, u32)| {
        let (one, other) = (std::net::Ipv4Addr::from(*first), std::net::Ipv4Addr::from(*last));
        if first == last { one.to_string() } else { format!("{one}-{other}") }
    };
    let shown = runs.iter().take(3).map(text).collect::<Vec<_>>().join(", ");
    match runs.len() {
        0..=3 => shown,
        4 => format!("{shown} and 1 more range"),
        n => format!("{shown} and {} more ranges", n - 3),
    }
}

proptest! {
    #[test]
    fn a_difference_from_the_base_too_is_drift((scenario, _) in pairs()) {
        let before = scenario.sources.sources()[0].text.to_string();
        let plan = scenario.plan_against(&before, Drift::Revert);
        for change in plan.changes {
            let is_restart = change.action == Action::Restart;
            let expected = (!is_restart).then_some(Origin::Drift);
            prop_assert_eq!(change.origin, expected, "{:?}", change);
            for field in &change.fields {
                prop_assert_eq!(field.origin, expected, "{:?}", change);
            }
        }
    }

    #[test]
    fn without_drift_every_difference_is_this_change((scenario, before) in pairs()) {
        let mut scenario = scenario;
        scenario.options.rerun.clear();
        let base_plan = Scenario { desired: desired_of(&before, &scenario), ..scenario.clone() };
        apply(&mut scenario, &base_plan.plan());
        let base_plan = Scenario { live: scenario.live.clone(), ..base_plan };
        let settled = base_plan.plan();
        // A discovery with an error was not changed, and a duplicate live name has no origin.
        let is_settled = |name: &Name| {
            let given = base_plan.desired.discoveries.iter().any(|it| it.name.value == *name);
            settled.unchanged.contains(name) || !given
        };
        for change in scenario.plan_against(&before, Drift::Revert).changes {
            if is_settled(&change.name) {
                prop_assert!(
                    matches!(change.origin, Some(Origin::ThisChange))
                        || change.action == Action::Restart,
                    "{:?}", change
                );
                for field in &change.fields {
                    prop_assert_eq!(field.origin, Some(Origin::ThisChange), "{:?}", change);
                }
            }
        }
    }

    #[test]
    fn drift_that_is_kept_is_not_touched((scenario, before) in pairs()) {
        let mut scenario = scenario;
        let plan = scenario.plan_against(&before, Drift::Keep);
        for change in &plan.changes {
            prop_assert_ne!(change.origin, Some(Origin::Drift), "{:?}", change);
            let drift = change.fields.iter().find(|it| it.origin == Some(Origin::Drift));
            // A create uses all settings of the files.
            prop_assert!(drift.is_none() || change.action == Action::Create, "{:?}", change);
        }
        let bug = plan.diagnostics.iter().find(|it| it.diagnostic.code.ends_with("::bug"));
        prop_assert_eq!(bug, None);
        let was = scenario.live.clone();
        apply(&mut scenario, &plan);
        for kept in &plan.compared.as_ref().unwrap().kept {
            let of = |live: &Live| {
                let found = live.discoveries.iter().filter(|it| it.name == kept.name);
                found.map(|it| it.read.clone()).collect::<Vec<_>>()
            };
            let (was, is) = (of(&was), of(&scenario.live));
            if kept.action != Action::Update {
                prop_assert_eq!(was, is);
                continue;
            }
            let settings = |it: &[Result<Readable, _>]| it[0].as_ref().unwrap().settings.clone();
            let (was, is) = (settings(&was), settings(&is));
            for field in &kept.fields {
                let value = |it: &Settings| match field.path {
                    "target" => it.target().map(|it| format!("{it:?}")),
                    path => it.fields().into_iter().find(|it| it.path == path)
                        .map(|it| format!("{it:?}")),
                };
                prop_assert_eq!(value(&was), value(&is), "{} of {}", field.path, kept.name);
            }
        }
    }

    #[test]
    fn to_keep_drift_and_revert_it_later_is_to_revert_it((scenario, before) in pairs()) {
        let at_once = scenario.plan_against(&before, Drift::Revert);
        let mut once = scenario.clone();
        apply(&mut once, &at_once);
        let mut later = scenario.clone();
        apply(&mut later, &scenario.plan_against(&before, Drift::Keep));
        let rest = later.plan_against(&before, Drift::Revert);
        apply(&mut later, &rest);
        let is_sound = |name: &Name| {
            [&at_once, &rest].into_iter().all(|plan| {
                let is_changed = plan.changes.iter().any(|it| it.name == *name);
                is_changed || plan.unchanged.contains(name)
            })
        };
        let of = |scenario: &Scenario| {
            let live = scenario.live.discoveries.iter().filter(|it| is_sound(&it.name));
            let live = live.filter_map(|it| Some((it.name.clone(), it.read.as_ref().ok()?)));
            live.map(|(name, it)| (name, it.settings.clone())).collect::<BTreeMap<_, _>>()
        };
        prop_assert_eq!(of(&once), of(&later));
    }
}

/// Stories, and the files of before: mostly those of today, so that there is something in common.
fn pairs() -> impl Strategy<Value = (Scenario, String)> {
    let line = (any::<bool>(), desired_keys());
    let others = prop::collection::vec(prop::option::weighted(0.9, line), 7);
    (scenarios(), others).prop_map(|(scenario, others)| {
        let text = scenario.sources.sources()[0].text.clone();
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let lines = names.iter().zip(others).filter_map(|(name, other)| {
            let (is_same, keys) = other?;
            let today = text.lines().find(|it| it.starts_with(name));
            match today.filter(|_| is_same) {
                Some(line) => Some(format!("{line}\n")),
                None => Some(format!("{name}; {keys}\n")),
            }
        });
        let before = lines.collect();
        (scenario, before)
    })
}

/// Returns the files of before as a desired state.
fn desired_of(before: &str, scenario: &Scenario) -> Desired {
    Desired { manage: scenario.desired.manage.clone(), ..Scenario::new(before, "").desired }
}

fn scenarios() -> impl Strategy<Value = Scenario> {
    let names = || prop::sample::subsequence(vec!["a", "b", "c", "d", "e", "f", "g"], 0..=7);
    let desired = (names(), prop::collection::vec(desired_keys(), 7));
    let live = (names(), prop::collection::vec(live_keys(), 7));
    let options = (any::<bool>(), names(), names(), prop::option::of(0_usize..3));
    (desired, live, options).prop_map(|(desired, live, (prune, rerun, except, twins))| {
        let lines = |(names, keys): (Vec<&str>, Vec<String>)| {
            let lines = names.iter().zip(keys).map(|(name, keys)| format!("{name}; {keys}\n"));
            lines.collect::<Vec<_>>()
        };
        let mut live = lines(live);
        live.extend(twins.and_then(|it| live.get(it).cloned()));
        let mut scenario = Scenario::new(&lines(desired).concat(), &live.concat());
        scenario = if prune { scenario.pruning(&["[a-d]"]) } else { scenario };
        scenario.rerunning(&rerun).except(&except[..except.len() / 3])
    })
}

/// Settings of either side: few values, so that the sides meet.
fn setting_keys() -> impl Strategy<Value = Vec<&'static str>> {
    let target = select(vec![
        "address 10.0.0.9",
        "ranges 10.0.0.1-10.0.0.30",
        "ranges 10.0.0.1-10.0.0.30, 10.0.1.7",
        "cidr 10.0.0.0/27",
        "cdp 10.0.0.40 3",
        "cdp 10.0.0.40 ?",
        "lldp 10.0.0.40 3",
    ]);
    let one_of = |keys: Vec<&'static str>| prop::option::of(select(keys));
    let cli = one_of(vec!["cli netops", "cli netops, legacy (root)", "cli "]);
    let snmp = one_of(vec!["snmp_v3 core", "snmp_v2_read public-read"]);
    let exclude = one_of(vec!["exclude 10.0.0.0/29", "exclude 10.0.0.9, 10.0.0.40", "exclude "]);
    let timeout = one_of(vec!["timeout 5s", "timeout 9s"]);
    (target, cli, snmp, exclude, timeout).prop_map(|(target, cli, snmp, exclude, timeout)| {
        [Some(target), cli, snmp, exclude, timeout].into_iter().flatten().collect()
    })
}

fn desired_keys() -> impl Strategy<Value = String> {
    let state = select(vec!["present", "present", "present", "stopped", "absent"]);
    let rerun = select(vec!["on_change", "never", "until_complete", "always", "older_than 1h"]);
    let on_change = select(vec!["update", "update", "replace"]);
    let wrong = prop::option::weighted(0.1, select(vec!["netconf none", "http_read core"]));
    (setting_keys(), state, rerun, on_change, wrong).prop_map(
        |(settings, state, rerun, on_change, wrong)| {
            let settings = settings.into_iter().chain(wrong).collect::<Vec<_>>().join("; ");
            format!("{settings}; state {state}; rerun {rerun}; on_change {on_change}")
        },
    )
}

fn live_keys() -> impl Strategy<Value = String> {
    let run = select(vec!["running", "complete", "aborted", "failed", "never", "unknown"]);
    let ended = prop::option::of(0..2 * 3_600_000_i64);
    let rare = vec!["edited", "own userNameList", "masked x", "gone 17", "unreadable id null"];
    let rare = prop::option::weighted(0.2, select(rare));
    (setting_keys(), run, ended, rare).prop_map(|(settings, run, ended, rare)| {
        let ended = ended.map(|it| format!("; ended {}", NOW - it)).unwrap_or_default();
        let settings = settings.into_iter().chain(rare).collect::<Vec<_>>().join("; ");
        format!("{settings}; {run}{ended}")
    })
}

/// Shuffles a list by a seed.
fn shuffle<T>(list: &mut [T], mut seed: u64) {
    for at in (1..list.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        list.swap(at, usize::try_from(seed >> 33).unwrap() % (at + 1));
    }
}

/// Applies the plan to the live state, with runs that complete at once.
fn apply(scenario: &mut Scenario, plan: &Plan) {
    let changes = plan.changes.iter().filter_map(|it| Some((it.id.as_ref()?, it)));
    let changes = changes.collect::<BTreeMap<&RemoteId, &Change>>();
    let live = std::mem::take(&mut scenario.live.discoveries);
    for mut discovery in live {
        let change = changes.get(&discovery.id);
        if change.is_some_and(|it| it.after.is_none()) {
            continue;
        }
        if let (Some(change), Ok(read)) = (change, &mut discovery.read) {
            *read = changed(read.clone(), change);
        }
        scenario.live.discoveries.push(discovery);
    }
    for change in plan.changes.iter().filter(|it| it.action == Action::Create) {
        let id = RemoteId(format!("new-{}", change.name));
        let read = Ok(changed(super::testing::readable(), change));
        scenario.live.discoveries.push(LiveDiscovery { id, name: change.name.clone(), read });
    }
    scenario.live.discoveries.sort_by_key(|it| (it.name.clone(), it.id.clone()));
}

fn changed(mut read: Readable, change: &Change) -> Readable {
    read.settings = change.after.clone().unwrap();
    if change.steps.contains(&Step::Stop) {
        read.run = RunState::Aborted;
    }
    if change.starts_a_run(Interface::Classic) {
        (read.run, read.last_run_ended) = (RunState::Complete, Some(NOW));
    }
    read
}

fn number(count: Count) -> usize {
    count.to_string().parse().unwrap()
}

/// Counts everything address by address: of the plan, and of each change.
fn brute_force(scenario: &Scenario, plan: &Plan) -> ([usize; 6], Vec<[usize; 5]>) {
    let live = || {
        let live = scenario.live.discoveries.iter();
        live.filter_map(|it| it.read.as_ref().ok().map(|read| (&it.id, &read.settings)))
    };
    let covered = live().flat_map(|(_, it)| reached(it)).collect::<BTreeSet<_>>();
    let changed = plan.changes.iter().filter_map(|it| it.id.as_ref()).collect::<BTreeSet<_>>();
    let kept = live().filter(|(id, _)| !changed.contains(id)).map(|(_, it)| it);
    let after = plan.changes.iter().filter_map(|it| it.after.as_ref());
    let kept = kept.chain(after).flat_map(reached).collect::<BTreeSet<_>>();
    let runs = |it: &Change| {
        it.steps.contains(&Step::Run) || matches!(it.action, Action::Create | Action::Replace)
    };
    let of = |it: &Option<Settings>| it.as_ref().map(reached).unwrap_or_default();
    let each = plan.changes.iter().map(|it| {
        let (before, after) = (of(&it.before), of(&it.after));
        let scanned = if runs(it) { after.clone() } else { BTreeSet::new() };
        let n_tries = it.after.as_ref().map_or(0, |it| 1 + it.retries().unwrap_or(3));
        let credentials = it.after.iter().flat_map(Settings::credentials);
        let logins = scanned.len() * credentials.count() * usize::try_from(n_tries).unwrap();
        let (new, dropped) = (&scanned - &covered, &before - &kept);
        [before.len(), after.len(), new.len(), dropped.len(), logins]
    });
    let each = each.collect::<Vec<_>>();
    let scanned = plan.changes.iter().filter(|it| runs(it)).flat_map(|it| of(&it.after));
    let scanned = scanned.collect::<BTreeSet<_>>();
    let (new, dropped) = ((&scanned - &covered).len(), (&covered - &kept).len());
    let logins = each.iter().map(|it| it[4]).sum();
    ([scanned.len(), new, dropped, covered.len(), kept.len(), logins], each)
}

/// What pairs scan in common, address by address.
fn forced_overlaps(scenario: &Scenario, plan: &Plan) -> BTreeMap<(String, String), BTreeSet<u32>> {
    let live = |name: &Name| scenario.live.discoveries.iter().find(|it| it.name == *name);
    let mut scanners = Vec::new();
    for it in &scenario.desired.discoveries {
        let name = &it.name.value;
        let Some(target) = it.wanted.target().filter(|_| it.state() != State::Absent) else {
            continue;
        };
        let kept = live(name)
            .and_then(|it| it.read.as_ref().ok())
            .and_then(|it| it.settings.exclude().cloned());
        let given = it.wanted.exclude().map(|it| it.value.clone());
        scanners.push((name, true, reached(&scan(target.value.clone(), given.or(kept)))));
    }
    let deleted = plan.changes.iter().filter(|it| it.action == Action::Delete);
    let deleted = deleted.filter_map(|it| it.id.as_ref()).collect::<BTreeSet<_>>();
    for it in &scenario.live.discoveries {
        let is_declared = scenario.desired.discoveries.iter().any(|of| of.name.value == it.name);
        if let (false, false, Ok(read)) = (is_declared, deleted.contains(&it.id), &it.read) {
            scanners.push((&it.name, false, reached(&read.settings)));
        }
    }
    let mut found = BTreeMap::new();
    for (at, (one, is_declared, left)) in scanners.iter().enumerate() {
        for (other, other_is_declared, right) in &scanners[at + 1..] {
            let both = left & right;
            if !both.is_empty() && (*is_declared || *other_is_declared) {
                let names = if one < other { (one, other) } else { (other, one) };
                found.insert((names.0.as_str().to_owned(), names.1.as_str().to_owned()), both);
            }
        }
    }
    found
}

fn scan(target: Target, exclude: Option<BTreeSet<Exclude>>) -> Settings {
    [Setting::Target(target)].into_iter().chain(exclude.map(Setting::Exclude)).collect()
}

/// Lists the addresses one by one, as numbers.
fn reached(settings: &Settings) -> BTreeSet<u32> {
    let target = settings.target().unwrap();
    let named = match target {
        Target::Address(it) => [bits(*it)].into(),
        Target::Ranges(it) => it.iter().copied().flat_map(numbers).collect(),
        Target::Cidr(it) => numbers((*it).into()).collect(),
        Target::Cdp(it) | Target::Lldp(it) => BTreeSet::from([bits(it.seed)]),
    };
    let left_out = settings.exclude().into_iter().flatten().flat_map(|it| numbers(it.range()));
    match target {
        Target::Address(_) | Target::Ranges(_) => named,
        Target::Cidr(_) | Target::Cdp(_) | Target::Lldp(_) => &named - &left_out.collect(),
    }
}

fn bits(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(it) => u32::from(it),
        IpAddr::V6(it) => panic!("{it} in a test of IPv4"),
    }
}

fn numbers(range: AddressRange) -> RangeInclusive<u32> {
    bits(range.first())..=bits(range.last())
}
