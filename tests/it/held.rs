//! Writes that a busy controller holds back, and what becomes of their discoveries meanwhile.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;
use trueup::cli::Exit;
use trueup_simulator::{Options, World};

use crate::{
    bench::{Bench, Ran, options},
    other_user::edit_as_other_user,
    story::yaml,
};

/// A discovery that has been made and has run, files that want something else, and a controller
/// that holds the write back for that; in the meantime somebody sets these members, if any.
async fn held_back(keys: &str, line: &str, fault: &str, members: &Value) -> (Bench, Ran) {
    let bench = Bench::like(&[], &[]);
    bench.files(&yaml("cidr: 10.1.0.0/24, timeout: 5s"));
    let _applied = bench.expect_applied().await;
    sleep(Duration::from_secs(30)).await;
    bench.files(&yaml(keys));
    bench.simulator.inject(fault).unwrap();
    let (ran, ()) = tokio::join!(bench.run(line), async {
        sleep(Duration::from_secs(6)).await;
        if members.as_object().unwrap().is_empty() {
            return;
        }
        edit_as_other_user(&bench.simulator, "1", |it| {
            for (key, value) in members.as_object().unwrap() {
                it[key] = value.clone();
            }
        })
        .await;
    });
    (bench, ran)
}

fn the_one(bench: &Bench) -> Value {
    let world: Value = serde_json::from_str(&bench.simulator.world_json()).unwrap();
    world["discoveries"][0].clone()
}

#[tokio::test(start_paused = true)]
async fn what_somebody_has_changed_while_a_delete_was_held_back_is_not_deleted() {
    let members = json!({"ipAddressList": "10.99.0.0-10.99.0.9", "discoveryType": "Range"});
    let line = "apply --auto-approve";
    let (bench, ran) =
        held_back("state: absent, cidr: 10.1.0.0/24", line, "delete@1=429:20", &members).await;
    assert_eq!((ran.exit, bench.simulator.names().len()), (Exit::Failed, 1), "{ran:#?}");
    assert_eq!(the_one(&bench)["ipAddressList"], members["ipAddressList"], "{ran:#?}");
    assert!(ran.out.contains("Moved since the plan"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_was_held_back_does_not_undo_what_somebody_has_done() {
    for (rerun, fault) in [(", rerun: never", "edit@1=429:15"), ("", "get@1=slow:14000")] {
        let keys = format!("cidr: 10.1.0.0/24, timeout: 9s{rerun}");
        let members = json!({"retryCount": 1});
        let (bench, ran) = held_back(&keys, "apply --auto-approve", fault, &members).await;
        let one = the_one(&bench);
        assert_eq!(one["retryCount"], 1, "{fault}: {one:#} {ran:#?}");
        assert_eq!((ran.exit, &one["timeOut"]), (Exit::Failed, &json!(5)), "{fault}: {ran:#?}");
        assert!(ran.out.contains("Moved since the plan"), "{fault}: {ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_has_changed_while_a_run_was_held_back_is_not_run() {
    let members = json!({"ipAddressList": "10.98.0.0-10.98.0.9", "discoveryType": "Range"});
    let line = "apply --auto-approve --rerun a";
    let keys = "cidr: 10.1.0.0/24, timeout: 5s";
    let (bench, ran) = held_back(keys, line, "run@1=429:15", &members).await;
    assert_ne!(ran.exit, Exit::Done, "{ran:#?}");
    assert_eq!(bench.requests("run"), 1, "the one that was turned away: {ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_held_back_leaves_where_nothing_has_moved() {
    for (keys, fault) in [
        ("state: absent, cidr: 10.1.0.0/24", "delete@1=429:40"),
        ("cidr: 10.1.0.0/24, timeout: 9s", "edit@1-3=429:40"),
        ("cidr: 10.1.0.0/24, timeout: 9s", "run@1-2=429:40"),
    ] {
        let line = "apply --auto-approve";
        let (bench, ran) = held_back(keys, line, fault, &json!({})).await;
        assert_eq!(ran.exit, Exit::Done, "{fault}: {ran:#?}");
        bench.expect_careful();
        bench.expect_no_changes().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_controller_that_takes_its_time_for_a_list_is_written_to_all_the_same() {
    for seconds in [4, 9] {
        let options = Options { latency: Duration::from_secs(seconds), ..options(&[], &[]) };
        let bench = Bench::with(options, World::default());
        bench.files(&yaml("cidr: 10.1.0.0/24, timeout: 5s"));
        let _applied = bench.expect_applied().await;
        bench.files(&yaml("cidr: 10.1.0.0/24, timeout: 9s"));
        let ran = bench.run("apply --auto-approve").await;
        assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
        bench.expect_no_changes().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_over_before_it_can_be_looked_for_is_found_by_its_jobs() {
    let run_time = Duration::from_secs(2);
    let bench = Bench::with(Options { run_time, ..options(&[], &[]) }, World::default());
    bench.files(&yaml("cidr: 10.1.0.0/24, timeout: 5s"));
    let _applied = bench.expect_applied().await;
    sleep(Duration::from_secs(30)).await;
    bench.simulator.inject("list@2-25=502").unwrap();
    let ran = bench.run("apply --auto-approve --rerun a").await;
    assert_eq!((ran.exit, bench.requests("run")), (Exit::Done, 1), "{ran:#?}");
    assert!(Duration::from_secs(30) < ran.took, "the lists were to fail for long: {ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_create_is_not_sent_again_while_a_task_may_be_its_own() {
    for quirks in [&["visible_after=15s"][..], &["visible_after=15s", "tasks_v1=404"]] {
        let bench = Bench::like(&["create=lost"], quirks);
        bench.files(&yaml("cidr: 10.1.0.0/24"));
        let ran = bench.run("apply --auto-approve").await;
        assert_eq!((ran.exit, bench.requests("create")), (Exit::Done, 1), "{quirks:?}: {ran:#?}");
        bench.expect_careful();
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_that_hangs_leaves_nothing_unknown() {
    let mut bench = Bench::like(&[], &[]);
    bench.files(&yaml("cidr: 10.1.0.0/24, timeout: 5s"));
    let _applied = bench.expect_applied().await;
    sleep(Duration::from_secs(30)).await;
    bench.files(&yaml("cidr: 10.1.0.0/24, timeout: 9s"));
    bench.simulator.inject("get@1=hang").unwrap();
    bench.interrupts = vec![Duration::from_secs(1)];
    let n_writes = bench.writes();
    let ran = bench.run("apply --auto-approve --drain 2s").await;
    assert_eq!((ran.exit, bench.writes()), (Exit::Failed, n_writes), "{ran:#?}");
    assert!(ran.out.contains("1 not tried, 0 still running."), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn what_no_list_has_shown_since_is_not_said_to_run_on() {
    let run_time = Duration::from_hours(9);
    let bench = Bench::with(Options { run_time, ..options(&[], &[]) }, World::default());
    bench.files(&yaml("cidr: 10.1.0.0/24"));
    let _applied = bench.expect_applied().await;
    bench.files(&yaml("cidr: 10.1.0.0/24, state: stopped"));
    bench.simulator.inject("list@2-99=429:10").unwrap();
    let ran = bench.run("apply --auto-approve --timeout 2m").await;
    assert_eq!(ran.exit, Exit::Pending, "{ran:#?}");
    assert!(!ran.out.contains("it is still running"), "{ran:#?}");
    assert!(ran.out.contains("out of time before its effect was seen"), "{ran:#?}");
}
