//! Kills the real program at every request of an apply, and then runs `resume` or the same apply
//! again.

use std::{
    collections::BTreeMap,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::Value;
use trueup_simulator::Options;

use crate::{
    killed_at::{Controller, KillAt},
    shell::{Shell, now_ms, whole_lines},
    story::many,
    wanted::{n_runs, settings_of},
};

/// Six discoveries; two of them are running.
pub(crate) const BEFORE: [(&str, &str); 6] = [
    ("edited", "cidr: 10.1.0.0/24, timeout: 5s"),
    ("replaced", "cidr: 10.2.0.0/24"),
    ("restarted", "cidr: 10.3.0.0/24"),
    ("running", "cidr: 10.4.0.0/24, timeout: 5s"),
    ("stopped", "cidr: 10.5.0.0/24"),
    ("deleted", "cidr: 10.6.0.0/24"),
];

/// Every kind of change: updates of an idle and of a running discovery, a replace, a restart, a
/// stop, a delete and creates.
pub(crate) const AFTER: [(&str, &str); 8] = [
    ("edited", "cidr: 10.1.0.0/24, timeout: 9s"),
    ("replaced", "cidr: 10.22.0.0/24, on_change: replace"),
    ("restarted", "cidr: 10.3.0.0/24"),
    ("running", "cidr: 10.4.0.0/24, timeout: 9s"),
    ("stopped", "cidr: 10.5.0.0/24, state: stopped"),
    ("deleted", "state: absent"),
    ("new-1", "cidr: 10.7.0.0/24"),
    ("new-2", "cidr: 10.8.0.0/24"),
];

pub(crate) const APPLY: &str = "apply --auto-approve --rerun restarted";

/// The duration of runs that must not end before the test does.
const LONG_RUN: Duration = Duration::from_hours(9);

/// The initial world of every apply: all six have run once, and two of them are running.
fn initial_world() -> &'static str {
    static WORLD: OnceLock<String> = OnceLock::new();
    WORLD.get_or_init(|| {
        let shell = Shell::new();
        shell.file("discoveries.yaml", &many(&BEFORE));
        let quick = Duration::from_millis(1);
        // All of that was long ago.
        let started = now_ms() - 3_600_000;
        let options = Options { task_time: quick, run_time: quick, started, ..Options::default() };
        let controller = Controller::with(options.clone(), "{}");
        let ended = controller.run(&shell, "apply --auto-approve --wait runs", None);
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        let options = Options { run_time: LONG_RUN, ..options };
        let controller = Controller::with(options, &controller.simulator.world_json());
        let line = "apply --auto-approve --rerun running --rerun stopped";
        let ended = controller.run(&shell, line, None);
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        controller.simulator.world_json()
    })
}

/// A controller and a folder, ready for an apply with every kind of change.
pub(crate) struct Setup {
    pub(crate) controller: Controller,
    pub(crate) shell: Shell,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let (task_time, run_time) = (Duration::from_millis(50), LONG_RUN);
        let options = Options { task_time, run_time, started: now_ms(), ..Options::default() };
        let shell = Shell::new();
        shell.file("discoveries.yaml", &many(&AFTER));
        Self { controller: Controller::with(options, initial_world()), shell }
    }

    /// Returns all settings, and the status and number of runs of each discovery.
    fn state(&self) -> (Vec<String>, BTreeMap<String, String>) {
        let world = self.controller.world();
        let of = |it: &Value| {
            let name = it["name"].as_str().unwrap();
            let runs = format!("{}, {} runs", it["discoveryStatus"], n_runs(&world, name));
            (name.to_owned(), runs)
        };
        let runs = world["discoveries"].as_array().unwrap().iter().map(of).collect();
        (settings_of(&world), runs)
    }

    /// Expects a journal line for every write that reached the controller.
    pub(crate) fn expect_all_writes_in_journal(&self) {
        let texts = self.shell.journals().into_keys().map(|it| whole_lines(&it));
        let text = texts.collect::<String>();
        for (step, n) in self.controller.writes() {
            let lines = text.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
            let of_it = lines.filter(|it| it["event"] == "submitting" && it["step"] == *step);
            assert!(n <= of_it.count() as u64, "{step} {n}: {text}");
        }
    }

    /// Resumes the open journal, and kills that command if requested. Without a journal nothing was
    /// started, so the apply is run again.
    pub(crate) fn resume_or_apply(&self, kill: Option<KillAt>) {
        let line = match self.shell.open_journal() {
            Some(path) => format!("resume {}", path.display()),
            None => APPLY.to_owned(),
        };
        let ended = self.controller.run(&self.shell, &line, kill);
        assert!(ended.code == Some(0) || kill.is_some() && ended.code.is_none(), "{ended:#?}");
    }

    /// Expects the same state as after an uninterrupted apply, and nothing left to do.
    pub(crate) fn expect_converged(&self, about: &str) {
        let log = || format!("{about}: {:#?}", self.controller.simulator.request_log());
        assert_eq!(&self.state(), expected_state(), "{}", log());
        self.controller.expect_careful(&about);
        assert_eq!(self.shell.open_journal(), None, "{}", log());
        let ended = self.controller.run(&self.shell, "plan --detailed-exitcode", None);
        assert_eq!(ended.code, Some(0), "{about}: {ended:#?}");
    }
}

