//! Where journals are: the one that an apply writes, and those of earlier applies that were cut
//! short.
//!
//! Reads and writes no journal itself, and sends nothing but what settles one by reading.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    committed::refuse_committed,
    execute::{Listeners, Recorded},
    succession::Predecessors,
};
use crate::{
    apply::{self, Apply, Ended, Limits, Purpose, Replay, Wait},
    events::{Event, Report},
    journal::{self, Disk, JournalError, Kept, Lines, Opened},
    model::{Name, Settings, shown_json},
    plan::{Change, Plan},
    render::{self, Saved},
    session::{
        Connection, Environment, Error, ErrorKind, LiveSnapshot, Observer, Progress, read_live,
    },
    source::SourceMap,
};

/// How long what an earlier apply had under way is waited for at least, and how much longer than
/// its longest task: an effect shows within half a minute, and a doubt is settled some seconds
/// after.
const PATIENCE: Duration = Duration::from_mins(1);
const LONGEST_TIMES: u32 = 3;

/// Where journals are kept by default.
pub(super) const FOLDER: &str = ".trueup";

/// A journal that was read.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) recorded: Recorded,
    pub(crate) plan: Plan,
    pub(crate) sources: SourceMap,
    /// The plan as it is saved.
    pub(crate) document: String,
    pub(crate) events: Vec<(i64, Event)>,
    pub(crate) wait: Wait,
    pub(crate) is_closed: bool,
    /// What is left once it was settled.
    settled: Option<Replay>,
}

impl Found {
    pub(crate) fn left(&self) -> Replay {
        if let Some(settled) = &self.settled {
            return settled.clone();
        }
        let events = self.events.iter().map(|(at_ms, event)| (*at_ms, event));
        Replay::of(&self.plan.changes, self.wait, events)
    }

    /// What came of the plan so far.
    pub(crate) fn report(&self) -> Report {
        let mut report = Report::new(&self.plan.changes);
        for (at_ms, event) in &self.events {
            report.apply_event(event, *at_ms);
        }
        for change in self.left().goes_on() {
            report.reopen(change);
        }
        report
    }
}

/// Opens and reads a journal.
pub(crate) fn read(disk: &dyn Disk, path: &Path) -> Result<Found, JournalError> {
    let opened = Opened::open(disk, path)?;
    let (Saved { plan, sources, files: _, digest: _ }, document) = plan_of(&opened.lines)?;
    let wait = wait_of(&opened.lines);
    let Kept { journal, events, is_closed } = opened.kept(&plan.changes)?;
    let recorded = Recorded { journal, path: path.to_owned() };
    let settled = None;
    Ok(Found { recorded, plan, sources, document, events, wait, is_closed, settled })
}

/// Returns the plan of a journal, and its document as it is saved, to the byte.
fn plan_of(lines: &Lines) -> Result<(Saved, String), JournalError> {
    let document = serde_json::to_string_pretty(&lines.header.plan).unwrap_or_default();
    let document = shown_json(document) + "\n";
    let first = |why: String| JournalError::Line { line: 1, why };
    let saved = render::saved_plan(&document).map_err(|error| first(error.to_string()))?;
    Ok((saved, document))
}

fn wait_of(lines: &Lines) -> Wait {
    if lines.header.waits_for_runs() { Wait::Runs } else { Wait::Tasks }
}

