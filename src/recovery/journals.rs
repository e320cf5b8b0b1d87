//! The journals of earlier applies: found, read, and what is left in them.
//!
//! Sends nothing.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{
    follower::{Follower, RecordedJournal},
    notice::Notice,
    remainder::Remainders,
    takeover::{SettledApply, last_known_settings},
};
use crate::{
    apply::{Replay, Wait},
    events::{Event, Report},
    journal::{self, Disk, JournalContent, JournalError, Lines, Opened},
    model::{Name, Settings},
    plan::Plan,
    source::SourceMap,
};

/// Where journals are kept by default.
pub(crate) const FOLDER: &str = ".trueup";

/// A plan in a journal.
pub(crate) struct ParsedPlan {
    pub(crate) plan: Plan,
    pub(crate) sources: SourceMap,
    /// The exact text of the saved plan.
    pub(crate) document: String,
}

/// Where to look for the journals of earlier applies.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    pub(crate) disk: &'a dyn Disk,
    /// The file of `--journal`.
    pub(crate) journal: Option<&'a Path>,
    /// The controller of the journals.
    pub(crate) url: &'a str,
    /// Reads the plan of a journal.
    pub(crate) parse: fn(&Value) -> Result<ParsedPlan, JournalError>,
}

/// Why the journals cannot be used.
#[derive(Debug)]
pub(crate) enum RecoveryError {
    Folder {
        folder: PathBuf,
        error: io::Error,
    },
    Journal {
        path: PathBuf,
        error: JournalError,
    },
    /// The journal of the new apply cannot be created.
    NewJournal {
        path: PathBuf,
        error: io::Error,
    },
}

/// An apply whose journal was read.
#[derive(Debug)]
pub(crate) struct InterruptedApply {
    pub(crate) recorded: RecordedJournal,
    pub(crate) plan: Plan,
    pub(crate) sources: SourceMap,
    /// The plan as it is saved.
    pub(crate) document: String,
    pub(crate) events: Vec<(i64, Event)>,
    pub(crate) wait: Wait,
    pub(crate) is_closed: bool,
    /// The operations, according to its events and those of settling it.
    pub(crate) replay: Replay,
}

impl InterruptedApply {
    pub(crate) fn remainders(&self) -> Remainders {
        Remainders::of(&self.replay, &self.plan.changes, self.wait)
    }

    /// The outcomes so far.
    pub(crate) fn report(&self) -> Report {
        let mut report = Report::new(&self.plan.changes);
        for (at_ms, event) in &self.events {
            report.apply_event(event, *at_ms);
        }
        for change in self.replay.unfinished() {
            report.reopen(change);
        }
        report
    }

    /// Leaves the settled apply to a new one.
    pub(crate) fn into_settled(self) -> SettledApply {
        let remainders = self.remainders();
        let Self { recorded, plan, .. } = self;
        SettledApply { recorded, changes: plan.changes, remainders }
    }
}

/// Opens and reads a journal.
pub(crate) fn read(
    disk: &dyn Disk,
    path: &Path,
    parse: fn(&Value) -> Result<ParsedPlan, JournalError>,
) -> Result<InterruptedApply, JournalError> {
    let opened = Opened::open(disk, path)?;
    let ParsedPlan { plan, sources, document } = parse(&opened.lines.header.plan)?;
    let wait = wait_of(&opened.lines);
    let JournalContent { journal, events, is_closed } = opened.content(&plan.changes)?;
    let recorded = RecordedJournal { journal, path: path.to_owned() };
    let replay = Replay::of(&plan.changes, events.iter().map(|(at_ms, event)| (*at_ms, event)));
    Ok(InterruptedApply { recorded, plan, sources, document, events, wait, is_closed, replay })
}

fn wait_of(lines: &Lines) -> Wait {
    if lines.header.waits_for_runs() { Wait::Runs } else { Wait::Tasks }
}

/// Finds the journals of earlier applies to the same controller, in the same folder, that leave
/// something to do or to settle.
pub(crate) fn find(
    search: Search<'_>,
    follower: &mut dyn Follower,
) -> Result<Vec<InterruptedApply>, RecoveryError> {
    let folder = match search.journal {
        Some(path) => path.parent().unwrap_or(Path::new("")),
        None => Path::new(FOLDER),
    };
    let paths = search.disk.files(folder);
    let paths =
        paths.map_err(|error| RecoveryError::Folder { folder: folder.to_owned(), error })?;
    let is_ours = |it: &PathBuf| is_journal(it) || search.journal == Some(it.as_path());
    let mut all = Vec::new();
    for path in paths.into_iter().filter(is_ours) {
        if journal::is_closed(search.disk, &path) {
            continue;
        }
        match read(search.disk, &path, search.parse) {
            Ok(found) if found.plan.controller.url != search.url => (),
            Ok(found) => all.push(found),
            // A file of another program, or an apply that did nothing.
            Err(JournalError::NotAJournal(_) | JournalError::Torn) => (),
            Err(JournalError::Locked) => {
                follower.notice(Notice::AnotherApply { path, is_plan: false });
            }
            Err(error) => return Err(RecoveryError::Journal { path, error }),
        }
    }
    Ok(all)
}

/// The discoveries that earlier applies may have deleted and not created again.
#[derive(Debug, Default)]
pub(crate) struct DeletedByEarlier {
    /// With their intended settings.
    pub(crate) discoveries: Vec<(Name, Settings)>,
    /// The journals of these applies.
    pub(crate) journals: Vec<PathBuf>,
}

/// Finds what earlier applies may have deleted, according to their journals: a plan settles
/// nothing, and leaves the journals unchanged.
pub(crate) fn deleted_by_earlier(
    search: Search<'_>,
    follower: &mut dyn Follower,
) -> DeletedByEarlier {
    let paths = search.disk.files(Path::new(FOLDER)).unwrap_or_else(|error| {
        follower.notice(Notice::FolderNotRead { folder: FOLDER, error });
        Vec::new()
    });
    let is_open = |it: &PathBuf| is_journal(it) && !journal::is_closed(search.disk, it);
    let mut deleted = DeletedByEarlier::default();
    let mut unread = Vec::new();
    for path in paths.into_iter().filter(is_open) {
        match deleted_by(search, &path) {
            Ok(discoveries) if discoveries.is_empty() => (),
            Ok(discoveries) => {
                deleted.discoveries.extend(discoveries);
                deleted.journals.push(path);
            }
            Err(JournalError::NotAJournal(_) | JournalError::Torn) => (),
            Err(JournalError::Locked) => {
                follower.notice(Notice::AnotherApply { path, is_plan: true });
            }
            Err(error) => unread.push((path, error)),
        }
    }
    let n_more = unread.len().saturating_sub(1);
    if let Some((path, error)) = unread.into_iter().next() {
        follower.notice(Notice::NotRead { path, n_more, error });
    }
    deleted
}

fn deleted_by(search: Search<'_>, path: &Path) -> Result<Vec<(Name, Settings)>, JournalError> {
    let lines = Lines::read(search.disk, path)?;
    let ParsedPlan { plan, .. } = (search.parse)(&lines.header.plan)?;
    if plan.controller.url != search.url || lines.is_closed() {
        return Ok(Vec::new());
    }
    let wait = wait_of(&lines);
    let events = lines.events(&plan.changes)?;
    let replay = Replay::of(&plan.changes, events.iter().map(|(at_ms, event)| (*at_ms, event)));
    let remainders = Remainders::of(&replay, &plan.changes, wait);
    Ok(last_known_settings(&remainders, &plan.changes))
}

fn is_journal(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "jsonl")
}
