//! A plan, as data.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::origin::{Comparison, Drift, Origin, Origins};
use crate::{
    codes,
    model::{
        AddressRange, AddressSet, Count, Field, Globs, Interface, Name, RemoteId, RunState,
        SettingKey, Settings,
    },
    source::{Diagnostic, Span},
};

/// What the user asked of a plan, beyond the files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// Whether live discoveries that the files own and do not declare are deleted.
    pub(crate) prune: bool,
    /// How many deletions `prune` may make in spite of its guard.
    pub(crate) allow_delete: Option<usize>,
    /// Names to run again.
    pub(crate) rerun: Vec<Name>,
    /// Names whose run an interrupted apply has planned, after an edit that it made, and not
    /// started.
    pub(crate) run_missing: Vec<Name>,
    /// Discoveries that an interrupted apply has deleted to make them anew, and did not make, with
    /// the settings that they were to have: what the files leave open is taken from there.
    pub(crate) deleted_not_recreated: Vec<(Name, Settings)>,
    /// Patterns of names; empty lets every name through.
    pub(crate) only: Globs,
    /// Patterns of names to leave alone.
    pub(crate) except: Globs,
    /// What the files are compared with, as the user called it.
    pub(crate) base: Option<String>,
    /// What becomes of drift, where there is a base.
    pub(crate) drift: Drift,
}

/// What would be done, all of it.
#[derive(Clone, Debug)]
#[must_use = "a plan is for printing or for applying"]
pub(crate) struct Plan {
    pub(crate) options: Options,
    pub(crate) controller: Controller,
    /// In the order in which they are shown and started: deletes, replaces, updates, stops,
    /// restarts, creates, each by name.
    pub(crate) changes: Vec<Change>,
    /// Discoveries of the files that are as they should be, by name.
    pub(crate) unchanged: Vec<Name>,
    /// Live discoveries that no file names, by name; those that are deleted are changes.
    pub(crate) unmanaged: Vec<Name>,
    /// How many discoveries, of the files or live, `only` and `except` kept from being looked at.
    pub(crate) n_excluded: usize,
    pub(crate) impact: Impact,
    /// What discoveries of the files scan in common, with one another and with unmanaged ones.
    pub(crate) overlaps: Overlaps,
    /// What it was compared with, and what came of that; `None` without a base.
    pub(crate) compared: Option<Comparison>,
    /// Errors and warnings, in the order of the files and then by name.
    pub(crate) diagnostics: Vec<PlanDiagnostic>,
}

/// A complaint of the planner, and what it means for the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlanDiagnostic {
    pub(crate) diagnostic: Diagnostic,
    /// Whether it is a limit or a protection that refuses, rather than something that is wrong.
    pub(crate) refuses: bool,
}

impl PlanDiagnostic {
    /// Whether it is an error that no limit makes.
    pub(crate) fn is_mistake(&self) -> bool {
        self.diagnostic.is_error() && !self.refuses
    }
}

/// The controller that was planned against.
#[derive(Clone, Debug)]
pub(crate) struct Controller {
    pub(crate) url: String,
    pub(crate) release: Option<String>,
    pub(crate) interface: Interface,
    /// How many discoveries it had.
    pub(crate) n_live: usize,
}

/// What is done to one discovery.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) name: Name,
    pub(crate) action: Action,
    pub(crate) reason: Reason,
    /// `None` for a create.
    pub(crate) id: Option<RemoteId>,
    /// In the order in which they are carried out.
    pub(crate) steps: Vec<Step>,
    /// The whole live discovery, unmanaged settings included; `None` for a create. Together with
    /// `id` it is the precondition: apply carries the change out only where it still holds.
    pub(crate) before: Option<Settings>,
    /// The same with the wanted settings put in; `None` for a delete. This is what is sent.
    pub(crate) after: Option<Settings>,
    /// What differs between the two, for showing only.
    pub(crate) fields: Vec<FieldChange>,
    /// The discovery's entry in the files; `None` where it is in none.
    pub(crate) span: Option<Span>,
    /// For showing only.
    pub(crate) impact: ChangeImpact,
    /// Whose doing it is; `None` without a base, and for what neither the branch nor anybody else
    /// did: a restart that is due, and what an interrupted apply left.
    pub(crate) origin: Option<Origin>,
}

/// What a change is, in one word.
///
/// In the order in which changes are shown.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema, Serialize,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    Delete,
    Replace,
    Update,
    Stop,
    Restart,
    Create,
}

/// Why a change is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    New,
    SettingsChanged,
    ImmutableField,
    ReplaceRequested,
    Running,
    DeclaredAbsent,
    NotDeclared,
    /// The same, and the files gave it at the base.
    Removed,
    /// The same, and the files did not give it at the base either.
    NeverDeclared,
    RerunIncomplete(RunState),
    RerunAlways,
    RerunAge,
    RerunRequested,
    /// An interrupted apply edited it, and did not get to its run.
    RerunOwed,
    /// An interrupted apply deleted it, and did not get to create it again.
    ReplaceOwed,
}

