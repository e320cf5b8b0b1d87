//! Schedules of faults, kills and other users, each generated from one seed.

use std::fmt;

use proptest::{prelude::*, sample::select};

use crate::{
    disk::Moment,
    generate::{Case, NAMES, cases, fault, soft_cases},
};

/// Everything that happens while the same files are applied.
#[derive(Clone)]
pub(crate) struct Schedule {
    pub(crate) case: Case,
    pub(crate) faults: Vec<String>,
    /// The changes of other users, each with its time in milliseconds from the start.
    pub(crate) other_users: Vec<(u64, String)>,
    /// The discovery that another user edits between a saved plan and its apply.
    pub(crate) moved: Option<String>,
    /// When a concurrent apply of the same files starts, in milliseconds.
    pub(crate) second: Option<u64>,
    /// When the controller restarts, in milliseconds, and how many requests fail meanwhile.
    pub(crate) restart: Option<(u64, u64)>,
    pub(crate) processes: Vec<Process>,
    /// The final command, without faults.
    pub(crate) close: CommandKind,
}

/// A process and how it ends.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) kind: CommandKind,
    pub(crate) end: End,
    /// Milliseconds until the next process.
    pub(crate) pause: u64,
}

/// The command that a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommandKind {
    Apply,
    /// An apply of a saved plan: that of an earlier process, if there is one.
    Saved,
    /// A resume of the latest journal, if there is one.
    Resume,
}

/// How a process ends.
#[derive(Clone, Debug)]
pub(crate) enum End {
    Normally,
    /// Once or twice, in milliseconds after the start of the apply.
    CtrlC(Vec<u64>),
    /// With or without a power failure: this many unsynced bytes survive.
    Kill(Point, usize),
}

/// Where a process is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Point {
    /// In milliseconds after its start.
    At(u64),
    /// At a request, before or after it arrives.
    Request { place: &'static str, nth: u64, arrives: bool },
    /// Right after a write or sync of the journal.
    Disk(Moment),
}

impl Point {
    /// Its label in the tally.
    pub(crate) fn label(self) -> &'static str {
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
    /// The discoveries that other users change.
    pub(crate) fn raced(&self) -> Vec<String> {
        let other_users = self.other_users.iter().map(|(_, it)| it).chain(&self.faults);
        let names = other_users.filter(|it| it.contains("other-"));
        let names = names.filter_map(|it| it.split_once(':')).map(|(_, name)| name.to_owned());
        names.chain(self.moved.clone()).collect()
    }

    /// Whether other users make this kind of change.
    pub(crate) fn has_other(&self, what: &str) -> bool {
        let is_moved = self.moved.is_some() && "other-edit".contains(what);
        is_moved
            || self
                .other_users
                .iter()
                .map(|(_, it)| it)
                .chain(&self.faults)
                .any(|it| it.contains(what))
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { case, faults, other_users, moved, second, restart, processes, close } = self;
        write!(f, "{case:?}")?;
        writeln!(f, "faults {faults:?}")?;
        for (at, what) in other_users {
            writeln!(f, "another user, after {at} ms: {what}")?;
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
        for Process { kind, end, pause } in processes {
            writeln!(f, "{kind:?}, ended: {end:?}; then {pause} ms")?;
        }
        writeln!(f, "finally, without faults: {close:?}")
    }
}

/// Schedules with every kind of fault and event.
pub(crate) fn schedules() -> impl Strategy<Value = Schedule> {
    let case = prop_oneof![3 => soft_cases().boxed(), 1 => cases().boxed()];
    let case = (case, prop::bool::weighted(0.1)).prop_map(|(case, may_be_refused)| {
        if may_be_refused { case } else { case.without_what_plans_refuse() }
    });
    let which = vec!["1", "1", "1", "2", "2", "3", "5", "1-2", "1-4", "/2", "/3"];
    let faults = prop::collection::vec(fault(which), 1..=5);
    let faults = prop_oneof![4 => Just(Vec::new()), 6 => faults.boxed(), 2 => outage().boxed()];
    let other = (0_u64..6_000, other());
    let other_users =
        prop_oneof![5 => Just(Vec::new()), 1 => prop::collection::vec(other, 1..3).boxed()];
    let moved = prop::option::weighted(0.2, select(NAMES.to_vec()));
    let processes = prop::collection::vec(process(), 1..=3);
    let second = prop::option::weighted(0.1, 0_u64..4_000);
    let restart = prop::option::weighted(0.1, (0_u64..8_000, 0_u64..12));
    let close = select(vec![CommandKind::Apply, CommandKind::Resume, CommandKind::Resume]);
    // proptest shrinks the first members first.
    (processes, faults, other_users, (moved, second, restart), close, case).prop_map(
        |(processes, faults, other_users, (moved, second, restart), close, case)| Schedule {
            // Without a saved plan there is no time between plan and apply.
            moved: moved.filter(|_| has_saved(&processes)).map(str::to_owned),
            case,
            faults,
            other_users,
            second,
            restart,
            processes,
            close,
        },
    )
}

fn has_saved(processes: &[Process]) -> bool {
    processes.iter().any(|it| it.kind == CommandKind::Saved)
}

/// Reads that fail for longer than they are retried, after a write that may have failed.
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

fn process() -> impl Strategy<Value = Process> {
    let kind = select(vec![
        CommandKind::Apply,
        CommandKind::Apply,
        CommandKind::Resume,
        CommandKind::Resume,
        CommandKind::Saved,
    ]);
    let pause = select(vec![0, 0, 300, 2_000, 12_000, 90_000]);
    (kind, end(), pause).prop_map(|(kind, end, pause)| Process { kind, end, pause })
}

fn end() -> impl Strategy<Value = End> {
    let moments = prop::collection::vec(0_u64..9_000, 1..=2).prop_map(|mut it| {
        it.sort_unstable();
        End::CtrlC(it)
    });
    // All unsynced bytes survive, none, or a torn line.
    let survives = prop_oneof![Just(usize::MAX), Just(0_usize), 1_usize..300];
    prop_oneof![
        3 => Just(End::Normally),
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
    // The plan, the start of the apply, and three or four lines for each write.
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
