//! Limits: what they refuse, at which line, and what can override them.

use serde_json::Value;
use trueup::cli::Exit;

use crate::{
    bench::{Bench, Ran},
    shell::Shell,
};

const HEAD: &str = "version: 1\ndefaults: {credentials: {cli: [netops], snmp_v3: [core]}}\n";

/// Three discoveries that exist and are complete.
const BEFORE: [&str; 3] = [
    "{name: a, cidr: 10.1.0.0/24}",
    "{name: b, cidr: 10.1.1.0/24}",
    "{name: core-1, cidr: 10.1.2.0/24, timeout: 5s}",
];

fn files(policy: &str, discoveries: &[&str]) -> String {
    let policy = if policy.is_empty() { String::new() } else { format!("policy:\n  {policy}\n") };
    let discoveries = discoveries.join("\n  - ");
    format!("{HEAD}{policy}manage: {{names: [\"*\"]}}\ndiscoveries:\n  - {discoveries}\n")
}

async fn bench() -> Bench {
    let bench = Bench::like(&[], &[]);
    bench.files(&files("", &BEFORE));
    let _ran = bench.expect_applied().await;
    bench
}

/// Returns the location of a text in a file, as a diagnostic prints it.
fn place(file: &str, text: &str) -> String {
    let at = file.find(text).unwrap_or_else(|| panic!("{text} is not in {file}"));
    let before = file.get(..at).unwrap();
    let line = before.matches('\n').count() + 1;
    let column = at - before.rfind('\n').map_or(0, |it| it + 1) + 1;
    format!("discoveries.yaml:{line}:{column}]")
}

/// A limit, discoveries that exceed it, and the locations of the refusal: the cause, then the
/// limit.
struct Case {
    policy: &'static str,
    discoveries: &'static [&'static str],
    flags: &'static str,
    is_offline: bool,
    places: [&'static str; 2],
}

const NEW: Case = Case {
    policy: "max_new_addresses: 100",
    discoveries: &[BEFORE[0], BEFORE[1], BEFORE[2], "{name: n, cidr: 10.2.0.0/24}"],
    flags: "",
    is_offline: false,
    places: ["10.2.0.0/24", "100"],
};

const CASES: &[Case] = &[
    NEW,
    Case { policy: "max_login_attempts: 2047", places: ["10.2.0.0/24", "2047"], ..NEW },
    Case {
        policy: "max_addresses_per_discovery: 255",
        discoveries: &[
            BEFORE[0],
            "{name: b, address: 10.1.1.0}",
            "{name: core-1, state: stopped, address: 10.1.2.0}",
        ],
        is_offline: true,
        places: ["10.1.0.0/24", "255"],
        ..NEW
    },
    Case {
        policy: "forbid_ranges: [192.168.0.0/16, 10.2.0.7-10.2.0.9]",
        is_offline: true,
        places: ["10.2.0.0/24", "10.2.0.7-10.2.0.9"],
        ..NEW
    },
    Case {
        policy: "allow_only_within: [10.1.0.0/16]",
        is_offline: true,
        places: ["10.2.0.0/24", "[10.1.0.0/16]"],
        ..NEW
    },
    Case {
        policy: "allow_unbounded: [m*]",
        discoveries: &[
            BEFORE[0],
            BEFORE[1],
            BEFORE[2],
            "{name: m, cdp: {seed: 10.9.0.1}}",
            "{name: n, lldp: {seed: 10.9.0.2}}",
        ],
        is_offline: true,
        places: ["{seed: 10.9.0.2}", "[m*]"],
        ..NEW
    },
    Case {
        policy: "overlap: error",
        discoveries: &[BEFORE[0], BEFORE[1], BEFORE[2], "{name: n, cidr: 10.1.0.128/25}"],
        is_offline: true,
        places: ["10.1.0.0/24", "error"],
        ..NEW
    },
    // With a discovery that no file declares.
    Case {
        policy: "overlap: error",
        discoveries: &[BEFORE[0], BEFORE[1], "{name: n, cidr: 10.1.2.128/25}"],
        places: ["10.1.2.128/25", "error"],
        ..NEW
    },
    Case {
        policy: "max_delete: {count: 0, percent: 20}",
        discoveries: &[BEFORE[0], BEFORE[2], "{name: b, state: absent}"],
        places: ["b, state: absent", "{count: 0, percent: 20}"],
        ..NEW
    },
    Case {
        policy: "rules: {prefix_size: error}",
        discoveries: &[BEFORE[0], BEFORE[1], BEFORE[2], "{name: n, cidr: 10.2.0.0/31}"],
        is_offline: true,
        places: ["10.2.0.0/31", "error"],
        ..NEW
    },
    // A warning of the planner.
    Case {
        policy: "rules: {'trueup::plan::create_starts_a_run': error}",
        discoveries: &[
            BEFORE[0],
            BEFORE[1],
            BEFORE[2],
            "{name: n, cidr: 10.2.0.0/24, rerun: never}",
        ],
        places: ["never", "error"],
        ..NEW
    },
    Case {
        policy: "protected_names: [x, core-*]",
        discoveries: &[BEFORE[0], BEFORE[1], "{name: core-1, state: absent}"],
        places: ["absent", "core-*"],
        ..NEW
    },
    Case {
        policy: "protected_names: [core-*]",
        discoveries: &[
            BEFORE[0],
            BEFORE[1],
            "{name: core-1, cidr: 10.1.2.0/25, on_change: replace}",
        ],
        places: ["replace", "core-*"],
        ..NEW
    },
    // Its block is removed, so the pattern is the only location.
    Case {
        policy: "protected_names: [core-*]",
        discoveries: &[BEFORE[0], BEFORE[1]],
        flags: " --prune",
        places: ["core-*", "core-*"],
        ..NEW
    },
    Case {
        policy: "protected_names: [core-*]",
        discoveries: &[BEFORE[0], BEFORE[1], "{name: core-2, cidr: 10.1.2.0/24, timeout: 5s}"],
        flags: " --prune",
        places: ["core-*", "core-*"],
        ..NEW
    },
];

