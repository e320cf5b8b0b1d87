//! The inputs of the planner, indexed once.
//!
//! Also decides which names are selected.

use std::collections::{BTreeMap, BTreeSet};

use super::types::Options;
use crate::model::{Credential, Desired, Globs, Interface, Live, LiveDiscovery, Name, Settings};

/// Desired state, live state and options, by name.
pub(super) struct PlanInputs<'a> {
    pub(super) desired: &'a Desired,
    /// The desired state as written, including what is removed from `desired` to keep drift.
    pub(super) files: &'a Desired,
    pub(super) live: &'a Live,
    pub(super) options: &'a Options,
    /// In milliseconds since 1970.
    pub(super) now: i64,
    /// All declared names, including those that are not selected.
    declared: BTreeSet<&'a Name>,
    live_by_name: BTreeMap<&'a Name, Vec<&'a LiveDiscovery>>,
    /// Live names by their folded form, to find similar names.
    live_by_fold: BTreeMap<String, BTreeSet<&'a Name>>,
    requested: BTreeSet<&'a Name>,
    /// Discoveries that an interrupted apply deleted and did not create again, with their planned
    /// settings.
    deleted_not_recreated: BTreeMap<&'a Name, Settings>,
    /// Names to leave alone, even if the files ask for a change.
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
            left_alone: BTreeSet::new(),
        }
    }

    /// Sets the desired state as written.
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

    /// Whether `--only` and `--except` select a name.
    pub(super) fn is_selected(&self, name: &Name) -> bool {
        self.options.selects(name)
    }

    /// Returns the patterns of `--only` that match no name: with a typo, the plan would look
    /// complete.
    pub(super) fn unmatched_patterns(&self) -> impl Iterator<Item = &'a String> {
        let is_idle = |pattern: &&'a String| {
            let glob = Globs::new([pattern]).unwrap_or_default();
            let mut names = self.declared.iter().chain(self.live_by_name.keys());
            !names.any(|it| glob.is_match(it))
        };
        self.options.only.patterns().iter().filter(is_idle)
    }

    /// Whether the name is left alone, even if the files ask for a change.
    pub(super) fn is_left_alone(&self, name: &Name) -> bool {
        self.left_alone.contains(name)
    }

    /// Whether `--rerun` names it.
    pub(super) fn is_requested(&self, name: &Name) -> bool {
        self.requested.contains(name)
    }

    /// Returns the planned settings of a discovery that an interrupted apply deleted, without
    /// credentials that are gone.
    pub(super) fn deleted_not_recreated(&self, name: &Name) -> Option<&Settings> {
        self.deleted_not_recreated.get(name)
    }

    /// Whether a file declares the name.
    pub(super) fn is_declared(&self, name: &Name) -> bool {
        self.declared.contains(name)
    }

    /// Returns the live discoveries of a name, by id; normally at most one.
    pub(super) fn live_of(&self, name: &Name) -> &[&'a LiveDiscovery] {
        self.live_by_name.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the undeclared live discoveries, by name.
    pub(super) fn undeclared(&self) -> impl Iterator<Item = (&'a Name, &[&'a LiveDiscovery])> {
        let all = self.live_by_name.iter();
        all.filter(|(name, _)| !self.is_declared(name)).map(|(name, it)| (*name, it.as_slice()))
    }

    /// Returns undeclared live names that are similar to this one.
    pub(super) fn similar_live_names(&self, name: &Name) -> Vec<&'a Name> {
        let alike = self.live_by_fold.get(&name.folded()).into_iter().flatten();
        alike.filter(|it| **it != name && !self.is_declared(it)).copied().collect()
    }
}

/// Removes credentials that the controller no longer has.
fn without_gone(settings: &Settings, known: &[Credential]) -> Settings {
    let mut settings = settings.clone();
    settings.retain_credentials(|it| {
        known.iter().any(|known| (&known.id, known.kind) == (&it.id, it.kind))
    });
    settings
}
