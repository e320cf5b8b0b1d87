//! Two concurrent applies of the same files, with various delays between them.

use std::time::Duration;

use proptest::{prelude::*, sample::select};
use serde_json::Value;
use tokio::time::sleep;
use trueup::cli::Exit;

use super::checks::{expect_account, settings_except};
use crate::{
    bench::{Bench, Ran},
    generate::{Case, soft_cases},
    properties::{
        ALL_OVER, array, begin, changes, departures_of, expect_nothing_left, line, put_files, world,
    },
    seeds::{on_all_processors, seeds, try_seed},
    wanted::{named, wanted},
};

/// The number of cases.
const N_CASES: u64 = 500;

#[derive(Clone, Debug)]
struct ConcurrentApplies {
    case: Case,
    /// Milliseconds from the start of the first one to that of the second.
    delay: u64,
    /// Whether they share a folder, and so read each other's journals.
    has_one_folder: bool,
}

fn concurrent_applies() -> impl Strategy<Value = ConcurrentApplies> {
    let delay = prop_oneof![
        Just(0_u64),
        1_u64..50,
        select(vec![20_u64, 300, 1_000, 4_000]),
        1_u64..3_000,
        3_000_u64..9_000,
    ];
    let case = soft_cases().prop_map(Case::without_what_plans_refuse);
    (delay, any::<bool>(), case).prop_map(|(delay, has_one_folder, case)| ConcurrentApplies {
        case,
        delay,
        has_one_folder,
    })
}

#[test]
fn two_concurrent_applies_create_each_discovery_once_and_report_truthfully() {
    let property = async |applies: ConcurrentApplies| apply_concurrently(applies).await;
    let outcome =
        on_all_processors(seeds(N_CASES), |seed| try_seed(seed, &concurrent_applies(), &property));
    if let Err(words) = outcome {
        panic!("{words}");
    }
}

async fn apply_concurrently(applies: ConcurrentApplies) {
    let ConcurrentApplies { case, delay, has_one_folder } = applies;
    let mut first = begin(&case);
    first.is_lean = true;
    let before = world(&first);
    let mut second = first.beside();
    put_files(&second, &case);
    if has_one_folder {
        second.disk = first.disk.clone();
    }
    let text = line(&format!("apply --auto-approve {}", case.flags), &case);
    let (one, other) = tokio::join!(first.run(&text), async {
        sleep(Duration::from_millis(delay)).await;
        second.run(&text).await
    });
    let then = world(&first);
    expect_no_duplicates(&case, &before, &then);
    for ran in [&one, &other] {
        expect_account(&case, &ran.out, &then, &[]);
        expect_complete(ran);
    }
    if [&one, &other].iter().all(|it| it.exit == Exit::Done) {
        let wrong = departures_of(&case, &then, &[]);
        assert!(wrong.is_empty(), "{wrong:#?} {one:#?} {other:#?}");
    }
    sleep(ALL_OVER).await;
    let again = first.run(&text).await;
    assert_eq!(again.exit, Exit::Done, "{one:#?} {other:#?} {again:#?}");
    expect_nothing_left(&first, &case).await;
    expect_like_single(&case, &first, &[one, other]).await;
}

/// Expects that no discovery was created twice.
fn expect_no_duplicates(case: &Case, before: &Value, after: &Value) {
    for name in wanted(&case.files).into_keys() {
        let n = named(after, &name).len();
        assert!(n <= named(before, &name).len().max(1), "{n} of `{name}`");
    }
    assert!(array(&after["discoveries"]).len() <= array(&before["discoveries"]).len() + 6);
}

/// Expects "Apply complete!" exactly when the exit code is 0.
fn expect_complete(ran: &Ran) {
    let last = ran.out.lines().last().unwrap_or_default();
    let is_complete = last.starts_with("Apply complete!");
    assert_eq!(is_complete, ran.exit == Exit::Done, "{ran:#?}");
}

/// Expects the settings that a single apply brings about, except for replaced discoveries: an apply
/// that plans between delete and create knows only the settings in the files.
async fn expect_like_single(case: &Case, bench: &Bench, both: &[Ran]) {
    let alone = begin(case);
    let ran = alone.run(&line(&format!("apply --auto-approve {}", case.flags), case)).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    sleep(ALL_OVER).await;
    let replaced = both.iter().flat_map(|it| changes(&it.out));
    let replaced = replaced.filter(|(_, it)| it.what == "replaced").map(|(name, _)| name);
    let replaced = replaced.collect::<Vec<_>>();
    let settings = |bench: &Bench| settings_except(&world(bench), &replaced);
    assert_eq!(settings(bench), settings(&alone), "{both:#?}");
}
