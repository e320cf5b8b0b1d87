//! Counts faults and events over all seeds, to show that the checks had something to catch.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use trueup::cli::Exit;
use trueup_simulator::Simulator;

use super::schedule::{CommandKind, Point};

/// How often each event happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) n_seeds: u64,
    pub(crate) events: BTreeMap<String, u64>,
    /// The faults that occurred, by `REQUEST=KIND`.
    pub(crate) faults: BTreeMap<String, u64>,
    /// The quirks of the controllers.
    pub(crate) quirks: BTreeMap<String, u64>,
}

impl Tally {
    pub(crate) fn note(&mut self, what: &str) {
        *self.events.entry(what.to_owned()).or_default() += 1;
    }

    pub(crate) fn note_kill(&mut self, point: Point, n_unsynced: usize, n_survive: usize) {
        self.note(&format!("killed {}", point.label()));
        if 0 < n_survive && n_survive < n_unsynced {
            self.note("a torn line");
        } else if n_survive < n_unsynced {
            self.note("a lost line");
        }
    }

    pub(crate) fn note_command(&mut self, kind: CommandKind, exit: Option<Exit>, err: &str) {
        let kind = match kind {
            CommandKind::Apply => "apply",
            CommandKind::Saved => "apply of a saved plan",
            CommandKind::Resume => "resume",
        };
        let end = exit.map_or("killed".to_owned(), |it| format!("exit {}", it.code()));
        self.note(&format!("{kind}: {end}"));
        if err.contains("in doubt") {
            self.note("a write was in doubt");
        }
        if err.contains("An earlier apply was interrupted") {
            self.note("an apply settled the journal of an earlier one");
        }
    }

    /// Adds the faults that occurred at a controller.
    pub(crate) fn note_world(&mut self, simulator: &Simulator) {
        for (what, n) in simulator.fault_counts() {
            *self.faults.entry(what).or_default() += n;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.n_seeds += other.n_seeds;
        let counts = [
            (&mut self.events, &other.events),
            (&mut self.faults, &other.faults),
            (&mut self.quirks, &other.quirks),
        ];
        for (all, more) in counts {
            for (what, n) in more {
                *all.entry(what.clone()).or_default() += n;
            }
        }
    }

    /// How often a kind of fault occurred, at any request.
    pub(crate) fn of_kind(&self, kind: &str) -> u64 {
        let of = self.faults.iter().filter(|(what, _)| what.split_once('=').unwrap().1 == kind);
        of.map(|(_, n)| n).sum()
    }

    /// How often any fault occurred at a kind of request.
    pub(crate) fn at_place(&self, place: &str) -> u64 {
        let at = self.faults.iter().filter(|(what, _)| what.split_once('=').unwrap().0 == place);
        at.map(|(_, n)| n).sum()
    }
}

/// The events that must happen, besides faults.
pub(crate) const EVENTS: [&str; 20] = [
    "Ctrl-C",
    "Ctrl-C twice",
    "a lost line",
    "a second apply at the same time",
    "a torn line",
    "a write was in doubt",
    "an apply settled the journal of an earlier one",
    "another user at a random time",
    "apply of a saved plan: exit 0",
    "apply of a saved plan: killed",
    "apply: exit 0",
    "apply: killed",
    "killed after a request arrived",
    "killed at a time",
    "killed before a request arrived",
    "killed between append and sync",
    "killed between sync and request",
    "resume: exit 0",
    "resume: killed",
    "the controller restarted",
];

/// The kinds of requests, as in faults.
pub(crate) const PLACES: [&str; 13] = [
    "token",
    "release",
    "credentials",
    "count",
    "list",
    "get",
    "task",
    "tasks",
    "create",
    "edit",
    "run",
    "stop",
    "delete",
];

/// The kinds of faults.
pub(crate) const KINDS: [&str; 23] = [
    "lost",
    "reset",
    "429",
    "429:SECONDS",
    "503:SECONDS",
    "500…599",
    "taken:500…599",
    "html",
    "cut",
    "null",
    "empty",
    "slow:MS",
    "hang",
    "expire",
    "stuck",
    "stuck-done",
    "fail:TEXT",
    "lie",
    "late:MS",
    "other-create:NAME",
    "other-edit:NAME",
    "other-delete:NAME",
    "other-run:NAME",
];

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} seeds; how often each fault occurred at each request:", self.n_seeds)?;
        let mut head = format!("{:18}", "");
        for place in PLACES {
            write!(head, "{place:>12}")?;
        }
        writeln!(f, "{head}{:>12}", "all")?;
        for kind in KINDS {
            write!(f, "{kind:18}")?;
            for place in PLACES {
                let n = self.faults.get(&format!("{place}={kind}")).copied().unwrap_or_default();
                write!(f, "{n:12}")?;
            }
            writeln!(f, "{:12}", self.of_kind(kind))?;
        }
        let n_quirks = self.quirks.values().sum::<u64>();
        writeln!(f, "\n{n_quirks:12}  quirks, of {} kinds", self.quirks.len())?;
        for (what, n) in &self.events {
            writeln!(f, "{n:12}  {what}")?;
        }
        Ok(())
    }
}
