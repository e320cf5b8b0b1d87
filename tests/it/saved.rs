//! Plans that are saved and applied later, after the controller may have changed.

use std::{os::unix::fs::PermissionsExt as _, time::Duration};

use http::Method;
use serde_json::{Value, json};
use tokio::time::sleep;
use trueup::cli::Exit;

use crate::{
    bench::Bench,
    other_user::{
        create_as_other_user, delete_as_other_user, edit_as_other_user, send_as_other_user,
    },
};

/// The files before and after: `lab` is edited, `new` is created and `old` is deleted.
const BEFORE: &str = "
version: 1
defaults: {credentials: {cli: [netops], snmp_v3: [core]}}
discoveries:
  - {name: lab, cidr: 10.1.0.0/24}
  - {name: old, cidr: 10.2.0.0/24}
";
const AFTER: &str = "
version: 1
defaults: {credentials: {cli: [netops], snmp_v3: [core]}}
discoveries:
  - {name: lab, cidr: 10.1.0.0/24, retries: 2}
  - {name: new, cidr: 10.3.0.0/24}
  - {name: old, state: absent}
";

/// A controller and a saved plan; `lab` has the id 1, `old` the id 2.
async fn with_saved_plan() -> Bench {
    let bench = Bench::like(&[], &[]);
    bench.files(BEFORE);
    let _applied = bench.expect_applied().await;
    sleep(Duration::from_secs(30)).await;
    bench.files(AFTER);
    let out = bench.path("plan.json");
    let ran = bench.run(&format!("plan --detailed-exitcode --out {out}")).await;
    assert_eq!(ran.exit, Exit::Changes, "{ran:#?}");
    bench
}

