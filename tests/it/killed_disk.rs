//! A full disk below the journal or the events: nothing is sent that could not be journalled first,
//! and `resume` finishes once there is space.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead as _, BufReader},
    process::Command,
    sync::{Mutex, PoisonError},
    thread,
};

use crate::{
    killed::{APPLY, Setup, for_each},
    shell::Ended,
};

/// File size limits, in the blocks of `ulimit -f`, that end anywhere within a journal.
fn lengths() -> Vec<usize> {
    (1..=60).collect()
}

/// Returns the outcome that is printed after the plan.
fn outcome(ended: &Ended) -> &str {
    let (_, rest) = ended.out.split_once("\nPlan: ").unwrap_or_default();
    rest.split_once("\n\n").map_or("", |(_, outcome)| outcome)
}

fn is_there(setup: &Setup, name: &str) -> bool {
    let world = setup.controller.world();
    world["discoveries"].as_array().unwrap().iter().any(|it| it["name"] == name)
}

/// Applies with a file size limit, checks the output, and then resumes without the limit. Returns
/// the exit code and whether a discovery was left deleted but not recreated.
fn apply_and_resume(n_blocks: usize, command: impl Fn(&Setup) -> Command) -> (i32, bool) {
    let setup = Setup::new();
    let ended = setup.controller.run_command(command(&setup), None);
    let code = ended.code.unwrap();
    let about = || format!("{n_blocks} {ended:#?} {:#?}", setup.controller.simulator.request_log());
    let n_writes = setup.controller.writes().values().sum::<u64>();
    assert_eq!(n_writes == 0, code == 1, "{}", about());
    assert!(matches!(code, 0 | 1 | 7 | 8), "{}", about());
    setup.expect_all_writes_in_journal();
    let was_deleted = ended.err.contains("replaced: delete done");
    let is_not_recreated = was_deleted && !is_there(&setup, "replaced");
    if is_not_recreated {
        let first = outcome(&ended);
        assert!(first.starts_with("Deleted, not created again:\n  -/+ replaced: "), "{}", about());
    }
    setup.resume_or_apply(None);
    setup.expect_converged(&about());
    (code, is_not_recreated)
}

#[test]
fn nothing_is_sent_that_a_full_disk_kept_out_of_the_journal() {
    let seen = Mutex::new(BTreeMap::new());
    for_each(&lengths(), |n_blocks| {
        let applied =
            apply_and_resume(*n_blocks, |setup| setup.shell.command_on_full_disk(*n_blocks, APPLY));
        seen.lock().unwrap_or_else(PoisonError::into_inner).insert(*n_blocks, applied);
    });
    let seen = seen.into_inner().unwrap();
    let codes = seen.values().map(|(code, _)| *code).collect::<Vec<_>>();
    assert!(codes.contains(&0) && codes.contains(&1) && codes.contains(&8), "{seen:?}");
    assert!(seen.values().any(|(_, is_not_recreated)| *is_not_recreated), "{seen:?}");
}

#[test]
fn an_apply_without_a_writable_journal_only_reads() {
    let setup = Setup::new();
    let line = format!("{APPLY} --journal /dev/full");
    let ended = setup.controller.run(&setup.shell, &line, None);
    assert_eq!((ended.code, outcome(&ended)), (Some(1), ""), "{ended:#?}");
    let error = "Error: the journal `/dev/full` cannot be written: No space left on device";
    assert!(ended.err.contains(error), "{ended:#?}");
    assert!(setup.controller.writes().is_empty());
}

#[test]
fn an_apply_without_writable_events_only_reads() {
    let setup = Setup::new();
    let line = format!("{APPLY} --events /dev/full");
    let ended = setup.controller.run(&setup.shell, &line, None);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.err.contains("the events could not be written: No space left"), "{ended:#?}");
    assert!(setup.controller.writes().is_empty());
    setup.resume_or_apply(None);
    setup.expect_converged("/dev/full");
}

/// A pipe without a reader cannot be written, like a file on a full disk. The reader exits while
/// the delete of a replace is in flight.
#[test]
fn if_events_fail_nothing_new_is_started_but_a_replace_is_finished() {
    let setup = Setup::new();
    let path = setup.shell.path("events");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let ended = thread::scope(|scope| {
        scope.spawn(|| {
            let mut events = BufReader::new(File::open(&path).unwrap());
            let mut line = String::new();
            let is_delete_accepted =
                |it: &str| it.contains("accepted") && it.contains("\"replaced\"");
            while !is_delete_accepted(&line) {
                line.clear();
                assert_ne!(events.read_line(&mut line).unwrap(), 0);
            }
        });
        let line = format!("{APPLY} --max-pending 1 --events events");
        setup.controller.run(&setup.shell, &line, None)
    });
    assert_eq!(ended.code, Some(7), "{ended:#?}");
    assert!(ended.err.contains("Warning: the events could not be written: "), "{ended:#?}");
    assert!(is_there(&setup, "replaced") && !is_there(&setup, "new-1"), "{ended:#?}");
    let outcome = outcome(&ended);
    assert!(outcome.starts_with("Done:\n  - deleted: destroyed\n  -/+ replaced: "), "{ended:#?}");
    assert!(outcome.contains("2 done, 0 failed, 6 not tried, 0 still running."), "{ended:#?}");
    setup.resume_or_apply(None);
    setup.expect_converged("events");
}
