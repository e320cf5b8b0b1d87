//! Everything that can go wrong with one write: what it comes to, and what the next apply makes
//! of it.

use std::time::Duration;

use tokio::time::sleep;
use trueup::cli::Exit;
use trueup_simulator::Options;

use crate::{
    bench::Bench,
    other_user::{create_as_other_user, delete_as_other_user},
    story::{CREATE, DELETE, EDIT, REPLACE, RUN, STEPS, STOP, Story, UPDATE, yaml},
};

/// What goes wrong with the first write of a step, how the apply ends, how many such requests the
/// controller sees, and what is said of it.
const FAULTS: &[(&str, Exit, u64, &str)] = &[
    ("lost", Exit::Done, 1, "in doubt"),
    ("reset", Exit::Done, 2, "was not processed"),
    ("taken:502", Exit::Done, 1, "in doubt"),
    ("500", Exit::Done, 2, "500"),
    ("503", Exit::Done, 2, "503"),
    ("504", Exit::Done, 2, "504"),
    ("429", Exit::Done, 2, ""),
    ("429:7", Exit::Done, 2, ""),
    ("html", Exit::Done, 1, "in doubt"),
    ("cut", Exit::Done, 1, "in doubt"),
    ("null", Exit::Done, 1, "in doubt"),
    ("slow:5000", Exit::Done, 1, ""),
    ("slow:25000", Exit::Done, 1, "in doubt"),
    ("hang", Exit::Done, 2, "in doubt"),
    ("expire", Exit::Done, 2, ""),
    ("late:5000", Exit::Done, 1, ""),
    ("late:60000", Exit::Done, 1, "does not know its task"),
    ("stuck", Exit::Pending, 1, "still running"),
    ("stuck-done", Exit::Pending, 1, "still running"),
    ("fail:The disk is full", Exit::Failed, 1, "The disk is full"),
    ("lie", Exit::Failed, 1, "the controller reported success, but"),
];

async fn expect(story: &Story, fault: &str, (exit, n_sent, words): (Exit, u64, &str)) {
    let step = story.step;
    let bench = story.begin(&[]).await;
    let n_before = bench.requests(step);
    let (bench, ran) = story.play_on(bench, &[&format!("{step}={fault}")]).await;
    let title = format!("{step}={fault}");
    assert_eq!(ran.exit, exit, "{title}: {ran:#?}");
    assert_eq!(bench.requests(step) - n_before, n_sent, "{title}: {ran:#?}");
    assert!(ran.out.contains(words) || ran.err.contains(words), "{title}: {ran:#?}");
    let last = ran.out.lines().last().unwrap_or_default();
    let (begins, place) = match exit {
        Exit::Done => ("Apply complete! Resources: ", ""),
        _ => ("Apply incomplete. ", "at discoveries.yaml:4:"),
    };
    assert!(last.starts_with(begins) && ran.out.contains(place), "{title}: {ran:#?}");
    if words.contains("still running") {
        assert!(ran.out.contains("task ") && ran.out.contains("out of time"), "{title}: {ran:#?}");
    }
    bench.expect_healed().await;
    bench.expect_careful();
}

