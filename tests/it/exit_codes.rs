//! Every exit code, and which one takes precedence.

use std::net::TcpListener;

use trueup::cli::Exit;
use trueup_simulator::{Options, World};

use crate::{
    bench::{Bench, options},
    shell::{Shell, discoveries},
};

/// A shell with a controller that must not receive any request.
fn unused_controller() -> (TcpListener, Shell) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, Shell::new().with("CC_URL", url))
}

const COMMANDS: [&str; 3] = ["plan", "apply --auto-approve", "status"];

#[test]
fn missing_credentials_are_reported_before_any_request() {
    let (listener, shell) = unused_controller();
    // An empty variable counts as unset.
    let shell = shell.with("CC_USERNAME", "").with("CC_PASSWORD", "");
    for command in COMMANDS {
        let ended = shell.expect(4, command);
        let missing = ["CC_USERNAME", "--username", "CC_PASSWORD", "--password-file"];
        assert!(missing.iter().all(|it| ended.err.contains(it)), "{ended:#?}");
    }
    shell.file("empty", "\nsecond line\n");
    for file in ["empty", "none"] {
        let ended = shell.expect(4, &format!("status --username a --password-file {file}"));
        assert!(ended.err.contains(&format!("`{file}`")), "{ended:#?}");
    }
    assert!(listener.accept().is_err(), "there was a connection");
}

#[test]
fn a_missing_controller_is_invalid() {
    let shell = Shell::new().with("CC_URL", "");
    for command in COMMANDS {
        let ended = shell.expect(4, command);
        let remedies = ["CC_URL", "--controller", "--simulate"];
        assert!(remedies.iter().all(|it| ended.err.contains(it)), "{ended:#?}");
    }
}

#[test]
fn urls_that_would_leak_credentials_are_refused() {
    let urls = [
        ("https://user:hunter2@127.0.0.1:9", "user or a password"),
        ("https://user@127.0.0.1:9", "user or a password"),
        ("http://catalyst.example.com", "loopback"),
        ("http://10.0.0.1", "loopback"),
        ("http://127.0.0.1.example.com", "loopback"),
        ("ftp://127.0.0.1", "https://"),
        ("catalyst.example.com", "https://"),
    ];
    for (url, reason) in urls {
        for shell in [Shell::new().with("CC_URL", url), Shell::new()] {
            let ended = match url {
                "ftp://127.0.0.1" => shell.expect(4, &format!("status --controller {url}")),
                _ => Shell::new().with("CC_URL", url).expect(4, "status"),
            };
            assert!(ended.err.contains(reason), "{url}: {ended:#?}");
            assert!(!ended.err.contains("hunter2"), "{url}: {ended:#?}");
        }
    }
}

#[test]
fn files_for_another_controller_are_refused_before_any_request() {
    let (listener, shell) = unused_controller();
    let text = format!("controller: https://other.example.com\n{}", discoveries(1));
    shell.file("discoveries.yaml", &text);
    for command in COMMANDS {
        let ended = shell.expect(5, command);
        assert!(ended.err.contains("discoveries.yaml:1:13"), "{ended:#?}");
    }
    let both = shell.expect(5, "plan --controller http://127.0.0.1:9");
    assert!(both.err.contains("`--controller`"), "{both:#?}");
    assert!(listener.accept().is_err(), "there was a connection");
    let ended = shell.expect(0, "plan --simulate");
    assert!(ended.out.contains("Plan: 1 to add"), "{ended:#?}");
    // Invalid takes precedence over refused.
    let shell = shell.with("CC_PASSWORD", "");
    let ended = shell.expect(4, "plan");
    assert!(ended.err.contains("no password"), "{ended:#?}");
}

#[test]
fn cc_insecure_accepts_the_booleans_of_go() {
    // The invalid URL ends each command before anything is sent.
    let table = [("", false), ("maybe", true), ("yes", true), ("tRUE", true), (" 1", true)];
    let fine = ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"];
    let all = table.into_iter().chain(fine.map(|it| (it, false)));
    for (value, is_refused) in all {
        let shell = Shell::new().with("CC_URL", "https://127.0.0.1:9").with("CC_INSECURE", value);
        let ended = shell.expect(4, "status --username= --controller ftp://x");
        assert_eq!(
            ended.err.contains("`CC_INSECURE` is neither"),
            is_refused,
            "{value}: {ended:#?}"
        );
    }
}

#[test]
fn an_apply_that_cannot_ask_for_approval_fails_before_planning() {
    let (listener, shell) = unused_controller();
    let ended = shell.expect(4, "apply");
    assert!(ended.out.is_empty() && ended.err.contains("--auto-approve"), "{ended:#?}");
    let ended = shell.expect(4, "apply --simulate");
    assert!(ended.out.is_empty(), "{ended:#?}");
    assert!(listener.accept().is_err(), "there was a connection");
}

