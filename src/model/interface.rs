//! What each generation of the discovery API can do, as data.

use std::fmt;

use super::settings::SettingKey;

/// A generation of the discovery API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interface {
    /// `/dna/intent/api/v1/discovery`, which every release so far has.
    Classic,
}

impl Interface {
    /// Whether creating a discovery starts its first run.
    ///
    /// Classic: `POST /discovery` does both (controller-facts.md#create-starts-a-run).
    pub(crate) fn create_is_a_run(self) -> bool {
        match self {
            Self::Classic => true,
        }
    }

    /// Whether a setting of an existing discovery can be changed.
    ///
    /// Classic: nothing is known to be immutable; an edit is sent, and reading back decides.
    pub(crate) fn changes_in_place(self, _setting: SettingKey) -> bool {
        match self {
            Self::Classic => true,
        }
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Classic => f.write_str("classic"),
        }
    }
}
