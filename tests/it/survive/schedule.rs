//! What goes wrong, all of it: generated from one seed, and printed so that it can be followed.
//!
//! Does none of it.

use std::fmt;

use proptest::{prelude::*, sample::select};

use crate::{
    disk::Moment,
    generate::{Case, NAMES, cases, fault, soft_cases},
};

/// Everything that happens to the applies of some files.
#[derive(Clone)]
pub(crate) struct Schedule {
    pub(crate) case: Case,
    pub(crate) faults: Vec<String>,
    /// What somebody else does, and how many milliseconds after the beginning.
    pub(crate) others: Vec<(u64, String)>,
    /// Whose settings another user changes between a plan that is saved and its apply.
    pub(crate) moved: Option<String>,
    /// When the same files are applied by somebody else.
    pub(crate) second: Option<u64>,
    /// When the controller is restarted, and how many requests come while it is away.
    pub(crate) restart: Option<(u64, u64)>,
    pub(crate) lives: Vec<Life>,
    /// What is done once nothing goes wrong any more.
    pub(crate) close: Way,
}

/// One process.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    pub(crate) way: Way,
    pub(crate) end: End,
    /// How long it is until the next one, in milliseconds.
    pub(crate) pause: u64,
}

/// The command that a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Apply,
    /// An apply of a saved plan: the one of an earlier life, if there was one.
    Saved,
    /// A resume of the latest journal, if there is one.
    Resume,
}

/// How a process ends.
#[derive(Clone, Debug)]
pub(crate) enum End {
    ByItself,
    /// Once or twice, so many milliseconds after its first write.
    CtrlC(Vec<u64>),
    /// With the power, or without: so many bytes that were not synced are there all the same.
    Kill(Point, usize),
}

/// Where a process is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Point {
    /// So many milliseconds after its beginning.
    At(u64),
    /// At a request, which arrives or not.
    Request { place: &'static str, nth: u64, arrives: bool },
    /// Right after the journal was written to, or synced.
    Disk(Moment),
}

impl Point {
    /// What it is called in the table.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::At(_) => "at a time",
            Self::Request { arrives: true, .. } => "after a request arrived",
            Self::Request { arrives: false, .. } => "before a request arrived",
            Self::Disk(Moment::Appended(_)) => "between append and sync",
            Self::Disk(Moment::Synced(_)) => "between sync and request",
        }
    }
}

impl Schedule {
    /// The names that somebody else may touch.
    pub(crate) fn raced(&self) -> Vec<String> {
        let others = self.others.iter().map(|(_, it)| it).chain(&self.faults);
        let names = others.filter(|it| it.contains("other-"));
        let names = names.filter_map(|it| it.split_once(':')).map(|(_, name)| name.to_owned());
        names.chain(self.moved.clone()).collect()
    }

    /// Whether somebody else may do this.
    pub(crate) fn has_other(&self, what: &str) -> bool {
        let is_moved = self.moved.is_some() && "other-edit".contains(what);
        is_moved
            || self.others.iter().map(|(_, it)| it).chain(&self.faults).any(|it| it.contains(what))
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { case, faults, others, moved, second, restart, lives, close } = self;
        write!(f, "{case:?}")?;
        writeln!(f, "faults {faults:?}")?;
        for (at, what) in others {
            writeln!(f, "somebody else, after {at} ms: {what}")?;
        }
        if let Some(name) = moved {
            writeln!(f, "between a saved plan and its apply, another user edits {name}")?;
        }
        if let Some(at) = second {
            writeln!(f, "a second apply of the same files, after {at} ms")?;
        }
        if let Some((at, n)) = restart {
            writeln!(f, "the controller is restarted after {at} ms, and away for {n} requests")?;
        }
        for Life { way, end, pause } in lives {
            writeln!(f, "{way:?}, ended: {end:?}; then {pause} ms")?;
        }
        writeln!(f, "nothing goes wrong any more: {close:?}")
    }
}

