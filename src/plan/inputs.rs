//! What the planner looks things up in: built once, so that no lookup walks a list.
//!
//! Decides nothing but which names are looked at.

use std::collections::{BTreeMap, BTreeSet};

use super::types::Options;
use crate::model::{Credential, Desired, Globs, Interface, Live, LiveDiscovery, Name, Settings};

/// The two states and the user's wishes, by name.
pub(super) struct PlanInputs<'a> {
    pub(super) desired: &'a Desired,
    /// The same, as it is written: with what is put aside where drift is kept.
    pub(super) files: &'a Desired,
    pub(super) live: &'a Live,
    pub(super) options: &'a Options,
    /// In milliseconds of the epoch.
    pub(super) now: i64,
    /// The names that any file gives, the narrowed ones included.
    declared: BTreeSet<&'a Name>,
    live_by_name: BTreeMap<&'a Name, Vec<&'a LiveDiscovery>>,
    /// Live names by what they have in common with names that look alike.
    live_by_fold: BTreeMap<String, BTreeSet<&'a Name>>,
    requested: BTreeSet<&'a Name>,
    /// What an interrupted apply deleted, with the settings that it was to have, by the latest
    /// apply that was to make it.
    deleted_not_recreated: BTreeMap<&'a Name, Settings>,
    /// Names that nothing is done to, whatever the files say.
    left_alone: BTreeSet<&'a Name>,
}

impl<'a> PlanInputs<'a> {
    pub(super) fn new(
        desired: &'a Desired,
        live: &'a Live,
        options: &'a Options,
        now: i64,
    ) -> Self {
        let mut live_by_name = BTreeMap::<_, Vec<_>>::new();
        let mut live_by_fold = BTreeMap::<_, BTreeSet<_>>::new();
        for discovery in &live.discoveries {
            live_by_name.entry(&discovery.name).or_default().push(discovery);
            live_by_fold.entry(discovery.name.folded()).or_default().insert(&discovery.name);
        }
        for discoveries in live_by_name.values_mut() {
            discoveries.sort_by_key(|it| &it.id);
        }
        let declared = desired.discoveries.iter().map(|it| &it.name.value).collect();
        let requested = options.rerun.iter().collect();
        let deleted_not_recreated = options.deleted_not_recreated.iter();
        let deleted_not_recreated =
            deleted_not_recreated.map(|(name, it)| (name, without_gone(it, &live.credentials)));
        let left_alone = BTreeSet::new();
        Self {
            desired,
            files: desired,
            live,
            options,
            now,
            declared,
            live_by_name,
            live_by_fold,
            requested,
            deleted_not_recreated: deleted_not_recreated.collect(),
            left_alone,
        }
    }

    /// Says what is written of the same discoveries.
    pub(super) fn of_files(self, files: &'a Desired) -> Self {
        Self { files, ..self }
    }

    /// Leaves these names alone.
    pub(super) fn leaving(self, names: &'a BTreeSet<Name>) -> Self {
        Self { left_alone: names.iter().collect(), ..self }
    }

    pub(super) fn interface(&self) -> Interface {
        self.live.interface
    }

    /// Whether `--only` and `--except` let a name through.
    pub(super) fn looks_at(&self, name: &Name) -> bool {
        self.options.selects(name)
    }

    /// Returns the patterns of `--only` that match no name, of the files or live: a mistyped one
    /// would have a plan look as if all was well.
    pub(super) fn idle_patterns(&self) -> impl Iterator<Item = &'a String> {
        let is_idle = |pattern: &&'a String| {
            let glob = Globs::new([pattern]).unwrap_or_default();
            let mut names = self.declared.iter().chain(self.live_by_name.keys());
            !names.any(|it| glob.is_match(it))
        };
        self.options.only.patterns().iter().filter(is_idle)
    }

    /// Whether nothing is done to it, whatever the files say.
    pub(super) fn is_left_alone(&self, name: &Name) -> bool {
        self.left_alone.contains(name)
    }

    /// Whether `--rerun` names it.
    pub(super) fn is_requested(&self, name: &Name) -> bool {
        self.requested.contains(name)
    }

    /// Whether an interrupted apply has edited it and not started its run.
    pub(super) fn is_run_missing(&self, name: &Name) -> bool {
        self.options.run_missing.contains(name)
    }

    /// Returns the settings that it was to have when an interrupted apply deleted it, as far as they
    /// can still be sent.
    pub(super) fn deleted_not_recreated(&self, name: &Name) -> Option<&Settings> {
        self.deleted_not_recreated.get(name)
    }

    /// Whether a file gives the name.
    pub(super) fn is_declared(&self, name: &Name) -> bool {
        self.declared.contains(name)
    }

    /// Returns the live discoveries of that name, by id; there should be one at most.
    pub(super) fn live_of(&self, name: &Name) -> &[&'a LiveDiscovery] {
        self.live_by_name.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the live discoveries that no file names, by name.
    pub(super) fn undeclared(&self) -> impl Iterator<Item = (&'a Name, &[&'a LiveDiscovery])> {
        let all = self.live_by_name.iter();
        all.filter(|(name, _)| !self.is_declared(name)).map(|(name, it)| (*name, it.as_slice()))
    }

    /// Returns the live names that look like this one, are not it, and that no file gives: one that
    /// a file gives is there on purpose.
    pub(super) fn similar_live_names(&self, name: &Name) -> Vec<&'a Name> {
        let alike = self.live_by_fold.get(&name.folded()).into_iter().flatten();
        alike.filter(|it| **it != name && !self.is_declared(it)).copied().collect()
    }
}

/// Returns settings without the credentials that the controller no longer has: nothing is made with
/// those.
fn without_gone(settings: &Settings, known: &[Credential]) -> Settings {
    let mut settings = settings.clone();
    settings.retain_credentials(|it| {
        known.iter().any(|known| (&known.id, known.kind) == (&it.id, it.kind))
    });
    settings
}
