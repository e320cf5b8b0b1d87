//! Applies that are killed, and what comes after: `resume`, or a new apply.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde_json::Value;
use tokio::time::sleep;
use trueup::cli::Exit;

use crate::{
    bench::{Bench, options},
    story::many,
    wanted::n_runs,
};

/// Six discoveries, and something of every kind to do to them.
const BEFORE: [(&str, &str); 6] = [
    ("edited", "cidr: 10.1.0.0/24, timeout: 5s"),
    ("replaced", "cidr: 10.2.0.0/24"),
    ("restarted", "cidr: 10.3.0.0/24"),
    ("running", "cidr: 10.4.0.0/24, timeout: 5s"),
    ("stopped", "cidr: 10.5.0.0/24"),
    ("deleted", "cidr: 10.6.0.0/24"),
];

const AFTER: [(&str, &str); 8] = [
    ("edited", "cidr: 10.1.0.0/24, timeout: 9s"),
    ("replaced", "cidr: 10.22.0.0/24, on_change: replace"),
    ("restarted", "cidr: 10.3.0.0/24"),
    ("running", "cidr: 10.4.0.0/24, timeout: 9s"),
    ("stopped", "cidr: 10.5.0.0/24, state: stopped"),
    ("deleted", "state: absent"),
    ("new-1", "cidr: 10.7.0.0/24"),
    ("new-2", "cidr: 10.8.0.0/24"),
];

const APPLY: &str = "apply --auto-approve --rerun restarted";

/// A controller with the six, two of them running, and the files of what is to be.
async fn begun() -> Bench {
    let mut bench = Bench::with(options(&[], &[]), trueup::simulator::World::default());
    bench.files(&many(&BEFORE));
    let _applied = bench.expect_applied().await;
    sleep(Duration::from_secs(20)).await;
    bench.slow_runs(Duration::from_hours(1));
    bench.files(&many(&BEFORE));
    let ran = bench.run("apply --auto-approve --rerun running --rerun stopped").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    bench.files(&many(&AFTER));
    bench
}

/// What is there: of each discovery its settings, its state, and how often it has run.
fn state(bench: &Bench) -> BTreeMap<String, String> {
    let world: Value = serde_json::from_str(&bench.simulator.world_json()).unwrap();
    let of = |it: &Value| {
        let text = |key: &str| it[key].to_string();
        let keys = ["discoveryType", "ipAddressList", "timeOut", "discoveryStatus"];
        let settings = keys.map(text).join(" ");
        let name = it["name"].as_str().unwrap();
        (name.to_owned(), format!("{settings}, {} runs", n_runs(&world, name)))
    };
    world["discoveries"].as_array().unwrap().iter().map(of).collect()
}

fn newest(bench: &Bench) -> PathBuf {
    let open = bench.disk.texts().into_iter().filter(|(_, text)| {
        let last = text.lines().last().unwrap();
        !last.contains("\"finished\"") && !last.contains("\"taken_over\"")
    });
    open.map(|(path, _)| path).next_back().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_time_resume_ends_where_an_undisturbed_apply_does() {
    let undisturbed = begun().await;
    let ran = undisturbed.run(APPLY).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    let expected = state(&undisturbed);
    let mut n_resumed = 0;
    for (at, kill_ms) in (0..12_000).step_by(97).enumerate() {
        let bench = begun().await;
        bench.run_and_kill(APPLY, Duration::from_millis(kill_ms)).await;
        bench.disk.lose_power(at % 90);
        let path = newest(&bench);
        if path.as_os_str().is_empty() {
            continue;
        }
        n_resumed += 1;
        let path = path.to_str().unwrap();
        let ran = bench.run_bare(&["resume", path, "--simulate"]).await;
        let torn = ran.exit == Exit::Invalid && ran.err.contains("first line");
        assert!(ran.exit == Exit::Done || torn, "{kill_ms}: {ran:#?}");
        if torn {
            continue;
        }
        let journal = bench.disk.texts().remove(&PathBuf::from(path)).unwrap();
        assert_eq!(state(&bench), expected, "{kill_ms}: {ran:#?}\n{journal}");
        let again = bench.run_bare(&["resume", path, "--simulate"]).await;
        assert!(again.exit == Exit::Done && again.out.is_empty(), "{again:#?}");
        bench.expect_careful();
        bench.expect_no_changes().await;
    }
    assert!(20 < n_resumed);
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_time_a_new_apply_ends_where_an_undisturbed_one_does() {
    let undisturbed = begun().await;
    let ran = undisturbed.run(APPLY).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    let expected = state(&undisturbed);
    let mut n_owed = 0;
    for (at, kill_ms) in (0..12_000).step_by(97).enumerate() {
        let bench = begun().await;
        bench.run_and_kill(APPLY, Duration::from_millis(kill_ms)).await;
        bench.disk.lose_power(at % 90);
        let log = bench.simulator.request_log();
        let ran = bench.run("apply --auto-approve").await;
        assert_eq!(ran.exit, Exit::Done, "{kill_ms}: {ran:#?}");
        n_owed += usize::from(ran.out.contains("(rerun_owed)"));
        let (mut ended, mut expected) = (state(&bench), expected.clone());
        // Nobody asked for that run this time.
        ended.remove("restarted");
        expected.remove("restarted");
        assert_eq!(ended, expected, "{kill_ms}: {log:#?} {ran:#?}\n{:#?}", bench.disk.texts());
        bench.expect_careful();
        bench.expect_no_changes().await;
        assert!(newest(&bench).as_os_str().is_empty(), "{:#?}", bench.disk.texts());
    }
    assert_ne!(n_owed, 0);
}
