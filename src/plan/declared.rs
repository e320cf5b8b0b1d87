//! One discovery of the files: what is done to it.
//!
//! Looks at nothing but that discovery and what is live under its name.

use std::collections::BTreeSet;

use super::{
    cautions,
    complaints::{self, Complaints},
    credentials, diff,
    rerun::{self, Doubt, Rerunning},
    scene::Scene,
    steps::{self, Afterwards, Changed, Decision, ImmutableWhileStopped, Mutability},
    types::{Action, Change, ChangeImpact, FieldChange, Reason},
};
use crate::{
    model::{
        CredentialKind, DesiredDiscovery, Difference, LiveDiscovery, Name, Readable, RemoteId,
        Rerun, RunState, SettingKey, Settings, State,
    },
    source::Diagnostic,
};

/// A discovery of the files, and what there is to know and to say about it.
pub(super) struct Case<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) it: &'a DesiredDiscovery,
    /// Where an error is among them, the change is not to be made.
    pub(super) complaints: Complaints,
}

/// What the files want of a discovery, as far as it could be resolved.
pub(super) struct Wish {
    pub(super) settings: Settings,
    /// Kinds of credentials that are given and of which nothing can be said.
    pub(super) unresolved: BTreeSet<CredentialKind>,
}

/// A live discovery that could be understood.
#[derive(Clone, Copy)]
struct Found<'a> {
    id: &'a RemoteId,
    readable: &'a Readable,
}

impl<'a> Case<'a> {
    pub(super) fn new(scene: &'a Scene<'a>, it: &'a DesiredDiscovery) -> Self {
        Self { scene, it, complaints: Complaints::default() }
    }

