//! Every quirk of the simulator with every value: the whole life of a discovery must succeed, or fail
//! as expected.

use std::time::Duration;

use tokio::time::sleep;
use trueup::cli::Exit;
use trueup_simulator::{Options, Quirks};

use crate::{
    bench::{Bench, options},
    story::{CREATE, EDIT, RUN, STOP, Story, UPDATE, yaml},
};

/// The stages of a life: name, settings in the files, and flags of the apply.
const STAGES: &[(&str, &str, &str)] = &[
    ("create", "ranges: [10.1.0.0-10.1.0.9, 10.2.0.7], protocols: [ssh, telnet], timeout: 5s", ""),
    ("edit", "ranges: [10.1.0.0-10.1.0.9, 10.2.0.7], protocols: [ssh, telnet], timeout: 9s", ""),
    ("new target", "cdp: {seed: 10.0.0.1}, exclude: [10.9.0.0/24], management_ip: loopback", ""),
    (
        "empty settings",
        "cdp: {seed: 10.0.0.1, hops: 3}, exclude: [], credentials: {snmp_v3: []}",
        "",
    ),
    ("run", "cdp: {seed: 10.0.0.1, hops: 3}, exclude: []", "--rerun a"),
    ("replace", "cidr: 10.3.0.0/24, retries: 2, netconf_port: 830, on_change: replace", ""),
    ("delete", "state: absent", ""),
];

/// Quirks with which a stage fails, and the error.
const FAILURES: &[(&str, &str, &str)] = &[
    ("put_persists=never", "edit", "on_change: replace"),
    ("role=observer", "create", "does not have valid permissions"),
];

/// Quirks that make every read fail, so that nothing can be applied.
const UNREADABLE: &[&str] = &["role=none"];

async fn play_life(quirk: &str) {
    let bench = Bench::with(options(&[], &[quirk]), trueup_simulator::World::default());
    for (stage, keys, flags) in STAGES {
        bench.files(&yaml(keys));
        let ran = bench.run(&format!("apply --auto-approve {flags}")).await;
        if let Some((.., words)) = FAILURES.iter().find(|it| (it.0, it.1) == (quirk, *stage)) {
            assert!(ran.exit == Exit::Failed && ran.out.contains(words), "{quirk}: {ran:#?}");
            return;
        }
        assert_eq!(ran.exit, Exit::Done, "{quirk} {stage}: {ran:#?}");
        let again = bench.run("plan --detailed-exitcode").await;
        assert_eq!(again.exit, Exit::Done, "{quirk} {stage}: {again:#?}");
        sleep(Duration::from_mins(1)).await;
    }
    bench.expect_careful();
    assert_eq!(bench.simulator.violations().values().sum::<u64>(), 0, "{quirk}");
}

