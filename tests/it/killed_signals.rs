//! Signals and closed pipes in the middle of an apply, and what `resume` makes of what is left.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStderr, Command, Stdio},
};

use crate::{
    killed::for_each,
    machines::Format,
    shell::{Ended, Server, Shell, discoveries, ended, read_until, signal},
};

const SIGNALS: [&str; 2] = ["INT", "TERM"];

/// A folder with four discoveries to make, and a controller as a process with these flags.
pub(crate) fn begun(flags: &str) -> (Shell, Server) {
    let shell = Shell::new();
    shell.file("discoveries.yaml", &discoveries(4));
    let server = shell.simulator(flags);
    let shell = shell.with("CC_URL", server.url.clone());
    (shell, server)
}

/// Starts a command line, and waits until it has said that.
pub(crate) fn said(shell: &Shell, line: &str, words: &str) -> (Child, BufReader<ChildStderr>) {
    let mut child = shell.command(line).spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let _read = read_until(&mut err, words);
    (child, err)
}

fn last_line(ended: &Ended) -> &str {
    ended.out.lines().last().unwrap()
}

/// Expects that everything is there, that it was made once, and that nothing is left.
pub(crate) fn expect_all_done(shell: &Shell, server: &Server) {
    assert_eq!(shell.open_journal(), None);
    let plan = shell.expect(0, "plan --detailed-exitcode");
    assert!(plan.out.starts_with("No changes."), "{plan:#?}");
    server.expect_careful();
    assert_eq!(server.requests("create"), 4);
}

#[test]
fn an_apply_that_was_asked_to_end_is_resumed() {
    for_each(&SIGNALS, |name| {
        let (shell, server) = begun("--task-time 200ms");
        let line = "apply --auto-approve --max-pending 1";
        let (child, err) = said(&shell, line, "create accepted");
        signal(&child, name);
        let stopped = ended(child, err);
        assert_eq!(stopped.code, Some(7), "{stopped:#?}");
        let path = shell.open_journal().unwrap();
        let name = path.strip_prefix(shell.path("").canonicalize().unwrap()).unwrap();
        let hint = format!("To continue, run: trueup resume {}", name.display());
        assert!(stopped.err.contains(&hint), "{hint}: {stopped:#?}");
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(r#""event":"stopping","reason":"interrupted""#), "{text}");
        let resumed = shell.expect_resumed(0);
        let complete = "Apply complete! Resources: 4 added, 0 changed, 0 destroyed.";
        assert_eq!(last_line(&resumed), complete, "{resumed:#?}");
        expect_all_done(&shell, &server);
    });
}

#[test]
fn what_does_not_end_in_time_after_a_signal_is_taken_up_again() {
    for_each(&SIGNALS, |name| {
        let (shell, server) = begun("--task-time 2s");
        let (child, err) = said(&shell, "apply --auto-approve --drain 100ms", "create accepted");
        signal(&child, name);
        let stopped = ended(child, err);
        assert_eq!(stopped.code, Some(8), "{stopped:#?}");
        assert!(stopped.out.contains("Still running:\n  + d-00000: task "), "{stopped:#?}");
        let resumed = shell.expect_resumed(0);
        assert!(last_line(&resumed).starts_with("Apply complete!"), "{resumed:#?}");
        expect_all_done(&shell, &server);
    });
}

#[test]
fn the_second_signal_leaves_at_once_what_resume_takes_up_again() {
    for_each(&SIGNALS, |name| {
        let (shell, server) = begun("--task-time 2s");
        let (child, mut err) = said(&shell, "apply --auto-approve", "create accepted");
        signal(&child, name);
        let _read = read_until(&mut err, "another Ctrl-C stops at once");
        signal(&child, name);
        let left = ended(child, err);
        assert_eq!(left.code, Some(8), "{left:#?}");
        assert!(left.err.contains("To continue, run: trueup resume .trueup/"), "{left:#?}");
        let resumed = shell.expect_resumed(0);
        assert!(last_line(&resumed).starts_with("Apply complete!"), "{resumed:#?}");
        expect_all_done(&shell, &server);
    });
}

#[test]
fn a_resume_that_was_asked_to_end_is_resumed_again() {
    for_each(&[("INT", 1), ("TERM", 2)], |(name, times)| {
        let (shell, server) = begun("--task-time 1s");
        let line = "apply --auto-approve --max-pending 1";
        let (mut child, _err) = said(&shell, line, "create accepted");
        child.kill().unwrap();
        child.wait().unwrap();
        let path = shell.open_journal().unwrap();
        let line = format!("resume {} --max-pending 1 --drain 100ms", path.display());
        let (child, mut err) = said(&shell, &line, "Resuming ");
        let _read = read_until(&mut err, "create accepted");
        signal(&child, name);
        if *times == 2 {
            let _read = read_until(&mut err, "another Ctrl-C stops at once");
            signal(&child, name);
        }
        let stopped = ended(child, err);
        assert_eq!(stopped.code, Some(8), "{stopped:#?}");
        assert!(stopped.err.contains("To continue, run: trueup resume"), "{stopped:#?}");
        let resumed = shell.expect_resumed(0);
        assert!(last_line(&resumed).starts_with("Apply complete!"), "{resumed:#?}");
        expect_all_done(&shell, &server);
    });
}

#[test]
fn a_signal_while_an_earlier_apply_is_settled_or_read_leaves_it_to_be_settled() {
    for_each(&SIGNALS, |name| {
        let (shell, server) = begun("--task-time 3s");
        let (mut child, _err) = said(&shell, "apply --auto-approve", "create accepted");
        child.kill().unwrap();
        child.wait().unwrap();
        let (child, err) = said(&shell, "apply --auto-approve", "An earlier apply was interrupted");
        signal(&child, name);
        let left = ended(child, err);
        assert_eq!(left.code, Some(1), "{left:#?}");
        assert!(left.err.contains("Error: interrupted; nothing was written"), "{left:#?}");
        assert_eq!(left.out, "");
        let resumed = shell.expect_resumed(0);
        assert!(last_line(&resumed).starts_with("Apply complete!"), "{resumed:#?}");
        expect_all_done(&shell, &server);
    });
}

#[test]
fn a_signal_before_a_resume_has_read_the_controller_changes_nothing() {
    let (shell, server) = begun("--task-time 500ms");
    let (mut child, _err) = said(&shell, "apply --auto-approve", "create accepted");
    child.kill().unwrap();
    child.wait().unwrap();
    server.inject("list=slow:3000");
    let before = shell.open_journal().map(|it| std::fs::read_to_string(it).unwrap());
    let path = shell.open_journal().unwrap();
    let line = format!("resume {}", path.display());
    let n_before = server.requests("list");
    let (child, err) = said(&shell, &line, "Resuming ");
    while server.requests("list") == n_before {
        std::thread::yield_now();
    }
    signal(&child, "TERM");
    let left = ended(child, err);
    assert_eq!(left.code, Some(1), "{left:#?}");
    assert!(left.err.contains("Error: interrupted before anything more was written"), "{left:#?}");
    assert_eq!(shell.open_journal().map(|it| std::fs::read_to_string(it).unwrap()), before);
    let _resumed = shell.expect_resumed(0);
    expect_all_done(&shell, &server);
}

#[test]
fn a_pipe_that_closes_in_the_middle_does_not_stop_an_apply_or_a_resume() {
    for_each(&[(true, false), (false, true), (true, true)], |(closes_out, closes_err)| {
        let (shell, server) = begun("--task-time 200ms");
        let (mut child, _err) = said(&shell, "apply --auto-approve --max-pending 1", "accepted");
        child.kill().unwrap();
        child.wait().unwrap();
        let path = shell.open_journal().unwrap().display().to_string();
        let line = format!("resume {path} --max-pending 1");
        let mut child = shell.command(&line).spawn().unwrap();
        let out = child.stdout.take().filter(|_| !closes_out);
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let _read = read_until(&mut err, "create accepted");
        let err = Some(err).filter(|_| !closes_err);
        assert_eq!(child.wait().unwrap().code(), Some(0), "{closes_out} {closes_err}");
        drop((out, err));
        expect_all_done(&shell, &server);
    });
    let (shell, server) = begun("--task-time 200ms");
    let mut child = shell.command("apply --auto-approve --max-pending 1").spawn().unwrap();
    let mut head = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut head).unwrap();
    assert_eq!(head, "  # d-00000 will be created\n");
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let _read = read_until(&mut err, "create accepted");
    drop(err);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    expect_all_done(&shell, &server);
}

