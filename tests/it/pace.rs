//! How much is under way at once, how long it may take, and how it is ended.

use std::{fmt::Write as _, time::Duration};

use trueup::{
    cli::Exit,
    simulator::{Options, World},
};

use crate::{
    bench::{Bench, Ran, options},
    story::{CREATE, RUN, STEPS, Story},
};

/// So many discoveries, each of one prefix.
fn prefixes(n: usize) -> String {
    let mut yaml =
        "version: 1\ndefaults: {credentials: {cli: [netops], snmp_v3: [core]}}\ndiscoveries:\n"
            .to_owned();
    for it in 0..n {
        writeln!(yaml, "  - {{name: n{it:03}, cidr: 10.{}.{}.0/24}}", it / 250, it % 250).unwrap();
    }
    yaml
}

fn is_after(ran: &Ran, seconds: u64) -> bool {
    Duration::from_secs(seconds) <= ran.took
        && ran.took <= Duration::from_secs(seconds) + Duration::from_millis(1_500)
}

#[tokio::test(start_paused = true)]
async fn two_hundred_changes_are_done_in_seconds() {
    let latency = Duration::from_millis(20);
    let bench = Bench::with(Options { latency, ..Options::default() }, World::default());
    bench.files(&prefixes(200));
    let ran = bench.expect_applied().await;
    assert!(ran.out.ends_with("Resources: 200 added, 0 changed, 0 destroyed.\n"));
    assert!(ran.took < Duration::from_secs(8), "{:?}", ran.took);
    let n_others = bench.requests("any") - bench.writes();
    assert!(bench.writes() == 200 && n_others < 100, "{:?}", bench.simulator.requests());
    bench.expect_no_changes().await;
    bench.expect_careful();
}