/// Returns what earlier applies may have deleted and not created again, with the settings that it
/// was to have, by what their journals tell: a plan settles nothing, and leaves them as they are.
pub(crate) async fn remembered(
    connection: &Connection,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<Vec<(Name, Settings)>, Error> {
    if !connection.has_journals {
        return Ok(Vec::new());
    }
    let unknown = "so that this plan does not know what an earlier apply left";
    let disk = Arc::clone(&environment.journals);
    let paths = disk.files(Path::new(FOLDER)).unwrap_or_else(|error| {
        observer.warn(&format!("the folder `{FOLDER}` cannot be read, {unknown}: {error}"));
        Vec::new()
    });
    let is_open = |it: &&PathBuf| is_journal(it) && !journal::is_closed(&*disk, it);
    let mut all = Vec::new();
    let mut read = Vec::new();
    let mut unread = Vec::new();
    for path in paths.iter().filter(is_open) {
        match halved_by(&*disk, path, &connection.url) {
            Ok(halved) if halved.is_empty() => (),
            Ok(halved) => {
                all.extend(halved);
                read.push(path.clone());
            }
            Err(JournalError::NotAJournal(_) | JournalError::Torn) => (),
            Err(JournalError::Locked) => {
                say_at_work(path, "this plan does not know what it does", observer);
            }
            Err(error) => unread.push((path.display(), error)),
        }
    }
    if let Some((path, error)) = unread.first() {
        let others = match unread.len() - 1 {
            0 => String::new(),
            n => format!(", and {n} more of that folder,"),
        };
        let message = format!("the journal `{path}`{others} cannot be read, {unknown}: {error}");
        observer.warn(&message);
    }
    refuse_committed(read, environment, observer).await?;
    Ok(all)
}

fn halved_by(
    disk: &dyn Disk,
    path: &Path,
    url: &str,
) -> Result<Vec<(Name, Settings)>, JournalError> {
    let lines = Lines::look(disk, path)?;
    let (Saved { plan, .. }, _) = plan_of(&lines)?;
    if plan.controller.url != url || lines.is_closed() {
        return Ok(Vec::new());
    }
    let wait = wait_of(&lines);
    let events = lines.events(&plan.changes)?;
    let events = events.iter().map(|(at_ms, event)| (*at_ms, event));
    let left = Replay::of(&plan.changes, wait, events);
    Ok(with_settings(left.may_be_deleted_not_recreated(&plan.changes)))
}

fn with_settings(changes: Vec<&Change>) -> Vec<(Name, Settings)> {
    changes.into_iter().filter_map(|it| Some((it.name.clone(), it.after.clone()?))).collect()
}

fn is_journal(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "jsonl")
}

/// The journal of an apply that was cut short, settled, whose rest a new apply has.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(super) recorded: Recorded,
    /// The discoveries that it edited, and whose run it did not get to.
    pub(crate) owed: Vec<Name>,
    /// Those that it deleted, and did not get to create again.
    pub(super) halved: Vec<Name>,
    /// What those were to be, and those whose delete is still open: where they are gone, they are
    /// made again with these settings.
    pub(crate) kept: Vec<(Name, Settings)>,
    /// Whether something of it is under way that reading does not settle.
    pub(super) is_open: bool,
    /// Whether it can be carried on with.
    pub(super) has_more: bool,
    /// What it was to do, and which of that waits for whoever does it.
    pub(super) changes: Vec<Change>,
    pub(super) waiting: Vec<usize>,
}

/// Whose journals are looked for, and how what they had under way is settled.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    pub(crate) limits: Limits,
    /// The file of `--journal`.
    pub(crate) journal: Option<&'a Path>,
    pub(crate) connection: &'a Connection,
    pub(crate) deadline: Instant,
}

/// Finds what earlier applies to the same controller left in the same folder, and settles it by
/// reading.
pub(crate) async fn settled(
    search: Search<'_>,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<Vec<Settled>, Error> {
    if !search.connection.has_journals {
        return Ok(Vec::new());
    }
    let mut settled = Vec::new();
    let mut seen = None;
    let unsettled = unsettled(search, environment, observer)?;
    let paths = unsettled.iter().map(|it| it.recorded.path.clone()).collect();
    refuse_committed(paths, environment, observer).await?;
    for mut found in unsettled {
        let left = found.left();
        if left.is_open() || left.may_miss_runs(&found.plan.changes) {
            let seen = match &seen {
                Some(seen) => seen,
                None => seen.insert(read_live(&search.connection.until(search.deadline)).await?),
            };
            settle(&mut found, search, seen, environment, observer).await?;
        }
        let (left, changes) = (found.left(), &found.plan.changes);
        let owed = left.runs_missing(changes).into_iter().cloned().collect();
        let halved =
            left.deleted_not_recreated(changes).into_iter().map(|it| it.name.clone()).collect();
        let kept = with_settings(left.may_be_deleted_not_recreated(changes));
        let waiting = left.waiting(changes);
        let (is_open, has_more) = (left.is_open(), left.has_more());
        let Found { recorded, plan, .. } = found;
        let changes = plan.changes;
        settled.push(Settled { recorded, owed, halved, kept, is_open, has_more, changes, waiting });
    }
    Ok(settled)
}

