//! A disk that is full, under the journal or under the events: nothing leaves that could not be
//! written down before, and `resume` finishes once there is room.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead as _, BufReader},
    process::Command,
    sync::{Mutex, PoisonError},
    thread,
};

use crate::{
    killed::{APPLY, Scene, for_each},
    shell::Ended,
};

/// Lengths of files, in the blocks of `ulimit -f`, that end anywhere in a journal.
fn lengths() -> Vec<usize> {
    (1..=60).collect()
}

/// The account: what is printed behind the plan.
fn account(ended: &Ended) -> &str {
    let (_, behind) = ended.out.split_once("\nPlan: ").unwrap_or_default();
    behind.split_once("\n\n").map_or("", |(_, account)| account)
}

fn is_there(scene: &Scene, name: &str) -> bool {
    let world = scene.controller.world();
    world["discoveries"].as_array().unwrap().iter().any(|it| it["name"] == name)
}

/// Applies where files end after so many blocks, checks what is said of it, and then carries on
/// where there is room. Returns the exit code and whether a replace was left between its halves.
fn applied(n_blocks: usize, command: impl Fn(&Scene) -> Command) -> (i32, bool) {
    let scene = Scene::begun();
    let ended = scene.controller.run_command(command(&scene), None);
    let code = ended.code.unwrap();
    let about = || format!("{n_blocks} {ended:#?} {:#?}", scene.controller.simulator.request_log());
    let n_writes = scene.controller.writes().values().sum::<u64>();
    assert_eq!(n_writes == 0, code == 1, "{}", about());
    assert!(matches!(code, 0 | 1 | 7 | 8), "{}", about());
    scene.expect_written_down();
    let was_deleted = ended.err.contains("replaced: delete done");
    let is_halved = was_deleted && !is_there(&scene, "replaced");
    if is_halved {
        let first = account(&ended);
        assert!(first.starts_with("Deleted, not created again:\n  -/+ replaced: "), "{}", about());
    }
    scene.carry_on(None);
    scene.expect_as_undisturbed(&about());
    (code, is_halved)
}

#[test]
fn nothing_leaves_that_a_full_disk_kept_from_the_journal() {
    let seen = Mutex::new(BTreeMap::new());
    for_each(&lengths(), |n_blocks| {
        let applied =
            applied(*n_blocks, |scene| scene.shell.command_on_full_disk(*n_blocks, APPLY));
        seen.lock().unwrap_or_else(PoisonError::into_inner).insert(*n_blocks, applied);
    });
    let seen = seen.into_inner().unwrap();
    let codes = seen.values().map(|(code, _)| *code).collect::<Vec<_>>();
    assert!(codes.contains(&0) && codes.contains(&1) && codes.contains(&8), "{seen:?}");
    assert!(seen.values().any(|(_, is_halved)| *is_halved), "{seen:?}");
}

#[test]
fn an_apply_whose_journal_cannot_be_begun_sends_nothing_but_reads() {
    let scene = Scene::begun();
    let line = format!("{APPLY} --journal /dev/full");
    let ended = scene.controller.run(&scene.shell, &line, None);
    assert_eq!((ended.code, account(&ended)), (Some(1), ""), "{ended:#?}");
    let said = "Error: the journal `/dev/full` cannot be written: No space left on device";
    assert!(ended.err.contains(said), "{ended:#?}");
    assert!(scene.controller.writes().is_empty());
}

#[test]
fn an_apply_whose_events_cannot_be_begun_sends_nothing_but_reads() {
    let scene = Scene::begun();
    let line = format!("{APPLY} --events /dev/full");
    let ended = scene.controller.run(&scene.shell, &line, None);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.err.contains("the events could not be written: No space left"), "{ended:#?}");
    assert!(scene.controller.writes().is_empty());
    scene.carry_on(None);
    scene.expect_as_undisturbed("/dev/full");
}

/// A pipe whose reader goes is to the program as a disk that is full: it cannot be written any
/// more. It goes when the delete of a replace is under way.
#[test]
fn where_the_events_cannot_be_written_nothing_is_begun_and_a_replace_goes_on() {
    let scene = Scene::begun();
    let path = scene.shell.path("events");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let ended = thread::scope(|scope| {
        scope.spawn(|| {
            let mut events = BufReader::new(File::open(&path).unwrap());
            let mut line = String::new();
            let is_it = |it: &str| it.contains("accepted") && it.contains("\"replaced\"");
            while !is_it(&line) {
                line.clear();
                assert_ne!(events.read_line(&mut line).unwrap(), 0);
            }
        });
        let line = format!("{APPLY} --max-pending 1 --events events");
        scene.controller.run(&scene.shell, &line, None)
    });
    assert_eq!(ended.code, Some(7), "{ended:#?}");
    assert!(ended.err.contains("Warning: the events could not be written: "), "{ended:#?}");
    assert!(is_there(&scene, "replaced") && !is_there(&scene, "new-1"), "{ended:#?}");
    let account = account(&ended);
    assert!(account.starts_with("Done:\n  - deleted: destroyed\n  -/+ replaced: "), "{ended:#?}");
    assert!(account.contains("2 done, 0 failed, 6 not tried, 0 still running."), "{ended:#?}");
    scene.carry_on(None);
    scene.expect_as_undisturbed("events");
}
