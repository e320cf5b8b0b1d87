//! Where journals are: the one that an apply writes, and those of earlier applies that were cut
//! short.
//!
//! Reads and writes no journal itself, and sends nothing but what settles one by reading.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    args::CarryArgs,
    carry::{Listeners, Recorded, limits},
    connect::{Connection, unread},
    exit::Exit,
    output::Output,
    plan::Seen,
    progress::Progress,
};
use crate::{
    apply::{self, Apply, Ended, Left, Purpose, Wait},
    events::{Event, Report},
    journal::{self, Closing, Disk, Header, Journal, JournalError, Kept, Opened},
    live,
    model::Name,
    plan::Plan,
    render::{self, Saved},
    source::SourceMap,
};

/// Where journals are kept by default.
const FOLDER: &str = ".trueup";

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
}

impl Found {
    pub(crate) fn left(&self) -> Left {
        let events = self.events.iter().map(|(at_ms, event)| (*at_ms, event));
        Left::of(&self.plan.changes, self.wait, events)
    }

    /// What came of the plan so far.
    pub(crate) fn report(&self) -> Report {
        let mut report = Report::new(&self.plan.changes);
        for (at_ms, event) in &self.events {
            report.tell(event, *at_ms);
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
    let document = serde_json::to_string_pretty(&opened.plan).unwrap_or_default() + "\n";
    let first = |why: String| JournalError::Line { line: 1, why };
    let Saved { plan, sources, files: _, digest: _ } =
        render::saved_plan(&document).map_err(|error| first(error.to_string()))?;
    let wait = if opened.waits_for_runs { Wait::Runs } else { Wait::Tasks };
    let Kept { journal, events, is_closed } = opened.kept(&plan.changes)?;
    let recorded = Recorded { journal, path: path.to_owned() };
    Ok(Found { recorded, plan, sources, document, events, wait, is_closed })
}

/// The journal of an apply that was cut short, settled, whose rest a new apply has.
#[derive(Debug)]
pub(crate) struct Settled {
    recorded: Recorded,
    /// The discoveries that it edited, and whose run it did not get to.
    pub(crate) owed: Vec<Name>,
}

/// Whose journals are looked for, and how what they had under way is settled.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    pub(crate) args: &'a CarryArgs,
    /// The file of `--journal`.
    pub(crate) journal: Option<&'a Path>,
    pub(crate) connection: &'a Connection,
    pub(crate) deadline: Instant,
}

/// Finds what earlier applies to the same controller left in the same folder, and settles it by
/// reading.
pub(crate) async fn settled(
    search: Search<'_>,
    output: &mut Output<'_>,
) -> Result<Vec<Settled>, Exit> {
    if !search.connection.has_journals() {
        return Ok(Vec::new());
    }
    let mut settled = Vec::new();
    let mut seen = None;
    for mut found in unsettled(search, output)? {
        if found.left().is_open() || !found.left().owes_runs(&found.plan.changes).is_empty() {
            let seen = match &seen {
                Some(seen) => seen,
                None => seen.insert(live_now(search, output).await?),
            };
            settle(&mut found, search, seen, output).await?;
        }
        let left = found.left();
        let owed = left.owes_runs(&found.plan.changes).into_iter().cloned().collect();
        settled.push(Settled { recorded: found.recorded, owed });
    }
    Ok(settled)
}

async fn live_now(search: Search<'_>, output: &mut Output<'_>) -> Result<Seen, Exit> {
    let Connection { client, url, .. } = search.connection;
    let at = Instant::now();
    let live = live::read(&client.until(search.deadline), url.clone()).await;
    Ok(Seen { live: live.map_err(|error| unread(&error, url, output))?, at })
}

/// Returns the journals that leave something to be done or to be settled.
fn unsettled(search: Search<'_>, output: &mut Output<'_>) -> Result<Vec<Found>, Exit> {
    let disk = Arc::clone(&output.host.journals);
    let folder = match search.journal {
        Some(path) => path.parent().unwrap_or(Path::new("")),
        None => Path::new(FOLDER),
    };
    let paths = disk.files(folder).map_err(|error| {
        let message = format!("the folder of journals `{}`: {error}", folder.display());
        output.error(&message, None);
        Exit::Failed
    })?;
    let is_journal = |it: &&PathBuf| {
        it.extension().is_some_and(|it| it == "jsonl") || search.journal == Some(it.as_path())
    };
    let mut all = Vec::new();
    for path in paths.iter().filter(is_journal) {
        if journal::is_closed(&*disk, path) {
            continue;
        }
        match read(&*disk, path) {
            Ok(found) if found.plan.controller.url != search.connection.url => (),
            Ok(found) => all.push(found),
            // Somebody else's lines, or an apply that got nowhere.
            Err(JournalError::NotAJournal(_)) => (),
            Err(JournalError::Locked) => {
                let path = path.display();
                output.say(&format!("Another apply is at work, and writes `{path}`; going on."));
            }
            Err(error) => return Err(unreadable(path, &error, output)),
        }
    }
    Ok(all)
}

fn unreadable(path: &Path, error: &JournalError, output: &mut Output<'_>) -> Exit {
    let message = format!("the journal `{}` cannot be read: {error}", path.display());
    let help = "find out what came of that apply, then move the file away";
    output.error(&message, Some(help));
    Exit::Failed
}

/// Settles what was under way, and records that.
async fn settle(
    found: &mut Found,
    search: Search<'_>,
    seen: &Seen,
    output: &mut Output<'_>,
) -> Result<(), Exit> {
    let left = found.left();
    let n_open = left.n_open();
    let path = found.recorded.path.display().to_string();
    output.say(&format!(
        "An earlier apply was cut short, with {n_open} under way ({path}). Looking what came of it."
    ));
    let mut report = found.report();
    let mut told = Vec::new();
    // A task that never ends must not keep every later apply from its work.
    let now = Instant::now();
    let job = Apply {
        plan: &found.plan,
        client: &search.connection.client,
        live: &seen.live,
        read_at: seen.at,
        limits: limits(search.args, Wait::Tasks),
        deadline: now + search.deadline.saturating_duration_since(now) / 2,
        purpose: Purpose::Settle(&left),
        stop: CancellationToken::new(),
        wall_ms: output.now_ms(),
    };
    let mut listeners = Listeners {
        changes: &found.plan.changes,
        journal: Some(&mut found.recorded),
        report: &mut report,
        progress: Progress::new(n_open, output),
        output: &mut *output,
        journal_failed: false,
    };
    let mut tell = |events: &[Event]| {
        let at_ms = listeners.output.now_ms();
        told.extend(events.iter().map(|it| (at_ms, it.clone())));
        listeners.tell(events)
    };
    let ended = apply::apply(job, &mut tell).await;
    let has_failed = listeners.journal_failed;
    drop(listeners);
    found.events.extend(told);
    match ended {
        Ended::NotRead(error) => return Err(unread(&error, &search.connection.url, output)),
        // A plan of which a write has left, or which is only settled, is not held against all.
        Ended::Stale(_) | Ended::Finished => (),
    }
    if has_failed {
        return Err(Exit::Failed);
    }
    if found.left().is_open() {
        output
            .print(&format!("\n{}\n", render::account_text(&found.plan, &report, &found.sources)));
        output.warn(&format!(
            "what an earlier apply had under way is still open after half the time there is \
             ({path}): it may take effect later; going on with what is there now"
        ));
    }
    Ok(())
}

/// What a new apply makes of the journals of earlier ones.
pub(crate) struct Succession<'a> {
    pub(crate) settled: Vec<Settled>,
    pub(crate) plan: &'a Plan,
    /// Whether the plan was made by this apply, which told the planner what runs are owed.
    pub(crate) is_planned_here: bool,
}

