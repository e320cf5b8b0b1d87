//! Properties of every plan and every apply, on generated controllers, worlds and files.
//!
//! Each case follows from its seed, which a failure prints: `TRUEUP_SEED=17` runs that case alone,
//! `PROPTEST_CASES=5000` sets the number of cases.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::Duration,
};

use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::time::sleep;
use trueup::cli::Exit;
use trueup_simulator::World;

use crate::{
    bench::{Bench, Ran},
    generate::{Case, cases, faults, soft_cases},
    seeds::check,
    wanted::{
        departures, n_runs, named, prefixes, ranges, settings_of, trespasses, wanted, without_run,
    },
};

/// Longer than every task and every run of a case.
pub(crate) const ALL_OVER: Duration = Duration::from_mins(10);

#[test]
fn a_plan_is_empty_after_its_apply() {
    check(100, cases(), async |case: Case| {
        let bench = begin(&case);
        let before = world(&bench);
        let planned = bench.run(&line("plan", &case)).await;
        let applied = apply(&bench, &case).await;
        if planned.exit != Exit::Done {
            assert_eq!((applied.exit, bench.writes()), (planned.exit, 0), "{applied:#?}");
            assert_eq!(settings_of(&world(&bench)), settings_of(&before));
            return;
        }
        assert_no_violations(&bench);
        assert_truthful(&bench, &case, &applied, &[]);
        assert_eq!(trespasses(&case.files, &before, &world(&bench)), [""; 0], "{applied:#?}");
        if applied.exit != Exit::Done {
            assert!(case.is_hard(), "{applied:#?}");
            let is_reported = applied.out.contains("Apply incomplete.");
            assert!(is_reported, "{applied:#?}");
            return;
        }
        expect_nothing_left(&bench, &case).await;
    });
}

#[test]
fn a_saved_plan_sends_the_same_requests_as_a_direct_apply() {
    check(50, soft_cases(), async |case: Case| {
        let direct = begin(&case);
        let at_once = apply(&direct, &case).await;
        let bench = begin(&case);
        let path = bench.path("plan.json");
        let planned = bench.run(&line(&format!("plan --out {path}"), &case)).await;
        if planned.exit != Exit::Done {
            assert_eq!(bench.writes() + direct.writes(), 0, "{planned:#?}");
            return;
        }
        let n_before = bench.simulator.request_log().len();
        let flags = case.flags.split_whitespace();
        let args = ["apply", path.as_str(), "--simulate"].into_iter().chain(flags);
        let later = bench.run_bare(&args.collect::<Vec<_>>()).await;
        assert_eq!(at_once.exit, later.exit, "{at_once:#?} {later:#?}");
        let log = bench.simulator.request_log();
        let at_once = without_ages(&direct.simulator.request_log());
        assert_eq!(at_once, without_ages(&log[n_before..]));
    });
}

/// The requests without those for jobs, because only a plan reads the ages of runs.
fn without_ages(log: &[String]) -> Vec<String> {
    log.iter().filter(|it| !it.contains("/job")).cloned().collect()
}

#[test]
fn equal_inputs_give_byte_equal_plans() {
    let shuffled = cases().prop_flat_map(|case| {
        let lists = case.files.iter().map(|it| array(&it["discoveries"]).clone());
        let lists = lists.map(|it| Just(it).prop_shuffle()).collect::<Vec<_>>();
        let live = Just(array(&case.world["discoveries"]).clone()).prop_shuffle();
        let kinds = case.world["credentials"].as_object().unwrap().clone().into_iter();
        let kinds = kinds.map(|(kind, list)| {
            Just(array(&list).clone()).prop_shuffle().prop_map(move |it| (kind.clone(), it.into()))
        });
        let kinds = kinds.collect::<Vec<_>>();
        (Just(case), lists, live, kinds).prop_map(|(case, lists, live, kinds)| {
            let mut other = case.clone();
            for (file, list) in other.files.iter_mut().zip(lists) {
                file["discoveries"] = list.into();
            }
            other.files.reverse();
            other.world["discoveries"] = live.into();
            other.world["credentials"] =
                kinds.into_iter().collect::<serde_json::Map<String, Value>>().into();
            (case, other)
        })
    });
    check(50, shuffled, async |(case, other): (Case, Case)| {
        let one = begin(&case).run(&line("plan --show all", &case)).await;
        let two = begin(&other).run(&line("plan --show all", &case)).await;
        let shown = |ran: Ran| (ran.exit, without_places(&ran.out));
        assert_eq!(shown(one), shown(two));
    });
}