fn code_of(policy: &str) -> String {
    match policy.split_once("{prefix_size").or(policy.split_once("{'trueup")) {
        Some((_, rest)) if rest.starts_with("::plan") => {
            "[trueup::plan::create_starts_a_run]".to_owned()
        }
        Some(_) => "[trueup::config::prefix_size]".to_owned(),
        None => format!("[trueup::policy::{}]", policy.split(':').next().unwrap()),
    }
}

/// Expects one refusal, at these locations.
fn expect_refused(ran: &Ran, case: &Case, text: &str) {
    assert_eq!(ran.exit, Exit::Refused, "{}: {ran:#?}", case.policy);
    let errors = ran.err.split("Error: ").skip(1).filter(|it| it.contains("[trueup::"));
    let [error] = errors.collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("{ran:#?}"));
    assert!(error.contains(&code_of(case.policy)), "{}: {error}", case.policy);
    for it in case.places {
        // The limit is at the top of the file, and the cause below.
        let from = if case.policy.contains(it) { 0 } else { text.find("discoveries:").unwrap() };
        let blank = text.get(..from).unwrap().replace(|it: char| it != '\n', " ");
        let place = place(&(blank + text.get(from..).unwrap()), it);
        // Nearby locations share one drawing, which names only the first.
        let shown = text.lines().find(|line| line.contains(it)).unwrap();
        assert!(error.contains(&place) || error.contains(shown), "{it}: {place}: {error}");
    }
    let first = case.places[0];
    let from = text.find("discoveries:").unwrap();
    if !case.policy.contains(first) {
        let blank = text.get(..from).unwrap().replace(|it: char| it != '\n', " ");
        let place = place(&(blank + text.get(from..).unwrap()), first);
        let (_, rest) = error.split_once(",-[").unwrap();
        assert!(rest.starts_with(&place), "{}: {place}: {error}", case.policy);
    }
}

#[tokio::test(start_paused = true)]
async fn every_limit_refuses_at_its_line_and_the_plan_is_shown() {
    let bench = bench().await;
    let n_writes = bench.writes();
    for case in CASES {
        let text = files(case.policy, case.discoveries);
        bench.files(&text);
        let (folder, out) = (bench.path(""), bench.path("plan.json"));
        let ran = bench.run_bare(&["validate", "--file", &folder]).await;
        if case.is_offline {
            expect_refused(&ran, case, &text);
            assert!(ran.err.contains("the plan would be refused"), "{ran:#?}");
        } else {
            assert_eq!(ran.exit, Exit::Done, "{}: {ran:#?}", case.policy);
        }
        let ran = bench.run(&format!("plan{} --detailed-exitcode --out {out}", case.flags)).await;
        expect_refused(&ran, case, &text);
        assert!(ran.out.contains("This plan cannot be applied: 1 refusal.\n"), "{ran:#?}");
        assert!(ran.out.contains("\nPlan: ") || ran.out.lines().count() == 1, "{ran:#?}");
        let read = ran.err.find("Read 3 discoveries").unwrap();
        assert!(read < ran.err.find("Error: ").unwrap(), "{ran:#?}");

        let saved = serde_json::from_slice::<Value>(&std::fs::read(&out).unwrap()).unwrap();
        assert_eq!((&saved["applyable"], &saved["complete"]), (&false.into(), &true.into()));
        let errors = saved["diagnostics"].as_array().unwrap().iter();
        let errors = errors.filter(|it| it["severity"] == "error").collect::<Vec<_>>();
        assert!(errors.len() == 1 && errors[0]["refuses"] == true, "{errors:#?}");
        let shown = bench.run_bare(&["show", &out]).await;
        assert_eq!((shown.exit, shown.out), (Exit::Done, ran.out.clone()), "{}", shown.err);
        let applied = bench.run_bare(&["apply", &out, "--simulate"]).await;
        assert_eq!(applied.exit, Exit::Refused, "{applied:#?}");
        assert!(applied.err.contains("a refused plan cannot be applied"), "{applied:#?}");
        let applied = bench.run(&format!("apply --auto-approve{}", case.flags)).await;
        expect_refused(&applied, case, &text);
        let markdown = bench.run(&format!("plan --format markdown{}", case.flags)).await.out;
        assert!(markdown.contains("**This plan cannot be applied: 1 refusal.**"), "{markdown}");
        std::fs::remove_file(&out).unwrap();

        bench.files(&files("", case.discoveries));
        let ran = bench.run(&format!("plan{}", case.flags)).await;
        assert_eq!(ran.exit, Exit::Done, "{}: {ran:#?}", case.policy);
    }
    assert_eq!(bench.writes(), n_writes);
}

