//! The live state: what the controller has.

use std::fmt;

use super::{
    credential::Credential, interface::Interface, name::Name, run_state::RunState,
    settings::Settings,
};

/// The live state, as far as a plan depends on it.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    /// The controller's address, as the user would write it.
    pub(crate) url: String,
    /// The release of the controller, if it reports one.
    pub(crate) release: Option<String>,
    pub(crate) interface: Interface,
    /// Sorted by name, then by id; names need not be unique.
    pub(crate) discoveries: Vec<LiveDiscovery>,
    /// Every global credential, sorted by kind, description, username and id.
    pub(crate) credentials: Vec<Credential>,
}

/// A discovery's identity for the controller: opaque, compared and sent back, never parsed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RemoteId(pub(crate) String);

impl fmt::Display for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One discovery on the controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LiveDiscovery {
    pub(crate) id: RemoteId,
    pub(crate) name: Name,
    /// An object that cannot be read still exists, under its name.
    pub(crate) read: Result<Readable, Unreadable>,
}

/// The contents of a discovery that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Readable {
    pub(crate) settings: Settings,
    pub(crate) run: RunState,
    /// Whether its status is `Edit`: another user may be editing it (controller-facts.md#edit-status).
    pub(crate) being_edited: bool,
    /// The status and condition that `run` was read from, as the controller spells them.
    pub(crate) status: String,
    pub(crate) own_credentials: OwnCredentials,
    /// How many devices the last run found, if the controller reports it.
    pub(crate) n_devices: Option<u64>,
    /// When the last run ended, in milliseconds since 1970; only read if a plan depends on it.
    pub(crate) last_run_ended: Option<i64>,
}

/// Why an object cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` is {found}")]
pub(crate) struct Unreadable {
    /// The controller's name of the field.
    pub(crate) field: String,
    /// The value that was found, shortened.
    pub(crate) found: String,
}

/// Whether a discovery has credentials of its own. Their secrets cannot be read, so they cannot be
/// sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OwnCredentials {
    None,
    /// Masked secrets as well as global credentials: as far as is known, the masks of those.
    Masked(Vec<String>),
    /// Credentials of its own, by the fields of the object that show it.
    Own(Vec<String>),
}
