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

/// The options of a plan, beyond the files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// Whether managed live discoveries that no file declares are deleted.
    pub(crate) prune: bool,
    /// The number of deletions that `prune` may make in spite of its guard.
    pub(crate) allow_delete: Option<usize>,
    /// Names to run again.
    pub(crate) rerun: Vec<Name>,
    /// Discoveries that an interrupted apply edited and did not run.
    pub(crate) run_missing: Vec<Name>,
    /// Discoveries that an interrupted apply deleted and did not create again, with their planned
    /// settings, which complete those in the files.
    pub(crate) deleted_not_recreated: Vec<(Name, Settings)>,
    /// Patterns of names; if empty, every name is selected.
    pub(crate) only: Globs,
    /// Patterns of names to leave alone.
    pub(crate) except: Globs,
    /// The base as the user named it.
    pub(crate) base: Option<String>,
    /// What to do with drift, with a base.
    pub(crate) drift: Drift,
}

/// A complete plan.
#[derive(Clone, Debug)]
#[must_use = "a plan is for printing or for applying"]
pub(crate) struct Plan {
    pub(crate) options: Options,
    pub(crate) controller: Controller,
    /// In the order in which they are shown and started: deletes, replaces, updates, stops,
    /// restarts, creates, each by name.
    pub(crate) changes: Vec<Change>,
    /// Unchanged declared discoveries, by name.
    pub(crate) unchanged: Vec<Name>,
    /// Undeclared live discoveries that stay, by name.
    pub(crate) unmanaged: Vec<Name>,
    /// The number of discoveries, declared or live, that `only` and `except` exclude.
    pub(crate) n_excluded: usize,
    pub(crate) impact: Impact,
    /// Overlaps of declared discoveries with one another and with unmanaged ones.
    pub(crate) overlaps: Overlaps,
    /// The comparison with a base, if there is one.
    pub(crate) compared: Option<Comparison>,
    /// Errors and warnings, in the order of the files and then by name.
    pub(crate) diagnostics: Vec<PlanDiagnostic>,
}

/// A diagnostic of the planner, and its effect on the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlanDiagnostic {
    pub(crate) diagnostic: Diagnostic,
    /// Whether a limit or a protection refuses, in contrast to an error.
    pub(crate) refuses: bool,
}

impl PlanDiagnostic {
    /// Whether it is an error and not a refusal.
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
    /// The number of live discoveries.
    pub(crate) n_live: usize,
}

/// The change of one discovery.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) name: Name,
    pub(crate) action: Action,
    pub(crate) reason: Reason,
    /// `None` for a create.
    pub(crate) id: Option<RemoteId>,
    /// In the order of execution.
    pub(crate) steps: Vec<Step>,
    /// The whole live discovery, including unmanaged settings; `None` for a create. With `id` it is
    /// the precondition: apply executes the change only if it still holds.
    pub(crate) before: Option<Settings>,
    /// The same with the wanted settings; `None` for a delete. These settings are sent.
    pub(crate) after: Option<Settings>,
    /// The differences between the two, for display only.
    pub(crate) fields: Vec<FieldChange>,
    /// The discovery's entry in the files, if any.
    pub(crate) span: Option<Span>,
    /// For display only.
    pub(crate) impact: ChangeImpact,
    /// `None` without a base, and for a due restart or the rest of an interrupted apply, which have
    /// no origin.
    pub(crate) origin: Option<Origin>,
}

/// The action of a change.
///
/// In display order.
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

/// The reason for a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    New,
    SettingsChanged,
    ImmutableField,
    ReplaceRequested,
    Running,
    DeclaredAbsent,
    NotDeclared,
    /// Not declared now, and declared at the base.
    Removed,
    /// Not declared now, and not at the base either.
    NeverDeclared,
    RerunIncomplete(RunState),
    RerunAlways,
    RerunAge,
    RerunRequested,
    /// An interrupted apply edited it and did not run it.
    RerunOwed,
    /// An interrupted apply deleted it and did not create it again.
    ReplaceOwed,
}

/// One step of a change.
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

/// A field of a change. An added field has no `before`, a removed one no `after`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldChange {
    pub(crate) setting: SettingKey,
    pub(crate) path: &'static str,
    pub(crate) before: Option<Field>,
    pub(crate) after: Option<Field>,
    /// The key in the files that causes it.
    pub(crate) key: Option<Span>,
    /// `None` if the change has none.
    pub(crate) origin: Option<Origin>,
}

/// The impact of a plan in addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Impact {
    /// The addresses that the started runs scan.
    pub(crate) scanned: Count,
    /// Scanned addresses that no live discovery covers now.
    pub(crate) new: Count,
    /// Addresses that a live discovery covers now and none will after the plan.
    pub(crate) dropped: Count,
    /// The addresses that live discoveries cover now.
    pub(crate) before: Count,
    /// The addresses that they will cover after the plan.
    pub(crate) after: Count,
    /// The worst-case number of logins of the started runs.
    pub(crate) logins: Count,
    /// Discoveries with runs that follow neighbours, by name.
    pub(crate) unbounded: Vec<Name>,
    pub(crate) space: Coverage,
}