/// Every value of every quirk, written as on the command line.
fn settings() -> Vec<String> {
    let of = |it: &'static trueup_simulator::QuirkChoice| {
        let values = it.values.iter().map(|value| if *value == "DURATION" { "4s" } else { value });
        values.map(|value| format!("{}={value}", it.name))
    };
    let all = Quirks::ALL.iter().flat_map(of);
    all.filter(|it| !UNREADABLE.contains(&it.as_str())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_discovery_lifecycle_works_with_the_first_half_of_the_quirks() {
    let settings = settings();
    let half = settings.len() / 2;
    assert!(50 < half, "only {settings:?}");
    for setting in &settings[..half] {
        play_life(setting).await;
    }
}

/// The other half, so that the two tests run in parallel.
#[tokio::test(start_paused = true)]
async fn a_discovery_lifecycle_works_with_the_other_half_of_the_quirks() {
    let settings = settings();
    for setting in &settings[settings.len() / 2..] {
        play_life(setting).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_discovery_that_appears_late_is_done_and_one_that_never_appears_fails() {
    let (bench, ran) = CREATE.play(&["visible_after=1500ms"], &[]).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert!(ran.took < Duration::from_secs(5), "{ran:#?}");
    bench.expect_no_changes().await;

    let (bench, ran) = CREATE.play(&["visible_after=40s"], &[]).await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    let words = "the controller reported success, but no discovery has the name";
    assert!(ran.out.contains(words), "{ran:#?}");
    assert!(ran.took < Duration::from_secs(38), "{ran:#?}");
    assert_eq!(bench.requests("create"), 1);
    // The next apply waits for the name, which is taken and appears soon.
    bench.expect_healed().await;
    assert_eq!(bench.violations("duplicate_create"), 0);
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_the_controller_does_not_keep_names_the_field_and_starts_no_run() {
    let (bench, ran) = UPDATE.play(&["put_persists=never"], &[]).await;
    assert_eq!((ran.exit, bench.requests("run")), (Exit::Failed, 0), "{ran:#?}");
    let words = "the controller reported success, but `cidr` is 10.1.0.0/24 instead of \
                 10.2.0.0/24; `on_change: replace` recreates the discovery instead";
    assert!(ran.out.contains(words) && ran.out.contains("at discoveries.yaml:4:"), "{ran:#?}");
    bench.expect_careful();
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_starts_a_run_by_itself_is_not_followed_by_another() {
    for run_time in [0, 1, 10, 600] {
        let run_time = Duration::from_secs(run_time);
        for quirks in
            [["edit_runs=yes", "edit_status=inactive"], ["edit_runs=yes", "edit_status=edit"]]
        {
            let bench = UPDATE.begin_with(Options { run_time, ..options(&[], &quirks) }).await;
            sleep(Duration::from_mins(1)).await;
            let (bench, ran) = UPDATE.play_on(bench, &[]).await;
            assert_eq!((ran.exit, bench.requests("run")), (Exit::Done, 0), "{run_time:?} {ran:#?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_a_running_discovery_is_followed_by_its_own_run() {
    let story = Story { running: true, ..UPDATE };
    let (bench, ran) = story.play(&[], &[]).await;
    assert_eq!((ran.exit, bench.requests("run")), (Exit::Done, 1), "{ran:#?}");
    assert_eq!((bench.requests("stop"), bench.requests("edit")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_before_it_is_observed_is_found_by_its_jobs() {
    for quirk in ["devices=none", "job_times=number", "jobs_kept=last", "task_end=run_ended"] {
        let options = Options { run_time: Duration::from_millis(10), ..options(&[], &[quirk]) };
        let bench = RUN.begin_with(options).await;
        sleep(Duration::from_mins(1)).await;
        let (bench, ran) = RUN.play_on(bench, &[]).await;
        assert_eq!((ran.exit, bench.requests("run")), (Exit::Done, 1), "{quirk}: {ran:#?}");
        assert!(ran.took < Duration::from_secs(5), "{quirk}: {ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_does_not_wait_for_its_run_wherever_its_task_reports_the_id() {
    for place in ["progress", "data", "both"] {
        for shape in ["bare", "number", "text"] {
            let id = format!("task_id_in={place}");
            let data = format!("task_data={shape}");
            for quirks in [[&*id, &data, "task_end=run_ended"], [&*id, &data, "task_end=created"]] {
                let (bench, ran) = CREATE.play(&quirks, &[]).await;
                assert_eq!(ran.exit, Exit::Done, "{quirks:?}: {ran:#?}");
                assert!(ran.took < Duration::from_secs(4), "{quirks:?}: {:?}", ran.took);
                bench.expect_no_changes().await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn tasks_are_found_with_either_version_of_the_tasks_api() {
    for gone in ["404", "405", "410", "501"] {
        let quirk = format!("tasks_v1={gone}");
        let (bench, ran) = CREATE.play(&[&quirk], &[]).await;
        assert_eq!(ran.exit, Exit::Done, "{quirk}: {ran:#?}");
        bench.expect_no_changes().await;
        let (_, ran) = CREATE.play(&[&quirk], &["create=fail:The disk is full"]).await;
        assert!(ran.exit == Exit::Failed && ran.out.contains("The disk is full"), "{ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_task_is_reported_from_whichever_field_has_the_reason() {
    let stories = [
        ("both", "The disk is full"),
        ("reason", "The disk is full"),
        ("code", "The disk is full"),
        ("progress", "The disk is full"),
        ("none", "the controller did not say why"),
    ];
    for (place, words) in stories {
        for tasks in ["tasks_v1=served", "tasks_v1=410"] {
            let quirks = [&*format!("error_words={place}"), tasks];
            let (_, ran) = EDIT.play(&quirks, &["edit=fail:The disk is full"]).await;
            assert_eq!(ran.exit, Exit::Failed, "{quirks:?}: {ran:#?}");
            let is_reported =
                ran.out.contains(words) || ran.out.contains("Failed to update discovery");
            assert!(
                is_reported && ran.out.contains("at discoveries.yaml:4:"),
                "{quirks:?}: {ran:#?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_recognised_whatever_condition_the_controller_reports() {
    for condition in ["aborted", "complete", "failed", "yet_to_start"] {
        let (bench, ran) = STOP.play(&[&format!("stop_condition={condition}")], &[]).await;
        assert_eq!((ran.exit, bench.requests("stop")), (Exit::Done, 1), "{ran:#?}");
        bench.expect_no_changes().await;
    }
}