/// One part of a change.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema, Serialize,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Stop,
    Edit,
    Run,
    Delete,
    Create,
}

/// One field of a change. A field that is added has no `before`, one that is dropped no `after`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldChange {
    pub(crate) setting: SettingKey,
    pub(crate) path: &'static str,
    pub(crate) before: Option<Field>,
    pub(crate) after: Option<Field>,
    /// The key in the files that asks for it.
    pub(crate) key: Option<Span>,
    /// Whose doing it is; `None` where it is for the change.
    pub(crate) origin: Option<Origin>,
}

/// A plan's reach in addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Impact {
    /// The union of the targets of all runs that the plan starts.
    pub(crate) scanned: Count,
    /// Those of them that no live discovery covers now.
    pub(crate) new: Count,
    /// Those that some live discovery covers now and none will.
    pub(crate) dropped: Count,
    /// The union of what the live discoveries cover now.
    pub(crate) before: Count,
    /// The union of what they will cover.
    pub(crate) after: Count,
    /// How often the runs that the plan starts log in to devices at most.
    pub(crate) logins: Count,
    /// Runs that may reach addresses that nobody names, by name.
    pub(crate) unbounded: Vec<Name>,
    pub(crate) space: Coverage,
}

/// Which addresses the discoveries of a controller cover, before a plan and after it. The first
/// three have no address in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Coverage {
    /// Covered now, and then too.
    pub(crate) stays: AddressSet,
    /// Covered then, and not now; whether the plan starts a run that scans them or not.
    pub(crate) new: AddressSet,
    /// Covered now, and not then.
    pub(crate) dropped: AddressSet,
    /// Covered by two discoveries or more then.
    pub(crate) twice: AddressSet,
}

/// A change's reach in addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChangeImpact {
    /// What the discovery covers now.
    pub(crate) before: Count,
    /// What it will cover.
    pub(crate) after: Count,
    /// What its run scans that no live discovery covers now.
    pub(crate) new: Count,
    /// What it covers now and no discovery will.
    pub(crate) dropped: Count,
    /// How often its run logs in to devices at most.
    pub(crate) logins: Count,
    /// Whether it may reach addresses that it does not name.
    pub(crate) is_unbounded: bool,
}

/// What discoveries scan in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overlaps {
    /// By names.
    pub(crate) found: Vec<Overlap>,
    /// Whether there are more than anybody would read.
    pub(crate) is_cut: bool,
}

/// What two discoveries scan in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Overlap {
    /// In order.
    pub(crate) names: (Name, Name),
    /// The fewest that have all of it, in order.
    pub(crate) ranges: Vec<AddressRange>,
    pub(crate) addresses: Count,
    /// Their entries in the files; one at most is `None`, of an unmanaged one.
    pub(crate) spans: (Option<Span>, Option<Span>),
}

/// How many changes there are of each action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) create: usize,
    pub(crate) update: usize,
    pub(crate) replace: usize,
    pub(crate) restart: usize,
    pub(crate) stop: usize,
    pub(crate) delete: usize,
}

impl Options {
    /// Whether `only` and `except` let a name through.
    pub(crate) fn selects(&self, name: &Name) -> bool {
        let Self { only, except, .. } = self;
        (only.is_empty() || only.is_match(name)) && !except.is_match(name)
    }
}