/// Removes the locations in the files, which differ between the two.
fn without_places(text: &str) -> String {
    let mut parts = text.split(" (");
    let mut kept = parts.next().unwrap().to_owned();
    for part in parts {
        match part.split_once(')') {
            Some((place, rest)) if place.contains(".yaml:") => kept.push_str(rest),
            _ => kept.extend([" (", part]),
        }
    }
    kept
}

#[test]
fn only_managed_discoveries_are_written() {
    check(50, (cases(), faults()), async |(case, faults): (Case, Vec<String>)| {
        let bench = begin(&case);
        let before = world(&bench);
        let faults = faults.into_iter().filter(|it| !it.contains("other-")).collect::<Vec<_>>();
        bench.simulator.inject(&faults.join("\n")).unwrap();
        let _ran = apply(&bench, &case).await;
        let given = wanted(&case.files);
        let is_ours = |name: &str| {
            let covered = name.starts_with("branch-") || name.starts_with("lab");
            given.contains_key(name) || case.prune && covered
        };
        let foreign = |world: &Value| {
            let all = array(&world["discoveries"]).iter();
            let all = all.filter(|it| !is_ours(it["name"].as_str().unwrap()));
            all.map(|it| (it["id"].to_string(), it.clone())).collect::<BTreeMap<_, _>>()
        };
        let (before, after) = (foreign(&before), foreign(&world(&bench)));
        assert!(before.keys().eq(after.keys()));
        for (id, was) in &before {
            // A run that was in progress continues and writes its results.
            let runs = was["discoveryStatus"].as_str().unwrap().eq_ignore_ascii_case("active");
            let seen = |it: &Value| if runs { without_run(it) } else { it.clone() };
            assert_eq!(seen(was).to_string(), seen(&after[id]).to_string());
        }
        for request in bench.simulator.request_log() {
            let hit = before.keys().find(|id| names_id(&request, id));
            assert_eq!(hit, None, "{request}");
        }
    });
}

#[test]
fn the_settings_that_a_plan_shows_as_destroyed_form_a_file_with_no_changes() {
    check(50, cases(), async |mut case: Case| {
        let everything = json!({"version": 1, "manage": {"names": ["*"]}, "defaults": {},
            "discoveries": [{"name": "none", "state": "absent"}]});
        case.files = vec![everything];
        case.prune = true;
        let shown = begin(&case).run(&line("plan", &case)).await;
        let file = json!({"version": 1, "defaults": {}, "discoveries": destroyed(&shown.out)});
        case.files = vec![file];
        case.prune = false;
        let ran = begin(&case).run("plan --detailed-exitcode").await;
        let nothing = "No changes. Your infrastructure matches the configuration.";
        let is_locked_out = shown.exit == Exit::Unreachable;
        assert!(is_locked_out || ran.out.contains(nothing), "{shown:#?} {ran:#?}");
    });
}