#[tokio::test(start_paused = true)]
async fn as_many_writes_leave_at_once_as_may_be_in_flight() {
    // Each write takes two seconds to be answered.
    for (n, seconds) in [(1, 12), (2, 6), (6, 2)] {
        let bench = Bench::like(&["create@*=slow:2000"], &[]);
        bench.files(&prefixes(6));
        let ran = bench.run(&format!("apply --auto-approve --parallelism {n}")).await;
        assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
        assert!(is_after(&ran, seconds), "{n}: {ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn as_many_tasks_are_open_at_once_as_may_be_pending() {
    for (n, seconds) in [(1, 36), (3, 12), (12, 6)] {
        let task_time = Duration::from_secs(6);
        let options = Options { task_time, ..Options::default() };
        let bench = Bench::with(options, World::default());
        bench.files(&prefixes(if n == 12 { 12 } else { 6 }));
        let ran = bench.run(&format!("apply --auto-approve --max-pending {n}")).await;
        assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
        let most = Duration::from_secs(seconds * 3 / 2 + 2);
        assert!(Duration::from_secs(seconds) <= ran.took && ran.took < most, "{n}: {:?}", ran.took);
        bench.expect_careful();
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_controller_gets_the_silence_that_it_asks_for() {
    let places = ["list", "count", "tasks", "create", "credentials", "token", "release"];
    for place in places {
        for what in ["429", "429:9", "503", "429:0"] {
            let bench = Bench::like(&[&format!("{place}={what}")], &[]);
            bench.files(&prefixes(12));
            let ran = bench.run("apply --auto-approve").await;
            assert_eq!(ran.exit, Exit::Done, "{place}={what}: {ran:#?}");
            let least = Duration::from_secs(if what == "429:9" { 9 } else { 1 });
            assert!(least <= ran.took, "{place}={what}: {:?}", ran.took);
            bench.expect_careful();
            bench.expect_no_changes().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_kept_once_it_is_known() {
    for quirk in ["retry_after=seconds", "retry_after=date"] {
        let rate = Some("20/10".parse().unwrap());
        let bench = Bench::with(Options { rate, ..options(&[], &[quirk]) }, World::default());
        bench.files(&prefixes(40));
        let ran = bench.run("apply --auto-approve").await;
        assert_eq!((ran.exit, bench.requests("create") < 60), (Exit::Done, true), "{ran:#?}");
        bench.expect_careful();
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_limit_leaves_the_task_to_be_found() {
    for story in &STEPS {
        let line = story.line.replace("--timeout 5m", "--timeout 40s");
        let bench = story.begin(&[]).await;
        bench.simulator.inject(&format!("{}=stuck", story.step)).unwrap();
        let ran = bench.run(&line).await;
        assert!(ran.exit == Exit::Pending && is_after(&ran, 40), "{ran:#?}");
        assert!(ran.out.contains("Still running:\n"), "{ran:#?}");
        assert!(ran.out.contains(": task "), "{ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_under_way_at_the_end_of_the_time_is_waited_for() {
    let faults = ["create@2=hang", "create@1=stuck", "create@3=lost"];
    let bench = Bench::like(&faults, &[]);
    bench.files(&prefixes(3));
    let ran = bench.run("apply --auto-approve --timeout 3s").await;
    assert_eq!(ran.exit, Exit::Pending, "{ran:#?}");
    assert!(ran.took <= Duration::from_secs(21), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_the_time_keeps_from_leaving_was_not_tried() {
    let bench = Bench::like(&["create@*=429:200"], &[]);
    bench.files(&prefixes(2));
    let ran = bench.run("apply --auto-approve --timeout 60s").await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    assert!(ran.out.contains("0 done, 0 failed, 2 not tried, 0 still running."), "{ran:#?}");
    assert!(is_after(&ran, 60), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_submits_nothing_more_and_waits_for_what_is_open() {
    let mut bench = Bench::like(&[], &[]);
    bench.interrupts = vec![Duration::from_millis(500)];
    bench.files(&prefixes(6));
    let ran = bench.run("apply --auto-approve --max-pending 2").await;
    assert_eq!((ran.exit, bench.writes()), (Exit::Partial, 2), "{ran:#?}");
    assert!(ran.out.ends_with("2 done, 0 failed, 4 not tried, 0 still running.\n"), "{ran:#?}");
    assert!(ran.out.contains("Not tried:\n  + n002: interrupted\n"), "{ran:#?}");
    assert!(ran.took < Duration::from_secs(3), "{ran:#?}");

    bench.interrupts.clear();
    bench.expect_healed().await;
    bench.expect_careful();
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_before_any_write_has_changed_nothing() {
    let mut bench = Bench::like(&["create@*=429:60"], &[]);
    bench.interrupts = vec![Duration::from_secs(5)];
    bench.files(&prefixes(3));
    let ran = bench.run("apply --auto-approve").await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    assert!(ran.out.contains("0 done, 0 failed, 3 not tried, 0 still running."), "{ran:#?}");
    assert!(ran.took < Duration::from_secs(6), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn the_drain_bounds_the_wait_for_what_is_open() {
    for fault in ["create@1=stuck", "create@1=hang"] {
        let mut bench = Bench::like(&[fault], &[]);
        bench.interrupts = vec![Duration::from_secs(2)];
        bench.files(&prefixes(2));
        let ran = bench.run("apply --auto-approve --drain 7s").await;
        assert_eq!(ran.exit, Exit::Pending, "{ran:#?}");
        assert!(is_after(&ran, 9), "{fault}: {ran:#?}");
        assert!(ran.out.ends_with("1 done, 0 failed, 0 not tried, 1 still running.\n"), "{ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_interrupt_leaves_at_once() {
    let mut bench = Bench::like(&["create@1=stuck"], &[]);
    bench.interrupts = vec![Duration::from_secs(2), Duration::from_secs(3)];
    bench.files(&prefixes(2));
    let ran = bench.run("apply --auto-approve").await;
    assert_eq!((ran.exit, ran.took), (Exit::Pending, Duration::from_secs(3)), "{ran:#?}");
    assert!(ran.out.contains("create under way, task "), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn waiting_for_runs_tells_how_each_ended() {
    let line = "apply --auto-approve --wait runs";
    let stories: [(&[&str], Exit, &str); 7] = [
        (&[], Exit::Done, "a: created"),
        (&["devices=none"], Exit::Done, "warning: its run found no device"),
        (&["run_ends=aborted"], Exit::Partial, "its run ended `Inactive Aborted`"),
        (&["run_ends=failed"], Exit::Partial, "its run ended `Inactive Failed`"),
        (&["run_ends=odd"], Exit::Partial, "its run ended `Inactive Partially Collected`"),
        (&["running_condition=queued"], Exit::Done, "a: created"),
        (&["task_end=run_ended"], Exit::Done, "a: created"),
    ];
    for (quirks, exit, words) in stories {
        let (_, ran) = Story { line, ..CREATE }.play(quirks, &[]).await;
        assert_eq!(ran.exit, exit, "{quirks:?}: {ran:#?}");
        assert!(ran.out.contains(words), "{quirks:?}: {ran:#?}");
        assert!(Duration::from_secs(10) <= ran.took, "{ran:#?}");
    }
    // Without the flag nobody waits for the run, and what becomes of it fails nothing.
    let (_, ran) = CREATE.play(&["run_ends=failed"], &[]).await;
    assert!(ran.exit == Exit::Done && ran.took < Duration::from_secs(3), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_never_ends_is_open_when_the_time_is_over() {
    let bench = Bench::with(
        Options { run_time: Duration::from_mins(150), ..Options::default() },
        World::default(),
    );
    bench.files(&prefixes(1));
    let ran = bench.run("apply --auto-approve --wait runs --timeout 2m").await;
    assert!(ran.exit == Exit::Pending && is_after(&ran, 120), "{ran:#?}");
    assert!(ran.out.contains("out of time before its run ended"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_somebody_stops_or_deletes_while_it_is_waited_for_fails() {
    let line = "apply --auto-approve --wait runs";
    let (_, ran) = Story { line, ..CREATE }.play(&[], &["count@5=other-delete:a"]).await;
    assert_eq!(ran.exit, Exit::Partial, "{ran:#?}");
    assert!(ran.out.contains("it is gone while its run was waited for"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_that_was_not_started_here_is_waited_for() {
    let line = "apply --auto-approve --wait runs --rerun a";
    let story = Story { line, ..RUN };
    let faults = ["release=slow:6000", "list@2=other-run:a"];
    let (bench, ran) = story.play(&[], &faults).await;
    assert_eq!((ran.exit, bench.requests("run")), (Exit::Done, 0), "{ran:#?}");
    assert!(ran.took < Duration::from_secs(8), "{ran:#?}");
}
