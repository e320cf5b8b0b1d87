//! A killed apply, followed by `resume` or by a new apply.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde_json::Value;
use tokio::time::sleep;
use trueup::cli::Exit;
use trueup_simulator::{Options, World};

use crate::{
    bench::{Bench, Ran, options},
    killed::{AFTER, APPLY, BEFORE},
    other_user::{create_as_other_user, edit_as_other_user},
    story::{many, yaml},
    wanted::n_runs,
};

/// A controller with the six discoveries of `BEFORE`, two of them running, and the files of `AFTER`.
async fn before_the_changes() -> Bench {
    let mut bench = Bench::with(options(&[], &[]), World::default());
    bench.files(&many(&BEFORE));
    let _applied = bench.expect_applied().await;
    sleep(Duration::from_secs(20)).await;
    bench.slow_runs(Duration::from_hours(1));
    bench.files(&many(&BEFORE));
    let ran = bench.run("apply --auto-approve --rerun running --rerun stopped").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    bench.files(&many(&AFTER));
    bench
}

/// The settings, the state and the number of runs of each discovery.
fn state(bench: &Bench) -> BTreeMap<String, String> {
    let world: Value = serde_json::from_str(&bench.simulator.world_json()).unwrap();
    let of = |it: &Value| {
        let text = |key: &str| it[key].to_string();
        let keys = ["discoveryType", "ipAddressList", "timeOut", "discoveryStatus"];
        let settings = keys.map(text).join(" ");
        let name = it["name"].as_str().unwrap();
        (name.to_owned(), format!("{settings}, {} runs", n_runs(&world, name)))
    };
    world["discoveries"].as_array().unwrap().iter().map(of).collect()
}