impl Plan {
    /// Counts the changes by action.
    pub(crate) fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for change in &self.changes {
            match change.action {
                Action::Create => summary.create += 1,
                Action::Update => summary.update += 1,
                Action::Replace => summary.replace += 1,
                Action::Restart => summary.restart += 1,
                Action::Stop => summary.stop += 1,
                Action::Delete => summary.delete += 1,
            }
        }
        summary
    }

    /// Whether an error keeps a change from being shown; a limit that refuses does not.
    pub(crate) fn leaves_something_out(&self) -> bool {
        let mut errors = self.diagnostics.iter().filter(|it| it.diagnostic.is_error());
        errors.any(|it| !it.refuses || it.diagnostic.code == codes::live::OWN_CREDENTIALS.name)
    }

    /// Takes in what refuses it for the files' sake.
    pub(crate) fn refuse(&mut self, refusals: impl IntoIterator<Item = Diagnostic>) {
        let refusals = refusals.into_iter();
        let refusals = refusals.map(|diagnostic| PlanDiagnostic { diagnostic, refuses: true });
        self.diagnostics.splice(..0, refusals);
    }

    /// Returns what refuses it, and everything else that is said of it.
    pub(crate) fn complaints(&self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        let is_refusal = |it: &&PlanDiagnostic| it.refuses && it.diagnostic.is_error();
        let (refusals, others) = self.diagnostics.iter().partition::<Vec<_>, _>(is_refusal);
        let each =
            |them: Vec<&PlanDiagnostic>| them.iter().map(|it| it.diagnostic.clone()).collect();
        (each(refusals), each(others))
    }

    /// Counts the changes by origin.
    pub(crate) fn origins(&self) -> Origins {
        let mut origins = Origins::default();
        for change in &self.changes {
            match change.origin {
                Some(Origin::ThisChange) => origins.this_change += 1,
                Some(Origin::Drift) => origins.drift += 1,
                Some(Origin::Both) => origins.both += 1,
                None if change.action == Action::Restart => origins.restart += 1,
                None => origins.deleted_not_recreated += 1,
            }
        }
        origins
    }

    /// Whether there is drift, and nothing to do but for drift.
    pub(crate) fn is_only_drift(&self) -> bool {
        let has_kept = self.compared.as_ref().is_some_and(|it| !it.kept.is_empty());
        let is_drift = self.changes.iter().all(|it| it.origin == Some(Origin::Drift));
        is_drift && (has_kept || !self.changes.is_empty())
    }

    /// Returns how many runs it starts.
    pub(crate) fn n_runs_started(&self) -> usize {
        let interface = self.controller.interface;
        self.changes.iter().filter(|it| it.starts_a_run(interface)).count()
    }

    /// Returns how many runs it stops on purpose; a delete that ends one is not among them.
    pub(crate) fn n_runs_stopped(&self) -> usize {
        self.changes.iter().filter(|it| it.steps.contains(&Step::Stop)).count()
    }

    /// Whether there is no error. With one, nothing is carried out, and what is shown is as a rule
    /// not all that would be done.
    pub(crate) fn is_complete(&self) -> bool {
        !self.diagnostics.iter().any(|it| it.diagnostic.is_error())
    }
}

impl Change {
    /// Whether a run begins in its course, be it that making a discovery is what starts it.
    pub(crate) fn starts_a_run(&self, interface: Interface) -> bool {
        let creates = self.steps.contains(&Step::Create);
        self.steps.contains(&Step::Run) || (creates && interface.create_is_a_run())
    }
}

impl Action {
    /// Every action, in the order in which changes are shown.
    pub(crate) const ALL: [Self; 6] =
        [Self::Delete, Self::Replace, Self::Update, Self::Stop, Self::Restart, Self::Create];
}

impl Step {
    /// Every step.
    pub(crate) const ALL: [Self; 5] =
        [Self::Stop, Self::Edit, Self::Run, Self::Delete, Self::Create];
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Delete => "delete",
            Self::Replace => "replace",
            Self::Update => "update",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Create => "create",
        })
    }
}

impl Reason {
    /// Every reason that rests on nothing else.
    pub(crate) const PLAIN: [Self; 12] = [
        Self::New,
        Self::SettingsChanged,
        Self::ImmutableField,
        Self::ReplaceRequested,
        Self::Running,
        Self::DeclaredAbsent,
        Self::NotDeclared,
        Self::RerunAlways,
        Self::RerunAge,
        Self::RerunRequested,
        Self::RerunOwed,
        Self::ReplaceOwed,
    ];

    /// Returns the name that scripts know it by.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::SettingsChanged => "settings_changed",
            Self::ImmutableField => "immutable_field",
            Self::ReplaceRequested => "replace_requested",
            Self::Running => "running",
            Self::DeclaredAbsent => "declared_absent",
            Self::NotDeclared | Self::Removed | Self::NeverDeclared => "not_declared",
            Self::RerunIncomplete(_) => "rerun_incomplete",
            Self::RerunAlways => "rerun_always",
            Self::RerunAge => "rerun_age",
            Self::RerunRequested => "rerun_requested",
            Self::RerunOwed => "rerun_owed",
            Self::ReplaceOwed => "replace_owed",
        }
    }

    /// Returns what it rests on, where the key does not say it.
    pub(crate) fn detail(self) -> Option<String> {
        match self {
            Self::RerunIncomplete(run) => Some(run.to_string()),
            Self::Removed => Some("removed from the files by this branch".to_owned()),
            Self::NeverDeclared => Some("never was in the files".to_owned()),
            Self::New
            | Self::SettingsChanged
            | Self::ImmutableField
            | Self::ReplaceRequested
            | Self::Running
            | Self::DeclaredAbsent
            | Self::NotDeclared
            | Self::RerunAlways
            | Self::RerunAge
            | Self::RerunRequested
            | Self::RerunOwed
            | Self::ReplaceOwed => None,
        }
    }
}

/// Shows the key, and what it rests on where that is not plain.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.detail() {
            Some(detail) => write!(f, "{}: {detail}", self.key()),
            None => f.write_str(self.key()),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stop => "stop",
            Self::Edit => "edit",
            Self::Run => "run",
            Self::Delete => "delete",
            Self::Create => "create",
        })
    }
}
