//! Discoveries that an interrupted apply deleted and did not recreate: which command recreates
//! them, and how long the obligation is remembered.

use std::{path::PathBuf, time::Duration};

use serde_json::{Value, json};
use tokio::time::sleep;
use trueup::cli::Exit;
use trueup_simulator::World;

use crate::{
    bench::{Bench, options},
    other_user::{create_as_other_user, edit_as_other_user},
    resume::{idle_and_edited, kill_when_journal_has, open_journal},
    story::many,
};

const REPLACED: &str = "cidr: 10.2.0.0/24, on_change: replace";

/// A discovery `a`, whose retries another user had set, deleted by a replace whose create failed.
async fn deleted_not_recreated() -> Bench {
    let bench = idle_and_edited(REPLACED).await;
    edit_as_other_user(&bench.simulator, "1", |it| it["retryCount"] = 1.into()).await;
    bench.simulator.inject("create=fail:No space left").unwrap();
    let ran = bench.run("apply --auto-approve").await;
    assert!(ran.exit == Exit::Partial && ran.err.contains("still need a run"), "{ran:#?}");
    bench
}

/// The same with a credential that the files do not declare and that is deleted since.
async fn deleted_with_missing_credential() -> Bench {
    let mut bench = idle_and_edited(REPLACED).await;
    let world: Value = serde_json::from_str(&bench.simulator.world_json()).unwrap();
    let id = world["credentials"]["httpsRead"][0]["id"].clone();
    edit_as_other_user(&bench.simulator, "1", |it| {
        it["globalCredentialIdList"].as_array_mut().unwrap().push(id);
        it["retryCount"] = 1.into();
    })
    .await;
    bench.simulator.inject("create=fail:No space left").unwrap();
    let ran = bench.run("apply --auto-approve").await;
    assert!(ran.exit == Exit::Partial && ran.err.contains("still need a run"), "{ran:#?}");
    let saved = bench.run(&format!("plan --out {}", bench.path("p.json"))).await;
    assert!(saved.out.contains("http_read"), "{saved:#?}");
    let mut world: Value = serde_json::from_str(&bench.simulator.world_json()).unwrap();
    world["credentials"]["httpsRead"] = json!([]);
    let world = World::from_json(&world.to_string()).unwrap();
    bench.replace(options(&[], &[]), world);
    bench
}

#[tokio::test(start_paused = true)]
async fn a_missing_credential_does_not_prevent_the_recreate() {
    let bench = deleted_with_missing_credential().await;
    let ran = bench.expect_applied().await;
    assert!(ran.out.contains("(replace_owed)"), "{ran:#?}");
    assert!(ran.out.contains("retries             = 1"), "{ran:#?}");
    bench.expect_no_changes().await;
    assert_eq!(open_journal(&bench), PathBuf::new(), "{:#?}", bench.disk.texts());
}

#[tokio::test(start_paused = true)]
async fn a_recreate_that_fails_again_is_reported_first_as_deleted() {
    let bench = deleted_not_recreated().await;
    bench.simulator.inject("create=fail:No space left").unwrap();
    let page = bench.path("report.html");
    let line = format!("apply --auto-approve --report {page} --annotations github");
    let ran = bench.run(&line).await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    let first = "Deleted, not created again:\n  + a: No space left\n";
    assert!(ran.out.contains(first) && !ran.out.contains("\nFailed:"), "{ran:#?}");
    let annotated = ran.out.contains("`a` was deleted and not created again: No space left");
    assert!(annotated || ran.err.contains("`a` was deleted and not created again"), "{ran:#?}");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("deleted, not created again"), "{page}");
}

#[tokio::test(start_paused = true)]
async fn a_plan_warns_of_a_running_apply() {
    let bench = idle_and_edited(REPLACED).await;
    bench.simulator.inject("create=slow:20000").unwrap();
    let plan = async {
        sleep(Duration::from_secs(8)).await;
        bench.run("plan").await
    };
    let (_applied, plan) = tokio::join!(bench.run("apply --auto-approve"), plan);
    assert!(plan.err.contains("Another apply is at work, and writes `.trueup/"), "{plan:#?}");
}