/// Schedules with everything there is.
pub(crate) fn schedules() -> impl Strategy<Value = Schedule> {
    let case = prop_oneof![3 => soft_cases().boxed(), 1 => cases().boxed()];
    let case = (case, prop::bool::weighted(0.1)).prop_map(|(case, may_be_refused)| {
        if may_be_refused { case } else { case.without_what_plans_refuse() }
    });
    let which = vec!["1", "1", "1", "2", "2", "3", "5", "1-2", "1-4", "/2", "/3"];
    let faults = prop::collection::vec(fault(which), 1..=5);
    let faults = prop_oneof![4 => Just(Vec::new()), 6 => faults.boxed(), 2 => outage().boxed()];
    let other = (0_u64..6_000, other());
    let others =
        prop_oneof![5 => Just(Vec::new()), 1 => prop::collection::vec(other, 1..3).boxed()];
    let moved = prop::option::weighted(0.2, select(NAMES.to_vec()));
    let lives = prop::collection::vec(life(), 1..=3);
    let second = prop::option::weighted(0.1, 0_u64..4_000);
    let restart = prop::option::weighted(0.1, (0_u64..8_000, 0_u64..12));
    let close = select(vec![Way::Apply, Way::Resume, Way::Resume]);
    // What comes first is made smaller first.
    (lives, faults, others, (moved, second, restart), close, case).prop_map(
        |(lives, faults, others, (moved, second, restart), close, case)| Schedule {
            // Only what a saved plan was made of can move under it.
            moved: moved.filter(|_| has_saved(&lives)).map(str::to_owned),
            case,
            faults,
            others,
            second,
            restart,
            lives,
            close,
        },
    )
}

fn has_saved(lives: &[Life]) -> bool {
    lives.iter().any(|it| it.way == Way::Saved)
}

/// Reads that fail for longer than they are tried, and a write that has gone wrong by then.
fn outage() -> impl Strategy<Value = Vec<String>> {
    let place =
        select(vec!["list", "count", "list", "count", "get", "task", "tasks", "credentials"]);
    let what = select(vec!["500", "500", "503", "599", "html", "reset", "429:1", "hang"]);
    let reads = (place, 2_u64..12, 8_u64..30, what);
    let reads =
        reads.prop_map(|(place, first, n, what)| format!("{place}@{first}-{}={what}", first + n));
    let writes = select(vec!["create", "edit", "run", "stop", "delete"]);
    let whats = vec!["lost", "taken:502", "cut", "hang", "lie", "stuck", "504", "late:5000"];
    let write = (writes, select(whats)).prop_map(|(place, what)| format!("{place}={what}"));
    (reads, prop::option::of(write))
        .prop_map(|(reads, write)| write.into_iter().chain([reads]).collect())
}

fn other() -> impl Strategy<Value = String> {
    let what = select(vec!["other-create", "other-edit", "other-delete", "other-run"]);
    (what, select(NAMES.to_vec())).prop_map(|(what, name)| format!("{what}:{name}"))
}

fn life() -> impl Strategy<Value = Life> {
    let way = select(vec![Way::Apply, Way::Apply, Way::Resume, Way::Resume, Way::Saved]);
    let pause = select(vec![0, 0, 300, 2_000, 12_000, 90_000]);
    (way, end(), pause).prop_map(|(way, end, pause)| Life { way, end, pause })
}

fn end() -> impl Strategy<Value = End> {
    let moments = prop::collection::vec(0_u64..9_000, 1..=2).prop_map(|mut it| {
        it.sort_unstable();
        End::CtrlC(it)
    });
    // All that was not synced, none of it, or a torn line.
    let survives = prop_oneof![Just(usize::MAX), Just(0_usize), 1_usize..300];
    prop_oneof![
        3 => Just(End::ByItself),
        1 => moments,
        6 => (point(), survives).prop_map(|(point, survives)| End::Kill(point, survives)),
    ]
}

fn point() -> impl Strategy<Value = Point> {
    let writes = vec!["create", "edit", "run", "stop", "delete"];
    let reads = vec!["token", "count", "list", "get", "task", "tasks", "credentials", "any"];
    let request =
        |places: Vec<&'static str>, most: u64| {
            (select(places), 1..=most, any::<bool>())
                .prop_map(|(place, nth, arrives)| Point::Request { place, nth, arrives })
        };
    // The plan, the beginning, and then three or four lines a write.
    let n_lines = || prop_oneof![1_u64..12, 1_u64..40];
    prop_oneof![
        1 => (0_u64..400).prop_map(Point::At),
        3 => (400_u64..7_000).prop_map(Point::At),
        4 => request(writes, 3),
        1 => request(reads, 6),
        3 => request(vec!["any"], 50),
        3 => n_lines().prop_map(|it| Point::Disk(Moment::Appended(it))),
        2 => n_lines().prop_map(|it| Point::Disk(Moment::Synced(it))),
    ]
}
