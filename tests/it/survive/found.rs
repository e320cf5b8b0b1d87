//! What the simulation found, each as small as its schedule was made.

use trueup::cli::Exit;

use crate::{bench::Bench, story::many};

#[tokio::test(start_paused = true)]
async fn a_stuck_task_behind_a_list_that_hung_leaves_a_later_apply_time_for_its_own() {
    let bench = Bench::like(&["create=stuck", "tasks@2-10=hang"], &[]);
    bench.files(&many(&[("a", "address: 10.0.0.9"), ("b", "address: 10.0.0.9")]));
    let ran = bench.run("apply --auto-approve --timeout 5m").await;
    assert_eq!(ran.exit, Exit::Pending, "{ran:#?}");
    let ran = bench.run("apply --auto-approve --timeout 5m").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert!(ran.err.contains("is still open"), "{ran:#?}");
    bench.expect_no_changes().await;
}
