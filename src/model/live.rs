//! What the controller has.

use std::fmt;

use super::{
    credential::Credential, interface::Interface, name::Name, run_state::RunState,
    settings::Settings,
};

/// The live state, as far as it matters to the plan.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    /// The controller's address, as the user would write it.
    pub(crate) url: String,
    /// The release that the controller says it has. `None` where it does not say.
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
    /// An object that cannot be understood is still there, under its name.
    pub(crate) read: Result<Readable, Unreadable>,
}

/// What could be read of a discovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Readable {
    pub(crate) settings: Settings,
    pub(crate) run: RunState,
    /// The controller says `Edit`: somebody may be at work on it (controller-facts.md#edit-status).
    pub(crate) being_edited: bool,
    /// The status and condition that `run` was read from, as the controller spells them.
    pub(crate) status: String,
    pub(crate) own_credentials: OwnCredentials,
    /// How many devices the last run found, where the controller says.
    pub(crate) n_devices: Option<u64>,
    /// When the last run ended, in milliseconds of the epoch; only asked for where it matters.
    pub(crate) last_run_ended: Option<i64>,
}

/// Why an object cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` is {found}")]
pub(crate) struct Unreadable {
    /// The controller's name of the field.
    pub(crate) field: String,
    /// What stands there, shortened.
    pub(crate) found: String,
}

/// Whether a discovery logs in with more than global credentials. Such secrets cannot be read, and
/// so not be sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OwnCredentials {
    None,
    /// Masked secrets beside global credentials: the masks of those, as far as is known.
    Masked(Vec<String>),
    /// Credentials of its own, by the controller's names of the fields that show it.
    Own(Vec<String>),
}
