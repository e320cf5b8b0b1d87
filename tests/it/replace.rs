//! Replaces: the create always follows the delete, unless it fails.

use std::time::Duration;

use trueup::cli::Exit;

use crate::{
    bench::{Bench, Ran},
    story::{REPLACE, Story},
};

fn deleted_not_created(ran: &Ran) -> bool {
    let account = ran.out.split("Plan: ").nth(1).unwrap_or_default();
    let first = account.lines().nth(3);
    first == Some("Deleted, not created again:")
}

/// Whether the discovery is as wanted.
async fn is_converged(bench: &Bench) -> bool {
    bench.run("plan --detailed-exitcode").await.exit == Exit::Done
}

#[tokio::test(start_paused = true)]
async fn a_create_waits_for_a_name_that_is_released_late() {
    let (bench, ran) = REPLACE.play(&["name_release=8s"], &[]).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert!(ran.out.contains("Resources: 1 added, 0 changed, 1 destroyed."), "{ran:#?}");
    assert!(ran.took < Duration::from_secs(25), "{ran:#?}");
    bench.expect_no_changes().await;
    bench.expect_careful();
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_at_any_moment_still_completes_the_replace() {
    for millis in (100..12_000).step_by(300) {
        let mut bench = REPLACE.begin(&["name_release=8s"]).await;
        bench.interrupts = vec![Duration::from_millis(millis)];
        let (bench, ran) = REPLACE.play_on(bench, &[]).await;
        assert_eq!(ran.exit, Exit::Done, "{millis} ms: {ran:#?}");
        assert!(is_converged(&bench).await, "{millis} ms: {ran:#?}");
        bench.expect_careful();
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_before_the_delete_sends_no_delete() {
    let running = Story { running: true, ..REPLACE };
    let mut bench = running.begin(&[]).await;
    // The stop is in flight.
    bench.interrupts = vec![Duration::from_millis(500)];
    let (bench, ran) = running.play_on(bench, &[]).await;
    assert_eq!((ran.exit, bench.requests("delete")), (Exit::Partial, 0), "{ran:#?}");
    assert!(ran.out.contains("interrupted before its delete"), "{ran:#?}");
    assert!(!deleted_not_created(&ran), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_during_the_backoff_of_a_delete_cancels_it() {
    let mut bench = REPLACE.begin(&[]).await;
    bench.interrupts = vec![Duration::from_secs(5)];
    let (bench, ran) = REPLACE.play_on(bench, &["delete=429:120"]).await;
    assert_eq!((ran.exit, bench.requests("delete")), (Exit::Failed, 1), "{ran:#?}");
    assert!(ran.took < Duration::from_secs(6), "{ran:#?}");
    assert!(ran.out.contains("interrupted before its delete"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn the_drain_timeout_does_not_separate_delete_and_create() {
    let mut bench = REPLACE.begin(&["name_release=60s"]).await;
    bench.interrupts = vec![Duration::from_secs(3)];
    let story = Story { line: "apply --auto-approve --drain 5s", ..REPLACE };
    let (bench, ran) = story.play_on(bench, &[]).await;
    assert!(ran.exit == Exit::Done && is_converged(&bench).await, "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_create_of_a_replace_comes_first_in_the_summary() {
    let stories = [
        ("create=fail:The disk is full", "The disk is full"),
        ("create@*=fail:no", "no (already done: delete)"),
        ("create@*=reset", "not taken on in 3 attempts"),
        ("create=lie", "the controller reported success, but no discovery has the name"),
    ];
    for (fault, words) in stories {
        let (bench, ran) = REPLACE.play(&[], &[fault]).await;
        assert_eq!(ran.exit, Exit::Partial, "{fault}: {ran:#?}");
        assert!(deleted_not_created(&ran) && ran.out.contains(words), "{fault}: {ran:#?}");
        assert!(!is_converged(&bench).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_never_released_ends_with_the_timeout() {
    let (_, ran) = REPLACE.play(&["name_release=1h"], &[]).await;
    assert_eq!(ran.exit, Exit::Partial, "{ran:#?}");
    assert!(deleted_not_created(&ran), "{ran:#?}");
    assert!(ran.out.contains("out of time before its create"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_name_taken_by_another_user_between_delete_and_create_is_reported() {
    let (_, ran) = REPLACE.play(&[], &["create=other-create:a"]).await;
    assert_eq!(ran.exit, Exit::Partial, "{ran:#?}");
    assert!(deleted_not_created(&ran), "{ran:#?}");
    assert!(ran.out.contains("another user created a discovery with that name"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_second_interrupt_exits_at_once_and_reports_the_half_done_replace() {
    let mut bench = REPLACE.begin(&["name_release=60s"]).await;
    bench.interrupts = vec![Duration::from_secs(3), Duration::from_secs(4)];
    let (_, ran) = REPLACE.play_on(bench, &[]).await;
    assert_eq!(ran.exit, Exit::Pending, "{ran:#?}");
    assert!(ran.took == Duration::from_secs(4) && deleted_not_created(&ran), "{ran:#?}");
}