#[test]
fn the_address_count_equals_a_brute_force_count() {
    check(100, soft_cases(), async |case: Case| {
        let planned = begin(&case).run(&line("plan", &case)).await;
        if planned.exit != Exit::Done {
            return;
        }
        let given = wanted(&case.files);
        let changes = changes(&planned.out);
        let live = array(&case.world["discoveries"]);
        let covered = live.iter().flat_map(reached).collect::<BTreeSet<_>>();
        let mut scanned = BTreeSet::new();
        let mut kept = BTreeSet::new();
        for it in live {
            let name = it["name"].as_str().unwrap();
            if !changes.contains_key(name) {
                kept.extend(reached(it));
            }
        }
        for (name, change) in &changes {
            let was = live.iter().find(|it| it["name"] == **name);
            let Some(want) = given.get(name).filter(|_| change.what != "destroyed") else {
                continue;
            };
            let reach = reached_after(want, was);
            kept.extend(reach.clone());
            if change.runs() {
                scanned.extend(reach);
            }
        }
        let counted = |n: usize| {
            let digits = n.to_string();
            let n_digits = digits.len();
            let grouped = digits.chars().enumerate().map(|(at, digit)| {
                let comma = at != 0 && (n_digits - at).is_multiple_of(3);
                format!("{}{digit}", if comma { "," } else { "" })
            });
            grouped.collect::<String>()
        };
        let (new, dropped) = ((&scanned - &covered).len(), (&covered - &kept).len());
        let mut parts = Vec::new();
        if !scanned.is_empty() {
            parts.push(format!("{} scanned, {} of them new", counted(scanned.len()), counted(new)));
        }
        if dropped != 0 {
            parts.push(format!("{} dropped", counted(dropped)));
        }
        let expected = format!("Addresses: {}.", parts.join(", "));
        assert_eq!(
            planned.out.contains("Addresses: "),
            !parts.is_empty(),
            "{expected}\n{}",
            planned.out
        );
        assert!(parts.is_empty() || planned.out.contains(&expected), "{expected}\n{}", planned.out);
    });
}

#[test]
fn the_number_of_writes_equals_the_steps_of_the_plan() {
    check(50, soft_cases(), async |case: Case| {
        let bench = begin(&case);
        let before = world(&bench);
        let planned = bench.run(&line("plan", &case)).await;
        let applied = apply(&bench, &case).await;
        if planned.exit != Exit::Done {
            return;
        }
        assert_eq!(applied.exit, Exit::Done, "{applied:#?}");
        assert_runs(&case, &applied, &before, &world(&bench));
        let n_steps = changes(&planned.out).values().map(|it| it.n_steps).sum::<u64>();
        let n_runs = changes(&planned.out).values().filter(|it| it.runs()).count() as u64;
        // A run may end by itself while its change waits, and then needs no stop.
        let n_needless = applied.err.matches(": stop not needed, already as wanted").count() as u64;
        let n_writes = bench.writes() + n_needless;
        if case.has("edit_runs=yes") {
            assert!(n_steps - n_runs <= n_writes && n_writes <= n_steps, "{planned:#?}");
        } else if case.has("name_release") {
            assert!(n_steps <= n_writes, "{planned:#?}");
        } else {
            assert_eq!(n_writes, n_steps, "{planned:#?} {applied:#?}");
        }
    });
}

#[test]
fn despite_faults_an_apply_reports_truthfully_and_the_next_one_converges() {
    check(100, (soft_cases(), faults()), async |(case, faults): (Case, Vec<String>)| {
        let mut bench = begin(&case);
        let before = world(&bench);
        bench.simulator.inject(&faults.join("\n")).unwrap();
        let ran = bench
            .run(&line(&format!("apply --auto-approve --timeout 5m {}", case.flags), &case))
            .await;
        assert_no_violations_except(&bench, &faults);
        let raced = faults.iter().filter_map(|it| it.split_once(':').filter(|_| is_other(it)));
        let raced = raced.map(|(_, name)| name.to_owned()).collect::<Vec<_>>();
        assert_truthful(&bench, &case, &ran, &raced);
        let wrote_nothing = matches!(ran.exit, Exit::Failed | Exit::Unreachable | Exit::Stale);
        if wrote_nothing && raced.is_empty() {
            assert_eq!(settings_of(&world(&bench)), settings_of(&before), "{ran:#?}");
        }
        sleep(ALL_OVER).await;
        assert_truthful(&bench, &case, &ran, &raced);
        if raced.is_empty() {
            assert_runs(&case, &ran, &before, &world(&bench));
            assert_eq!(trespasses(&case.files, &before, &world(&bench)), [""; 0], "{ran:#?}");
        }
        clear_faults(&mut bench, &case);
        let again = apply(&bench, &case).await;
        if again.exit != Exit::Done {
            // The files have errors, and so the plan fails without faults too.
            assert_eq!(begin(&case).run(&line("plan", &case)).await.exit, again.exit, "{again:#?}");
            return;
        }
        assert_no_violations(&bench);
        assert_truthful(&bench, &case, &again, &[]);
        expect_nothing_left(&bench, &case).await;
    });
}