#[tokio::test(start_paused = true)]
async fn whatever_goes_wrong_with_a_write_is_settled_and_healed() {
    for story in &STEPS {
        for (fault, exit, n_sent, words) in FAULTS {
            expect(story, fault, (*exit, *n_sent, words)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_and_a_replace_survive_the_same() {
    let quick = ["lost", "reset", "taken:502", "503", "429:3", "cut", "hang", "expire"];
    for (story, steps) in [(&UPDATE, ["edit", "run"]), (&REPLACE, ["delete", "create"])] {
        for (step, fault) in steps.iter().flat_map(|step| quick.map(|fault| (step, fault))) {
            let (bench, ran) = story.play(&[], &[&format!("{step}={fault}")]).await;
            assert_eq!(ran.exit, Exit::Done, "{step}={fault}: {ran:#?}");
            bench.expect_no_changes().await;
            bench.expect_careful();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_is_never_taken_on_is_sent_three_times() {
    for story in &STEPS {
        let bench = story.begin(&[]).await;
        let n_before = bench.requests(story.step);
        let (bench, ran) = story.play_on(bench, &[&format!("{}@*=reset", story.step)]).await;
        assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
        assert!(ran.out.contains("not taken on in 3 attempts"), "{ran:#?}");
        assert_eq!(bench.requests(story.step) - n_before, 3);
        bench.expect_careful();
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_waited_long_to_leave_has_its_time_to_show_all_the_same() {
    for story in &STEPS {
        for faults in [["429:20", "lost"], ["429:20", "reset"]] {
            let faults = [1, 2].map(|it| format!("{}@{it}={}", story.step, faults[it - 1]));
            let (bench, ran) = story.play(&[], &faults.each_ref().map(|it| &**it)).await;
            assert_eq!(ran.exit, Exit::Done, "{faults:?} {ran:#?}");
            bench.expect_no_changes().await;
            bench.expect_careful();
        }
    }
}

/// A discovery whose runs are over at once, a minute after its last one.
async fn short_run() -> Bench {
    let bench = RUN.begin_with(Options { run_time: Duration::ZERO, ..Options::default() }).await;
    sleep(Duration::from_mins(1)).await;
    bench
}

#[tokio::test(start_paused = true)]
async fn a_short_run_whose_answer_was_lost_is_not_started_again() {
    for fault in ["run=lost", "run=taken:502", "run=cut"] {
        let bench = short_run().await;
        let (bench, ran) = RUN.play_on(bench, &[fault]).await;
        assert_eq!((ran.exit, bench.requests("run")), (Exit::Done, 1), "{fault}: {ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn jobs_that_cannot_be_read_do_not_prove_that_nothing_ran() {
    // The jobs have no place of their own among faults, so their requests are counted out.
    let bench = short_run().await;
    let n_before = bench.simulator.request_log().len();
    let (bench, _) = RUN.play_on(bench, &["run=lost"]).await;
    let log = bench.simulator.request_log();
    // The first time they are asked for is before the run.
    let asked = log[n_before..].iter().enumerate().filter(|(_, it)| it.contains("/job"));
    let nth = 1 + asked.map(|(nth, _)| nth).nth(1).unwrap();

    let bench = short_run().await;
    let fault = format!("any@{nth}-{}=500", nth + 40);
    let (bench, ran) = RUN.play_on(bench, &["run=lost", &fault]).await;
    assert!(ran.err.contains("/job?offset=1&limit=500: answered 500"), "{ran:#?}");
    assert_eq!((ran.exit, bench.requests("run")), (Exit::Done, 1), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn tasks_that_cannot_be_looked_at_leave_a_write_pending() {
    // Where only one of the two is of no use, the other one tells.
    for fault in ["tasks@*=html", "task@*=html"] {
        let (_, ran) = CREATE.play(&[], &[fault]).await;
        assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    }
    for what in ["500", "html", "hang"] {
        let faults = [format!("tasks@*={what}"), format!("task@*={what}")];
        let (bench, ran) = CREATE.play(&[], &faults.each_ref().map(String::as_str)).await;
        assert_eq!(ran.exit, Exit::Pending, "{ran:#?}");
        assert!(ran.err.contains("a read failed, retrying"), "{ran:#?}");
        assert_eq!((bench.requests("create"), bench.violations("duplicate_create")), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_in_doubt_is_not_sent_again_while_nothing_can_be_read() {
    let (bench, ran) = CREATE.play(&[], &["create=lost", "list@2-9999=500"]).await;
    assert_eq!((ran.exit, bench.requests("create")), (Exit::Pending, 1), "{ran:#?}");
    assert!(ran.out.contains("outcome unknown: "), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_does_at_the_write_itself_is_settled() {
    let stories: [(&Story, &str, Exit, &str); 6] = [
        (&CREATE, "create=other-create:a", Exit::Failed, "another user created a discovery"),
        (&EDIT, "edit=other-edit:a", Exit::Done, ""),
        (&RUN, "run=other-run:a", Exit::Done, ""),
        (&RUN, "run=other-edit:a", Exit::Done, ""),
        (&STOP, "stop=other-edit:a", Exit::Done, ""),
        (&DELETE, "delete=other-delete:a", Exit::Done, "already as wanted"),
    ];
    for (story, fault, exit, words) in stories {
        let (bench, ran) = story.play(&[], &[fault]).await;
        assert_eq!(ran.exit, exit, "{fault}: {ran:#?}");
        assert!(ran.out.contains(words), "{fault}: {ran:#?}");
        let race =
            if fault.starts_with("create") { "duplicate_create" } else { "write_to_missing_id" };
        bench.expect_careful_but_for(&[race]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_discovery_that_goes_before_the_write_fails_or_is_stale_but_is_never_made_again() {
    for missing_id in ["404", "400", "500"] {
        let quirk = format!("missing_id={missing_id}");
        let stories = [
            (&EDIT, "get=other-delete:a"),
            (&EDIT, "edit=other-delete:a"),
            (&RUN, "run=other-delete:a"),
            (&STOP, "stop=other-delete:a"),
        ];
        for (story, fault) in stories {
            let (bench, ran) = story.play(&[&quirk], &[fault]).await;
            assert_eq!(ran.exit, Exit::Failed, "{quirk} {fault}: {ran:#?}");
            assert_eq!(bench.requests("create"), 1);
        }
        let (bench, ran) = DELETE.play(&[&quirk], &["delete=other-delete:a"]).await;
        assert_eq!((ran.exit, bench.requests("delete")), (Exit::Done, 1), "{quirk}: {ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_id_may_be_told_by_the_task() {
    let quirks = ["missing_write=task_fails"];
    let (_, ran) = DELETE.play(&quirks, &["delete=other-delete:a"]).await;
    assert!(ran.exit == Exit::Done && ran.out.contains("already as wanted"), "{ran:#?}");
    let (_, ran) = RUN.play(&quirks, &["run=other-delete:a"]).await;
    assert!(ran.exit == Exit::Failed && ran.out.contains("does not exist"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_create_that_loses_a_race_to_the_same_settings_is_converged() {
    let same = Story {
        after: "ranges: [192.0.2.1-192.0.2.10], protocols: [ssh], timeout: 5s, credentials: \
                {cli: [netops], snmp_v3: []}",
        ..CREATE
    };
    let (bench, ran) = same.play(&[], &["create=other-create:a"]).await;
    assert!(ran.exit == Exit::Done && ran.out.contains("already as wanted"), "{ran:#?}");
    bench.expect_no_changes().await;
}

/// Somebody's create begins with ours, of which no answer comes, and what it made is deleted at
/// once: its task names an id that no list will show any more.
#[tokio::test(start_paused = true)]
async fn what_somebody_made_and_deleted_keeps_no_doubt_open() {
    let bench = Bench::like(&["create@1=reset"], &[]);
    bench.files(&yaml("cidr: 10.1.0.0/24"));
    let somebody = async {
        create_as_other_user(&bench.simulator, "zz", "10.9.0.0/24").await;
        delete_as_other_user(&bench.simulator, "1").await;
    };
    let (ran, ()) = tokio::join!(bench.run("apply --auto-approve --timeout 5m"), somebody);
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert!(ran.err.contains("in doubt") && ran.took < Duration::from_mins(1), "{ran:#?}");
    bench.expect_no_changes().await;
}