#[tokio::test(start_paused = true)]
async fn a_plan_within_its_limits_is_applied() {
    let bench = bench().await;
    let policy = [
        "max_new_addresses: 256",
        "max_addresses_per_discovery: 256",
        "max_login_attempts: 2048",
        "max_delete: {count: 0, percent: 34}",
        "forbid_ranges: [10.2.1.0/24]",
        "allow_only_within: [10.1.0.0-10.2.0.255]",
        "allow_unbounded: []",
        "overlap: error",
        "protected_names: [core-*]",
        "rules: {large_range: error, prefix_size: off}",
    ];
    let discoveries = [
        BEFORE[0],
        BEFORE[2],
        "{name: n, cidr: 10.2.0.0/24}",
        "{name: o, cidr: 10.1.1.8/31, state: stopped}",
    ];
    bench.files(&files(&policy.join("\n  "), &discoveries));
    let ran = bench.run("apply --auto-approve --prune").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert!(ran.out.contains("1 added, 0 changed, 1 destroyed."), "{ran:#?}");
    assert!(!ran.err.contains("prefix_size"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn limits_apply_only_to_the_selected_discoveries() {
    let bench = bench().await;
    let text = files(
        "{max_new_addresses: 256, forbid_ranges: [10.2.0.0/24]}",
        &[
            BEFORE[0],
            BEFORE[1],
            BEFORE[2],
            "{name: m, cidr: 10.2.0.0/24}",
            "{name: n, cidr: 10.3.0.0/24}",
        ],
    );
    bench.files(&text);
    for (flags, n_refusals) in [("", 2), (" --only m", 1), (" --only n", 0), (" --except m", 0)] {
        let ran = bench.run(&format!("plan{flags}")).await;
        assert_eq!(ran.err.matches("[trueup::policy::").count(), n_refusals, "{flags}: {ran:#?}");
    }
}

#[test]
fn an_external_policy_replaces_the_limits_in_the_files() {
    let shell = Shell::new();
    let own = files("max_addresses_per_discovery: 1000000", &["{name: n, cidr: 10.2.0.0/24}"]);
    shell.file("discoveries.yaml", &own);
    shell.file("limits.yaml", "version: 1\npolicy: {max_addresses_per_discovery: 100}\n");
    let note = "The limits of discoveries.yaml:3 are not used: `--policy` replaces them.\n";
    for line in ["validate", "plan --simulate", "apply --simulate --auto-approve"] {
        let _ended = shell.expect(0, &line.replace("apply", "plan").replace("--auto-approve", ""));
        let ended = shell.expect(5, &format!("{line} --policy limits.yaml"));
        assert!(ended.err.contains("100 ") || ended.err.contains("is 100 "), "{ended:#?}");
        assert!(ended.err.contains(",-[limits.yaml:2:"), "{ended:#?}");
        assert_eq!(ended.err.matches(note).count(), 1, "{ended:#?}");
    }
    let ended = shell.expect(5, "plan --simulate --policy limits.yaml --format json");
    let plan = serde_json::from_str::<Value>(&ended.out).unwrap();
    let paths = plan["sources"].as_array().unwrap().iter().map(|it| it["path"].as_str().unwrap());
    assert_eq!(paths.collect::<Vec<_>>(), ["discoveries.yaml", "limits.yaml"]);
    // It replaces stricter limits too.
    shell.file("limits.yaml", "version: 1\npolicy: {}\n");
    shell.file("discoveries.yaml", &own.replace("1000000", "1"));
    let _ended = shell.expect(5, "plan --simulate");
    let _ended = shell.expect(0, "plan --simulate --policy limits.yaml");
    // A policy file that is also one of the files is read once, and causes no note.
    shell.file("discoveries.yaml", &files("", &["{name: n, cidr: 10.2.0.0/24}"]));
    shell.file("limits.yaml", "version: 1\npolicy: {max_addresses_per_discovery: 100}\n");
    let ended = shell.expect(5, "validate --file . --policy limits.yaml --format json");
    assert!(!ended.err.contains("are not used"), "{ended:#?}");
    let found = serde_json::from_str::<Value>(&ended.out).unwrap();
    assert_eq!(found["sources"].as_array().unwrap().len(), 2);
    assert_eq!(found["diagnostics"][0]["refuses"], true);
}

#[test]
fn a_policy_file_has_limits_and_nothing_else() {
    let shell = Shell::new();
    let expect_invalid = |text: &str, messages: &[&str]| {
        shell.file("limits.yaml", text);
        for line in ["validate", "plan --simulate"] {
            let ended = shell.expect(4, &format!("{line} --policy limits.yaml"));
            assert!(messages.iter().all(|it| ended.err.contains(it)), "{text}: {ended:#?}");
        }
    };
    expect_invalid(
        "version: 1\npolicy: {}\ndiscoveries: []\n",
        &[
            "a file of `--policy` has no key `discoveries`",
            "`version` and `policy`",
            "limits.yaml:3:1",
        ],
    );
    expect_invalid(
        "version: 2\npolicy: {overlap: maybe}\n",
        &["unsupported_version", "`off`, `warn` or `error`"],
    );
    expect_invalid("version: 1\n", &["needs the key `policy`"]);
    expect_invalid("version: 1\npolicy: null\n", &["expected a map, found nothing"]);
    expect_invalid("", &["is empty"]);
    expect_invalid("a: [", &["::syntax]"]);
    for (path, message) in [("none.yaml", "there is no such file"), (".", "needs a file")] {
        let ended = shell.expect(4, &format!("validate --policy {path}"));
        assert!(ended.err.contains(message), "{ended:#?}");
        assert!(!ended.err.contains("unless `--file"), "{ended:#?}");
    }
    shell.file("limits.yaml", "version: 1\npolicy: {}\n");
    let _ended = shell.expect(0, "plan --simulate --out plan.json");
    let ended = shell.expect(4, "apply plan.json --simulate --policy limits.yaml");
    assert!(ended.err.contains("`--policy` cannot change a saved plan"), "{ended:#?}");
}

#[test]
fn a_refused_warning_is_reported_despite_thousands_of_others() {
    let shell = Shell::new();
    let discoveries = (0..10_001).map(|it| format!("{{name: d{it:05}, cidr: 10.0.0.0/31}}"));
    let mut discoveries = discoveries.collect::<Vec<_>>();
    discoveries.push("{name: n, ranges: [10.0.0.0-10.255.0.0]}".to_owned());
    let discoveries = discoveries.iter().map(String::as_str).collect::<Vec<_>>();
    shell.file("discoveries.yaml", &files("rules: {prefix_size: warn}", &discoveries));
    let _ended = shell.expect(0, "validate");
    shell.file("discoveries.yaml", &files("rules: {large_range: error}", &discoveries));
    let ended = shell.expect(5, "validate");
    assert!(ended.err.contains("[trueup::config::too_many]"));
}

#[test]
fn invalid_takes_precedence_over_refused() {
    let shell = Shell::new();
    let discoveries = ["{name: n, cidr: 10.2.0.0/24}", "{name: m, cidr: 10.2.0.0/99}"];
    shell.file("discoveries.yaml", &files("forbid_ranges: [10.2.0.0/24]", &discoveries));
    let ended = shell.expect(4, "validate");
    let codes = ["[trueup::config::bad_prefix]", "[trueup::policy::forbid_ranges]"];
    assert!(codes.iter().all(|it| ended.err.contains(it)), "{ended:#?}");
}

#[tokio::test(start_paused = true)]
async fn only_one_file_may_have_limits() {
    let bench = Bench::like(&[], &[]);
    let limited = "version: 1\npolicy: {overlap: warn}\ndiscoveries: []\n";
    bench.file("a.yaml", limited);
    bench.file("b.yaml", limited);
    let (a, b) = (bench.path("a.yaml"), bench.path("b.yaml"));
    let ran = bench.run_bare(&["validate", "--file", &a, "--file", &b]).await;
    assert!(ran.exit == Exit::Invalid && ran.out.is_empty(), "{ran:#?}");
    assert!(ran.err.contains("[trueup::config::duplicate_policy]"), "{}", ran.err);
    assert!(ran.err.contains("a.yaml:2:1") && ran.err.contains("b.yaml:2:1"), "{}", ran.err);
}
