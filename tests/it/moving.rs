//! Preconditions: another user changes something between the plan and the writes.

use std::time::Duration;

use http::Method;
use serde_json::json;
use trueup::cli::Exit;

use crate::{
    bench::{Bench, Ran},
    other_user::send_as_other_user,
    story::{CREATE, DELETE, EDIT, REPLACE, RUN, STOP, Story, UPDATE, many, yaml},
};

/// Delays the plan so that its list is too old, and a second list is read for the preconditions.
const OLD_PLAN: &str = "release=slow:6000";

/// Applies after another user changes something between the plan and its approval.
async fn approve_after(story: &Story, moves: &str) -> (Bench, Ran) {
    let mut bench = story.begin(&[]).await;
    bench.answer = Some("yes");
    let n_writes = bench.writes();
    let line = story.line.replace("--auto-approve ", "");
    bench.simulator.inject(&format!("{OLD_PLAN}\nlist@2={moves}")).unwrap();
    let ran = bench.run(&line).await;
    if ran.exit == Exit::Stale {
        assert_eq!(bench.writes(), n_writes, "{ran:#?}");
        assert!(ran.err.contains("nothing was written"), "{ran:#?}");
    }
    (bench, ran)
}

#[tokio::test(start_paused = true)]
async fn a_stale_plan_writes_nothing_and_names_the_reason() {
    let stories: [(&Story, &str, &[&str]); 9] = [
        (
            &CREATE,
            "other-create:a",
            &["another user created it", "found [192.0.2.1-192.0.2.10], wanted 10.1.0.0/24"],
        ),
        (&EDIT, "other-edit:a", &["timeout: planned against 5s, found 6s, wanted 9s"]),
        (&EDIT, "other-delete:a", &["it is gone"]),
        (&UPDATE, "other-edit:a", &["timeout: planned against 5s, found 6s"]),
        (&RUN, "other-edit:a", &["timeout"]),
        (&RUN, "other-delete:a", &["it is gone"]),
        (&STOP, "other-edit:a", &["timeout"]),
        (&DELETE, "other-edit:a", &["timeout"]),
        (&REPLACE, "other-edit:a", &["timeout"]),
    ];
    for (story, moves, words) in stories {
        let (_, ran) = approve_after(story, moves).await;
        assert_eq!(ran.exit, Exit::Stale, "{story:?} {moves}: {ran:#?}");
        for word in words {
            assert!(ran.out.contains(word), "{word}: {}", ran.out);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_another_user_already_made_is_not_repeated() {
    let (bench, ran) = approve_after(&DELETE, "other-delete:a").await;
    assert!(ran.exit == Exit::Done && ran.out.contains("already as wanted"), "{ran:#?}");
    assert_eq!(bench.requests("delete"), 0);

    let (bench, ran) = approve_after(&RUN, "other-run:a").await;
    assert!(ran.exit == Exit::Done && ran.out.contains("already as wanted"), "{ran:#?}");
    assert_eq!(bench.requests("run"), 0);

    let same = Story {
        after: "ranges: [192.0.2.1-192.0.2.10], protocols: [ssh], timeout: 5s, credentials: \
                {cli: [netops], snmp_v3: []}",
        ..CREATE
    };
    let (bench, ran) = approve_after(&same, "other-create:a").await;
    assert!(ran.exit == Exit::Done && ran.out.contains("already as wanted"), "{ran:#?}");
    assert_eq!(bench.requests("create"), 0);

    let gone = approve_after(&REPLACE, "other-delete:a").await;
    assert_eq!((gone.1.exit, gone.0.requests("delete")), (Exit::Done, 0), "{:#?}", gone.1);
    gone.0.expect_no_changes().await;
}

#[tokio::test(start_paused = true)]
async fn an_edit_made_by_another_user_is_still_followed_by_its_run() {
    let story = Story { after: "cidr: 10.1.0.0/24, timeout: 6s", ..UPDATE };
    let (bench, ran) = approve_after(&story, "other-edit:a").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert_eq!((bench.requests("edit"), bench.requests("run")), (0, 1));
    bench.expect_careful();
}

#[tokio::test(start_paused = true)]
async fn only_the_stop_is_sent_when_another_user_already_made_the_edit() {
    let bench = Bench::like(&[], &[]);
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24, timeout: 5s")]));
    assert_eq!(bench.expect_applied().await.exit, Exit::Done);
    tokio::time::sleep(Duration::from_mins(1)).await;
    let start = json!({"id": "1", "discoveryStatus": "Active"});
    send_as_other_user(&bench.simulator, Method::PUT, "v1/discovery", start).await;
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24, timeout: 6s, state: stopped")]));
    // After the plan another user edits: the apply finds the edit done and the run in progress.
    bench.simulator.inject(&format!("{OLD_PLAN}\nlist@2=other-edit:a")).unwrap();
    let ran = bench.run("apply --auto-approve").await;
    assert_eq!((ran.exit, bench.requests("stop")), (Exit::Done, 1), "{ran:#?}");
    assert_eq!(bench.requests("edit"), 0, "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_changed_run_state_does_not_make_a_change_stale() {
    for story in [&EDIT, &UPDATE, &DELETE, &REPLACE] {
        let (bench, ran) = approve_after(story, "other-run:a").await;
        assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
        bench.expect_careful();
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_before_its_stop_is_not_stopped() {
    for quirk in ["stop_when_stopped=fails", "stop_when_stopped=done"] {
        let story = Story { running: true, ..UPDATE };
        // The run ends between the plan and the apply, or between the apply and the stop.
        for (wait, stops) in [(3_596, 0), (3_600, 1)] {
            let bench = story.begin(&[quirk]).await;
            let began = if stops == 0 { wait } else { wait - 3 };
            tokio::time::sleep(Duration::from_secs(began)).await;
            let faults: &[&str] = if stops == 0 { &[OLD_PLAN] } else { &["stop=slow:4000"] };
            let (bench, ran) = story.play_on(bench, faults).await;
            assert_eq!(ran.exit, Exit::Done, "{quirk} {wait}: {ran:#?}");
            assert_eq!(bench.requests("stop"), stops, "{quirk} {wait}: {ran:#?}");
            bench.expect_no_changes().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_checked_again_after_an_inconsistent_list() {
    // A create by another user makes the first read inconsistent; the second one is complete.
    let faults = [OLD_PLAN, "list@2=other-create:b", "list@3=other-create:a"];
    let (bench, ran) = CREATE.play(&[], &faults).await;
    assert_eq!((ran.exit, bench.writes()), (Exit::Stale, 0), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_when_the_live_state_cannot_be_read_again() {
    let stories = [
        ("list@2-9=500", Exit::Failed),
        ("list@2-9=html", Exit::Failed),
        ("list@2-20=502", Exit::Unreachable),
    ];
    for (fault, exit) in stories {
        let (bench, ran) = EDIT.play(&[], &[OLD_PLAN, fault]).await;
        assert_eq!((ran.exit, bench.requests("edit")), (exit, 0), "{fault}: {ran:#?}");
        assert!(ran.err.contains("Error: "), "{ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_goes_stale_while_waiting_is_skipped_and_the_others_continue() {
    let bench = Bench::like(&[], &[]);
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24"), ("b", "cidr: 10.2.0.0/24, timeout: 5s")]));
    let applied = bench.expect_applied().await;
    assert_eq!(applied.exit, Exit::Done);
    tokio::time::sleep(Duration::from_mins(1)).await;
    bench.files(&many(&[
        ("a", "cidr: 10.1.0.0/24, retries: 1"),
        ("b", "cidr: 10.2.0.0/24, timeout: 9s"),
        ("c", "cidr: 10.3.0.0/24"),
    ]));
    bench.simulator.inject("edit=slow:15000\nlist@2=other-edit:b").unwrap();
    let ran = bench.run("apply --auto-approve --parallelism 1").await;
    assert_eq!(ran.exit, Exit::Partial, "{ran:#?}");
    let account = "Moved since the plan, not tried:\n  ~ b: its settings were changed (timeout)\n";
    assert!(ran.out.contains(account), "{ran:#?}");
    assert_eq!((bench.requests("edit"), bench.requests("create")), (1, 3));
    assert!(ran.out.ends_with("2 done, 0 failed, 1 not tried, 0 still running.\n"), "{ran:#?}");
    bench.expect_careful();
}

#[tokio::test(start_paused = true)]
async fn a_run_started_by_another_user_after_the_plan_is_not_started_again() {
    let bench = Bench::like(&[], &[]);
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24"), ("b", "cidr: 10.2.0.0/24")]));
    assert_eq!(bench.expect_applied().await.exit, Exit::Done);
    tokio::time::sleep(Duration::from_mins(1)).await;
    bench.simulator.inject("run=slow:15000\nlist@2=other-run:b").unwrap();
    let ran = bench.run("apply --auto-approve --parallelism 1 --rerun a --rerun b").await;
    assert_eq!((ran.exit, bench.requests("run")), (Exit::Done, 1), "{ran:#?}");
    assert!(ran.out.contains("! b: already as wanted"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_edit_waiting_for_another_users_run_is_skipped_after_another_users_edit() {
    let faults = ["get=other-run:a", "list@4=other-edit:a"];
    let (bench, ran) = UPDATE.play(&[], &faults).await;
    assert_eq!((ran.exit, bench.requests("edit")), (Exit::Failed, 0), "{ran:#?}");
    assert!(ran.out.contains("Moved since the plan, not tried:"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_edit_and_its_run_wait_for_another_users_run() {
    let (bench, ran) = UPDATE.play(&[], &["get=other-run:a"]).await;
    let sent = (bench.requests("edit"), bench.requests("run"));
    assert_eq!((ran.exit, sent), (Exit::Done, (1, 1)), "{ran:#?}");
    assert!(Duration::from_secs(10) <= ran.took, "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn only_yes_approves() {
    for answer in ["no", "", "y", "YES", "yes please"] {
        let mut bench = Bench::like(&[], &[]);
        bench.answer = Some(answer);
        bench.files(&yaml("cidr: 10.1.0.0/24"));
        let ran = bench.run("apply").await;
        assert_eq!((ran.exit, bench.writes()), (Exit::Failed, 0), "{answer}: {ran:#?}");
        assert!(ran.out.ends_with("Apply cancelled.\n"), "{ran:#?}");
    }
}
