//! Global credentials, with which the controller logs in to devices. Never their secrets.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// A kind of global credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CredentialKind {
    Cli,
    SnmpV2Read,
    SnmpV2Write,
    SnmpV3,
    HttpRead,
    HttpWrite,
    Netconf,
}

impl CredentialKind {
    /// Every kind, in the order in which they are shown.
    pub(crate) const ALL: [Self; 7] = [
        Self::Cli,
        Self::SnmpV2Read,
        Self::SnmpV2Write,
        Self::SnmpV3,
        Self::HttpRead,
        Self::HttpWrite,
        Self::Netconf,
    ];

    /// Returns the key in the files.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::SnmpV2Read => "snmp_v2_read",
            Self::SnmpV2Write => "snmp_v2_write",
            Self::SnmpV3 => "snmp_v3",
            Self::HttpRead => "http_read",
            Self::HttpWrite => "http_write",
            Self::Netconf => "netconf",
        }
    }

    /// Returns the path of its field.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Cli => "credentials.cli",
            Self::SnmpV2Read => "credentials.snmp_v2_read",
            Self::SnmpV2Write => "credentials.snmp_v2_write",
            Self::SnmpV3 => "credentials.snmp_v3",
            Self::HttpRead => "credentials.http_read",
            Self::HttpWrite => "credentials.http_write",
            Self::Netconf => "credentials.netconf",
        }
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// A global credential's identity on a controller: opaque, compared and sent back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CredentialId(pub(crate) String);

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A global credential of a controller, as far as it can be read.
///
/// Its id is its identity: two credentials with the same id are equal, even with different
/// descriptions.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    pub(crate) id: CredentialId,
    pub(crate) kind: CredentialKind,
    /// Not unique on a controller (controller-facts.md#credential-names).
    pub(crate) description: String,
    /// The kinds that log in with a community or a port have none.
    pub(crate) username: Option<String>,
}

impl PartialEq for Credential {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Credential {}

impl PartialOrd for Credential {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Credential {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id.cmp(&other.id)
    }
}

/// Shows `description (username)`.
impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.username {
            Some(username) => write!(f, "{} ({username})", self.description),
            None => f.write_str(&self.description),
        }
    }
}

/// The global credentials of a discovery, by kind. A kind that is absent is not managed, or not
/// known; one that is empty has none.
pub(crate) type Credentials = BTreeMap<CredentialKind, BTreeSet<Credential>>;

/// How the files refer to a global credential. A part that is left out matches anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CredentialRef {
    Id(CredentialId),
    Named { description: Option<String>, username: Option<String> },
}

impl CredentialRef {
    /// Whether it refers to that credential. A description matches exactly.
    pub(crate) fn matches(&self, credential: &Credential) -> bool {
        let Credential { id, kind: _, description, username } = credential;
        match self {
            Self::Id(wanted) => wanted == id,
            Self::Named { description: wanted, username: user } => {
                wanted.as_ref().is_none_or(|it| it == description)
                    && user.as_ref().is_none_or(|it| Some(it) == username.as_ref())
            }
        }
    }
}

impl fmt::Display for CredentialRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "id {id}"),
            Self::Named { description: Some(description), username: Some(username) } => {
                write!(f, "{description} ({username})")
            }
            Self::Named { description: Some(description), username: None } => {
                f.write_str(description)
            }
            Self::Named { description: None, username: Some(username) } => {
                write!(f, "username {username}")
            }
            Self::Named { description: None, username: None } => f.write_str("any"),
        }
    }
}
