//! Plans one discovery of the files.
//!
//! Uses only this discovery and the live ones of its name.

use std::collections::BTreeSet;

use super::{
    credentials, diff,
    inputs::PlanInputs,
    messages::{self, Diagnostics},
    rerun::{self, Doubt, Rerunning},
    steps::{self, AfterChange, Changed, Decision, ImmutableWhileStopped},
    types::{Action, Change, ChangeImpact, FieldChange, Reason},
    warnings,
};
use crate::{
    model::{
        CredentialKind, DesiredDiscovery, Difference, LiveDiscovery, Name, Readable, RemoteId,
        Rerun, RunState, SettingKey, Settings, State,
    },
    source::Diagnostic,
};

/// Plans one discovery of the files and collects its diagnostics.
pub(super) struct DiscoveryPlanner<'a> {
    pub(super) inputs: &'a PlanInputs<'a>,
    pub(super) it: &'a DesiredDiscovery,
    /// With an error among them, the change is not planned.
    pub(super) diagnostics: Diagnostics,
}

/// The settings in the files, with resolved credentials.
pub(super) struct ResolvedSettings {
    pub(super) settings: Settings,
    /// Kinds with an unresolved reference.
    pub(super) unresolved: BTreeSet<CredentialKind>,
}

/// A live discovery that could be read.
#[derive(Clone, Copy)]
struct ReadableDiscovery<'a> {
    id: &'a RemoteId,
    readable: &'a Readable,
}

impl<'a> DiscoveryPlanner<'a> {
    pub(super) fn new(inputs: &'a PlanInputs<'a>, it: &'a DesiredDiscovery) -> Self {
        Self { inputs, it, diagnostics: Diagnostics::default() }
    }

