//! The journals of earlier applies: settled before a new apply, and looked at before a plan.

use std::path::Path;

use serde_json::Value;
use tokio::time::Instant;

use super::{
    committed::refuse_committed,
    connection::Connection,
    environment::{Clock, Environment},
    error::{Error, ErrorKind},
    execute::PreparedApply,
    observed_apply::{ObservedApply, report_notice},
    observer::{Observer, Progress},
    planning::read_live,
};
use crate::{
    apply::{Ended, Limits, Wait},
    journal::JournalError,
    model::{Name, Settings, shown_json},
    recovery::{
        self, EarlierJournals, InterruptedApply, NewApply, NewJournal, Notice, ParsedPlan,
        RecordedJournal, RecoveryError, Search, SettleOptions, SettledApply,
    },
    render,
};

/// Reads a journal.
pub(crate) fn read_journal(
    environment: &Environment,
    path: &Path,
) -> Result<InterruptedApply, JournalError> {
    recovery::read(&*environment.journals, path, parse_plan)
}

/// Reads the plan of a journal.
pub(crate) fn parse_plan(plan: &Value) -> Result<ParsedPlan, JournalError> {
    let document = serde_json::to_string_pretty(plan).unwrap_or_default();
    let document = shown_json(document) + "\n";
    let first = |why: String| JournalError::Line { line: 1, why };
    let saved = render::saved_plan(&document).map_err(|error| first(error.to_string()))?;
    Ok(ParsedPlan { plan: saved.plan, sources: saved.sources, document })
}

/// Where the journals of earlier applies are, and how what they left is settled.
#[derive(Clone, Copy)]
pub(crate) struct EarlierApplies<'a> {
    pub(crate) limits: Limits,
    /// The file of `--journal`.
    pub(crate) journal: Option<&'a Path>,
    pub(crate) connection: &'a Connection,
    pub(crate) deadline: Instant,
}

/// A new apply, which takes over from settled ones.
pub(crate) struct Takeover<'a> {
    pub(crate) settled: Vec<SettledApply>,
    pub(crate) prepared: &'a PreparedApply,
    /// What it waits for.
    pub(crate) wait: Wait,
    /// Whether its plan was made by this command, which told the planner about missing runs.
    pub(crate) is_planned_here: bool,
}