/// Returns the state after one uninterrupted apply.
fn expected_state() -> &'static (Vec<String>, BTreeMap<String, String>) {
    static STATE: OnceLock<(Vec<String>, BTreeMap<String, String>)> = OnceLock::new();
    STATE.get_or_init(|| {
        let setup = Setup::new();
        let ended = setup.controller.run(&setup.shell, APPLY, None);
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        assert!(ended.out.contains("3 added, 4 changed, 2 destroyed."), "{ended:#?}");
        setup.state()
    })
}

/// The number of concurrent controllers.
const CONCURRENCY: usize = 64;

/// Calls a function for each item, many concurrently.
pub(crate) fn for_each<T: Sync>(all: &[T], act: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..CONCURRENCY.min(all.len()) {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    act(one);
                }
            });
        }
    });
}

/// Returns a kill before and after every request of an apply, and after a few more, because the
/// number of requests varies with timing.
fn every_request() -> Vec<KillAt> {
    let setup = Setup::new();
    let ended = setup.controller.run(&setup.shell, APPLY, None);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let n_requests = setup.controller.n_seen();
    assert!(20 < n_requests, "{:#?}", setup.controller.simulator.request_log());
    first_requests(n_requests + 3)
}

fn first_requests(n: usize) -> Vec<KillAt> {
    (1..=n).flat_map(|it| [KillAt::Before(it), KillAt::After(it)]).collect()
}

#[test]
fn resume_converges_after_a_kill_at_every_request() {
    let n_killed = AtomicUsize::new(0);
    for_each(&every_request(), |when| {
        let setup = Setup::new();
        let ended = setup.controller.run(&setup.shell, APPLY, Some(*when));
        n_killed.fetch_add(usize::from(ended.code.is_none()), Ordering::Relaxed);
        setup.expect_all_writes_in_journal();
        setup.resume_or_apply(None);
        setup.expect_converged(&format!("{when:?}"));
    });
    assert!(40 < n_killed.into_inner());
}

/// Repeats the same command line including `--rerun restarted`. No run ends before the test, so the
/// second apply may request a run that is already in progress.
#[test]
fn the_same_apply_converges_after_a_kill_at_every_request() {
    let n_obligations = AtomicUsize::new(0);
    for_each(&every_request(), |when| {
        let setup = Setup::new();
        let _killed = setup.controller.run(&setup.shell, APPLY, Some(*when));
        let ended = setup.controller.run(&setup.shell, APPLY, None);
        assert_eq!(ended.code, Some(0), "{when:?}: {ended:#?}");
        n_obligations.fetch_add(usize::from(ended.out.contains("(rerun_owed)")), Ordering::Relaxed);
        setup.expect_converged(&format!("{when:?}"));
    });
    assert_ne!(n_obligations.into_inner(), 0);
}

/// When the first process is killed: some of its writes have been sent.
const HALF_WAY: KillAt = KillAt::After(13);

#[test]
fn a_killed_resume_is_resumed_again() {
    for_each(&first_requests(20), |when| {
        let setup = Setup::new();
        let _killed = setup.controller.run(&setup.shell, APPLY, Some(HALF_WAY));
        setup.resume_or_apply(Some(*when));
        setup.expect_all_writes_in_journal();
        setup.resume_or_apply(None);
        setup.expect_converged(&format!("{when:?}"));
    });
}

#[test]
fn an_apply_killed_during_a_takeover_is_applied_again_or_resumed() {
    for_each(&first_requests(20), |when| {
        let setup = Setup::new();
        let _killed = setup.controller.run(&setup.shell, APPLY, Some(HALF_WAY));
        let _killed = setup.controller.run(&setup.shell, APPLY, Some(*when));
        setup.expect_all_writes_in_journal();
        if let KillAt::Before(_) = when {
            let ended = setup.controller.run(&setup.shell, APPLY, None);
            assert_eq!(ended.code, Some(0), "{when:?}: {ended:#?}");
        } else {
            setup.resume_or_apply(None);
        }
        setup.expect_converged(&format!("{when:?}"));
    });
}
