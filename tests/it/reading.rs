//! Controllers that cannot be read completely: nothing is written then.

use trueup::cli::Exit;
use trueup_simulator::{Options, World};

use crate::{bench::Bench, story::yaml};

/// A live discovery, with these members added or replaced.
fn live_discovery(id: usize, name: &str, other: &str) -> String {
    let mut whole = serde_json::json!({
        "id": id.to_string(), "name": name, "discoveryType": "CIDR",
        "ipAddressList": "10.1.0.0/24", "timeOut": 5, "retryCount": 3, "protocolOrder": "ssh",
        "preferredMgmtIPMethod": "None", "globalCredentialIdList": [],
        "discoveryStatus": "Inactive", "discoveryCondition": "Complete",
    });
    let other: serde_json::Value = serde_json::from_str(&format!("{{{other}}}")).unwrap();
    for (key, value) in other.as_object().unwrap() {
        whole[key] = value.clone();
    }
    whole.to_string()
}

/// A controller with these discoveries.
fn controller_with(discoveries: &[String]) -> Bench {
    let world = format!(r#"{{"discoveries": [{}]}}"#, discoveries.join(","));
    Bench::with(Options::default(), World::from_json(&world).unwrap())
}

/// Expects that plan and apply fail like this, and that nothing is written.
async fn expect_unread(bench: &Bench, exit: Exit, words: &[&str]) {
    for line in ["plan", "apply --auto-approve", "apply --auto-approve --prune"] {
        let ran = bench.run(line).await;
        if ran.exit == Exit::Invalid {
            // `--prune` is invalid without a glob in the files.
            continue;
        }
        assert_eq!((ran.exit, bench.writes()), (exit, 0), "{line}: {ran:#?}");
        assert!(ran.err.contains("Error: "), "{line}: {ran:#?}");
        for word in words {
            assert!(ran.err.contains(word), "{word}: {ran:#?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_that_keeps_failing_sets_the_exit_code_by_its_cause() {
    let stories: [(&str, Exit, &str); 12] = [
        ("500", Exit::Failed, "500"),
        ("501", Exit::Failed, "501"),
        ("502", Exit::Unreachable, "502"),
        ("503", Exit::Unreachable, "503"),
        ("504", Exit::Unreachable, "504"),
        ("html", Exit::Failed, "not JSON"),
        ("cut", Exit::Failed, "ended early"),
        ("null", Exit::Failed, "null"),
        ("lost", Exit::Unreachable, "connection ended"),
        ("reset", Exit::Unreachable, "connection"),
        ("hang", Exit::Unreachable, "no answer within 20 s"),
        ("taken:502", Exit::Unreachable, "502"),
    ];
    for place in ["count", "list", "credentials", "release"] {
        for (what, exit, words) in stories {
            let bench = Bench::like(&[&format!("{place}@*={what}")], &[]);
            bench.files(&yaml("cidr: 10.1.0.0/24"));
            let path = match place {
                "count" => "/discovery/count",
                "list" => "/discovery/1/500",
                "credentials" => "/global-credential",
                _ => "/dnac-release",
            };
            expect_unread(&bench, exit, &[path, words]).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_that_fails_once_is_retried() {
    let whats = [
        "500", "502", "503", "html", "cut", "null", "lost", "reset", "hang", "429", "429:3",
        "expire",
    ];
    for place in ["count", "list", "credentials", "release", "tasks", "token"] {
        for what in whats {
            let bench = Bench::like(&[&format!("{place}={what}")], &[]);
            bench.files(&yaml("cidr: 10.1.0.0/24"));
            let ran = bench.run("apply --auto-approve").await;
            assert_eq!((ran.exit, bench.writes()), (Exit::Done, 1), "{place}={what}: {ran:#?}");
            bench.expect_careful();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_access_nothing_is_written() {
    let bench = Bench::like(&[], &["role=none"]);
    bench.files(&yaml("cidr: 10.1.0.0/24"));
    expect_unread(&bench, Exit::Unreachable, &["403"]).await;

    let bench = Bench::like(&["token@*=expire"], &[]);
    bench.files(&yaml("cidr: 10.1.0.0/24"));
    expect_unread(&bench, Exit::Unreachable, &["401"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_read_only_user_gets_the_permission_error_at_the_first_write() {
    let bench = Bench::like(&[], &["role=observer"]);
    bench.files(&yaml("cidr: 10.1.0.0/24"));
    assert_eq!(bench.run("plan").await.exit, Exit::Done);
    let ran = bench.run("apply --auto-approve").await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    assert!(ran.out.contains("Role does not have valid permissions"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_stays_inconsistent_is_an_error() {
    // Another user creates one between the count and the page, every time.
    let faults = (1..9).map(|it| format!("list@{it}=other-create:n{it}")).collect::<Vec<_>>();
    let faults = faults.iter().map(String::as_str).collect::<Vec<_>>();
    let bench = Bench::like(&faults, &[]);
    bench.files(&yaml("cidr: 10.1.0.0/24"));
    let ran = bench.run("plan").await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    assert!(ran.err.contains("the list is not complete: 4 counted before the read"), "{ran:#?}");
    assert!(ran.err.contains("5 distinct ones read, 5 counted after it"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn pages_that_shift_during_the_read_are_read_again() {
    let many = (1..=600).map(|it| live_discovery(it, &format!("n{it}"), "")).collect::<Vec<_>>();
    for order in ["list_order=newest", "list_order=oldest", "list_order=shuffled"] {
        let world = format!(r#"{{"discoveries": [{}]}}"#, many.join(","));
        let options = crate::bench::options(&["list@2=other-delete:n300"], &[order]);
        let bench = Bench::with(options, World::from_json(&world).unwrap());
        bench.files(&yaml("cidr: 10.1.0.0/24"));
        let ran = bench.run("plan").await;
        assert!(ran.exit == Exit::Done && ran.err.contains("Read 599 discoveries"), "{ran:#?}");
        assert_eq!(bench.requests("list"), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_credential_is_reported_at_its_source_location() {
    let bench = Bench::like(&[], &[]);
    bench.files("version: 1\ndiscoveries:\n  - name: a\n    cidr: 10.1.0.0/24\n    credentials: {cli: [gone], snmp_v3: [core]}\n");
    expect_unread(&bench, Exit::Failed, &["gone", "discoveries.yaml:5:25"]).await;
}

#[tokio::test(start_paused = true)]
async fn an_unmanaged_discovery_may_have_any_shape() {
    let odd = [
        r#""discoveryType": "Wormhole""#,
        r#""discoveryType": 7"#,
        r#""ipAddressList": {"first": 1}"#,
        r#""timeOut": "soon""#,
        r#""globalCredentialIdList": "x""#,
        r#""protocolOrder": "carrier pigeon""#,
        r#""netconfPort": [830]"#,
    ];
    for other in odd {
        let bench = controller_with(&[live_discovery(1, "other-users", other)]);
        bench.files(&yaml("cidr: 10.1.0.0/24"));
        let plan = bench.run("plan").await;
        assert_eq!(plan.exit, Exit::Done, "{other}: {plan:#?}");
        let is_warned =
            plan.err.to_lowercase().contains("warning") && plan.err.contains("other-users");
        assert!(is_warned || other.contains("\"x\""), "{other}: {plan:#?}");
        let ran = bench.run("apply --auto-approve").await;
        assert_eq!((ran.exit, bench.writes()), (Exit::Done, 1), "{other}: {ran:#?}");
        bench.expect_careful();
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_for_an_unreadable_managed_discovery_names_the_field() {
    let odd = [
        (r#""discoveryType": "Wormhole""#, "discoveryType", "Wormhole"),
        (r#""ipAddressList": {"first": 1}"#, "ipAddressList", "first"),
        (r#""timeOut": "soon""#, "timeOut", "soon"),
        (r#""retryCount": [3]"#, "retryCount", "[3]"),
        (r#""ipFilterList": "everything""#, "ipFilterList", "everything"),
        (r#""protocolOrder": "carrier pigeon""#, "protocolOrder", "carrier pigeon"),
        (r#""preferredMgmtIPMethod": "Dice""#, "preferredMgmtIPMethod", "Dice"),
    ];
    for (other, field, value) in odd {
        let bench = controller_with(&[live_discovery(1, "a", other)]);
        bench.files(&yaml("cidr: 10.1.0.0/24, timeout: 9s"));
        expect_unread(&bench, Exit::Failed, &[field, value]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_without_id_or_name_invalidates_the_list() {
    for other in [r#""id": null"#, r#""name": null"#, r#""name": 7"#] {
        let bench = controller_with(&[live_discovery(1, "a", other)]);
        bench.files(&yaml("cidr: 10.1.0.0/24"));
        expect_unread(&bench, Exit::Failed, &["has no `"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn duplicate_live_names_are_reported_with_their_ids() {
    let bench = controller_with(&[live_discovery(17, "a", ""), live_discovery(23, "a", "")]);
    bench.files(&yaml("cidr: 10.1.0.0/24"));
    expect_unread(&bench, Exit::Failed, &["duplicate_live_name", "17", "23"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_plan_reports_what_it_is_waiting_for() {
    let bench = Bench::like(&["list@1-3=429:20"], &[]);
    bench.files(&yaml("cidr: 10.0.0.0/24"));
    let ran = bench.run("plan").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    let words = "Still reading simulator after 15 s (GET /dna/intent/api/v1/discovery/1/500: \
                 answered 429 Too Many Requests";
    assert!(ran.err.contains(words), "{ran:#?}");
}