/// Two discoveries: `a` as above before its replace, and `b`, which the files change to `second`.
async fn two_discoveries(second: &str) -> Bench {
    let bench = Bench::like(&[], &[]);
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24"), ("b", "cidr: 10.3.0.0/24, timeout: 5s")]));
    let _applied = bench.expect_applied().await;
    sleep(Duration::from_secs(20)).await;
    edit_as_other_user(&bench.simulator, "1", |it| it["retryCount"] = 1.into()).await;
    bench.files(&many(&[("a", REPLACED), ("b", second)]));
    bench
}

/// Lets this command recreate `a` and then delete it, and declares it again in the files.
async fn recreate_and_remove(bench: &Bench, second: &str, line: &str) {
    let ran = bench.run(line).await;
    assert!(ran.exit == Exit::Done && ran.out.contains("(replace_owed)"), "{ran:#?}");
    sleep(Duration::from_secs(20)).await;
    bench.files(&many(&[("a", "state: absent"), ("b", second)]));
    let ran = bench.run(line).await;
    assert!(ran.exit == Exit::Done && ran.out.contains("1 destroyed"), "{ran:#?}");
    bench.files(&many(&[("a", "cidr: 10.9.0.0/24"), ("b", second)]));
}

#[tokio::test(start_paused = true)]
async fn a_discovery_recreated_by_a_later_apply_is_not_recreated_from_the_old_journal() {
    let second = "cidr: 10.4.0.0/24, on_change: replace";
    for line in ["resume", "plan --only a"] {
        let bench = two_discoveries(second).await;
        bench.simulator.inject("create@1-2=reset").unwrap();
        kill_when_journal_has(
            &bench,
            "apply --auto-approve --parallelism 1",
            &["in_doubt", "\"b\""],
        )
        .await;
        let old = open_journal(&bench);
        recreate_and_remove(&bench, second, "apply --auto-approve --only a").await;
        if line == "resume" {
            let ran = bench.run_bare(&["resume", old.to_str().unwrap(), "--simulate"]).await;
            assert!(ran.out.contains("a later apply has it: .trueup/"), "{ran:#?}");
            let world = bench.simulator.world_json();
            assert!(world.contains("10.4.0.0") && !world.contains("10.2.0.0"), "{ran:#?}");
        }
        let ran = bench.run("plan --only a").await;
        assert!(ran.out.contains("(new)"), "{ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stuck_task_does_not_keep_the_other_obligations_of_its_journal() {
    let bench = two_discoveries("cidr: 10.3.0.0/24, timeout: 9s").await;
    bench.simulator.inject("create=fail:No space left").unwrap();
    bench.simulator.inject("edit=stuck").unwrap();
    let ran = bench.run("apply --auto-approve --timeout 2m").await;
    assert_eq!(ran.exit, Exit::Pending, "{ran:#?}");
    let second = "cidr: 10.3.0.0/24, timeout: 5s";
    bench.files(&many(&[("a", REPLACED), ("b", second)]));
    recreate_and_remove(&bench, second, "apply --auto-approve").await;
    let ran = bench.run("plan").await;
    assert!(ran.out.contains("(new)") && open_journal(&bench) != PathBuf::new(), "{ran:#?}");
    let ran = bench.run("apply --auto-approve").await;
    assert!(ran.err.contains("if they never end"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_stuck_delete_is_settled_once_a_later_apply_replaces_the_discovery() {
    for line in ["apply --auto-approve", "apply --auto-approve --except a"] {
        let bench = two_discoveries("cidr: 10.3.0.0/24, timeout: 5s").await;
        bench.simulator.inject("delete=stuck").unwrap();
        let ran = bench.run("apply --auto-approve --timeout 2m").await;
        assert_eq!(ran.exit, Exit::Pending, "{ran:#?}");
        let ran = bench.expect_applied().await;
        assert!(ran.err.contains("still open"), "{ran:#?}");
        let ran = bench.run(line).await;
        assert!(ran.exit == Exit::Done && !ran.err.contains("Warning"), "{ran:#?}");
        assert_eq!(open_journal(&bench), PathBuf::new(), "{:#?}", bench.disk.texts());
    }
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_took_effect_is_settled_even_if_its_task_is_stuck() {
    let bench = idle_and_edited("state: absent").await;
    bench.simulator.inject("delete=stuck-done").unwrap();
    let ran = bench.run("apply --auto-approve --timeout 2m").await;
    assert_eq!(ran.exit, Exit::Pending, "{ran:#?}");
    let ran = bench.expect_applied().await;
    assert!(!ran.err.contains("still open"), "{ran:#?}");
    assert_eq!(open_journal(&bench), PathBuf::new(), "{:#?}", bench.disk.texts());
}

#[tokio::test(start_paused = true)]
async fn every_warning_about_a_deleted_discovery_says_how_to_recreate_it() {
    for (fault, killed, remedy) in [
        ("create=fail:No space left", false, "plan and apply it again"),
        ("create=reset", true, "run `trueup resume .trueup/"),
    ] {
        let bench = two_discoveries("cidr: 10.3.0.0/24, timeout: 5s").await;
        bench.simulator.inject(fault).unwrap();
        if killed {
            kill_when_journal_has(&bench, "apply --auto-approve", &["in_doubt", "create"]).await;
        } else {
            let ran = bench.run("apply --auto-approve").await;
            assert_eq!(ran.exit, Exit::Partial, "{ran:#?}");
        }
        let ran = bench.run("apply --auto-approve --except a").await;
        assert!(ran.err.contains(remedy), "{ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_plan_keeps_the_obligation_to_recreate() {
    let bench = deleted_with_missing_credential().await;
    let ran = bench.run_bare(&["apply", &bench.path("p.json"), "--simulate"]).await;
    assert!(ran.exit == Exit::Stale && ran.err.contains("still need a run"), "{ran:#?}");
    let ran = bench.expect_applied().await;
    assert!(ran.out.contains("(replace_owed)"), "{ran:#?}");
    assert!(ran.out.contains("retries             = 1"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_discovery_recreated_by_another_user_is_compared_with_the_files() {
    let bench = deleted_not_recreated().await;
    let out = bench.path("p.json");
    let ran = bench.run(&format!("plan --out {out}")).await;
    assert!(ran.out.contains("(replace_owed)"), "{ran:#?}");
    create_as_other_user(&bench.simulator, "a", "10.7.0.0/24").await;
    let ran = bench.run_bare(&["apply", &out, "--simulate"]).await;
    assert_eq!(ran.exit, Exit::Stale, "{ran:#?}");
    let _applied = bench.expect_applied().await;
    bench.expect_no_changes().await;
    assert_eq!(open_journal(&bench), PathBuf::new(), "{:#?}", bench.disk.texts());
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_not_lifted_for_a_discovery_removed_from_the_files() {
    let bench = two_discoveries("cidr: 10.8.0.0/20, on_change: replace").await;
    bench.simulator.inject("create@1-2=fail:No space left").unwrap();
    let ran = bench.run("apply --auto-approve").await;
    assert_eq!(ran.exit, Exit::Partial, "{ran:#?}");
    bench.files(&many(&[("a", REPLACED), ("c", "cidr: 10.8.0.0/20")]));
    bench.file("limits.yaml", "version: 1\npolicy: {max_new_addresses: 100}\n");
    let ran = bench.run("plan").await;
    assert_eq!(ran.exit, Exit::Refused, "{ran:#?}");
    assert!(ran.out.contains("(replace_owed)"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_plan_warns_once_about_all_unreadable_journals() {
    let bench = deleted_not_recreated().await;
    for name in ["x", "y", "z"] {
        // Escaped so that the test does not validate it against the current schema.
        let newer = "{\"format_version\":\"9.0\",\"event\":\"pl\\u0061n\"}\n";
        bench.disk.put(&format!(".trueup/{name}.jsonl"), newer);
    }
    let ran = bench.run("plan").await;
    assert!(ran.exit == Exit::Done && ran.out.contains("(replace_owed)"), "{ran:#?}");
    let warning = "the journal `.trueup/x.jsonl`, and 2 more of that folder, cannot be read";
    assert!(ran.err.contains(warning), "{ran:#?}");
    assert_eq!(ran.err.matches("Warning").count(), 1, "{ran:#?}");
}