#[test]
fn after_ctrl_c_the_next_apply_ends_like_an_undisturbed_one() {
    check(50, (soft_cases(), 0_u64..12_000), async |(case, moment): (Case, u64)| {
        let undisturbed = begin(&case);
        let ran = apply(&undisturbed, &case).await;
        let mut bench = begin(&case);
        bench.interrupts = vec![Duration::from_millis(moment)];
        let interrupted = apply(&bench, &case).await;
        assert_truthful(&bench, &case, &interrupted, &[]);
        assert_no_violations(&bench);
        bench.interrupts.clear();
        let again = apply(&bench, &case).await;
        assert_eq!(ran.exit, again.exit, "{interrupted:#?} {again:#?}");
        assert_no_violations(&bench);
        sleep(ALL_OVER).await;
        assert_eq!(settings_of(&world(&undisturbed)), settings_of(&world(&bench)));
    });
}

/// Creates the controller and the files of a case.
pub(crate) fn begin(case: &Case) -> Bench {
    let bench = Bench::with(case.options(), World::from_json(&case.world.to_string()).unwrap());
    put_files(&bench, case);
    bench
}

/// Writes the files of a case.
pub(crate) fn put_files(bench: &Bench, case: &Case) {
    for (at, file) in case.files.iter().enumerate() {
        bench.file(&format!("{at}.yaml"), &format!("{file:#}"));
    }
}

/// Replaces the controller by one without faults and with the same world.
fn clear_faults(bench: &mut Bench, case: &Case) {
    let world = World::from_json(&bench.simulator.world_json()).unwrap();
    bench.replace(case.options(), world);
}

pub(crate) fn line(command: &str, case: &Case) -> String {
    format!("{command}{}", if case.prune { " --prune --allow-delete 99" } else { "" })
}

async fn apply(bench: &Bench, case: &Case) -> Ran {
    bench.run(&line(&format!("apply --auto-approve {}", case.flags), case)).await
}

pub(crate) fn world(bench: &Bench) -> Value {
    serde_json::from_str(&bench.simulator.world_json()).unwrap()
}

