//! Decides whether an unchanged discovery is run again.
//!
//! A running discovery never is.

use super::types::Reason;
use crate::model::{Readable, Rerun, RunState, TimeSpan};

/// Whether to run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rerunning {
    No,
    Yes(Reason),
    /// It is not run, although it may be due.
    Doubt(Doubt),
}

/// Why a discovery is not run again although a run may be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    UnknownState,
    UnknownAge,
    /// `--rerun` names it, and it is already running.
    IsRunning,
}

/// Decides by `rerun` in the files.
pub(super) fn by_policy(policy: Rerun, live: &Readable, now: i64) -> Rerunning {
    match (policy, live.run) {
        (_, RunState::Running)
        | (Rerun::OnChange | Rerun::Never, _)
        | (Rerun::UntilComplete, RunState::Complete) => Rerunning::No,
        (Rerun::Always, _) => Rerunning::Yes(Reason::RerunAlways),
        (Rerun::UntilComplete | Rerun::OlderThan(_), RunState::Unknown) => {
            Rerunning::Doubt(Doubt::UnknownState)
        }
        (Rerun::UntilComplete, run @ (RunState::Aborted | RunState::Failed | RunState::Never)) => {
            Rerunning::Yes(Reason::RerunIncomplete(run))
        }
        (Rerun::OlderThan(_), RunState::Never) => Rerunning::Yes(Reason::RerunAge),
        (Rerun::OlderThan(limit), RunState::Complete | RunState::Aborted | RunState::Failed) => {
            by_age(limit, live.last_run_ended, now)
        }
    }
}

/// Decides if `--rerun` names it.
pub(super) fn by_request(run: RunState) -> Rerunning {
    if run == RunState::Running {
        return Rerunning::Doubt(Doubt::IsRunning);
    }
    Rerunning::Yes(Reason::RerunRequested)
}

/// Decides if an interrupted apply edited it and did not run it.
pub(super) fn by_missing_run(policy: Rerun, run: RunState) -> Rerunning {
    if policy == Rerun::Never || run == RunState::Running {
        return Rerunning::No;
    }
    Rerunning::Yes(Reason::RerunOwed)
}

/// Whether [`by_policy`] needs the end of the last run.
pub(super) fn depends_on_age(policy: Rerun, run: RunState) -> bool {
    let has_ended = match run {
        RunState::Complete | RunState::Aborted | RunState::Failed => true,
        RunState::Running | RunState::Never | RunState::Unknown => false,
    };
    has_ended && matches!(policy, Rerun::OlderThan(_))
}

fn by_age(limit: TimeSpan, ended: Option<i64>, now: i64) -> Rerunning {
    let Some(ended) = ended else { return Rerunning::Doubt(Doubt::UnknownAge) };
    // 128 bits are enough for every pair of times and for every limit.
    let age = i128::from(now) - i128::from(ended);
    if i128::from(limit.seconds()) * 1000 < age {
        return Rerunning::Yes(Reason::RerunAge);
    }
    Rerunning::No
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing;

    const ALL: [RunState; 6] = [
        RunState::Running,
        RunState::Complete,
        RunState::Aborted,
        RunState::Failed,
        RunState::Never,
        RunState::Unknown,
    ];

    /// One word for each run state, in the order of [`ALL`].
    fn row(decide: impl Fn(RunState) -> Rerunning) -> String {
        let word = |run| match decide(run) {
            Rerunning::No => "no".to_owned(),
            Rerunning::Yes(reason) => reason.key().to_owned(),
            Rerunning::Doubt(doubt) => format!("{doubt:?}"),
        };
        ALL.map(word).join(" ")
    }

    fn policy(text: &str, ended: Option<i64>, now: i64) -> String {
        let rerun = testing::rerun(text);
        row(|run| {
            let live = Readable { run, last_run_ended: ended, ..testing::readable() };
            by_policy(rerun, &live, now)
        })
    }

    #[test]
    fn every_cell_of_the_table() {
        assert_eq!(policy("on_change", None, 0), "no no no no no no");
        assert_eq!(policy("never", None, 0), "no no no no no no");
        assert_eq!(
            policy("until_complete", None, 0),
            "no no rerun_incomplete rerun_incomplete rerun_incomplete UnknownState"
        );
        assert_eq!(
            policy("always", None, 0),
            "no rerun_always rerun_always rerun_always rerun_always rerun_always"
        );
        assert_eq!(
            policy("older_than 2s", None, 0),
            "no UnknownAge UnknownAge UnknownAge rerun_age UnknownState"
        );
        assert_eq!(
            policy("older_than 2s", Some(1000), 3001),
            "no rerun_age rerun_age rerun_age rerun_age UnknownState"
        );
        assert_eq!(
            row(by_request),
            "IsRunning rerun_requested rerun_requested rerun_requested rerun_requested \
             rerun_requested"
        );
        assert_eq!(row(|it| by_missing_run(Rerun::Never, it)), "no no no no no no");
        assert_eq!(
            row(|it| by_missing_run(Rerun::OnChange, it)),
            "no rerun_owed rerun_owed rerun_owed rerun_owed rerun_owed"
        );
    }

    #[test]
    fn a_run_that_ended_exactly_that_long_ago_is_not_older() {
        assert_eq!(policy("older_than 2s", Some(1000), 3000), "no no no no rerun_age UnknownState");
        let far = policy("older_than 18446744073709551615s", Some(i64::MIN), i64::MAX);
        assert_eq!(far, "no no no no rerun_age UnknownState");
    }

    #[test]
    fn the_age_is_used_only_if_it_decides() {
        let policies = ["on_change", "never", "until_complete", "always", "older_than 2s"];
        for text in policies {
            let rerun = testing::rerun(text);
            for run in ALL {
                let decide = |ended| {
                    let live = Readable { run, last_run_ended: ended, ..testing::readable() };
                    by_policy(rerun, &live, 10_000)
                };
                let depends = decide(None) != decide(Some(0)) || decide(None) != decide(Some(9999));
                assert_eq!(depends_on_age(rerun, run), depends, "{text} {run}");
            }
        }
    }
}