#[tokio::test(start_paused = true)]
async fn only_yes_approves() {
    for answer in ["no", "y", "YES", "", "yes please"] {
        let mut bench = Bench::like(&[], &[]);
        bench.files(&discoveries(1));
        bench.answer = Some(answer);
        let ran = bench.run("apply").await;
        assert_eq!((ran.exit, bench.writes()), (Exit::Failed, 0), "{answer}: {ran:#?}");
        assert!(ran.out.ends_with("\nApply cancelled.\n"), "{ran:#?}");
    }
    let mut bench = Bench::like(&[], &[]);
    bench.files(&discoveries(1));
    bench.answer = Some("yes");
    let ran = bench.run("apply").await;
    assert_eq!((ran.exit, bench.writes()), (Exit::Done, 1), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn changes_are_reported_by_the_exit_code_only_on_request() {
    let bench = Bench::like(&[], &[]);
    bench.files(&discoveries(2));
    assert_eq!(bench.run("plan").await.exit, Exit::Done);
    assert_eq!(bench.run("plan --detailed-exitcode").await.exit, Exit::Changes);
    assert_eq!(bench.expect_applied().await.exit, Exit::Done);
    assert_eq!(bench.run("plan --detailed-exitcode").await.exit, Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn responses_of_the_controller_decide_between_failed_and_unreachable() {
    let table = [
        ("list@*=500", Exit::Failed),
        ("list@*=html", Exit::Failed),
        ("list@*=null", Exit::Failed),
        ("count@*=cut", Exit::Failed),
        ("credentials@*=500", Exit::Failed),
        ("list@*=502", Exit::Unreachable),
        ("list@*=503", Exit::Unreachable),
        ("list@*=504", Exit::Unreachable),
        ("token@*=503", Exit::Unreachable),
        ("any@*=reset", Exit::Unreachable),
        ("list@*=hang", Exit::Unreachable),
        ("list@*=expire", Exit::Unreachable),
    ];
    for (fault, exit) in table {
        for command in COMMANDS {
            let bench = Bench::like(&[fault], &[]);
            bench.files(&discoveries(1));
            let ran = bench.run(command).await;
            assert_eq!((ran.exit, bench.writes()), (exit, 0), "{command} {fault}: {ran:#?}");
            assert!(ran.out.is_empty(), "{command} {fault}: {ran:#?}");
            let n_errors = ran.err.lines().filter(|it| it.starts_with("Error: ")).count();
            assert_eq!(n_errors, 1, "{command} {fault}: {ran:#?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn errors_found_on_the_controller_still_show_the_plan() {
    let bench = Bench::like(&[], &[]);
    let more = "  - {name: odd, address: 10.0.0.1, credentials: {cli: [unknown]}}\n";
    bench.files(&format!("{}{more}", discoveries(1)));
    for command in ["plan --detailed-exitcode", "apply --auto-approve"] {
        let ran = bench.run(command).await;
        assert_eq!((ran.exit, bench.writes()), (Exit::Failed, 0), "{ran:#?}");
        assert!(ran.out.contains("# d-00000 will be created"), "{ran:#?}");
        assert!(ran.err.contains("discoveries.yaml:5:"), "{ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_prune_of_too_many_is_refused_but_the_plan_is_shown() {
    let bench = Bench::like(&[], &[]);
    let manage = "manage: {names: [\"d-*\"]}\n";
    bench.files(&format!("{manage}{}", discoveries(4)));
    drop(bench.expect_applied().await);
    let n_writes = bench.writes();
    bench.files(&format!("{manage}{}", discoveries(1)));
    for command in ["plan --detailed-exitcode --prune", "apply --auto-approve --prune"] {
        let ran = bench.run(command).await;
        assert_eq!((ran.exit, bench.writes()), (Exit::Refused, n_writes), "{ran:#?}");
        assert!(ran.out.contains("3 to destroy") && ran.err.contains("--allow-delete"), "{ran:#?}");
    }
    let ran = bench.run("plan --prune --allow-delete 3 --detailed-exitcode").await;
    assert_eq!(ran.exit, Exit::Changes, "{ran:#?}");
    bench.files(&discoveries(1));
    let ran = bench.run("plan --prune").await;
    assert_eq!(ran.exit, Exit::Invalid, "{ran:#?}");
    let ran = bench.run("plan --rerun unknown").await;
    assert_eq!(ran.exit, Exit::Invalid, "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_error_takes_precedence_over_a_refusal() {
    let bench = Bench::like(&[], &[]);
    let manage = "manage: {names: [\"d-*\"]}\n";
    bench.files(&format!("{manage}{}", discoveries(4)));
    drop(bench.expect_applied().await);
    let odd = "  - {name: odd, address: 10.0.0.1, credentials: {cli: [unknown]}}\n";
    bench.files(&format!("{manage}{}{odd}", discoveries(1)));
    let ran = bench.run("plan --prune").await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn after_the_first_write_the_worst_outcome_decides() {
    let table = [
        ("create@2=fail:no", Exit::Partial, "1 failed"),
        ("create@*=fail:no", Exit::Failed, "3 failed"),
        ("create@2=stuck", Exit::Pending, "1 still running"),
    ];
    for (fault, exit, summary) in table {
        let bench = Bench::with(options(&[fault], &[]), World::default());
        bench.files(&discoveries(3));
        let ran = bench.run("apply --auto-approve --timeout 2m").await;
        assert_eq!(ran.exit, exit, "{fault}: {ran:#?}");
        let last = ran.out.lines().last().unwrap();
        assert!(last.starts_with("Apply incomplete.") && last.contains(summary), "{ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_since_the_plan_is_stale_and_nothing_is_written() {
    // Reads are slow, so apply reads again before its first write.
    let latency = std::time::Duration::from_secs(4);
    let faults = options(&["list@2=other-create:d-00001"], &[]).faults;
    let bench = Bench::with(Options { latency, faults, ..Options::default() }, World::default());
    bench.files(&discoveries(2));
    let ran = bench.run("apply --auto-approve").await;
    assert_eq!((ran.exit, bench.writes()), (Exit::Stale, 0), "{ran:#?}");
    assert!(ran.err.contains("trueup plan"), "{ran:#?}");
}