pub(crate) fn array(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

/// Plans, and expects no changes except runs that come again after every apply.
pub(crate) async fn expect_nothing_left(bench: &Bench, case: &Case) {
    let ran = bench.run(&line("plan --detailed-exitcode", case)).await;
    let reasons = ran.out.lines().filter_map(|it| it.strip_prefix("  # ("));
    for reason in reasons {
        let may_come_again = reason.starts_with("rerun_always")
            || reason.starts_with("rerun_incomplete") && case.has("run_ends=")
            || reason.starts_with("running)") && case.has("edit_runs=yes");
        assert!(may_come_again, "{ran:#?}");
    }
    let nothing = "No changes. Your infrastructure matches the configuration.";
    assert_eq!(ran.exit == Exit::Done, ran.out.contains(nothing), "{ran:#?}");
    assert!(matches!(ran.exit, Exit::Done | Exit::Changes), "{ran:#?}");
}

/// Expects that exit code 0 means that the world is as wanted.
fn assert_truthful(bench: &Bench, case: &Case, ran: &Ran, raced: &[String]) {
    if ran.exit == Exit::Done {
        let departures = departures_of(case, &world(bench), raced);
        assert!(departures.is_empty(), "{departures:#?} {ran:#?}");
    }
}

/// Returns the differences between the files and the world that a command can know of.
pub(crate) fn departures_of(case: &Case, world: &Value, raced: &[String]) -> Vec<String> {
    let mut departures = departures(&case.files, world, raced);
    departures.retain(|it| {
        let runs_by_itself = case.has("edit_runs=yes") && it.ends_with(" runs");
        // The controller does not report the hops, of which the plan warns.
        let is_unreported = case.has("default_hops=absent") && it.contains("\"hops\"");
        !runs_by_itself && !is_unreported
    });
    departures
}

/// Expects that each planned run was started once, and no other run.
fn assert_runs(case: &Case, ran: &Ran, before: &Value, after: &Value) {
    let planned = changes(&ran.out);
    for name in wanted(&case.files).into_keys() {
        let change = planned.get(&name);
        let ids = |world| named(world, &name).iter().map(|it| it["id"].to_string()).collect();
        let (had, has): (Vec<_>, Vec<_>) = (ids(before), ids(after));
        let least = if had == has { n_runs(before, &name) } else { 0 };
        let n_new = n_runs(after, &name).saturating_sub(least);
        let n_wanted = usize::from(change.is_some_and(Shown::runs));
        // A run started by the edit itself may end before it is observed.
        let most = n_wanted + usize::from(case.has("edit_runs=yes"));
        assert!(n_new <= most, "`{name}` ran {n_new} times: {ran:#?}");
        assert!(ran.exit != Exit::Done || n_wanted <= n_new, "`{name}` did not run: {ran:#?}");
    }
}

fn assert_no_violations(bench: &Bench) {
    assert_no_violations_except(bench, &[]);
}

fn is_other(fault: &str) -> bool {
    fault.contains("=other-")
}

/// Expects no violations except those that another user explains.
fn assert_no_violations_except(bench: &Bench, faults: &[String]) {
    let has_fault = |what: &str| faults.iter().any(|it| it.contains(what));
    let mut violations = bench.simulator.violations();
    violations.retain(|name, n| {
        let is_explained = match name.as_str() {
            "duplicate_create" => has_fault("other-create"),
            "write_to_missing_id" => has_fault("other-delete"),
            "noop_edit" | "needless_replace" => has_fault("other-"),
            _ => false,
        };
        *n != 0 && !is_explained
    });
    let log = bench.simulator.request_log().join("\n");
    assert!(violations.is_empty(), "{violations:?}\n{log}");
}

/// Whether a write addresses the discovery of this quoted id.
fn names_id(request: &str, id: &str) -> bool {
    let bare = id.trim_matches('"');
    request.starts_with("PUT") && request.contains(&format!("\"id\":{id}"))
        || request.starts_with("DELETE") && request.ends_with(&format!("/discovery/{bare}"))
}

/// A change as the plan shows it.
pub(crate) struct Shown {
    pub(crate) what: String,
    pub(crate) steps: String,
    n_steps: u64,
}

impl Shown {
    pub(crate) fn runs(&self) -> bool {
        matches!(self.what.as_str(), "created" | "replaced" | "restarted")
            || self.steps.contains("run")
    }

    /// Whether it includes a write of this kind.
    pub(crate) fn has_step(&self, step: &str) -> bool {
        match self.what.as_str() {
            "created" => matches!(step, "create" | "run"),
            "restarted" => step == "run",
            "stopped" => step == "stop",
            "destroyed" => step == "delete",
            _ => self.steps.split(", ").any(|it| it == step),
        }
    }
}

/// Parses the changes from the text of a plan.
pub(crate) fn changes(plan: &str) -> BTreeMap<String, Shown> {
    let mut changes = BTreeMap::new();
    let mut lines = plan.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(head) = line.strip_prefix("  # ") else { continue };
        let ways = [" will be updated in-place", " will be", " must be"];
        let found = ways.iter().find_map(|way| Some((*way, head.rsplit_once(way)?)));
        let (Some((way, (name, what))), Some(reason)) = (found, lines.peek()) else { continue };
        let what = if way.ends_with("in-place") { "updated" } else { what.trim() };
        let steps = reason.rsplit_once("steps: ").map_or("", |(_, it)| it.trim_end_matches(')'));
        let n_steps = steps.split(", ").count() as u64;
        let name = serde_json::from_str::<String>(name).unwrap_or_else(|_| name.to_owned());
        let (what, steps) = (what.to_owned(), steps.to_owned());
        changes.insert(name, Shown { what, steps, n_steps });
    }
    changes
}

