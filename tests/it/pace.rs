//! Parallelism, rate limits, timeouts and interrupts of an apply.

use std::{fmt::Write as _, time::Duration};

use tokio::time::sleep;
use trueup::cli::Exit;
use trueup_simulator::{Options, World};

use crate::{
    bench::{Bench, Ran, options},
    shell::Shell,
    story::{CREATE, RUN, STEPS, Story, many},
};

/// Files with `n` discoveries of one prefix each.
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
async fn two_hundred_changes_take_seconds() {
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
async fn parallelism_bounds_the_writes_in_flight() {
    // Each write is answered after two seconds.
    for (n, seconds) in [(1, 12), (2, 6), (6, 2)] {
        let bench = Bench::like(&["create@*=slow:2000"], &[]);
        bench.files(&prefixes(6));
        let ran = bench.run(&format!("apply --auto-approve --parallelism {n}")).await;
        assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
        assert!(is_after(&ran, seconds), "{n}: {ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn max_pending_bounds_the_open_tasks() {
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
async fn requests_pause_for_as_long_as_a_busy_controller_asks() {
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
async fn a_known_rate_limit_is_respected() {
    for quirk in ["retry_after=seconds", "retry_after=date"] {
        let rate = Some("20/10".parse().unwrap());
        let bench = Bench::with(Options { rate, ..options(&[], &[quirk]) }, World::default());
        bench.files(&prefixes(40));
        let ran = bench.run("apply --auto-approve").await;
        assert_eq!((ran.exit, bench.requests("create") < 60), (Exit::Done, true), "{ran:#?}");
        bench.expect_careful();
    }
}

/// A world with discoveries to edit, to rerun, to keep and to delete, and files with two hundred
/// changes: eighty creates, and forty edits, reruns and deletes each.
async fn two_hundred_changes(options: &Options, seed: u64) -> (Bench, String) {
    let mut bench = Bench::with(Options { seed, ..Options::default() }, World::default());
    bench.files(&prefixes(140));
    let ran = bench.expect_applied().await;
    assert_eq!(ran.exit, Exit::Done);
    sleep(Duration::from_mins(1)).await;
    let world = World::from_json(&bench.simulator.world_json()).unwrap();
    bench.replace(Options { seed, ..options.clone() }, world);
    let mut yaml = many(&[]);
    for it in 0..220 {
        let keys = match it {
            0..40 => "timeout: 9s, rerun: never, cidr",
            40..80 => "rerun: always, cidr",
            80..120 => "state: absent, cidr",
            _ => "cidr",
        };
        writeln!(yaml, "  - {{name: n{it:03}, {keys}: 10.{}.{}.0/24}}", it / 250, it % 250)
            .unwrap();
    }
    bench.files(&yaml);
    (bench, "apply --auto-approve --timeout 2h".to_owned())
}

#[tokio::test(start_paused = true)]
async fn two_hundred_changes_finish_within_a_hundred_requests_a_minute() {
    let rate = "100/60".parse().unwrap();
    let mut seed = 0;
    for quirk in ["retry_after=seconds", "retry_after=date", "retry_after=absent"] {
        for ms in [0, 20, 150, 1_000] {
            seed += 1;
            let latency = Duration::from_millis(ms);
            let options = Options { rate: Some(rate), latency, ..options(&[], &[quirk]) };
            let (bench, line) = two_hundred_changes(&options, seed).await;
            let ran = bench.run(&line).await;
            assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
            let expected = "Apply complete! Resources: 80 added, 80 changed, 40 destroyed.\n";
            assert!(ran.out.ends_with(expected), "{ran:#?}");
            bench.expect_within_the_rate(&format!("{quirk} {ms} ms"), &ran);
            // Only the discoveries with `rerun: always` are left.
            let plan = bench.run("plan").await;
            assert!(plan.out.contains("Plan: 0 to add, 40 to change, 0 to destroy."), "{plan:#?}");
            assert_eq!(plan.out.matches("rerun_always").count(), 40, "{plan:#?}");
        }
    }
}

/// Polls for runs that take an hour.
#[tokio::test(start_paused = true)]
async fn an_hour_of_polling_stays_within_a_hundred_requests_a_minute() {
    let (latency, run_time) = (Duration::from_millis(150), Duration::from_mins(58));
    let rate = Some("100/60".parse().unwrap());
    let options = Options { rate, latency, run_time, ..options(&[], &["retry_after=absent"]) };
    let (bench, line) = two_hundred_changes(&options, 7).await;
    let ran = bench.run(&format!("{line} --wait runs")).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    let (n, n_refused) = (bench.requests("any"), bench.simulator.rate_limited());
    let what = format!("{n_refused} of {n} refused in {:?}", ran.took);
    assert!(Duration::from_hours(1) <= ran.took, "{what}");
    assert!(200 < n && 0 < n_refused && n_refused * 20 < n, "{what}");
    bench.expect_careful();
}

#[tokio::test(start_paused = true)]
async fn a_longer_apply_has_a_smaller_share_of_refused_requests() {
    for (rate, n, per_mille) in [("100/60", 400, 20), ("20/60", 60, 50), ("300/60", 600, 20)] {
        let latency = Duration::from_millis(50);
        let rate = Some(rate.parse().unwrap());
        let options = Options { rate, latency, ..Options::default() };
        let bench = Bench::with(options, World::default());
        bench.files(&prefixes(n));
        let ran = bench.run("apply --auto-approve --timeout 2h").await;
        assert_eq!(ran.exit, Exit::Done);
        let (n, n_refused) = (bench.requests("any"), bench.simulator.rate_limited());

        assert!(n_refused * 1_000 < n * per_mille, "{rate:?}: {n_refused} of {n} refused");
        bench.expect_careful();
    }
}

impl Bench {
    /// Expects that most of a hundred requests a minute were used and few were rejected.
    fn expect_within_the_rate(&self, what: &str, ran: &Ran) {
        let (n, n_refused) = (self.requests("any"), self.simulator.rate_limited());
        let ideal = Duration::from_secs((n - n_refused).saturating_sub(100) * 60 / 100);
        let what = format!("{what}: {n_refused} of {n} refused, {:?} of {ideal:?}", ran.took);

        assert!(0 < n_refused && n_refused * 20 < n, "{what}");
        assert!(ran.took < ideal * 2, "{what}");
        self.expect_careful();
    }
}

#[test]
fn a_rate_limit_is_respected_over_sockets() {
    let shell = Shell::new();
    shell.file("discoveries.yaml", &prefixes(30));
    for quirk in ["seconds", "absent"] {
        let flags = "--rate 20/2 --task-time 100ms --latency 5ms --quirk retry_after=";
        let server = shell.simulator(&format!("{flags}{quirk}"));
        let ended = shell.run(&format!("apply --auto-approve --controller {}", server.url));
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        // Some creates must be rejected, or the test does not reach the limit.
        let n = server.requests("create");
        assert!(30 < n && n < 60, "{n} creates");
        let violations = server.violations();
        assert!(violations.values().all(|it| *it == 0), "{violations:?}");
    }
}

/// The answers of a controller during an outage.
const OUTAGES: [&str; 6] = ["429", "429:1", "429:20", "503", "503:1", "503:20"];

/// Runs a command with an outage between two times in milliseconds.
async fn run_in_outage(bench: &Bench, line: &str, outage: &str, (from, to): (u64, u64)) -> Ran {
    let outages = async {
        sleep(Duration::from_millis(from)).await;
        bench.simulator.inject(&format!("any@*={outage}")).unwrap();
        sleep(Duration::from_millis(to - from)).await;
        bench.simulator.clear_faults();
    };
    // The order of polling does not matter, because the first request takes a while.
    tokio::join!(bench.run(line), outages).0
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_a_minute_at_the_start_is_waited_out() {
    for outage in OUTAGES {
        for line in ["plan", "status", "apply --auto-approve --timeout 5m"] {
            let latency = Duration::from_millis(20);
            let bench = Bench::with(Options { latency, ..options(&[], &[]) }, World::default());
            bench.files(&prefixes(12));
            let ran = run_in_outage(&bench, line, outage, (0, 60_000)).await;
            assert_eq!(ran.exit, Exit::Done, "{line}, {outage}: {ran:#?}");
            // The last backoff starts during the outage, and takes at most half a minute.
            let (least, most) = (Duration::from_mins(1), Duration::from_secs(98));
            assert!(least <= ran.took && ran.took <= most, "{line}, {outage}: {:?}", ran.took);
            assert!(bench.requests("any") < 120, "{:?}", bench.simulator.requests());
            bench.expect_careful();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_a_minute_during_an_apply_is_waited_out() {
    for outage in OUTAGES {
        for from in [150, 500, 1_300, 2_400] {
            let latency = Duration::from_millis(20);
            let bench = Bench::with(Options { latency, ..Options::default() }, World::default());
            bench.files(&prefixes(40));
            let line = "apply --auto-approve --timeout 5m --max-pending 8";
            let ran = run_in_outage(&bench, line, outage, (from, from + 60_000)).await;
            assert_eq!(ran.exit, Exit::Done, "{from}, {outage}: {ran:#?}");
            assert!(Duration::from_mins(1) < ran.took, "{from}, {outage}: {:?}", ran.took);
            assert!(ran.took < Duration::from_mins(3), "{from}, {outage}: {:?}", ran.took);
            bench.expect_careful();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_longer_than_the_timeout_ends_as_unreachable() {
    for outage in OUTAGES {
        for line in ["plan", "status", "apply --auto-approve --timeout 50s"] {
            let bench = Bench::like(&[&format!("any@*={outage}")], &[]);
            bench.files(&prefixes(12));
            let ran = bench.run(line).await;
            assert_eq!(ran.exit, Exit::Unreachable, "{line}, {outage}: {ran:#?}");
            let words = if outage.starts_with("429") { "429 Too Many" } else { "503 Service" };
            assert!(ran.err.contains(words), "{line}, {outage}: {ran:#?}");
            assert!(ran.took <= Duration::from_mins(5), "{line}, {outage}: {:?}", ran.took);
            let help = "try again later, or give `apply` longer with `--timeout`";
            assert!(ran.err.contains(help), "{line}, {outage}: {ran:#?}");
            bench.expect_careful();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_during_an_apply_that_outlasts_the_timeout_leaves_operations_pending() {
    for outage in OUTAGES {
        let latency = Duration::from_millis(20);
        let bench = Bench::with(Options { latency, ..Options::default() }, World::default());
        bench.files(&prefixes(12));
        let line = "apply --auto-approve --timeout 90s --max-pending 4";
        let ran = run_in_outage(&bench, line, outage, (400, 600_000)).await;
        assert_eq!(ran.exit, Exit::Pending, "{outage}: {ran:#?}");
        assert!(bench.writes() > 0 && ran.out.contains("Still running:"), "{outage}: {ran:#?}");
        let why = "last problem with the controller: ";
        assert!(ran.err.contains(why), "{outage}: {ran:#?}");
        bench.expect_careful();
        bench.simulator.clear_faults();
        bench.expect_healed().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_timeout_reports_the_task_that_is_still_running() {
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
async fn a_write_in_flight_at_the_timeout_is_waited_for() {
    let faults = ["create@2=hang", "create@1=stuck", "create@3=lost"];
    let bench = Bench::like(&faults, &[]);
    bench.files(&prefixes(3));
    let ran = bench.run("apply --auto-approve --timeout 3s").await;
    assert_eq!(ran.exit, Exit::Pending, "{ran:#?}");
    assert!(ran.took <= Duration::from_secs(21), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_the_timeout_prevents_is_reported_as_not_tried() {
    let bench = Bench::like(&["create@*=429:200"], &[]);
    bench.files(&prefixes(2));
    let ran = bench.run("apply --auto-approve --timeout 60s").await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    assert!(ran.out.contains("0 done, 0 failed, 2 not tried, 0 still running."), "{ran:#?}");
    assert!(is_after(&ran, 60), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_sends_nothing_more_and_waits_for_open_tasks() {
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
async fn an_interrupt_before_the_first_write_changes_nothing() {
    let mut bench = Bench::like(&["create@*=429:60"], &[]);
    bench.interrupts = vec![Duration::from_secs(5)];
    bench.files(&prefixes(3));
    let ran = bench.run("apply --auto-approve").await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    assert!(ran.out.contains("0 done, 0 failed, 3 not tried, 0 still running."), "{ran:#?}");
    assert!(ran.took < Duration::from_secs(6), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn the_drain_timeout_bounds_the_wait_for_open_tasks() {
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
async fn a_second_interrupt_exits_at_once() {
    let mut bench = Bench::like(&["create@1=stuck"], &[]);
    bench.interrupts = vec![Duration::from_secs(2), Duration::from_secs(3)];
    bench.files(&prefixes(2));
    let ran = bench.run("apply --auto-approve").await;
    assert_eq!((ran.exit, ran.took), (Exit::Pending, Duration::from_secs(3)), "{ran:#?}");
    assert!(ran.out.contains("create in progress, task "), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn waiting_for_runs_reports_how_each_ended() {
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
    // Without the flag the run is not waited for, and its failure does not matter.
    let (_, ran) = CREATE.play(&["run_ends=failed"], &[]).await;
    assert!(ran.exit == Exit::Done && ran.took < Duration::from_secs(3), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_does_not_end_is_pending_at_the_timeout() {
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
async fn a_run_whose_discovery_another_user_deletes_fails_while_it_is_waited_for() {
    let line = "apply --auto-approve --wait runs";
    let (_, ran) = Story { line, ..CREATE }.play(&[], &["count@5=other-delete:a"]).await;
    assert_eq!(ran.exit, Exit::Partial, "{ran:#?}");
    assert!(ran.out.contains("it is gone while its run was waited for"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_another_user_started_is_not_waited_for() {
    let line = "apply --auto-approve --wait runs --rerun a";
    let story = Story { line, ..RUN };
    let faults = ["release=slow:6000", "list@2=other-run:a"];
    let (bench, ran) = story.play(&[], &faults).await;
    assert_eq!((ran.exit, bench.requests("run")), (Exit::Done, 0), "{ran:#?}");
    assert!(ran.took < Duration::from_secs(8), "{ran:#?}");
}