    pub(super) fn name(&self) -> &'a Name {
        &self.it.name.value
    }

    pub(super) fn complain(&mut self, diagnostic: Diagnostic) {
        self.complaints.add(&self.it.name.value, diagnostic);
    }

    /// Whether a run is wanted once it is made or changed; who asks for one by name gets it.
    pub(super) fn afterwards(&self) -> Afterwards {
        if self.it.rerun() == Rerun::Never && !self.scene.is_requested(self.name()) {
            return Afterwards::Rest;
        }
        Afterwards::Run
    }

    /// Returns what is done to the discovery; `None` where that is nothing.
    pub(super) fn change(&mut self) -> Option<Change> {
        let state = self.it.state();
        let wish = (state != State::Absent).then(|| self.wish());
        let at = self.it.name.span;
        match self.scene.live_of(self.name()) {
            [] => {
                for similar in self.scene.similar_live_names(self.name()) {
                    self.complain(complaints::similar_name(self.name(), similar).at(at));
                }
                Some(self.create(&wish.filter(|_| state == State::Present)?))
            }
            [LiveDiscovery { id, name: _, read: Ok(readable) }] => {
                self.existing(Found { id, readable }, wish)
            }
            [live @ LiveDiscovery { id: _, name: _, read: Err(why) }] => {
                self.complain(complaints::unreadable(live, why).at(at));
                None
            }
            several => {
                self.complain(complaints::duplicate_live_name(self.name(), several).at(at));
                None
            }
        }
    }

    /// Returns what the files want, and complains of what does not resolve.
    pub(super) fn wish(&mut self) -> Wish {
        let wanted = &self.it.wanted;
        let resolved = credentials::resolve(&wanted.credentials, &self.scene.live.credentials);
        resolved.complaints.into_iter().for_each(|it| self.complain(it));
        let settings = wanted.settings(resolved.credentials);
        Wish { settings, unresolved: resolved.unresolved }
    }

    fn create(&mut self, wish: &Wish) -> Change {
        let (reason, after) = match self.scene.halved(self.name()) {
            Some(kept) => (Reason::ReplaceOwed, kept.with(&wish.settings)),
            None => (Reason::New, wish.settings.clone()),
        };
        cautions::of_new(self, wish, &after);
        let decision = steps::of_new(self.scene.interface(), self.afterwards(), reason);
        let fields = diff::added(&self.it.wanted, &after);
        let sides = Sides { id: None, before: None, after: Some(after) };
        self.as_change(decision, sides, fields)
    }

    fn existing(&mut self, live: Found<'_>, wish: Option<Wish>) -> Option<Change> {
        if live.readable.being_edited {
            self.complain(complaints::being_edited(self.name()).at(self.it.name.span));
        }
        let before = &live.readable.settings;
        let Some(wish) = wish else {
            let decision = steps::of_delete(Reason::DeclaredAbsent);
            let fields = diff::removed(before);
            return Some(self.as_change(decision, live.sides(None), fields));
        };
        cautions::of_hops(self, before);
        let differences = before.with(&wish.settings).differences(before);
        if differences.is_empty() {
            let decision = self.unchanged(live.readable)?;
            return Some(self.as_change(decision, live.sides(Some(before.clone())), Vec::new()));
        }
        self.changed(live, &wish, differences)
    }

    /// Decides where the settings are as they should be.
    fn unchanged(&mut self, live: &Readable) -> Option<Decision> {
        if self.it.state() == State::Stopped {
            if live.run == RunState::Unknown {
                let so = "it is not stopped";
                self.complain(complaints::run_state_unknown(self.it, &live.status, so));
            }
            return (live.run == RunState::Running).then(steps::of_running);
        }
        let rerunning = if self.scene.is_requested(self.name()) {
            rerun::by_request(live.run)
        } else if self.scene.is_owed_a_run(self.name()) {
            rerun::by_debt(self.it.rerun(), live.run)
        } else {
            rerun::by_policy(self.it.rerun(), live, self.scene.now)
        };
        let doubt = match rerunning {
            Rerunning::No => return None,
            Rerunning::Yes(reason) => return Some(steps::of_restart(reason)),
            Rerunning::Doubt(doubt) => doubt,
        };
        self.complain(match doubt {
            Doubt::UnknownState => {
                complaints::run_state_unknown(self.it, &live.status, "it is not run again")
            }
            Doubt::UnknownAge => complaints::run_age_unknown(self.it),
            Doubt::IsRunning => complaints::already_running(self.it),
        });
        None
    }

    fn changed(
        &mut self,
        live: Found<'_>,
        wish: &Wish,
        differences: Vec<Difference>,
    ) -> Option<Change> {
        let decision = self.decision_for(live.readable.run, &differences)?;
        cautions::of_secrets(self, live.readable, decision.action);
        let before = &live.readable.settings;
        let mut after = before.with(&wish.settings);
        let mut fields = diff::changed(&self.it.wanted, differences);
        if decision.action == Action::Replace {
            // Nothing is made with a credential that is gone, whether its kind is managed or not.
            after.remove(SettingKey::GoneCredentials);
            fields = diff::changed(&self.it.wanted, after.differences(before));
            cautions::of_new(self, wish, &after);
        }
        Some(self.as_change(decision, live.sides(Some(after)), fields))
    }

    fn decision_for(&mut self, run: RunState, differences: &[Difference]) -> Option<Decision> {
        let interface = self.scene.interface();
        let immutable = differences.iter().filter(|it| !interface.changes_in_place(it.setting));
        let immutable = immutable.map(|it| it.path).collect::<Vec<_>>();
        let changed = Changed {
            state: self.it.state(),
            on_change: self.it.on_change(),
            afterwards: self.afterwards(),
            run,
            mutability: if immutable.is_empty() {
                Mutability::InPlace
            } else {
                Mutability::Immutable
            },
        };
        let decided = steps::of_changed(interface, changed);
        if decided == Err(ImmutableWhileStopped) {
            self.complain(complaints::immutable_while_stopped(self.it, &immutable));
        }
        decided.ok()
    }

    fn as_change(&self, decision: Decision, sides: Sides, fields: Vec<FieldChange>) -> Change {
        let Decision { action, reason, steps } = decision;
        let Sides { id, before, after } = sides;
        let (name, span) = (self.name().clone(), Some(self.it.span));
        let impact = ChangeImpact::default();
        let origin = None;
        Change { name, action, reason, id, steps, before, after, fields, span, impact, origin }
    }
}

/// What a change rests on and leads to.
struct Sides {
    id: Option<RemoteId>,
    before: Option<Settings>,
    after: Option<Settings>,
}

impl Found<'_> {
    fn sides(self, after: Option<Settings>) -> Sides {
        let Self { id, readable } = self;
        Sides { id: Some(id.clone()), before: Some(readable.settings.clone()), after }
    }
}