/// Begins the journal of an apply, and closes those whose rest it has.
pub(crate) fn begin(
    search: Search<'_>,
    header: Header,
    mut succession: Succession<'_>,
    output: &mut Output<'_>,
) -> Result<Option<Recorded>, Exit> {
    let needs_one = !succession.plan.changes.is_empty() && search.connection.has_journals();
    let journal = if needs_one || search.journal.is_some() && !succession.plan.changes.is_empty() {
        let begun = create(search.journal, header, &mut succession.settled, output);
        Some(begun.map_err(|(path, error)| {
            let message = format!("the journal `{}` cannot be written: {error}", path.display());
            let help = "nothing was sent; `--journal FILE` writes it elsewhere";
            output.error(&message, Some(help));
            Exit::Failed
        })?)
    } else {
        None
    };
    let by = journal.as_ref().map(|it| it.path.display().to_string());
    for Settled { recorded: Recorded { journal, path }, owed } in &mut succession.settled {
        let has =
            |it: &&Name| succession.is_planned_here && succession.plan.options.lets_through(it);
        let is_changed = |it: &&Name| succession.plan.changes.iter().any(|of| of.name == **it);
        let lost = owed.iter().filter(|it| !has(it) && !is_changed(it)).collect::<Vec<_>>();
        if lost.is_empty() {
            let closed = journal.close(Closing::TakenOver { by: by.clone() }, output.now_ms());
            if let Err(error) = closed {
                let path = path.display();
                output.warn(&format!("the journal `{path}` could not be closed: {error}"));
            }
            continue;
        }
        let names = lost.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let path = path.display();
        output.warn(&format!(
            "an earlier apply edited {names} and did not start its run, which this plan does not \
             either: `trueup resume {path}` does, or `--rerun`"
        ));
    }
    Ok(journal)
}

