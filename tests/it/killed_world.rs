//! Controllers that go and come back in the middle of an apply.

use std::{fs, thread, time::Duration};

use crate::{
    killed::for_each,
    killed_signals::said,
    shell::{Server, Shell, discoveries, ended},
};

const FLAGS: &str = "--state world.json --task-time 1500ms";

/// A folder with four discoveries to make, and a controller as a process that keeps its world.
fn begun() -> (Shell, Server) {
    let shell = Shell::new();
    shell.file("discoveries.yaml", &discoveries(4));
    let server = shell.simulator(FLAGS);
    let shell = shell.with("CC_URL", server.url.clone());
    (shell, server)
}

/// The same controller again, at the same address, with the world of its file.
fn again(shell: &Shell, address: &str) -> Server {
    shell.simulator_at(address, FLAGS)
}

fn expect_all_there(shell: &Shell, server: &Server) {
    server.expect_careful();
    assert_eq!(shell.open_journal(), None);
    let plan = shell.expect(0, "plan --detailed-exitcode");
    assert!(plan.out.starts_with("No changes."), "{plan:#?}");
    let status = shell.expect(0, "status");
    assert_eq!(status.out.lines().count(), 1 + 4, "{status:#?}");
}

#[test]
fn a_controller_that_is_restarted_half_way_is_waited_for() {
    let cases = [("", "accepted"), ("--max-pending 1", "accepted"), ("", "creating")];
    for_each(&cases, |(flags, words)| {
        let (shell, server) = begun();
        let line = format!("apply --auto-approve {flags}");
        let (child, err) = said(&shell, &line, words);
        let address = server.address().to_owned();
        assert!(server.end("TERM").0.success());
        thread::sleep(Duration::from_secs(2));
        let server = again(&shell, &address);
        let applied = ended(child, err);
        assert_eq!(applied.code, Some(0), "{flags} {words}: {applied:#?}");
        assert!(applied.out.contains("4 added, 0 changed, 0 destroyed."), "{applied:#?}");
        expect_all_there(&shell, &server);
    });
}

#[test]
fn what_is_open_when_a_controller_stays_away_is_said_and_resumed_or_settled() {
    for_each(&["resume", "apply"], |then| {
        let (shell, server) = begun();
        // One after the other, so that the last one is accepted when all are.
        let line = "apply --auto-approve --timeout 3s --parallelism 1";
        let (child, err) = said(&shell, line, "d-00003: create acc");
        let address = server.address().to_owned();
        assert!(server.end("TERM").0.success());
        let left = ended(child, err);
        assert_eq!(left.code, Some(8), "{left:#?}");
        assert_eq!(left.out.matches(": task ").count(), 4, "{left:#?}");
        let last = left.out.lines().last().unwrap();
        assert_eq!(last, "Apply incomplete. 0 done, 0 failed, 0 not tried, 4 still running.");

        // While it is away nothing can be said, and nothing is lost.
        let path = shell.open_journal().unwrap();
        let before = fs::read_to_string(&path).unwrap();
        let line = match *then {
            "resume" => format!("resume {}", path.display()),
            _ => "apply --auto-approve".to_owned(),
        };
        let away = shell.expect(9, &format!("{line} --timeout 1s"));
        assert!(away.err.contains("cannot be read"), "{away:#?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), before);

        let server = again(&shell, &address);
        let ended = shell.expect(0, &line);
        assert_eq!(server.requests("create"), 0, "{ended:#?}");
        expect_all_there(&shell, &server);
    });
}

#[test]
fn a_controller_that_lost_its_world_is_planned_against_as_it_is() {
    let (shell, server) = begun();
    let address = server.address().to_owned();
    let _ended = shell.expect(0, "apply --auto-approve");
    // Killed it saves nothing.
    drop(server);
    let server = again(&shell, &address);
    let plan = shell.expect(2, "plan --detailed-exitcode");
    assert!(plan.out.contains("Plan: 4 to add, 0 to change, 0 to destroy."), "{plan:#?}");
    let _ended = shell.expect(0, "apply --auto-approve");
    expect_all_there(&shell, &server);
}

#[test]
fn tasks_that_a_controller_lost_are_not_believed_in_for_ever() {
    for_each(&["go on", "resume", "apply"], |then| lose_tasks(then));
}

/// Loses the world in the middle of an apply, and expects that what it made is made again, once.
fn lose_tasks(then: &str) {
    let (shell, server) = begun();
    let timeout = if then == "go on" { "2m" } else { "2s" };
    // One after the other, so that the last one is accepted when all are.
    let line = format!("apply --auto-approve --timeout {timeout} --parallelism 1");
    let (child, err) = said(&shell, &line, "d-00003: create acc");
    let address = server.address().to_owned();
    drop(server);
    let server = again(&shell, &address);
    let applied = ended(child, err);
    let made = if then == "go on" {
        applied
    } else {
        assert_eq!(applied.code, Some(8), "{applied:#?}");
        assert!(applied.out.contains("out of time before its task ended"), "{applied:#?}");
        assert_eq!(server.requests("create"), 0);
        let resume = format!("resume {}", shell.open_journal().unwrap().display());
        shell.run(if then == "resume" { &resume } else { "apply --auto-approve" })
    };
    assert_eq!(made.code, Some(0), "{then}: {made:#?}");
    let doubts = made.err.matches("create in doubt, checking its outcome: the controller does");
    assert_eq!(doubts.count(), 4, "{then}: {made:#?}");
    assert!(made.out.contains("4 added, 0 changed, 0 destroyed."), "{then}: {made:#?}");
    assert_eq!(server.requests("create"), 4, "{then}: {made:#?}");
    expect_all_there(&shell, &server);
}
