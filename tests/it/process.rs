//! Behaviour that needs a real process: pipes, signals, streams and colours.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::Child,
};

use crate::shell::{Shell, discoveries, signal};

fn world(shell: &Shell) -> serde_json::Value {
    let text = std::fs::read_to_string(shell.path("world.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn n_discoveries(shell: &Shell) -> usize {
    world(shell)["discoveries"].as_array().unwrap().len()
}

/// Reads the first line of a stream and closes it.
fn first_line(stream: impl std::io::Read) -> String {
    let mut line = String::new();
    BufReader::with_capacity(1, stream).read_line(&mut line).unwrap();
    line
}

fn rest(child: &mut Child) -> String {
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_closed_pipe_ends_a_plan_quietly_with_its_usual_exit_code() {
    let shell = Shell::new();
    shell.file("discoveries.yaml", &discoveries(3_000));
    for (line, code) in [("plan --simulate", 0), ("plan --simulate --detailed-exitcode", 2)] {
        let mut child = shell.command(line).spawn().unwrap();
        let first = first_line(child.stdout.take().unwrap());
        assert_eq!(first, "  # d-00000 will be created\n");
        let stderr = rest(&mut child);
        assert_eq!(child.wait().unwrap().code(), Some(code), "{stderr}");
        assert!(!stderr.contains("Error") && !stderr.contains("panicked"), "{stderr}");
    }
}

#[test]
fn a_closed_pipe_does_not_stop_an_apply() {
    let shell = Shell::new();
    let line = "apply --auto-approve --simulate=world.json --task-time 10ms";
    let mut child = shell.command(line).spawn().unwrap();
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(n_discoveries(&shell), 1);
}

#[test]
fn a_full_disk_behind_stdout_fails_a_command_that_only_reads() {
    let shell = Shell::new();
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    for line in ["plan --simulate", "schema plan", "--help", "plan -h", "--version"] {
        let output = shell.command(line).stdout(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}: {output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains("Error: the result could not be written"), "{line}: {stderr}");
    }
    let line = "apply --auto-approve --simulate --task-time 10ms";
    let output = shell.command(line).stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("Warning: the result could not be written"), "{stderr}");
}

#[test]
fn an_interrupted_apply_finishes_its_open_change_and_starts_no_other() {
    for name in ["INT", "TERM"] {
        let shell = Shell::new();
        shell.file("discoveries.yaml", &discoveries(4));
        let server = shell.simulator("--state world.json --task-time 400ms");
        let shell = shell.with("CC_URL", server.url.clone());
        let line = "apply --auto-approve --max-pending 1";
        let mut child = shell.command(line).spawn().unwrap();
        server.wait_for("create");
        signal(&child, name);
        let stderr = rest(&mut child);
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(7), "{stderr}{out}");
        assert!(stderr.contains("Stopping"), "{stderr}");
        let last = out.lines().last().unwrap();
        assert_eq!(last, "Apply incomplete. 1 done, 0 failed, 3 not tried, 0 still running.");
        assert!(server.end("TERM").0.success());
        assert_eq!(n_discoveries(&shell), 1, "{out}");
    }
}

#[test]
fn the_second_interrupt_exits_at_once_and_lists_open_operations() {
    let shell = Shell::new();
    let server = shell.simulator("--task-time 60s");
    let shell = shell.with("CC_URL", server.url.clone());
    let mut child = shell.command("apply --auto-approve").spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut until = |what: &str| {
        let mut line = String::new();
        while !line.contains(what) {
            line.clear();
            assert_ne!(err.read_line(&mut line).unwrap(), 0, "no `{what}`");
        }
    };
    until("create accepted");
    signal(&child, "INT");
    until("Stopping");
    signal(&child, "INT");
    until("Error: stopped at once");
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(8), "{out}");
    assert!(out.contains("Still running:") && out.contains("task "), "{out}");
}

#[test]
fn the_simulator_prints_its_url_and_saves_its_world_on_a_signal() {
    for name in ["INT", "TERM"] {
        let shell = Shell::new();
        let server = shell.simulator("--state world.json --task-time 1ms");
        assert!(!server.url.ends_with(":0"), "{}", server.url);
        let line = format!("apply --auto-approve --controller {}", server.url);
        let ended = shell.expect(0, &line);
        assert!(ended.out.ends_with("1 added, 0 changed, 0 destroyed.\n"), "{ended:#?}");
        let (status, rest) = server.end(name);
        assert!(status.success() && rest.is_empty(), "{status}: {rest}");
        assert_eq!(n_discoveries(&shell), 1);

        // The saved world is loaded again.
        let server = shell.simulator("--state world.json");
        let line = format!("plan --detailed-exitcode --controller {}", server.url);
        let ended = shell.expect(0, &line);
        assert!(ended.out.starts_with("No changes."), "{ended:#?}");
    }
}

#[test]
fn the_simulator_takes_its_login_from_the_environment() {
    let shell = Shell::new().with("CC_USERNAME", "ada").with("CC_PASSWORD", "lovelace");
    let server = shell.simulator("");
    let shell = shell.with("CC_URL", server.url.clone());
    assert!(shell.expect(0, "status").out.starts_with("NAME "));
    let ended = shell.expect(9, "status --username admin");
    assert!(ended.err.contains("user name and the password"), "{ended:#?}");
    shell.file("password", "lovelace\r\nnot this\n");
    let shell = shell.with("CC_PASSWORD", "wrong");
    assert_eq!(shell.run("status").code, Some(9));
    assert_eq!(shell.run("status --password-file password").code, Some(0));
}

