//! The desired state: what the files want.

use std::collections::{BTreeMap, BTreeSet};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::{
    credential::{Credential, CredentialKind, CredentialRef},
    name::Name,
    policy::Policy,
    settings::{Setting, SettingKey, Settings},
    target::{Exclude, Target},
    time_span::TimeSpan,
};
use crate::source::{Span, Spanned};

/// The desired state: all files together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desired {
    /// The controllers that the files name, as written.
    pub(crate) controllers: Vec<Spanned<String>>,
    /// The names of managed discoveries: `manage.names` of all files.
    pub(crate) manage: Globs,
    /// In the order of the files; names are unique.
    pub(crate) discoveries: Vec<DesiredDiscovery>,
    /// The limits of the files, or of the policy file that replaces them.
    pub(crate) policy: Option<Sourced<Policy>>,
}

/// One discovery as the files want it, with the defaults of its file.
#[derive(Clone, Debug)]
pub(crate) struct DesiredDiscovery {
    pub(crate) name: Spanned<Name>,
    /// The whole entry, from its first key on.
    pub(crate) span: Span,
    pub(crate) wanted: Wanted,
    pub(crate) state: Option<Sourced<State>>,
    pub(crate) rerun: Option<Sourced<Rerun>>,
    pub(crate) on_change: Option<Sourced<OnChange>>,
}

/// The settings that the files give, each with its place. A key that is absent is not managed;
/// there is always a target, unless the discovery is to be absent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// All but the credentials.
    settings: BTreeMap<SettingKey, Sourced<Setting>>,
    /// References, which the planner resolves.
    pub(crate) credentials: DesiredCredentials,
}

/// The credentials that the files give, by kind. A kind that is absent is not managed; a kind that is
/// empty is managed, and none are wanted.
pub(crate) type DesiredCredentials = BTreeMap<CredentialKind, Sourced<Vec<Spanned<CredentialRef>>>>;

/// A value of the files, with its places.
#[derive(Clone, Debug)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    /// The place of the key, which a change of the value refers to.
    pub(crate) key: Span,
    /// The place of the value.
    pub(crate) at: Span,
}

impl Wanted {
    pub(crate) fn insert(&mut self, setting: Sourced<Setting>) {
        self.settings.insert(setting.value.key(), setting);
    }

    /// Stops managing a setting.
    pub(crate) fn remove(&mut self, key: SettingKey) {
        self.settings.remove(&key);
        if let SettingKey::Credentials(kind) = key {
            self.credentials.remove(&kind);
        }
    }

    pub(crate) fn target(&self) -> Option<Sourced<&Target>> {
        let Sourced { value, key, at } = self.settings.get(&SettingKey::Target)?;
        let Setting::Target(value) = value else { return None };
        Some(Sourced { value, key: *key, at: *at })
    }

    pub(crate) fn exclude(&self) -> Option<Sourced<&BTreeSet<Exclude>>> {
        let Sourced { value, key, at } = self.settings.get(&SettingKey::Exclude)?;
        let Setting::Exclude(value) = value else { return None };
        Some(Sourced { value, key: *key, at: *at })
    }

    /// Returns where the files give a setting.
    pub(crate) fn place_of(&self, key: SettingKey) -> Option<Span> {
        match key {
            SettingKey::Credentials(kind) => self.credentials.get(&kind).map(|it| it.key),
            // They differ because some kind is managed.
            SettingKey::GoneCredentials => self.credentials.values().map(|it| it.key).min(),
            _ => self.settings.get(&key).map(|it| it.key),
        }
    }

    /// Returns what the files want, with their credentials resolved.
    pub(crate) fn settings(
        &self,
        credentials: BTreeMap<CredentialKind, BTreeSet<Credential>>,
    ) -> Settings {
        let credentials = credentials.into_iter().map(|(kind, it)| Setting::Credentials(kind, it));
        self.settings.values().map(|it| it.value.clone()).chain(credentials).collect()
    }
}

/// The wanted state of a discovery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    #[default]
    Present,
    Stopped,
    Absent,
}

/// When a discovery that exists as wanted is run again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rerun {
    #[default]
    OnChange,
    UntilComplete,
    Always,
    Never,
    OlderThan(TimeSpan),
}

/// How a changed setting is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OnChange {
    #[default]
    Update,
    Replace,
}

impl DesiredDiscovery {
    pub(crate) fn state(&self) -> State {
        self.state.as_ref().map(|it| it.value).unwrap_or_default()
    }

    pub(crate) fn rerun(&self) -> Rerun {
        self.rerun.as_ref().map(|it| it.value).unwrap_or_default()
    }

    pub(crate) fn on_change(&self) -> OnChange {
        self.on_change.as_ref().map(|it| it.value).unwrap_or_default()
    }
}

/// Patterns of names, matched as globset does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Globs {
    patterns: Vec<String>,
    set: GlobSet,
}

/// A pattern that is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct GlobError(String);

impl Globs {
    /// Compiles patterns. `*` also matches `/`, since names are not paths.
    pub(crate) fn new<S: AsRef<str>>(
        patterns: impl IntoIterator<Item = S>,
    ) -> Result<Self, GlobError> {
        let mut set = GlobSetBuilder::new();
        let mut texts = Vec::new();
        for pattern in patterns {
            let pattern = pattern.as_ref();
            let glob = GlobBuilder::new(pattern).build();
            set.add(glob.map_err(|error| GlobError(error.kind().to_string()))?);
            texts.push(pattern.to_owned());
        }
        let set = set.build().map_err(|error| GlobError(error.kind().to_string()))?;
        Ok(Self { patterns: texts, set })
    }

    pub(crate) fn is_match(&self, name: &Name) -> bool {
        self.set.is_match(name.as_str())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Returns the patterns as they were written.
    pub(crate) fn patterns(&self) -> &[String] {
        &self.patterns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_names() {
        let globs = Globs::new(["branch-*", "hq-{core,edge}"]).unwrap();
        let matches = |it: &str| globs.is_match(&Name::as_read(it));
        assert!(matches("branch-a/b") && matches("hq-edge"));
        assert!(!matches("Branch-a") && !matches("hq-lab"));
        assert!(Globs::new(["a["]).is_err());
        assert!(!Globs::default().is_match(&Name::as_read("a")));
    }
}