/// Makes the file, and writes its first line.
fn create(
    path: Option<&Path>,
    header: Header,
    settled: &mut [Settled],
    output: &Output<'_>,
) -> Result<Recorded, (PathBuf, io::Error)> {
    let (disk, at_ms) = (&*output.host.journals, output.now_ms());
    let recorded = |path: PathBuf, file| match Journal::begin(file, header, at_ms) {
        Ok(journal) => Ok(Recorded { journal, path }),
        Err(error) => Err((path, error)),
    };
    if let Some(path) = path {
        return match disk.create(path).or_else(|error| make_way(disk, path, settled, error)) {
            Ok(file) => recorded(path.to_owned(), file),
            Err(error) => Err((path.to_owned(), error)),
        };
    }
    let folder = Path::new(FOLDER);
    disk.make_folder(folder).map_err(|error| (folder.to_owned(), error))?;
    let stem = default_name(output.host.now_ms);
    let mut paths = (1..).map(|n| match n {
        1 => folder.join(format!("{stem}.jsonl")),
        n => folder.join(format!("{stem}-{n}.jsonl")),
    });
    loop {
        let path = paths.next().unwrap_or_default();
        match disk.create(&path) {
            Ok(file) => return recorded(path, file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (),
            Err(error) => return Err((path, error)),
        }
    }
}

fn default_name(now_ms: i64) -> String {
    let now = Timestamp::from_millisecond(now_ms).unwrap_or_default();
    format!("journal-{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), std::process::id())
}

/// Puts a journal of an earlier apply aside that has the file's name; an empty file is taken.
fn make_way(
    disk: &dyn Disk,
    path: &Path,
    settled: &mut [Settled],
    error: io::Error,
) -> io::Result<Box<dyn journal::Appended>> {
    if error.kind() != io::ErrorKind::AlreadyExists {
        return Err(error);
    }
    let ours = settled.iter_mut().find(|it| it.recorded.path == path);
    if ours.is_none() {
        let mut file = disk.open(path).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => io::Error::other("another apply is writing it"),
            _ => error,
        })?;
        if file.size()? == 0 {
            return Ok(file);
        }
        drop(file);
        Opened::open(disk, path).map_err(|error| {
            io::Error::other(format!("it is there, and not overwritten: {error}"))
        })?;
    }
    let mut asides = (1_u32..).map(|n| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{n}"));
        path.with_file_name(name)
    });
    let taken = disk.files(path.parent().unwrap_or(Path::new("")))?;
    let aside = asides.find(|it| !taken.contains(it)).unwrap_or_default();
    disk.rename(path, &aside)?;
    if let Some(ours) = ours {
        ours.recorded.path = aside;
    }
    disk.create(path)
}

/// Returns a plan's document as a journal has it.
pub(crate) fn header(document: &str, wait: Wait) -> Header {
    let plan = serde_json::from_str::<Value>(document);
    let plan = plan.expect("invariant: a plan that is saved is JSON");
    Header { plan, waits_for_runs: wait == Wait::Runs }
}