/// Prepares a command line that has no such streams.
fn without(streams: &str, shell: &Shell, line: &str) -> Command {
    let program = shell.command(line);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("exec \"$0\" \"$@\" {streams}")]).arg(program.get_program());
    command.args(program.get_args()).current_dir(shell.path(""));
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The first file that is opened then gets the number of the stream, if nobody sees to it.
#[test]
fn what_is_said_on_a_stream_that_was_never_open_gets_into_no_file() {
    for_each(&[">&-", "2>&-", "<&- >&- 2>&-"], |streams| {
        let (shell, server) = begun("--task-time 200ms");
        let run = |line: &str| without(streams, &shell, line).status().unwrap().code();
        let line = "plan --detailed-exitcode --out plan.json --events events.jsonl";
        assert_eq!(run(line), Some(2), "{streams}");
        let shown = shell.expect(0, "show plan.json");
        assert!(shown.out.contains("Plan: 4 to add"), "{streams}: {shown:#?}");
        let events = std::fs::read_to_string(shell.path("events.jsonl")).unwrap();
        let events = events.lines().map(|it| Format::Events.checked(it));
        assert_ne!(events.count(), 0, "{streams}");

        let line = "apply --auto-approve --max-pending 1";
        let mut child = without(streams, &shell, line).spawn().unwrap();
        server.wait_for("create");
        child.kill().unwrap();
        child.wait().unwrap();
        // Whose lines are checked, the first one too.
        let path = shell.open_journal().unwrap();
        assert_eq!(run(&format!("resume {}", path.display())), Some(0), "{streams}");
        assert_eq!(shell.journals()[&path], "finished", "{streams}");
        expect_all_done(&shell, &server);
        assert_eq!(run("apply --auto-approve"), Some(0), "{streams}");
        let yaml = std::fs::read_to_string(shell.path("discoveries.yaml")).unwrap();
        assert_eq!(yaml, discoveries(4), "{streams}");
    });
}
