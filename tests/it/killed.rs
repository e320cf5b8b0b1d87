//! The real program, killed at every request of an apply, and what comes after: `resume`, or the
//! same apply again.

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
    killed_at::{Controller, When},
    shell::{Shell, now_ms, whole_lines},
    story::many,
    wanted::{n_runs, settings_of},
};

/// Six discoveries, two of which are to be running.
pub(crate) const BEFORE: [(&str, &str); 6] = [
    ("edited", "cidr: 10.1.0.0/24, timeout: 5s"),
    ("replaced", "cidr: 10.2.0.0/24"),
    ("restarted", "cidr: 10.3.0.0/24"),
    ("running", "cidr: 10.4.0.0/24, timeout: 5s"),
    ("stopped", "cidr: 10.5.0.0/24"),
    ("deleted", "cidr: 10.6.0.0/24"),
];

/// Something of every kind: an update of one that rests and of one that runs, a replacement, a
/// restart, a stop, a delete and creates.
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

/// How long runs take where none is to be over before the test is.
const FOR_EVER: Duration = Duration::from_hours(9);

/// The world that every apply begins with: the six have run once, and two of them are running.
fn before() -> &'static str {
    static WORLD: OnceLock<String> = OnceLock::new();
    WORLD.get_or_init(|| {
        let shell = Shell::new();
        shell.file("discoveries.yaml", &many(&BEFORE));
        let quick = Duration::from_millis(1);
        // All of that is long ago.
        let started = now_ms() - 3_600_000;
        let options = Options { task_time: quick, run_time: quick, started, ..Options::default() };
        let controller = Controller::with(options.clone(), "{}");
        let ended = controller.run(&shell, "apply --auto-approve --wait runs", None);
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        let options = Options { run_time: FOR_EVER, ..options };
        let controller = Controller::with(options, &controller.simulator.world_json());
        let line = "apply --auto-approve --rerun running --rerun stopped";
        let ended = controller.run(&shell, line, None);
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        controller.simulator.world_json()
    })
}

/// A controller and a folder in which one apply has everything to do.
pub(crate) struct Scene {
    pub(crate) controller: Controller,
    pub(crate) shell: Shell,
}

impl Scene {
    pub(crate) fn begun() -> Self {
        let (task_time, run_time) = (Duration::from_millis(50), FOR_EVER);
        let options = Options { task_time, run_time, started: now_ms(), ..Options::default() };
        let shell = Shell::new();
        shell.file("discoveries.yaml", &many(&AFTER));
        Self { controller: Controller::with(options, before()), shell }
    }

    /// What is there: the settings of all, and of each whether it runs and how often it has.
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

    /// Expects that every write that came to the controller had its line before.
    pub(crate) fn expect_written_down(&self) {
        let texts = self.shell.journals().into_keys().map(|it| whole_lines(&it));
        let text = texts.collect::<String>();
        for (step, n) in self.controller.writes() {
            let lines = text.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
            let of_it = lines.filter(|it| it["event"] == "submitting" && it["step"] == *step);
            assert!(n <= of_it.count() as u64, "{step} {n}: {text}");
        }
    }

    /// Resumes what is left, and kills that in turn if so asked. Where there is no journal nothing
    /// was begun, and what was asked for is asked for again.
    pub(crate) fn carry_on(&self, kill: Option<When>) {
        let line = match self.shell.open_journal() {
            Some(path) => format!("resume {}", path.display()),
            None => APPLY.to_owned(),
        };
        let ended = self.controller.run(&self.shell, &line, kill);
        assert!(ended.code == Some(0) || kill.is_some() && ended.code.is_none(), "{ended:#?}");
    }

    /// Expects that everything is as after an undisturbed apply, and that nothing is left.
    pub(crate) fn expect_as_undisturbed(&self, about: &str) {
        let log = || format!("{about}: {:#?}", self.controller.simulator.request_log());
        assert_eq!(&self.state(), undisturbed(), "{}", log());
        self.controller.expect_careful(&about);
        assert_eq!(self.shell.open_journal(), None, "{}", log());
        let ended = self.controller.run(&self.shell, "plan --detailed-exitcode", None);
        assert_eq!(ended.code, Some(0), "{about}: {ended:#?}");
    }
}