/// Applies the saved plan; returns the exit code, the output, and the number of writes.
async fn apply_saved(bench: &Bench) -> (Exit, String, u64) {
    let n_before = bench.writes();
    let ran = bench.run_bare(&["apply", &bench.path("plan.json"), "--simulate"]).await;
    (ran.exit, format!("{}{}", ran.out, ran.err), bench.writes() - n_before)
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_controller_gets_exactly_the_plan() {
    let bench = with_saved_plan().await;
    let (exit, output, n_writes) = apply_saved(&bench).await;
    assert_eq!((exit, n_writes), (Exit::Done, 4), "{output}");
    bench.expect_no_changes().await;
}

#[tokio::test(start_paused = true)]
async fn settings_edited_after_the_plan_are_stale_and_nothing_is_written() {
    let bench = with_saved_plan().await;
    edit_as_other_user(&bench.simulator, "1", |it| it["timeOut"] = json!(9)).await;
    let (exit, output, n_writes) = apply_saved(&bench).await;
    assert_eq!((exit, n_writes), (Exit::Stale, 0), "{output}");
    assert!(output.contains("lab has moved since the plan"), "{output}");
    assert!(output.contains("timeout: planned against 5s, found 9s, wanted 5s"), "{output}");
    assert!(output.contains("trueup plan"), "{output}");
}

#[tokio::test(start_paused = true)]
async fn settings_that_another_user_already_set_as_wanted_are_not_stale() {
    let bench = with_saved_plan().await;
    edit_as_other_user(&bench.simulator, "1", |it| it["retryCount"] = json!(2)).await;
    let (exit, output, _) = apply_saved(&bench).await;
    assert_eq!(exit, Exit::Done, "{output}");
    bench.expect_no_changes().await;
}

#[tokio::test(start_paused = true)]
async fn a_renamed_deleted_or_recreated_discovery_is_stale() {
    let bench = with_saved_plan().await;
    edit_as_other_user(&bench.simulator, "1", |it| it["name"] = json!("lab2")).await;
    let (exit, output, n_writes) = apply_saved(&bench).await;
    assert_eq!((exit, n_writes), (Exit::Stale, 0), "{output}");
    assert!(output.contains("renamed to lab2"), "{output}");

    let bench = with_saved_plan().await;
    delete_as_other_user(&bench.simulator, "1").await;
    let (exit, output, n_writes) = apply_saved(&bench).await;
    assert_eq!((exit, n_writes), (Exit::Stale, 0), "{output}");
    assert!(output.contains("it is gone"), "{output}");

    let bench = with_saved_plan().await;
    delete_as_other_user(&bench.simulator, "1").await;
    create_as_other_user(&bench.simulator, "lab", "10.1.0.0/24").await;
    let (exit, output, n_writes) = apply_saved(&bench).await;
    assert_eq!((exit, n_writes), (Exit::Stale, 0), "{output}");
    assert!(output.contains("created again, with the id 3"), "{output}");
}

#[tokio::test(start_paused = true)]
async fn a_discovery_to_delete_that_is_already_gone_is_not_stale() {
    let bench = with_saved_plan().await;
    delete_as_other_user(&bench.simulator, "2").await;
    let (exit, output, _) = apply_saved(&bench).await;
    assert_eq!(exit, Exit::Done, "{output}");
    bench.expect_no_changes().await;
}

#[tokio::test(start_paused = true)]
async fn a_create_is_stale_if_another_user_made_a_different_discovery_of_that_name() {
    let bench = with_saved_plan().await;
    create_as_other_user(&bench.simulator, "new", "10.3.0.0/24").await;
    let (exit, output, _) = apply_saved(&bench).await;
    assert_eq!(exit, Exit::Done, "{output}");
    bench.expect_no_changes().await;

    let bench = with_saved_plan().await;
    create_as_other_user(&bench.simulator, "new", "10.9.0.0/24").await;
    let (exit, output, n_writes) = apply_saved(&bench).await;
    assert_eq!((exit, n_writes), (Exit::Stale, 0), "{output}");
    assert!(output.contains("another user created it"), "{output}");
    // The comparison above says it all: no line of progress repeats it.
    assert!(!output.contains(": not tried, it has moved"), "{output}");
    assert!(output.contains("cidr: planned against not set, found 10.9.0.0/24"), "{output}");
}

#[tokio::test(start_paused = true)]
async fn a_changed_run_state_does_not_make_a_saved_plan_stale() {
    // The discovery to delete was started, and is still running.
    let bench = with_saved_plan().await;
    let start = json!({"id": "2", "discoveryStatus": "Active"});
    send_as_other_user(&bench.simulator, Method::PUT, "v1/discovery", start).await;
    let (exit, output, _) = apply_saved(&bench).await;
    assert_eq!(exit, Exit::Done, "{output}");

    // The discovery to edit was started; it is not edited while it runs.
    let bench = with_saved_plan().await;
    let start = json!({"id": "1", "discoveryStatus": "Active"});
    send_as_other_user(&bench.simulator, Method::PUT, "v1/discovery", start).await;
    let (exit, output, _) = apply_saved(&bench).await;
    assert_eq!(exit, Exit::Done, "{output}");
    bench.expect_no_changes().await;

    // Started and stopped again.
    let bench = with_saved_plan().await;
    for status in ["Active", "Inactive"] {
        let body = json!({"id": "1", "discoveryStatus": status});
        send_as_other_user(&bench.simulator, Method::PUT, "v1/discovery", body).await;
    }
    let (exit, output, _) = apply_saved(&bench).await;
    assert_eq!(exit, Exit::Done, "{output}");

    // Started and finished.
    let bench = with_saved_plan().await;
    let start = json!({"id": "1", "discoveryStatus": "Active"});
    send_as_other_user(&bench.simulator, Method::PUT, "v1/discovery", start).await;
    sleep(Duration::from_mins(1)).await;
    let (exit, output, _) = apply_saved(&bench).await;
    assert_eq!(exit, Exit::Done, "{output}");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_or_recreated_credential_is_stale() {
    for is_recreated in [false, true] {
        let bench = with_saved_plan().await;
        let known =
            send_as_other_user(&bench.simulator, Method::GET, "v2/global-credential", Value::Null)
                .await;
        let id = known["response"]["snmpV3"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("v2/global-credential/{id}");
        send_as_other_user(&bench.simulator, Method::DELETE, &path, Value::Null).await;
        if is_recreated {
            let body = json!({"snmpV3": {"description": "core", "username": "monitor",
                "snmpMode": "NOAUTHNOPRIV"}});
            send_as_other_user(&bench.simulator, Method::POST, "v2/global-credential", body).await;
        }
        let (exit, output, n_writes) = apply_saved(&bench).await;
        assert_eq!((exit, n_writes), (Exit::Stale, 0), "{output}");
        assert!(output.contains("no longer has the credential core (monitor)"), "{output}");
    }
}

#[tokio::test(start_paused = true)]
async fn unmanaged_discoveries_do_not_make_a_plan_stale() {
    for name in ["unmanaged", "LAB"] {
        let bench = with_saved_plan().await;
        create_as_other_user(&bench.simulator, name, "10.77.0.0/24").await;
        let (exit, output, n_writes) = apply_saved(&bench).await;
        assert_eq!((exit, n_writes), (Exit::Done, 4), "{output}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_for_another_controller_is_refused() {
    let bench = with_saved_plan().await;
    let plan = bench.path("plan.json");
    let args = ["apply", &plan, "--controller", "https://other.example.com"];
    let ran = bench.run_bare(&args).await;
    assert_eq!(ran.exit, Exit::Refused, "{ran:#?}");
    assert!(ran.err.contains("the plan was made against simulator"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_upgraded_controller_is_a_warning() {
    let mut bench = with_saved_plan().await;
    bench.upgrade("3.1.3");
    let (exit, output, n_writes) = apply_saved(&bench).await;
    assert_eq!((exit, n_writes), (Exit::Done, 4), "{output}");
    assert!(
        output.contains("made against release 2.3.7.9, and the controller now has 3.1.3"),
        "{output}"
    );
}

#[tokio::test(start_paused = true)]
async fn only_its_owner_can_read_a_saved_plan_and_show_prints_it_unchanged() {
    let bench = with_saved_plan().await;
    let path = bench.path("plan.json");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let plan = bench.run("plan").await;
    let show = bench.run_bare(&["show", &path, "--detailed-exitcode"]).await;
    assert_eq!((show.exit, show.out), (Exit::Changes, plan.out));
}

#[tokio::test(start_paused = true)]
async fn flags_that_change_a_plan_are_refused_with_a_saved_one() {
    let bench = with_saved_plan().await;
    let path = bench.path("plan.json");
    for flags in [["--only", "lab"], ["--rerun", "lab"], ["--except", "lab"], ["--file", "x.yaml"]]
    {
        let ran =
            bench.run_bare(&[["apply", &path, "--simulate"].as_slice(), &flags].concat()).await;
        assert_eq!(ran.exit, Exit::Invalid, "{ran:#?}");
    }
    assert_eq!(bench.writes(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_modified_plan_is_refused() {
    let bench = with_saved_plan().await;
    let path = bench.path("plan.json");
    let whole = std::fs::read_to_string(&path).unwrap();
    let half = whole.get(..whole.len() / 2).unwrap().to_owned();
    let modified = [
        ("or incomplete", half),
        ("its digest does not match", whole.replace("10.3.0.0/24", "10.4.0.0/24")),
        ("its digest does not match", whole.replacen("  ", " ", 1)),
        // Changes that editors, and git on some systems, make.
        ("not JSON", format!("\u{feff}{whole}")),
        ("its digest does not match", whole.replace('\n', "\r\n")),
        ("its format version is 2.0", whole.replacen("\"1.0\"", "\"2.0\"", 1)),
        ("not a plan", "{}".to_owned()),
        ("not JSON", "<html>".to_owned()),
        ("not JSON", String::new()),
    ];
    for (why, text) in modified {
        std::fs::write(&path, text).unwrap();
        let (exit, output, n_writes) = apply_saved(&bench).await;
        assert_eq!((exit, n_writes), (Exit::Invalid, 0), "{output}");
        assert!(output.contains(why), "{why}: {output}");
    }
    let ran = bench.run_bare(&["apply", &bench.path("none.json"), "--simulate"]).await;
    assert_eq!(ran.exit, Exit::Invalid, "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn changing_any_byte_of_a_plan_is_detected() {
    let bench = with_saved_plan().await;
    let path = bench.path("plan.json");
    let whole = std::fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(97) {
        let mut bytes = whole.clone();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        std::fs::write(&path, bytes).unwrap();
        let ran = bench.run_bare(&["show", &path]).await;
        assert_eq!(ran.exit, Exit::Invalid, "byte {at}: {ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_cannot_be_saved_leaves_nothing_behind() {
    let bench = Bench::like(&[], &[]);
    bench.files(AFTER);
    let folder = bench.path("");
    let n_files = || std::fs::read_dir(&folder).unwrap().count();
    let n_before = n_files();
    let ran = bench.run(&format!("plan --out {folder}/none/plan.json")).await;
    assert_eq!((ran.exit, n_files()), (Exit::Failed, n_before), "{ran:#?}");
    assert!(ran.err.contains("could not be saved"), "{ran:#?}");
    // Read-only even for root.
    let ran = bench.run("plan --out /proc/plan.json").await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    assert_eq!(bench.simulator.request_log(), [""; 0], "the error comes before any request");
    let ran = bench.run("plan --events /dev/full").await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
}

/// Simulates a full disk with a limit on the size of files.
#[test]
fn a_full_disk_leaves_no_partial_plan_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("discoveries.yaml"), AFTER).unwrap();
    let line = format!(
        "trap '' XFSZ; ulimit -f 0; exec '{}' plan --simulate --out plan.json",
        env!("CARGO_BIN_EXE_trueup")
    );
    let mut shell = std::process::Command::new("sh");
    let ran = shell.args(["-c", &line]).current_dir(folder.path()).output().unwrap();
    let err = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(1), "{err}");
    assert!(err.contains("the plan could not be saved to `plan.json`"), "{err}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_plan_with_errors_is_saved_and_cannot_be_applied() {
    let bench = Bench::like(&[], &[]);
    bench.files("{version: 1, discoveries: [{name: a, cidr: 10.0.0.0/24}, {name: b, address: 10.0.0.1, credentials: {cli: [netops]}}]}");
    let out = bench.path("plan.json");
    let ran = bench.run(&format!("plan --out {out}")).await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    let (exit, output, n_writes) = apply_saved(&bench).await;
    assert_eq!((exit, n_writes), (Exit::Refused, 0), "{output}");
    assert!(
        output.contains("no `cli` credential") || output.contains("cannot be applied"),
        "{output}"
    );
}
