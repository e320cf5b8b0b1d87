//! Plans that are applied: requests, outcomes and output.

use std::{fmt::Write as _, time::Duration};

use trueup::cli::Exit;
use trueup_simulator::{Options, World};

use crate::bench::Bench;

/// Returns files with this many discoveries of one prefix each.
fn prefixes(n: usize) -> String {
    let mut yaml =
        "version: 1\ndefaults: {credentials: {cli: [netops], snmp_v3: [core]}}\n".to_owned();
    yaml.push_str("discoveries:\n");
    for it in 0..n {
        writeln!(yaml, "  - {{name: branch-{it:02}, cidr: 10.{it}.0.0/24}}").unwrap();
    }
    yaml
}

#[tokio::test(start_paused = true)]
async fn twenty_creates_take_twenty_writes_and_few_other_requests() {
    let latency = Duration::from_millis(20);
    let bench = Bench::with(Options { latency, ..Options::default() }, World::default());
    bench.files(&prefixes(20));
    let ran = bench.expect_applied().await;
    let n_requests = bench.requests("any");
    assert_eq!(bench.writes(), 20);
    assert!(n_requests - 20 <= 25, "{:?}", bench.simulator.requests());
    assert!(ran.took <= Duration::from_millis(2_500), "{:?}", ran.took);

    let again = bench.expect_applied().await;
    assert!(again.out.contains("No changes."), "{again:#?}");
    let n_more = bench.requests("any") - n_requests;
    assert!(n_more <= 6, "{:?}", bench.simulator.requests());
    assert_eq!(bench.writes(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_reply_is_lost_is_not_sent_again() {
    for fault in ["create=lost", "create=taken:502"] {
        let bench = Bench::like(&[fault], &[]);
        bench.files(&prefixes(3));
        let ran = bench.expect_applied().await;
        assert!(ran.err.contains("in doubt"), "{ran:#?}");
        assert_eq!((bench.requests("create"), bench.violations("duplicate_create")), (3, 0));
        bench.expect_no_changes().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_that_was_not_accepted_is_sent_again() {
    for fault in ["create=reset", "create=503"] {
        let bench = Bench::like(&[fault], &[]);
        bench.files(&prefixes(3));
        let ran = bench.run("apply --auto-approve").await;
        assert_eq!((ran.exit, bench.requests("create")), (Exit::Done, 4), "{ran:#?}");
        assert_eq!(bench.violations("duplicate_create"), 0);
        bench.expect_no_changes().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_reason_is_read_from_the_task_tree_if_it_is_only_there() {
    let bench = Bench::like(&["create=fail:Too many discoveries"], &["error_words=tree"]);
    bench.files(&prefixes(1));
    let ran = bench.run("apply --auto-approve").await;
    assert!(ran.exit == Exit::Failed && ran.out.contains("Too many discoveries"), "{ran:#?}");
}