/// What one undisturbed apply makes of it.
fn undisturbed() -> &'static (Vec<String>, BTreeMap<String, String>) {
    static STATE: OnceLock<(Vec<String>, BTreeMap<String, String>)> = OnceLock::new();
    STATE.get_or_init(|| {
        let scene = Scene::begun();
        let ended = scene.controller.run(&scene.shell, APPLY, None);
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        assert!(ended.out.contains("3 added, 4 changed, 2 destroyed."), "{ended:#?}");
        scene.state()
    })
}

/// How many controllers there are at once.
const AT_ONCE: usize = 64;

/// Does it for each of them, many at once.
pub(crate) fn for_each<T: Sync>(all: &[T], act: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(all.len()) {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    act(one);
                }
            });
        }
    });
}

/// Every request of an apply, and some more: how many there are hangs on the machine's mood. Each
/// of them before the controller sees it, and after it did.
fn every_request() -> Vec<When> {
    let scene = Scene::begun();
    let ended = scene.controller.run(&scene.shell, APPLY, None);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let n_requests = scene.controller.n_seen();
    assert!(20 < n_requests, "{:#?}", scene.controller.simulator.request_log());
    first_requests(n_requests + 3)
}

fn first_requests(n: usize) -> Vec<When> {
    (1..=n).flat_map(|it| [When::Before(it), When::After(it)]).collect()
}

#[test]
fn killed_at_every_request_resume_ends_where_an_undisturbed_apply_does() {
    let n_killed = AtomicUsize::new(0);
    for_each(&every_request(), |when| {
        let scene = Scene::begun();
        let ended = scene.controller.run(&scene.shell, APPLY, Some(*when));
        n_killed.fetch_add(usize::from(ended.code.is_none()), Ordering::Relaxed);
        scene.expect_written_down();
        scene.carry_on(None);
        scene.expect_as_undisturbed(&format!("{when:?}"));
    });
    assert!(40 < n_killed.into_inner());
}

/// The same command line again, `--rerun restarted` and all: no run is over before the end of the
/// test, so that the second one asks for what runs already where the first one came so far.
#[test]
fn killed_at_every_request_the_same_apply_again_ends_where_an_undisturbed_one_does() {
    let n_owed = AtomicUsize::new(0);
    for_each(&every_request(), |when| {
        let scene = Scene::begun();
        let _killed = scene.controller.run(&scene.shell, APPLY, Some(*when));
        let ended = scene.controller.run(&scene.shell, APPLY, None);
        assert_eq!(ended.code, Some(0), "{when:?}: {ended:#?}");
        n_owed.fetch_add(usize::from(ended.out.contains("(rerun_owed)")), Ordering::Relaxed);
        scene.expect_as_undisturbed(&format!("{when:?}"));
    });
    assert_ne!(n_owed.into_inner(), 0);
}

/// How many writes have left when the first process is killed that is carried on with.
const IN_THE_MIDDLE: When = When::After(13);

#[test]
fn killed_while_it_resumes_it_is_resumed_again() {
    for_each(&first_requests(20), |when| {
        let scene = Scene::begun();
        let _killed = scene.controller.run(&scene.shell, APPLY, Some(IN_THE_MIDDLE));
        scene.carry_on(Some(*when));
        scene.expect_written_down();
        scene.carry_on(None);
        scene.expect_as_undisturbed(&format!("{when:?}"));
    });
}

#[test]
fn killed_while_it_takes_over_a_new_apply_is_applied_again_or_resumed() {
    for_each(&first_requests(20), |when| {
        let scene = Scene::begun();
        let _killed = scene.controller.run(&scene.shell, APPLY, Some(IN_THE_MIDDLE));
        let _killed = scene.controller.run(&scene.shell, APPLY, Some(*when));
        scene.expect_written_down();
        if let When::Before(_) = when {
            let ended = scene.controller.run(&scene.shell, APPLY, None);
            assert_eq!(ended.code, Some(0), "{when:?}: {ended:#?}");
        } else {
            scene.carry_on(None);
        }
        scene.expect_as_undisturbed(&format!("{when:?}"));
    });
}
