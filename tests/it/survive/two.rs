//! Two applies of the same files at once, with every difference in time.

use std::time::Duration;

use proptest::{prelude::*, sample::select};
use serde_json::Value;
use tokio::time::sleep;
use trueup::cli::Exit;

use super::checks::{expect_account, settings_but_for};
use crate::{
    bench::{Bench, Ran},
    generate::{Case, soft_cases},
    properties::{
        ALL_OVER, array, begin, changes, departures_of, expect_nothing_left, line, put_files, world,
    },
    seeds::{on_all_processors, seeds, try_seed},
    wanted::{named, wanted},
};

/// How many times two applies are let loose.
const N_TIMES: u64 = 500;

/// Two applies of the same files.
#[derive(Clone, Debug)]
struct Two {
    case: Case,
    /// How much later the second one begins, in milliseconds.
    later: u64,
    /// Whether they are run in one folder, and so see each other's journals.
    has_one_folder: bool,
}

fn twos() -> impl Strategy<Value = Two> {
    let later = prop_oneof![
        Just(0_u64),
        1_u64..50,
        select(vec![20_u64, 300, 1_000, 4_000]),
        1_u64..3_000,
        3_000_u64..9_000,
    ];
    let case = soft_cases().prop_map(Case::without_what_plans_refuse);
    (later, any::<bool>(), case).prop_map(|(later, has_one_folder, case)| Two {
        case,
        later,
        has_one_folder,
    })
}

#[test]
fn two_concurrent_applies_create_each_discovery_once_and_report_truthfully() {
    let property = async |two: Two| let_loose(two).await;
    let outcome = on_all_processors(seeds(N_TIMES), |seed| try_seed(seed, &twos(), &property));
    if let Err(words) = outcome {
        panic!("{words}");
    }
}

async fn let_loose(two: Two) {
    let Two { case, later, has_one_folder } = two;
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
        sleep(Duration::from_millis(later)).await;
        second.run(&text).await
    });
    let then = world(&first);
    expect_one_set(&case, &before, &then);
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
    expect_as_alone(&case, &first, &[one, other]).await;
}

/// No name is there twice.
fn expect_one_set(case: &Case, before: &Value, after: &Value) {
    for name in wanted(&case.files).into_keys() {
        let n = named(after, &name).len();
        assert!(n <= named(before, &name).len().max(1), "{n} of `{name}`");
    }
    assert!(array(&after["discoveries"]).len() <= array(&before["discoveries"]).len() + 6);
}

/// An account is complete where the exit code says so.
fn expect_complete(ran: &Ran) {
    let last = ran.out.lines().last().unwrap_or_default();
    let is_complete = last.starts_with("Apply complete!");
    assert_eq!(is_complete, ran.exit == Exit::Done, "{ran:#?}");
}

/// The settings are those that one apply alone brings about. Of a replace only those that the files
/// give: whoever plans between its halves knows no others.
async fn expect_as_alone(case: &Case, bench: &Bench, both: &[Ran]) {
    let alone = begin(case);
    let ran = alone.run(&line(&format!("apply --auto-approve {}", case.flags), case)).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    sleep(ALL_OVER).await;
    let replaced = both.iter().flat_map(|it| changes(&it.out));
    let replaced = replaced.filter(|(_, it)| it.what == "replaced").map(|(name, _)| name);
    let replaced = replaced.collect::<Vec<_>>();
    let settings = |bench: &Bench| settings_but_for(&world(bench), &replaced);
    assert_eq!(settings(bench), settings(&alone), "{both:#?}");
}