    pub(super) fn name(&self) -> &'a Name {
        &self.it.name.value
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.add(&self.it.name.value, diagnostic);
    }

    /// Whether the discovery should run after a create or a change. `--rerun` overrides `rerun:
    /// never`.
    pub(super) fn after_change(&self) -> AfterChange {
        if self.it.rerun() == Rerun::Never && !self.inputs.is_requested(self.name()) {
            return AfterChange::Rest;
        }
        AfterChange::Run
    }

    /// Returns the change of the discovery, if any.
    pub(super) fn change(&mut self) -> Option<Change> {
        let state = self.it.state();
        let resolved = (state != State::Absent).then(|| self.resolved());
        let at = self.it.name.span;
        match self.inputs.live_of(self.name()) {
            [] => {
                for similar in self.inputs.similar_live_names(self.name()) {
                    self.report(messages::similar_name(self.name(), similar).at(at));
                }
                Some(self.create(&resolved.filter(|_| state == State::Present)?))
            }
            [LiveDiscovery { id, name: _, read: Ok(readable) }] => {
                self.existing(ReadableDiscovery { id, readable }, resolved)
            }
            [live @ LiveDiscovery { id: _, name: _, read: Err(why) }] => {
                self.report(messages::unreadable(live, why).at(at));
                None
            }
            several => {
                self.report(messages::duplicate_live_name(self.name(), several).at(at));
                None
            }
        }
    }

    /// Resolves the settings in the files, and reports unresolved credentials.
    pub(super) fn resolved(&mut self) -> ResolvedSettings {
        let wanted = &self.it.wanted;
        let resolved = credentials::resolve(&wanted.credentials, &self.inputs.live.credentials);
        resolved.diagnostics.into_iter().for_each(|it| self.report(it));
        let settings = wanted.settings(resolved.credentials);
        ResolvedSettings { settings, unresolved: resolved.unresolved }
    }

    fn create(&mut self, resolved: &ResolvedSettings) -> Change {
        let (reason, after) = match self.inputs.deleted_not_recreated(self.name()) {
            Some(kept) => (Reason::ReplaceOwed, kept.with(&resolved.settings)),
            None => (Reason::New, resolved.settings.clone()),
        };
        warnings::check_create(self, resolved, &after);
        let decision = steps::decide_create(self.inputs.interface(), self.after_change(), reason);
        let fields = diff::added(&self.it.wanted, &after);
        let endpoints = Endpoints { id: None, before: None, after: Some(after) };
        self.as_change(decision, endpoints, fields)
    }

    fn existing(
        &mut self,
        live: ReadableDiscovery<'_>,
        resolved: Option<ResolvedSettings>,
    ) -> Option<Change> {
        if live.readable.being_edited {
            self.report(messages::being_edited(self.name()).at(self.it.name.span));
        }
        let before = &live.readable.settings;
        let Some(resolved) = resolved else {
            let decision = steps::decide_delete(Reason::DeclaredAbsent);
            let fields = diff::removed(before);
            return Some(self.as_change(decision, live.endpoints(None), fields));
        };
        warnings::check_hops(self, before);
        let differences = before.with(&resolved.settings).differences(before);
        if differences.is_empty() {
            let decision = self.unchanged(live.readable)?;
            let endpoints = live.endpoints(Some(before.clone()));
            return Some(self.as_change(decision, endpoints, Vec::new()));
        }
        self.changed(live, &resolved, differences)
    }

    /// Decides if the settings already match.
    fn unchanged(&mut self, live: &Readable) -> Option<Decision> {
        if self.it.state() == State::Stopped {
            if live.run == RunState::Unknown {
                let effect = "it is not stopped";
                self.report(messages::run_state_unknown(self.it, &live.status, effect));
            }
            return (live.run == RunState::Running).then(steps::decide_stop);
        }
        let rerunning = if self.inputs.is_requested(self.name()) {
            rerun::by_request(live.run)
        } else if self.inputs.options.run_missing.contains(self.name()) {
            rerun::by_missing_run(self.it.rerun(), live.run)
        } else {
            rerun::by_policy(self.it.rerun(), live, self.inputs.now)
        };
        let doubt = match rerunning {
            Rerunning::No => return None,
            Rerunning::Yes(reason) => return Some(steps::decide_restart(reason)),
            Rerunning::Doubt(doubt) => doubt,
        };
        self.report(match doubt {
            Doubt::UnknownState => {
                messages::run_state_unknown(self.it, &live.status, "it is not run again")
            }
            Doubt::UnknownAge => messages::run_age_unknown(self.it),
            Doubt::IsRunning => messages::already_running(self.it),
        });
        None
    }

    fn changed(
        &mut self,
        live: ReadableDiscovery<'_>,
        resolved: &ResolvedSettings,
        differences: Vec<Difference>,
    ) -> Option<Change> {
        let decision = self.decision_for(live.readable.run, &differences)?;
        warnings::check_secrets(self, live.readable, decision.action);
        let before = &live.readable.settings;
        let mut after = before.with(&resolved.settings);
        let mut fields = diff::changed(&self.it.wanted, differences);
        if decision.action == Action::Replace {
            // A create never sends deleted credentials, managed or not.
            after.remove(SettingKey::GoneCredentials);
            fields = diff::changed(&self.it.wanted, after.differences(before));
            warnings::check_create(self, resolved, &after);
        }
        Some(self.as_change(decision, live.endpoints(Some(after)), fields))
    }

    fn decision_for(&mut self, run: RunState, differences: &[Difference]) -> Option<Decision> {
        let interface = self.inputs.interface();
        let immutable = differences.iter().filter(|it| !interface.changes_in_place(it.setting));
        let immutable = immutable.map(|it| it.path).collect::<Vec<_>>();
        let changed = Changed {
            state: self.it.state(),
            on_change: self.it.on_change(),
            after_change: self.after_change(),
            run,
            is_immutable: !immutable.is_empty(),
        };
        let decided = steps::decide_change(interface, changed);
        if decided == Err(ImmutableWhileStopped) {
            self.report(messages::immutable_while_stopped(self.it, &immutable));
        }
        decided.ok()
    }

    fn as_change(
        &self,
        decision: Decision,
        endpoints: Endpoints,
        fields: Vec<FieldChange>,
    ) -> Change {
        let Decision { action, reason, steps } = decision;
        let Endpoints { id, before, after } = endpoints;
        let (name, span) = (self.name().clone(), Some(self.it.span));
        let (impact, origin) = (ChangeImpact::default(), None);
        Change { name, action, reason, id, steps, before, after, fields, span, impact, origin }
    }
}

/// The precondition and the result of a change.
struct Endpoints {
    id: Option<RemoteId>,
    before: Option<Settings>,
    after: Option<Settings>,
}

impl ReadableDiscovery<'_> {
    fn endpoints(self, after: Option<Settings>) -> Endpoints {
        let Self { id, readable } = self;
        Endpoints { id: Some(id.clone()), before: Some(readable.settings.clone()), after }
    }
}