/// Returns the journals that leave something to be done or to be settled.
fn unsettled(
    search: Search<'_>,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<Vec<Found>, Error> {
    let disk = Arc::clone(&environment.journals);
    let folder = match search.journal {
        Some(path) => path.parent().unwrap_or(Path::new("")),
        None => Path::new(FOLDER),
    };
    let paths = disk.files(folder).map_err(|error| {
        let message = format!("the folder of journals `{}`: {error}", folder.display());
        Error::new(ErrorKind::Failed, message)
    })?;
    let is_ours = |it: &&PathBuf| is_journal(it) || search.journal == Some(it.as_path());
    let mut all = Vec::new();
    for path in paths.iter().filter(is_ours) {
        if journal::is_closed(&*disk, path) {
            continue;
        }
        match read(&*disk, path) {
            Ok(found) if found.plan.controller.url != search.connection.url => (),
            Ok(found) => all.push(found),
            // Somebody else's lines, or an apply that got nowhere.
            Err(JournalError::NotAJournal(_) | JournalError::Torn) => (),
            Err(JournalError::Locked) => say_at_work(path, "going on", observer),
            Err(error) => return Err(unreadable(path, &error)),
        }
    }
    Ok(all)
}

fn say_at_work(path: &Path, then: &str, observer: &mut dyn Observer) {
    let path = path.display();
    observer.note(&format!("Another apply is at work, and writes `{path}`; {then}."));
}

fn unreadable(path: &Path, error: &JournalError) -> Error {
    let message = format!("the journal `{}` cannot be read: {error}", path.display());
    match error {
        JournalError::OldVersion(_) => {
            Error::new(ErrorKind::Invalid, message).help(settle_with_old_release(path))
        }
        JournalError::NewVersion(_) => Error::new(ErrorKind::Failed, message).help(USE_NEWER),
        _ => Error::new(ErrorKind::Failed, message).help(
            "nothing was sent; check the controller for the result of that apply, then move the \
             file away",
        ),
    }
}

/// What to do about a journal of a newer release.
pub(super) const USE_NEWER: &str = "use the trueup that wrote it, or a newer one";

/// Says what to do about a journal of the first release, whose format is no longer read.
pub(super) fn settle_with_old_release(path: &Path) -> String {
    let path = path.display();
    format!(
        "nothing was sent; settle it with trueup 0.1.0: `trueup resume {path}`, or check the \
         controller and move the file away"
    )
}

/// Settles what was under way, and records that.
async fn settle(
    found: &mut Found,
    search: Search<'_>,
    seen: &LiveSnapshot,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<(), Error> {
    let left = found.left();
    let n_open = left.n_open();
    let path = found.recorded.path.display().to_string();
    observer.note(&format!(
        "An earlier apply was cut short, with {n_open} under way ({path}). Looking what came of it."
    ));
    let mut report = found.report();
    let mut after = left.clone();
    let now = Instant::now();
    // A task that never ends must not keep every later apply from its work.
    let patience = PATIENCE.max(left.longest_task() * LONGEST_TIMES);
    let patience = patience.min(search.deadline.saturating_duration_since(now) / 2);
    observer.progress(Progress::Applying { n_changes: n_open, waits_for_runs: false });
    let job = Apply {
        plan: &found.plan,
        client: &search.connection.client,
        live: &seen.live,
        read_at: seen.at,
        limits: Limits { wait: Wait::Tasks, ..search.limits },
        deadline: now + patience,
        purpose: Purpose::Settle(&left),
        stop: CancellationToken::new(),
        wall_ms: environment.clock.now_ms(),
    };
    let mut listeners = Listeners {
        changes: &found.plan.changes,
        journal: Some(&mut found.recorded),
        predecessors: Predecessors::default(),
        report: &mut report,
        left: &mut after,
        clock: environment.clock,
        observer: &mut *observer,
        sink_error: None,
    };
    let mut emit = |events: &[Event]| listeners.emit(events);
    let ended = apply::apply(job, &mut emit).await;
    let sink_error = listeners.sink_error;
    drop(listeners);
    observer.progress(Progress::Ended);
    found.settled = Some(after);
    match ended {
        Ended::NotRead(error) => {
            return Err(search.connection.read_error(&error));
        }
        // Nothing is carried out here, so that nothing can be stale.
        Ended::Stale(_) | Ended::Finished => (),
    }
    if sink_error.is_some() {
        return Err(Error::already_printed(ErrorKind::Failed));
    }
    if found.left().is_open() {
        observer
            .print(&format!("\n{}\n", render::account_text(&found.plan, &report, &found.sources)));
        observer.warn(&format!(
            "what an earlier apply had under way is still open ({path}) and may take effect \
             later; going on with what is there now. Each apply waits for it: where it never ends, \
             look at the controller what came of it, then move the file away"
        ));
    }
    Ok(())
}