impl EarlierApplies<'_> {
    fn search<'a>(&'a self, environment: &'a Environment) -> Search<'a> {
        let (disk, url) = (&*environment.journals, self.connection.url.as_str());
        Search { disk, journal: self.journal, url, parse: parse_plan }
    }

    /// Finds what earlier applies to the same controller left in the same folder, and settles it
    /// by reading.
    pub(crate) async fn settle(
        self,
        environment: &Environment,
        observer: &mut dyn Observer,
    ) -> Result<Vec<SettledApply>, Error> {
        if !self.connection.has_journals {
            return Ok(Vec::new());
        }
        let clock = environment.clock;
        let mut follower = ObservedApply { clock, observer: &mut *observer };
        let found = recovery::find(self.search(environment), &mut follower)?;
        let paths = found.iter().map(|it| it.recorded.path.clone()).collect();
        refuse_committed(paths, environment, observer).await?;
        let mut settled = Vec::new();
        let mut snapshot = None;
        for mut interrupted in found {
            if interrupted.remainders().needs_settling() {
                let snapshot = match &snapshot {
                    Some(snapshot) => snapshot,
                    None => {
                        snapshot.insert(read_live(&self.connection.until(self.deadline)).await?)
                    }
                };
                let options = SettleOptions {
                    client: &self.connection.client,
                    live: &snapshot.live,
                    read_at: snapshot.at,
                    limits: self.limits,
                    deadline: self.deadline,
                };
                self.settle_one(&mut interrupted, options, clock, observer).await?;
            }
            settled.push(interrupted.into_settled());
        }
        Ok(settled)
    }

    async fn settle_one(
        &self,
        interrupted: &mut InterruptedApply,
        options: SettleOptions<'_>,
        clock: Clock,
        observer: &mut dyn Observer,
    ) -> Result<(), Error> {
        let (path, n_open) = (interrupted.recorded.path.clone(), interrupted.replay.n_open());
        report_notice(&Notice::Settling { path: path.clone(), n_open }, observer);
        observer.progress(Progress::Applying { n_changes: n_open, waits_for_runs: false });
        let mut follower = ObservedApply { clock, observer: &mut *observer };
        let result = recovery::settle(interrupted, options, &mut follower).await;
        observer.progress(Progress::Ended);
        match result.ended {
            Some(Ended::NotRead(error)) => return Err(self.connection.read_error(&error)),
            // Nothing is written here, so nothing can be stale.
            Some(Ended::Stale(_) | Ended::Finished) | None => (),
        }
        if result.sink_error.is_some() {
            return Err(Error::already_printed(ErrorKind::Failed));
        }
        if interrupted.remainders().is_open() {
            let InterruptedApply { plan, sources, .. } = &*interrupted;
            observer.print(&format!("\n{}\n", render::account_text(plan, &result.report, sources)));
            report_notice(&Notice::StillOpen { path }, observer);
        }
        Ok(())
    }

    /// Begins the journal of a new apply, if it needs one. Returns it with those that hand over to
    /// it what is left in them.
    pub(crate) fn take_over(
        self,
        takeover: Takeover<'_>,
        environment: &Environment,
        observer: &mut dyn Observer,
    ) -> Result<(Option<RecordedJournal>, EarlierJournals), Error> {
        let Takeover { mut settled, prepared, wait, is_planned_here } = takeover;
        let plan = &prepared.plan;
        let has_journal = self.connection.has_journals || self.journal.is_some();
        let mut journal = None;
        if has_journal && !plan.changes.is_empty() {
            let header = recovery::header(&prepared.document, wait);
            let (start_ms, now_ms) = (environment.clock.start_ms, environment.clock.now_ms());
            let new = NewJournal { path: self.journal, header, start_ms, now_ms };
            journal = Some(new.create(&*environment.journals, &mut settled)?);
        }
        let path = journal.as_ref().map(|it| it.path.display().to_string());
        let new = NewApply { plan, is_planned_here, journal: path };
        let (earlier, notices) = new.take_over(settled);
        for notice in &notices {
            report_notice(notice, observer);
        }
        Ok((journal, earlier))
    }
}

/// Returns what earlier applies may have deleted and not created again, with the settings that it
/// was to have.
pub(crate) async fn deleted_by_earlier_applies(
    connection: &Connection,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<Vec<(Name, Settings)>, Error> {
    if !connection.has_journals {
        return Ok(Vec::new());
    }
    let (disk, url) = (&*environment.journals, connection.url.as_str());
    let search = Search { disk, journal: None, url, parse: parse_plan };
    let mut follower = ObservedApply { clock: environment.clock, observer: &mut *observer };
    let deleted = recovery::deleted_by_earlier(search, &mut follower);
    refuse_committed(deleted.journals, environment, observer).await?;
    Ok(deleted.discoveries)
}

impl From<RecoveryError> for Error {
    fn from(error: RecoveryError) -> Self {
        let failed = |message: String| Self::new(ErrorKind::Failed, message);
        match error {
            RecoveryError::Folder { folder, error } => {
                failed(format!("the folder of journals `{}`: {error}", folder.display()))
            }
            RecoveryError::Journal { path, error } => {
                let message = format!("the journal `{}` cannot be read: {error}", path.display());
                match error {
                    JournalError::OldVersion(_) => {
                        Self::new(ErrorKind::Invalid, message).help(settle_with_old_release(&path))
                    }
                    JournalError::NewVersion(_) => failed(message).help(USE_NEWER),
                    _ => failed(message).help(
                        "nothing was sent; check the controller for the result of that apply, \
                         then move the file away",
                    ),
                }
            }
            RecoveryError::NewJournal { path, error } => {
                let path = path.display();
                failed(format!("the journal `{path}` cannot be written: {error}"))
                    .help("nothing was sent; `--journal FILE` writes it elsewhere")
            }
        }
    }
}

/// What to do about a journal of a newer release.
pub(crate) const USE_NEWER: &str = "use the trueup that wrote it, or a newer one";

/// Says what to do about a journal of the first release, whose format is no longer read.
pub(crate) fn settle_with_old_release(path: &Path) -> String {
    let path = path.display();
    format!(
        "nothing was sent; settle it with trueup 0.1.0: `trueup resume {path}`, or check the \
         controller and move the file away"
    )
}
