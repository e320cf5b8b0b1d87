//! What an interrupted apply deleted and did not create again: who makes it again, and how long
//! that is remembered.

use std::{path::PathBuf, time::Duration};

use serde_json::{Value, json};
use tokio::time::sleep;
use trueup::{cli::Exit, simulator::World};

use crate::{
    bench::{Bench, options},
    resume::{idle_and_edited, newest},
    somebody::edits,
};

const REPLACED: &str = "cidr: 10.2.0.0/24, on_change: replace";

/// A discovery `a` of which somebody has set the retries, deleted by a replace whose create failed.
async fn halved() -> Bench {
    let bench = idle_and_edited(REPLACED).await;
    edits(&bench.simulator, "1", |it| it["retryCount"] = 1.into()).await;
    bench.simulator.inject("create=fail:No space left").unwrap();
    let ran = bench.run("apply --auto-approve").await;
    assert!(ran.exit == Exit::Partial && ran.err.contains("still owed"), "{ran:#?}");
    bench
}

/// The same, and it had a credential of which the files say nothing, which is gone since.
async fn halved_without_its_credential() -> Bench {
    let mut bench = idle_and_edited(REPLACED).await;
    let world: Value = serde_json::from_str(&bench.simulator.world_json()).unwrap();
    let id = world["credentials"]["httpsRead"][0]["id"].clone();
    edits(&bench.simulator, "1", |it| {
        it["globalCredentialIdList"].as_array_mut().unwrap().push(id);
        it["retryCount"] = 1.into();
    })
    .await;
    bench.simulator.inject("create=fail:No space left").unwrap();
    let ran = bench.run("apply --auto-approve").await;
    assert!(ran.exit == Exit::Partial && ran.err.contains("still owed"), "{ran:#?}");
    let saved = bench.run(&format!("plan --out {}", bench.path("p.json"))).await;
    assert!(saved.out.contains("http_read"), "{saved:#?}");
    let mut world: Value = serde_json::from_str(&bench.simulator.world_json()).unwrap();
    world["credentials"]["httpsRead"] = json!([]);
    let world = World::from_json(&world.to_string()).unwrap();
    bench.replace(options(&[], &[]), world);
    bench
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_is_gone_does_not_keep_it_from_being_made_again() {
    let bench = halved_without_its_credential().await;
    let ran = bench.expect_applied().await;
    assert!(ran.out.contains("(replace_owed)"), "{ran:#?}");
    assert!(ran.out.contains("retries             = 1"), "{ran:#?}");
    bench.expect_no_changes().await;
    assert_eq!(newest(&bench), PathBuf::new(), "{:#?}", bench.disk.texts());
}

#[tokio::test(start_paused = true)]
async fn one_whose_create_fails_again_is_said_first_to_be_deleted() {
    let bench = halved().await;
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
async fn a_plan_says_that_another_apply_is_at_work() {
    let bench = idle_and_edited(REPLACED).await;
    bench.simulator.inject("create=slow:20000").unwrap();
    let plan = async {
        sleep(Duration::from_secs(8)).await;
        bench.run("plan").await
    };
    let (_applied, plan) = tokio::join!(bench.run("apply --auto-approve"), plan);
    assert!(plan.err.contains("Another apply is at work, and writes `.trueup/"), "{plan:#?}");
}
