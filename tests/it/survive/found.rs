//! Regression tests for what the simulation found, each shrunk to its minimum.

use trueup::cli::Exit;
use trueup_simulator::Disconnect;

use crate::{bench::Bench, disk::Moment, story::many};

#[tokio::test(start_paused = true)]
async fn a_stuck_task_and_a_hanging_list_leave_a_later_apply_enough_time() {
    let bench = Bench::like(&["create=stuck", "tasks@2-10=hang"], &[]);
    bench.files(&many(&[("a", "address: 10.0.0.9"), ("b", "address: 10.0.0.9")]));
    let ran = bench.run("apply --auto-approve --timeout 5m").await;
    assert_eq!(ran.exit, Exit::Pending, "{ran:#?}");
    let ran = bench.run("apply --auto-approve --timeout 5m").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert!(ran.err.contains("are still open"), "{ran:#?}");
    bench.expect_no_changes().await;
}

#[tokio::test(start_paused = true)]
async fn a_journal_line_torn_within_a_character_is_truncated() {
    let bench = Bench::like(&[], &[]);
    bench.files(&many(&[("ü", "address: 10.0.0.9")]));
    let disconnect = Disconnect::default();
    // The third line, after the plan and the start of the apply, is the create, which is torn.
    bench.disk.die_at(Moment::Appended(3), disconnect.clone());
    let simulator = Some(bench.simulator.with_disconnect(disconnect.clone()));
    let folder = bench.path("");
    let args = ["apply", "--auto-approve", "--simulate", "--file", &folder];
    let ended = bench.run_until(&args, simulator, disconnect.until_cut()).await;
    assert!(ended.is_err(), "{ended:#?}");
    let torn = bench.disk.unsynced();
    let letter = torn.windows(2).position(|it| it == "ü".as_bytes()).unwrap();
    bench.disk.lose_power(letter + 1);
    let ran = bench.run("apply --auto-approve").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    let texts = bench.disk.texts();
    assert!(texts.values().any(|it| it.contains("taken_over")), "{texts:#?}");
    bench.expect_careful();
}