/// The addresses that discoveries cover before and after a plan. `stays`, `new` and `dropped` are
/// disjoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Coverage {
    /// Covered before and after.
    pub(crate) stays: AddressSet,
    /// Covered only after; a run need not scan them.
    pub(crate) new: AddressSet,
    /// Covered only before.
    pub(crate) dropped: AddressSet,
    /// Covered by two or more discoveries after the plan.
    pub(crate) twice: AddressSet,
}

/// The impact of a change in addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChangeImpact {
    /// What the discovery covers before.
    pub(crate) before: Count,
    /// What it covers after.
    pub(crate) after: Count,
    /// What its run scans that no live discovery covers before.
    pub(crate) new: Count,
    /// What it covers before and no discovery after.
    pub(crate) dropped: Count,
    /// The worst-case number of logins of its run.
    pub(crate) logins: Count,
    /// Whether its run follows neighbours.
    pub(crate) is_unbounded: bool,
}

/// The overlaps of discoveries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overlaps {
    /// Sorted by names.
    pub(crate) found: Vec<Overlap>,
    /// Whether more were found than are kept.
    pub(crate) is_cut: bool,
}

/// The addresses that two discoveries both scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Overlap {
    /// Sorted.
    pub(crate) names: (Name, Name),
    /// The smallest list of ranges, sorted.
    pub(crate) ranges: Vec<AddressRange>,
    pub(crate) addresses: Count,
    /// Their entries in the files; an unmanaged discovery has none.
    pub(crate) spans: (Option<Span>, Option<Span>),
}

/// The number of changes of each action.
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
    /// Whether `only` and `except` select a name.
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

    /// Whether an error hides a change; a refusal by a limit does not.
    pub(crate) fn leaves_something_out(&self) -> bool {
        let mut errors = self.diagnostics.iter().filter(|it| it.diagnostic.is_error());
        errors.any(|it| !it.refuses || it.diagnostic.code == codes::live::OWN_CREDENTIALS.name)
    }

    /// Adds the refusals of the files' policy.
    pub(crate) fn refuse(&mut self, refusals: impl IntoIterator<Item = Diagnostic>) {
        let refusals = refusals.into_iter();
        let refusals = refusals.map(|diagnostic| PlanDiagnostic { diagnostic, refuses: true });
        self.diagnostics.splice(..0, refusals);
    }

    /// Returns its refusals, and its other diagnostics.
    pub(crate) fn split_diagnostics(&self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
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

    /// Whether there is only drift.
    pub(crate) fn is_only_drift(&self) -> bool {
        let has_kept = self.compared.as_ref().is_some_and(|it| !it.kept.is_empty());
        let is_drift = self.changes.iter().all(|it| it.origin == Some(Origin::Drift));
        is_drift && (has_kept || !self.changes.is_empty())
    }

    /// Returns the number of runs that it starts.
    pub(crate) fn n_runs_started(&self) -> usize {
        let interface = self.controller.interface;
        self.changes.iter().filter(|it| it.starts_a_run(interface)).count()
    }

    /// Returns the number of runs that it stops by a step of their own; a delete does not count.
    pub(crate) fn n_runs_stopped(&self) -> usize {
        self.changes.iter().filter(|it| it.steps.contains(&Step::Stop)).count()
    }

    /// Whether there is no error. With an error, the plan is not executed, and may lack changes.
    pub(crate) fn is_complete(&self) -> bool {
        !self.diagnostics.iter().any(|it| it.diagnostic.is_error())
    }
}

impl Change {
    /// Whether it starts a run, by a step of its own or by a create that does.
    pub(crate) fn starts_a_run(&self, interface: Interface) -> bool {
        let creates = self.steps.contains(&Step::Create);
        self.steps.contains(&Step::Run) || (creates && interface.create_is_a_run())
    }
}

impl Action {
    /// Every action, in the order in which changes are shown.
    pub(crate) const ALL: [Self; 6] =
        [Self::Delete, Self::Replace, Self::Update, Self::Stop, Self::Restart, Self::Create];

    /// Returns its name, as documents have it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Replace => "replace",
            Self::Update => "update",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Create => "create",
        }
    }
}

impl Step {
    /// Every step.
    pub(crate) const ALL: [Self; 5] =
        [Self::Stop, Self::Edit, Self::Run, Self::Delete, Self::Create];
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl Reason {
    /// Every reason without data.
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

    /// Returns the name in JSON.
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

    /// Returns details that the key does not have.
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

/// Formats the key with its details.
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