/// Parses the discoveries that a plan would destroy, with their settings, into entries of a file.
fn destroyed(plan: &str) -> Vec<Value> {
    let mut entries = Vec::<Value>::new();
    let mut lines = plan.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("  - resource \"discovery\" ") {
            let name = serde_json::from_str::<String>(name.trim_end_matches(" {")).unwrap();
            entries.push(json!({"name": name}));
        }
        let Some((key, first)) = line.strip_prefix("      - ").and_then(|it| it.split_once('='))
        else {
            continue;
        };
        let mut text = first.trim().to_owned();
        if text == "[" {
            let items = lines.by_ref().take_while(|it| it.trim() != "]");
            let items = items.map(|it| it.trim().trim_start_matches("- ").to_owned());
            text.push_str(items.collect::<String>().trim_end_matches(','));
            text.push(']');
        }
        let value = match key.trim() {
            // Deleted credentials cannot be declared.
            "credentials" => continue,
            it if it.starts_with("credentials.") => credential_refs(&text),
            _ => serde_json::from_str::<Value>(&text).unwrap(),
        };
        let entry = entries.last_mut().unwrap();
        match key.trim().split_once('.') {
            Some((outer, inner)) => entry[outer][inner] = value,
            None => entry[key.trim()] = value,
        }
    }
    // A file cannot declare a discovery with deleted credentials.
    let gone = |it: &Value| plan.contains("(gone)") && !it["credentials"].is_null();
    // Nor a name that ends with a space.
    let ends_blank = |it: &Value| it["name"].as_str().unwrap().ends_with(' ');
    entries.retain(|it| !gone(it) && !ends_blank(it));
    entries
}

/// Parses credentials shown as `description (username)` into those of a file.
fn credential_refs(shown: &str) -> Value {
    let refs = serde_json::from_str::<Vec<String>>(shown).unwrap().into_iter().map(|it| {
        match it.strip_suffix(')').and_then(|it| it.split_once(" (")) {
            Some((description, username)) => {
                json!({"description": description, "username": username})
            }
            None => json!(it),
        }
    });
    refs.collect()
}

/// The addresses of a live discovery.
fn reached(object: &Value) -> BTreeSet<IpAddr> {
    let text = |key: &str| object[key].as_str().unwrap_or_default().trim().to_owned();
    let (kind, list) = (text("discoveryType").to_lowercase(), text("ipAddressList"));
    let left_out = text("ipFilterList");
    let left_out = prefixes(left_out.split(',').map(str::trim).filter(|it| !it.is_empty()));
    let named = match kind.as_str() {
        "cidr" => prefixes([list.as_str()]),
        "weird" => return BTreeSet::new(),
        _ => ranges(list.split(',')),
    };
    let heeds = matches!(kind.as_str(), "cidr" | "cdp" | "lldp");
    if heeds { &each(&named) - &each(&left_out) } else { each(&named) }
}

/// The addresses of a discovery after it is applied.
fn reached_after(want: &serde_json::Map<String, Value>, was: Option<&Value>) -> BTreeSet<IpAddr> {
    let mut object = was.cloned().unwrap_or_else(|| json!({}));
    let targets = ["address", "ranges", "cidr", "cdp", "lldp"];
    let key = targets.into_iter().find(|it| want.contains_key(*it)).unwrap();
    let words = |value: &Value| {
        let words = array(value).iter().map(|it| it.as_str().unwrap().to_owned());
        words.collect::<Vec<_>>().join(",")
    };
    object["ipAddressList"] = match key {
        "ranges" => words(&want[key]).into(),
        "cdp" | "lldp" => want[key]["seed"].clone(),
        _ => want[key].clone(),
    };
    object["discoveryType"] = if key == "ranges" { "range".into() } else { key.into() };
    if let Some(exclude) = want.get("exclude") {
        object["ipFilterList"] = words(exclude).into();
    }
    reached(&object)
}

fn each(ranges: &BTreeSet<(IpAddr, IpAddr)>) -> BTreeSet<IpAddr> {
    let all = ranges.iter().flat_map(|(first, last)| -> Vec<IpAddr> {
        match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                (first.to_bits()..=last.to_bits()).map(|it| IpAddr::V4(it.into())).collect()
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                (first.to_bits()..=last.to_bits()).map(|it| IpAddr::V6(it.into())).collect()
            }
            _ => panic!("a range has one family"),
        }
    });
    all.collect()
}
