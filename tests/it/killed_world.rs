//! Controllers that restart during an apply.

use std::{fs, thread, time::Duration};

use crate::{
    killed::for_each,
    killed_signals::start_until,
    shell::{Server, Shell, discoveries, ended},
};

const FLAGS: &str = "--state world.json --task-time 1500ms";

/// A folder with four discoveries to create, and a controller process that saves its world.
fn setup() -> (Shell, Server) {
    let shell = Shell::new();
    shell.file("discoveries.yaml", &discoveries(4));
    let server = shell.simulator(FLAGS);
    let shell = shell.with("CC_URL", server.url.clone());
    (shell, server)
}

/// Restarts the controller at the same address, with its saved world.
fn restart(shell: &Shell, address: &str) -> Server {
    shell.simulator_at(address, FLAGS)
}

fn expect_all_created(shell: &Shell, server: &Server) {
    server.expect_careful();
    assert_eq!(shell.open_journal(), None);
    let plan = shell.expect(0, "plan --detailed-exitcode");
    assert!(plan.out.starts_with("No changes."), "{plan:#?}");
    let status = shell.expect(0, "status");
    assert_eq!(status.out.lines().count(), 1 + 4, "{status:#?}");
}

#[test]
fn an_apply_waits_for_a_controller_that_restarts() {
    let cases = [("", "accepted"), ("--max-pending 1", "accepted"), ("", "creating")];
    for_each(&cases, |(flags, words)| {
        let (shell, server) = setup();
        let line = format!("apply --auto-approve {flags}");
        let (child, err) = start_until(&shell, &line, words);
        let address = server.address().to_owned();
        assert!(server.end("TERM").0.success());
        thread::sleep(Duration::from_secs(2));
        let server = restart(&shell, &address);
        let applied = ended(child, err);
        assert_eq!(applied.code, Some(0), "{flags} {words}: {applied:#?}");
        assert!(applied.out.contains("4 added, 0 changed, 0 destroyed."), "{applied:#?}");
        expect_all_created(&shell, &server);
    });
}

#[test]
fn operations_left_open_by_a_controller_outage_are_reported_and_settled_later() {
    for_each(&["resume", "apply"], |then| {
        let (shell, server) = setup();
        // Sequential, so that all are accepted once the last one is.
        let line = "apply --auto-approve --timeout 3s --parallelism 1";
        let (child, err) = start_until(&shell, line, "d-00003: create acc");
        let address = server.address().to_owned();
        assert!(server.end("TERM").0.success());
        let interrupted = ended(child, err);
        assert_eq!(interrupted.code, Some(8), "{interrupted:#?}");
        assert_eq!(interrupted.out.matches(": task ").count(), 4, "{interrupted:#?}");
        let last = interrupted.out.lines().last().unwrap();
        assert_eq!(last, "Apply incomplete. 0 done, 0 failed, 0 not tried, 4 still running.");

        // During the outage the outcome is unknown, but nothing is lost.
        let path = shell.open_journal().unwrap();
        let before = fs::read_to_string(&path).unwrap();
        let line = match *then {
            "resume" => format!("resume {}", path.display()),
            _ => "apply --auto-approve".to_owned(),
        };
        let away = shell.expect(9, &format!("{line} --timeout 1s"));
        assert!(away.err.contains("cannot be read"), "{away:#?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), before);

        let server = restart(&shell, &address);
        let ended = shell.expect(0, &line);
        assert_eq!(server.requests("create"), 0, "{ended:#?}");
        expect_all_created(&shell, &server);
    });
}

#[test]
fn a_controller_that_lost_its_state_is_planned_against_as_it_is() {
    let (shell, server) = setup();
    let address = server.address().to_owned();
    let _ended = shell.expect(0, "apply --auto-approve");
    // A killed controller does not save its world.
    drop(server);
    let server = restart(&shell, &address);
    let plan = shell.expect(2, "plan --detailed-exitcode");
    assert!(plan.out.contains("Plan: 4 to add, 0 to change, 0 to destroy."), "{plan:#?}");
    let _ended = shell.expect(0, "apply --auto-approve");
    expect_all_created(&shell, &server);
}

#[test]
fn tasks_lost_by_the_controller_are_eventually_given_up() {
    for_each(&["go on", "resume", "apply"], |then| lose_tasks(then));
}

/// Loses the world during an apply, and expects that each discovery is recreated once.
fn lose_tasks(then: &str) {
    let (shell, server) = setup();
    let timeout = if then == "go on" { "2m" } else { "2s" };
    // Sequential, so that all are accepted once the last one is.
    let line = format!("apply --auto-approve --timeout {timeout} --parallelism 1");
    let (child, err) = start_until(&shell, &line, "d-00003: create acc");
    let address = server.address().to_owned();
    drop(server);
    let server = restart(&shell, &address);
    let applied = ended(child, err);
    let finished = if then == "go on" {
        applied
    } else {
        assert_eq!(applied.code, Some(8), "{applied:#?}");
        assert!(applied.out.contains("out of time before its task ended"), "{applied:#?}");
        assert_eq!(server.requests("create"), 0);
        let resume = format!("resume {}", shell.open_journal().unwrap().display());
        shell.run(if then == "resume" { &resume } else { "apply --auto-approve" })
    };
    assert_eq!(finished.code, Some(0), "{then}: {finished:#?}");
    let doubts = finished.err.matches("create in doubt, checking its outcome: the controller does");
    assert_eq!(doubts.count(), 4, "{then}: {finished:#?}");
    assert!(finished.out.contains("4 added, 0 changed, 0 destroyed."), "{then}: {finished:#?}");
    assert_eq!(server.requests("create"), 4, "{then}: {finished:#?}");
    expect_all_created(&shell, &server);
}
