//! Every exit code, and which comes first where several would do.

use std::net::TcpListener;

use trueup::cli::Exit;
use trueup_simulator::{Options, World};

use crate::{
    bench::{Bench, options},
    shell::{Shell, discoveries},
};

/// A shell whose controller nobody may ask.
fn untouched() -> (TcpListener, Shell) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, Shell::new().with("CC_URL", url))
}

const COMMANDS: [&str; 3] = ["plan", "apply --auto-approve", "status"];

#[test]
fn whoever_does_not_say_who_they_are_is_told_so_before_any_request() {
    let (listener, shell) = untouched();
    // Empty is unset.
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
    assert!(listener.accept().is_err(), "somebody connected");
}

#[test]
fn without_any_controller_nothing_can_be_done() {
    let shell = Shell::new().with("CC_URL", "");
    for command in COMMANDS {
        let ended = shell.expect(4, command);
        let ways = ["CC_URL", "--controller", "--simulate"];
        assert!(ways.iter().all(|it| ended.err.contains(it)), "{ended:#?}");
    }
}

#[test]
fn urls_that_would_give_something_away_are_refused() {
    let urls = [
        ("https://user:hunter2@127.0.0.1:9", "user or a password"),
        ("https://user@127.0.0.1:9", "user or a password"),
        ("http://catalyst.example.com", "loopback"),
        ("http://10.0.0.1", "loopback"),
        ("http://127.0.0.1.example.com", "loopback"),
        ("ftp://127.0.0.1", "https://"),
        ("catalyst.example.com", "https://"),
    ];
    for (url, why) in urls {
        for way in [Shell::new().with("CC_URL", url), Shell::new()] {
            let ended = match url {
                "ftp://127.0.0.1" => way.expect(4, &format!("status --controller {url}")),
                _ => Shell::new().with("CC_URL", url).expect(4, "status"),
            };
            assert!(ended.err.contains(why), "{url}: {ended:#?}");
            assert!(!ended.err.contains("hunter2"), "{url}: {ended:#?}");
        }
    }
}

#[test]
fn files_for_another_controller_are_refused_before_any_request() {
    let (listener, shell) = untouched();
    let text = format!("controller: https://other.example.com\n{}", discoveries(1));
    shell.file("discoveries.yaml", &text);
    for command in COMMANDS {
        let ended = shell.expect(5, command);
        assert!(ended.err.contains("discoveries.yaml:1:13"), "{ended:#?}");
    }
    let both = shell.expect(5, "plan --controller http://127.0.0.1:9");
    assert!(both.err.contains("`--controller`"), "{both:#?}");
    assert!(listener.accept().is_err(), "somebody connected");
    let ended = shell.expect(0, "plan --simulate");
    assert!(ended.out.contains("Plan: 1 to add"), "{ended:#?}");
    // What is invalid comes before what is refused.
    let shell = shell.with("CC_PASSWORD", "");
    let ended = shell.expect(4, "plan");
    assert!(ended.err.contains("no password"), "{ended:#?}");
}

#[test]
fn whether_certificates_are_verified_is_said_as_go_says_it() {
    // Nothing is sent where the file of certificates cannot be used: what comes first is seen.
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
fn an_apply_that_cannot_ask_fails_before_it_plans() {
    let (listener, shell) = untouched();
    let ended = shell.expect(4, "apply");
    assert!(ended.out.is_empty() && ended.err.contains("--auto-approve"), "{ended:#?}");
    let ended = shell.expect(4, "apply --simulate");
    assert!(ended.out.is_empty(), "{ended:#?}");
    assert!(listener.accept().is_err(), "somebody connected");
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
async fn changes_are_told_by_the_code_only_on_demand() {
    let bench = Bench::like(&[], &[]);
    bench.files(&discoveries(2));
    assert_eq!(bench.run("plan").await.exit, Exit::Done);
    assert_eq!(bench.run("plan --detailed-exitcode").await.exit, Exit::Changes);
    assert_eq!(bench.expect_applied().await.exit, Exit::Done);
    assert_eq!(bench.run("plan --detailed-exitcode").await.exit, Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn what_the_controller_answers_decides_between_failed_and_unreachable() {
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
            let said = ran.err.lines().filter(|it| it.starts_with("Error: ")).count();
            assert_eq!(said, 1, "{command} {fault}: {ran:#?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_only_the_controller_can_tell_is_wrong_still_shows_the_plan() {
    let bench = Bench::like(&[], &[]);
    let more = "  - {name: odd, address: 10.0.0.1, credentials: {cli: [nobody]}}\n";
    bench.files(&format!("{}{more}", discoveries(1)));
    for command in ["plan --detailed-exitcode", "apply --auto-approve"] {
        let ran = bench.run(command).await;
        assert_eq!((ran.exit, bench.writes()), (Exit::Failed, 0), "{ran:#?}");
        assert!(ran.out.contains("# d-00000 will be created"), "{ran:#?}");
        assert!(ran.err.contains("discoveries.yaml:5:"), "{ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_prune_of_too_many_is_refused_with_the_plan_shown() {
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
    let ran = bench.run("plan --rerun nobody").await;
    assert_eq!(ran.exit, Exit::Invalid, "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_mistake_beside_a_refusal_is_the_mistake() {
    let bench = Bench::like(&[], &[]);
    let manage = "manage: {names: [\"d-*\"]}\n";
    bench.files(&format!("{manage}{}", discoveries(4)));
    drop(bench.expect_applied().await);
    let odd = "  - {name: odd, address: 10.0.0.1, credentials: {cli: [nobody]}}\n";
    bench.files(&format!("{manage}{}{odd}", discoveries(1)));
    let ran = bench.run("plan --prune").await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn after_the_first_write_the_worst_that_is_open_decides() {
    let table = [
        ("create@2=fail:no", Exit::Partial, "1 failed"),
        ("create@*=fail:no", Exit::Failed, "3 failed"),
        ("create@2=stuck", Exit::Pending, "1 still running"),
    ];
    for (fault, exit, said) in table {
        let bench = Bench::with(options(&[fault], &[]), World::default());
        bench.files(&discoveries(3));
        let ran = bench.run("apply --auto-approve --timeout 2m").await;
        assert_eq!(ran.exit, exit, "{fault}: {ran:#?}");
        let last = ran.out.lines().last().unwrap();
        assert!(last.starts_with("Apply incomplete.") && last.contains(said), "{ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_moved_since_the_plan_is_stale_and_nothing_is_written() {
    // Reading is slow, so that apply looks again before its first write.
    let latency = std::time::Duration::from_secs(4);
    let faults = options(&["list@2=other-create:d-00001"], &[]).faults;
    let bench = Bench::with(Options { latency, faults, ..Options::default() }, World::default());
    bench.files(&discoveries(2));
    let ran = bench.run("apply --auto-approve").await;
    assert_eq!((ran.exit, bench.writes()), (Exit::Stale, 0), "{ran:#?}");
    assert!(ran.err.contains("trueup plan"), "{ran:#?}");
}