#[test]
fn without_a_login_in_the_environment_the_simulator_uses_the_default_one() {
    let server = Shell::empty().simulator("");
    let shell = Shell::empty().with("CC_URL", server.url.clone());
    shell.file("password", "simulator");
    let ended = shell.expect(0, "status --username admin --password-file password");
    assert_eq!(ended.err, "The controller has no discovery.\n");
}

#[test]
fn a_simulator_that_cannot_listen_or_load_its_world_reports_why() {
    let shell = Shell::new();
    let server = shell.simulator("");
    let ended = shell.expect(1, &format!("simulator --listen {}", server.address()));
    assert!(ended.out.is_empty() && ended.err.contains(server.address()), "{ended:#?}");
    shell.file("world.json", "[]");
    let ended = shell.expect(4, "simulator --listen 127.0.0.1:0 --state world.json");
    assert!(ended.out.is_empty() && ended.err.contains("`world.json`"), "{ended:#?}");
}

#[test]
fn stdout_has_only_the_plan_and_the_summary() {
    let shell = Shell::new();
    let warned = discoveries(1) + "  - {name: wide, cidr: 10.0.0.0/8}\n";
    shell.file("discoveries.yaml", &warned);
    let plan = shell.expect(0, "plan --simulate");
    assert!(plan.out.starts_with("  # d-00000 will be created\n"), "{plan:#?}");
    assert!(plan.err.starts_with("Warning: "), "{plan:#?}");
    let ended = shell.expect(0, "apply --simulate --auto-approve --task-time 1ms");
    assert!(ended.out.starts_with(&plan.out), "{ended:#?}");
    assert!(ended.out.ends_with("Apply complete! Resources: 2 added, 0 changed, 0 destroyed.\n"));
    assert!(ended.err.contains("d-00000: creating..."), "{ended:#?}");
    let quiet = shell.expect(1, "plan --simulate --fault list@*=500");
    assert!(quiet.out.is_empty() && quiet.err.contains("Error: "), "{quiet:#?}");
}

#[test]
fn colour_is_for_terminals_and_on_request() {
    let shell = Shell::new();
    shell.file("bad.yaml", "version: 2\n");
    let lines = ["plan --simulate", "validate -f bad.yaml", "status --fault list=500", "--help"];
    let is_coloured = |shell: &Shell, line: &str| {
        let ended = shell.run(line);
        ended.out.contains('\u{1b}') || ended.err.contains('\u{1b}')
    };
    for line in lines {
        assert!(!is_coloured(&shell, line), "{line}");
        assert!(!is_coloured(&shell, &format!("--color never {line}")), "{line}");
    }
    for line in ["plan --simulate", "validate -f bad.yaml", "status --fault list=500"] {
        assert!(is_coloured(&shell, &format!("{line} --color always")), "{line}");
    }
    let shell = shell.with("TRUEUP_LOG", "trace");
    assert!(!is_coloured(&shell, "plan --simulate"));
    // The command line takes precedence over the environment.
    let shell = shell.with("NO_COLOR", "1");
    assert!(is_coloured(&shell, "plan --simulate --color always"));
}

#[test]
fn source_date_epoch_sets_the_clock_and_does_not_change_a_plan() {
    let shell = Shell::new();
    let plan = shell.expect(0, "plan --simulate").out;
    let shell = shell.with("SOURCE_DATE_EPOCH", "1000000000");
    assert_eq!(shell.expect(0, "plan --simulate").out, plan);
}

#[test]
fn unwritable_events_are_reported_once() {
    let shell = Shell::new();
    let ended = shell.expect(1, "plan --simulate --events /dev/full");
    assert_eq!(ended.err.matches("the events could not be written").count(), 1, "{ended:#?}");
}

#[test]
fn a_change_that_waits_for_its_run_is_reported_as_waiting() {
    let shell = Shell::new();
    let line = "apply --auto-approve --simulate --run-time 2s";
    let waiting = "create done, waiting for the end of its run...";
    assert!(shell.expect(0, &format!("{line} --wait runs")).err.contains(waiting));
    assert!(!shell.expect(0, line).err.contains("waiting for the end"));
}

#[test]
fn the_message_for_a_lost_answer_does_not_repeat_itself() {
    let ended = Shell::new().expect(0, "apply --auto-approve --simulate --fault create=lost");
    let words = "the connection ended before an answer: the answer was lost on its way (1 attempt)";
    assert!(ended.err.contains(words), "{ended:#?}");
}

#[test]
fn a_permission_error_names_the_permissions_that_are_needed() {
    let rights = "the user needs permission to read and write discoveries";
    for (line, code) in [("plan", 9), ("status", 9)] {
        let ended = Shell::new().expect(code, &format!("{line} --simulate --quirk role=none"));
        assert!(ended.err.contains(rights), "{ended:#?}");
    }
    let line = "apply --auto-approve --simulate --quirk role=observer";
    let ended = Shell::new().expect(1, line);
    assert!(ended.out.contains(rights), "{ended:#?}");
}