pub(crate) fn open_journal(bench: &Bench) -> PathBuf {
    let open = bench.disk.texts().into_iter().filter(|(_, text)| {
        let last = text.lines().last().unwrap();
        !last.contains("\"finished\"") && !last.contains("\"taken_over\"")
    });
    open.map(|(path, _)| path).next_back().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn after_a_kill_at_any_moment_resume_ends_like_an_undisturbed_apply() {
    let undisturbed = before_the_changes().await;
    let ran = undisturbed.run(APPLY).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    let expected = state(&undisturbed);
    let mut n_resumed = 0;
    for (at, kill_ms) in (0..12_000).step_by(97).enumerate() {
        let bench = before_the_changes().await;
        bench.run_and_kill(APPLY, Duration::from_millis(kill_ms)).await;
        bench.disk.lose_power(at % 90);
        let path = open_journal(&bench);
        if path.as_os_str().is_empty() {
            continue;
        }
        n_resumed += 1;
        let path = path.to_str().unwrap();
        let ran = bench.run_bare(&["resume", path, "--simulate"]).await;
        let torn = ran.exit == Exit::Invalid && ran.err.contains("first line");
        assert!(ran.exit == Exit::Done || torn, "{kill_ms}: {ran:#?}");
        if torn {
            continue;
        }
        let journal = bench.disk.texts().remove(&PathBuf::from(path)).unwrap();
        assert_eq!(state(&bench), expected, "{kill_ms}: {ran:#?}\n{journal}");
        let again = bench.run_bare(&["resume", path, "--simulate"]).await;
        assert!(again.exit == Exit::Done && again.out.is_empty(), "{again:#?}");
        bench.expect_careful();
        bench.expect_no_changes().await;
    }
    assert!(20 < n_resumed);
}

#[tokio::test(start_paused = true)]
async fn after_a_kill_at_any_moment_a_new_apply_ends_like_an_undisturbed_one() {
    let undisturbed = before_the_changes().await;
    let ran = undisturbed.run(APPLY).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    let expected = state(&undisturbed);
    let mut n_rerun = 0;
    for (at, kill_ms) in (0..12_000).step_by(97).enumerate() {
        let bench = before_the_changes().await;
        bench.run_and_kill(APPLY, Duration::from_millis(kill_ms)).await;
        bench.disk.lose_power(at % 90);
        let log = bench.simulator.request_log();
        let ran = bench.run("apply --auto-approve").await;
        assert_eq!(ran.exit, Exit::Done, "{kill_ms}: {ran:#?}");
        n_rerun += usize::from(ran.out.contains("(rerun_owed)"));
        let (mut ended, mut expected) = (state(&bench), expected.clone());
        // This apply does not request that run.
        ended.remove("restarted");
        expected.remove("restarted");
        assert_eq!(ended, expected, "{kill_ms}: {log:#?} {ran:#?}\n{:#?}", bench.disk.texts());
        bench.expect_careful();
        bench.expect_no_changes().await;
        assert!(open_journal(&bench).as_os_str().is_empty(), "{:#?}", bench.disk.texts());
    }
    assert_ne!(n_rerun, 0);
}

/// Applies, and kills it once a new journal has a line with all of these words.
pub(crate) async fn kill_when_journal_has(bench: &Bench, line: &str, words: &[&str]) {
    kill_while(bench, bench.run(line), words).await;
}

pub(crate) async fn kill_while(bench: &Bench, runs: impl Future<Output = Ran>, words: &[&str]) {
    let was = bench.disk.texts();
    let has = |text: &str| text.lines().any(|line| words.iter().all(|it| line.contains(it)));
    let is_there = async {
        loop {
            sleep(Duration::from_millis(20)).await;
            let texts = bench.disk.texts();
            let mut new = texts.iter().filter(|(path, _)| !was.contains_key(*path));
            if new.any(|(_, text)| has(text)) {
                break;
            }
        }
    };
    tokio::select! {
        biased;
        ran = runs => panic!("it ended before the kill: {ran:#?}"),
        () = is_there => (),
    }
    bench.disk.lose_power(0);
}

pub(crate) async fn idle_and_edited(keys: &str) -> Bench {
    let bench = Bench::like(&[], &[]);
    bench.files(&yaml("cidr: 10.1.0.0/24, timeout: 5s"));
    let _applied = bench.expect_applied().await;
    sleep(Duration::from_secs(20)).await;
    bench.files(&yaml(keys));
    bench
}

#[tokio::test(start_paused = true)]
async fn a_missing_run_is_remembered_after_a_declined_plan() {
    let mut bench = idle_and_edited("cidr: 10.1.0.0/24, timeout: 9s").await;
    bench.simulator.inject("run=reset").unwrap();
    kill_when_journal_has(&bench, "apply --auto-approve", &["in_doubt", "run"]).await;
    bench.answer = Some("no");
    let declined = bench.run("apply").await;
    assert!(declined.out.contains("rerun_owed"), "{declined:#?}");
    bench.answer = None;
    let ran = bench.expect_applied().await;
    assert!(ran.out.contains("(rerun_owed)"), "{ran:#?}");
    bench.expect_no_changes().await;
    assert_eq!(open_journal(&bench), PathBuf::new(), "{:#?}", bench.disk.texts());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_the_controller_did_not_accept_is_still_missing() {
    let bench = idle_and_edited("cidr: 10.1.0.0/24, timeout: 9s").await;
    bench.simulator.inject("run@1-3=502").unwrap();
    let ran = bench.run("apply --auto-approve").await;
    assert_eq!(ran.exit, Exit::Partial, "{ran:#?}");
    assert!(ran.err.contains("still need a run"), "{ran:#?}");
    let ran = bench.expect_applied().await;
    assert!(ran.out.contains("(rerun_owed)"), "{ran:#?}");
    bench.expect_careful();
    bench.expect_no_changes().await;
}

#[tokio::test(start_paused = true)]
async fn a_delete_in_doubt_is_not_repeated_after_another_users_edit() {
    let bench = idle_and_edited("state: absent").await;
    bench.simulator.inject("delete=reset").unwrap();
    kill_when_journal_has(&bench, "apply --auto-approve", &["in_doubt", "delete"]).await;
    edit_as_other_user(&bench.simulator, "1", |it| it["ipAddressList"] = "10.99.0.0/24".into())
        .await;
    let path = open_journal(&bench);
    let ran = bench.run_bare(&["resume", path.to_str().unwrap(), "--simulate"]).await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    assert!(ran.out.contains("it was moved: its settings were changed"), "{ran:#?}");
    assert_eq!(state(&bench).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_replace_outside_the_new_plan_is_reported() {
    let bench = idle_and_edited("cidr: 10.2.0.0/24, on_change: replace").await;
    bench.simulator.inject("create=reset").unwrap();
    kill_when_journal_has(&bench, "apply --auto-approve", &["in_doubt", "create"]).await;
    bench.files(&many(&[("a", "cidr: 10.2.0.0/24"), ("b", "cidr: 10.3.0.0/24")]));
    let ran = bench.run("apply --auto-approve --except a").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert!(ran.err.contains("deleted a and did not create it again"), "{ran:#?}");
    let path = open_journal(&bench);
    let ran = bench.run_bare(&["resume", path.to_str().unwrap(), "--simulate"]).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    bench.expect_no_changes().await;
}

#[tokio::test(start_paused = true)]
async fn a_deleted_discovery_is_recreated_before_any_other_change() {
    // Its create was not sent yet, or is in doubt, which everything else waits for.
    for (fault, in_doubt) in [("create@1=reset", "\"b\""), ("create@2=reset", "\"a\"")] {
        let bench = idle_and_edited("").await;
        let replaced = ("a", "cidr: 10.2.0.0/24, on_change: replace");
        bench.files(&many(&[replaced, ("b", "cidr: 10.3.0.0/24"), ("c", "cidr: 10.4.0.0/24")]));
        bench.simulator.inject(fault).unwrap();
        let line = "apply --auto-approve --max-pending 1";
        kill_when_journal_has(&bench, line, &["in_doubt", "create", in_doubt]).await;
        let n_before = bench.simulator.request_log().len();
        let path = open_journal(&bench);
        let ran = bench.run_bare(&["resume", path.to_str().unwrap(), "--simulate"]).await;
        assert_eq!(ran.exit, Exit::Done, "{fault}: {ran:#?}");
        let log = bench.simulator.request_log().split_off(n_before);
        let is_write = |it: &&String| !it.starts_with("GET ") && !it.ends_with("/auth/token");
        let first = log.iter().find(is_write).unwrap();
        let is_made = first.starts_with("POST ") && first.contains("\"name\":\"a\"");
        assert!(is_made, "{fault}: {log:#?}");
        bench.expect_careful();
        bench.expect_no_changes().await;
    }
}

/// An apply of three creates, killed when `a` was done, `b` was in flight and `c` was not sent.
/// Returns the path of its journal.
async fn killed_apply() -> (Bench, String) {
    let bench = Bench::like(&["create@2=reset"], &[]);
    let creates =
        [("a", "cidr: 10.1.0.0/24"), ("b", "cidr: 10.2.0.0/24"), ("c", "cidr: 10.3.0.0/24")];
    bench.files(&many(&creates));
    let line = "apply --auto-approve --max-pending 1";
    kill_when_journal_has(&bench, line, &["in_doubt", "create", "\"b\""]).await;
    let path = open_journal(&bench).to_str().unwrap().to_owned();
    (bench, path)
}

#[tokio::test(start_paused = true)]
async fn resume_skips_a_create_that_another_user_already_made_and_continues() {
    let (bench, path) = killed_apply().await;
    create_as_other_user(&bench.simulator, "c", "10.9.0.0/24").await;
    let ran = bench.run_bare(&["resume", &path, "--simulate"]).await;
    assert_eq!(ran.exit, Exit::Partial, "{ran:#?}");
    assert!(ran.out.contains("Moved since the plan, not tried:\n  + c: "), "{ran:#?}");
    assert!(ran.out.ends_with("2 done, 0 failed, 1 not tried, 0 still running.\n"), "{ran:#?}");
    assert!(state(&bench)["b"].contains("10.2.0.0/24"), "{ran:#?}");
    assert!(state(&bench)["c"].contains("10.9.0.0/24"), "{ran:#?}");
    bench.expect_careful();
}

#[tokio::test(start_paused = true)]
async fn resume_of_an_apply_that_sent_nothing_is_stale_if_a_discovery_moved() {
    let (bench, path) = killed_apply().await;
    let text = bench.disk.texts().remove(&PathBuf::from(&path)).unwrap();
    bench.disk.put("begun.jsonl", text.split_inclusive('\n').next().unwrap());
    create_as_other_user(&bench.simulator, "c", "10.9.0.0/24").await;
    let n_writes = bench.writes();
    let ran = bench.run_bare(&["resume", "begun.jsonl", "--simulate"]).await;
    assert_eq!((ran.exit, bench.writes()), (Exit::Stale, n_writes), "{ran:#?}");
    assert!(ran.err.contains("nothing was written"), "{ran:#?}");
    assert!(ran.out.contains("c has moved since the plan"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn changes_made_before_the_kill_count_when_the_rest_fails() {
    let (bench, path) = killed_apply().await;
    bench.simulator.inject("create@*=fail:No space left").unwrap();
    let ran = bench.run_bare(&["resume", &path, "--simulate"]).await;
    assert_eq!(ran.exit, Exit::Partial, "{ran:#?}");
    for words in ["Done:\n  + a: ", "Failed:\n  + b: No space left", "  + c: No space left"] {
        assert!(ran.out.contains(words), "{words}: {ran:#?}");
    }
    assert!(ran.out.ends_with("1 done, 2 failed, 0 not tried, 0 still running.\n"), "{ran:#?}");
    bench.simulator.clear_faults();
    bench.expect_healed().await;
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_not_a_journal_is_not_overwritten() {
    let bench = Bench::like(&[], &[]);
    let note = "no journal\nand no newline";
    bench.disk.put("notes.jsonl", note);
    bench.files(&yaml("cidr: 10.1.0.0/24"));
    let ran = bench.run_bare(&["resume", "notes.jsonl", "--simulate"]).await;
    assert_eq!(ran.exit, Exit::Invalid, "{ran:#?}");
    let ran = bench.run("apply --auto-approve --journal notes.jsonl").await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    assert!(ran.err.contains("not overwritten") && bench.writes() == 0, "{ran:#?}");
    let ran = bench.run("apply --auto-approve --journal other.jsonl").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert_eq!(bench.disk.texts()[&PathBuf::from("notes.jsonl")], note);
}

#[tokio::test(start_paused = true)]
async fn an_open_journal_at_the_same_path_is_settled_and_renamed() {
    let bench = idle_and_edited("cidr: 10.1.0.0/24, timeout: 9s").await;
    let line = "apply --auto-approve --journal j.jsonl";
    bench.simulator.inject("run=reset").unwrap();
    kill_when_journal_has(&bench, line, &["in_doubt", "run"]).await;
    bench.disk.put("k.jsonl", "{\"format_version\":\"2.0\",\"se");
    let ran = bench.run(line).await;
    assert!(ran.exit == Exit::Done && ran.out.contains("(rerun_owed)"), "{ran:#?}");
    let names = bench.disk.texts().into_keys().map(|it| it.to_str().unwrap().to_owned());
    let names = names.filter(|it| !it.contains('/')).collect::<Vec<_>>();
    assert_eq!(names, ["j.1.jsonl", "j.jsonl", "k.jsonl"]);
    assert!(bench.disk.texts()[&PathBuf::from("j.1.jsonl")].contains("taken_over"));
    let torn = bench.run("apply --auto-approve --rerun a --journal k.jsonl").await;
    assert_eq!(torn.exit, Exit::Done, "{torn:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_new_apply_recreates_a_deleted_discovery_with_its_last_known_settings() {
    let bench = idle_and_edited("cidr: 10.2.0.0/24, on_change: replace").await;
    edit_as_other_user(&bench.simulator, "1", |it| it["retryCount"] = 1.into()).await;
    bench.simulator.inject("create=reset").unwrap();
    kill_when_journal_has(&bench, "apply --auto-approve", &["in_doubt", "create"]).await;
    let ran = bench.expect_applied().await;
    assert!(ran.out.contains("+ retries             = 1"), "{ran:#?}");
    assert!(ran.out.contains("(replace_owed)"), "{ran:#?}");
    bench.expect_no_changes().await;
}

#[tokio::test(start_paused = true)]
async fn last_known_settings_survive_repeated_interruptions() {
    let bench = idle_and_edited("cidr: 10.2.0.0/24, on_change: replace").await;
    edit_as_other_user(&bench.simulator, "1", |it| it["retryCount"] = 1.into()).await;
    for _ in 0..3 {
        bench.simulator.inject("create=reset").unwrap();
        kill_when_journal_has(&bench, "apply --auto-approve", &["in_doubt", "create"]).await;
    }
    let ran = bench.expect_applied().await;
    assert!(ran.out.contains("+ retries             = 1"), "{ran:#?}");
    assert!(ran.out.contains("(replace_owed)"), "{ran:#?}");
    bench.expect_no_changes().await;
    assert_eq!(open_journal(&bench), PathBuf::new(), "{:#?}", bench.disk.texts());
}

#[tokio::test(start_paused = true)]
async fn a_limit_does_not_prevent_completing_an_interrupted_replace() {
    let bench = idle_and_edited("cidr: 10.1.0.0/24, timeout: 9s, on_change: replace").await;
    bench.file("limits.yaml", "version: 1\npolicy: {max_new_addresses: 100}\n");
    bench.simulator.inject("create=reset").unwrap();
    kill_when_journal_has(&bench, "apply --auto-approve", &["in_doubt", "create"]).await;
    let ran = bench.expect_applied().await;
    assert!(ran.out.contains("(replace_owed)"), "{ran:#?}");
    bench.expect_no_changes().await;
}

#[tokio::test(start_paused = true)]
async fn a_run_in_doubt_is_distinguished_from_another_run_in_the_same_second() {
    // The jobs are read before the write, and before the object that is to be edited.
    for (keys, line, unreadable_jobs) in [
        ("cidr: 10.1.0.0/24, timeout: 5s", "apply --auto-approve --rerun a", "get@1-3=500"),
        ("cidr: 10.1.0.0/24, timeout: 9s", "apply --auto-approve", "get@1-3=500"),
    ] {
        let mut n_jobs_asked = Vec::new();
        for fault in [None, Some(unreadable_jobs)] {
            let short = Duration::from_millis(50);
            let times = Options { run_time: Duration::ZERO, task_time: short, ..options(&[], &[]) };
            let bench = Bench::with(times, World::default());
            bench.files(&yaml("cidr: 10.1.0.0/24, timeout: 5s"));
            let _applied = bench.expect_applied().await;
            bench.files(&yaml(keys));
            bench.simulator.inject("run=reset").unwrap();
            if let Some(fault) = fault {
                bench.simulator.inject(fault).unwrap();
            }
            kill_when_journal_has(&bench, line, &["in_doubt", "run"]).await;
            n_jobs_asked.push(bench.simulator.request_log().join("\n").matches("/job?").count());
            let path = open_journal(&bench);
            let ran = bench.run_bare(&["resume", path.to_str().unwrap(), "--simulate"]).await;
            assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
            let world: Value = serde_json::from_str(&bench.simulator.world_json()).unwrap();
            assert_eq!(n_runs(&world, "a"), 2, "{ran:#?}");
        }
        assert_eq!(n_jobs_asked[1], n_jobs_asked[0] + 2, "the fault hit another request");
    }
}

#[tokio::test(start_paused = true)]
async fn a_requested_run_that_the_new_plan_does_not_include_is_reported() {
    let bench = idle_and_edited("cidr: 10.1.0.0/24, timeout: 5s").await;
    bench.simulator.inject("run=reset").unwrap();
    kill_when_journal_has(&bench, "apply --auto-approve --rerun a", &["in_doubt", "run"]).await;
    let ran = bench.expect_applied().await;
    let words = "an earlier apply was to run a again and did not get to it, and this plan does not";
    assert!(ran.err.contains(words), "{ran:#?}");
    let ran = bench.run("apply --auto-approve --rerun a").await;
    assert!(ran.exit == Exit::Done && !ran.err.contains("Warning"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_saved_plan_killed_twice_leaves_its_run_missing() {
    let bench = idle_and_edited("cidr: 10.1.0.0/24, timeout: 9s").await;
    let plan = bench.path("plan.json");
    let ran = bench.run(&format!("plan --out {plan}")).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    bench.simulator.inject("run=reset").unwrap();
    let apply = ["apply", &plan, "--simulate"];
    kill_while(&bench, bench.run_bare(&apply), &["in_doubt", "run"]).await;
    bench.simulator.inject("run=reset").unwrap();
    kill_while(&bench, bench.run_bare(&apply), &["in_doubt", "run"]).await;
    let (path, text) = bench.disk.texts().pop_last().unwrap();
    let only_the_plan = text.split_inclusive('\n').next().unwrap();
    bench.disk.put(path.to_str().unwrap(), only_the_plan);
    let ran = bench.expect_applied().await;
    assert!(ran.out.contains("(rerun_owed)"), "{ran:#?}");
    bench.expect_no_changes().await;
}

#[tokio::test(start_paused = true)]
async fn a_plan_includes_what_an_interrupted_apply_deleted() {
    let bench = idle_and_edited("cidr: 10.2.0.0/24, on_change: replace").await;
    edit_as_other_user(&bench.simulator, "1", |it| it["retryCount"] = 1.into()).await;
    bench.simulator.inject("create=reset").unwrap();
    kill_when_journal_has(&bench, "apply --auto-approve", &["in_doubt", "create"]).await;
    let before = bench.disk.texts();
    let out = bench.path("p.json");
    let plan = bench.run(&format!("plan --out {out}")).await;
    assert!(plan.out.contains("(replace_owed)"), "{plan:#?}");
    assert!(plan.out.contains("+ retries             = 1"), "{plan:#?}");
    assert_eq!(bench.disk.texts(), before);
    let ran = bench.run_bare(&["apply", &out, "--simulate"]).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    bench.expect_no_changes().await;
    assert_eq!(open_journal(&bench), PathBuf::new(), "{:#?}", bench.disk.texts());
}

#[tokio::test(start_paused = true)]
async fn a_stale_apply_keeps_the_obligations_of_an_earlier_one() {
    for (keys, request, reason) in [
        ("cidr: 10.1.0.0/24, timeout: 9s", "run", "(rerun_owed)"),
        ("cidr: 10.2.0.0/24, on_change: replace", "create", "(replace_owed)"),
    ] {
        let bench = idle_and_edited(keys).await;
        bench.files(&many(&[("a", keys), ("b", "cidr: 10.3.0.0/24")]));
        let plan = bench.path("plan.json");
        let ran = bench.run(&format!("plan --out {plan}")).await;
        assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
        bench.simulator.inject("run@*=reset\ncreate@*=reset").unwrap();
        let apply = ["apply", &plan, "--simulate"];
        kill_while(&bench, bench.run_bare(&apply), &["in_doubt", request, "\"a\""]).await;
        bench.simulator.clear_faults();
        create_as_other_user(&bench.simulator, "b", "10.9.0.0/24").await;
        let ran = bench.run_bare(&apply).await;
        assert_eq!(ran.exit, Exit::Stale, "{ran:#?}");
        let ran = bench.expect_applied().await;
        assert!(ran.out.contains(reason), "{ran:#?}");
        bench.expect_no_changes().await;
        assert_eq!(open_journal(&bench), PathBuf::new(), "{:#?}", bench.disk.texts());
    }
}

#[tokio::test(start_paused = true)]
async fn no_request_is_sent_before_its_journal_line_is_synced() {
    let creates =
        [("a", "cidr: 10.1.0.0/24"), ("b", "cidr: 10.2.0.0/24"), ("c", "cidr: 10.3.0.0/24")];
    let mut seen = Vec::new();
    for n_syncs in 0..12 {
        let bench = Bench::like(&[], &[]);
        bench.files(&many(&creates));
        bench.disk.sync_only(Some(n_syncs));
        let ran = bench.run("apply --auto-approve --max-pending 1").await;
        let n_writes = bench.writes();
        assert_eq!(ran.exit == Exit::Failed, n_writes == 0, "{n_syncs}: {ran:#?}");
        bench.disk.lose_power(0);
        let texts = bench.disk.texts().into_values().collect::<String>();
        let n_lines = texts.lines().filter(|it| it.contains("\"submitting\"")).count();
        assert!(n_writes <= n_lines as u64, "{n_syncs}: {ran:#?} {texts}");
        seen.push(ran.exit);
        bench.disk.sync_only(None);
        bench.expect_healed().await;
        bench.expect_careful();
    }
    for exit in [Exit::Failed, Exit::Partial, Exit::Pending, Exit::Done] {
        assert!(seen.contains(&exit), "{seen:?}");
    }
}

/// Returns a journal in the format of the first release, with this event in its last line.
fn of_the_first_release(text: &str, last: &str) -> String {
    let envelope = r#""format_version":"1.0","seq":9,"time":"2026-01-01T00:00:00Z""#;
    let first = text.lines().next().unwrap();
    // Escaped so that the test does not validate it against the current schema.
    let first = first.replacen("\"2.0\"", "\"1.0\"", 1).replacen("\"plan\"", "\"pl\\u0061n\"", 1);
    format!("{first}\n{{{envelope},\"event\":\"{last}\"}}\n")
}

#[tokio::test(start_paused = true)]
async fn a_journal_of_the_first_release_must_be_settled_by_that_release() {
    let bench = idle_and_edited("cidr: 10.1.0.0/24, timeout: 9s").await;
    let (_, text) = bench.disk.texts().into_iter().next().unwrap();
    let (closed, open) = (".trueup/closed.jsonl", ".trueup/open.jsonl");
    bench.disk.put(closed, &of_the_first_release(&text, "finished"));
    bench.disk.put(".trueup/passed.jsonl", &of_the_first_release(&text, "taken_over"));
    bench.disk.put(open, &of_the_first_release(&text, "apply_started"));
    let expected = "its format is 1.0, that of trueup 0.1.0, which settles it\n  help: nothing was \
                    sent; settle it with trueup 0.1.0: `trueup resume .trueup/open.jsonl`";
    let before = bench.writes();
    let resumed = bench.run_bare(&["resume", open, "--simulate"]).await;
    for ran in [bench.run("apply --auto-approve").await, resumed] {
        assert_eq!(ran.exit, Exit::Invalid, "{ran:#?}");
        assert!(ran.err.contains(expected), "{ran:#?}");
    }
    let planned = bench.run("plan").await;
    assert!(planned.exit == Exit::Done && planned.err.contains("Warning"), "{planned:#?}");
    assert_eq!(bench.writes(), before);
    let ran = bench.run_bare(&["resume", closed, "--simulate"]).await;
    assert!(ran.exit == Exit::Done && ran.err.contains(closed), "{ran:#?}");
    bench.disk.remove(open);
    let _applied = bench.expect_applied().await;
}

#[tokio::test(start_paused = true)]
async fn a_closed_journal_of_the_first_release_is_renamed() {
    let bench = idle_and_edited("cidr: 10.1.0.0/24, timeout: 9s").await;
    let (_, text) = bench.disk.texts().into_iter().next().unwrap();
    bench.disk.put("j.jsonl", &of_the_first_release(&text, "finished"));
    let ran = bench.run("apply --auto-approve --journal j.jsonl").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert!(bench.disk.texts().contains_key(&PathBuf::from("j.1.jsonl")));
}
