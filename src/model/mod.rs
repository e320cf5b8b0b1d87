//! The vocabulary: discoveries, the desired state and the live state, in the one normal form in
//! which they are compared.
//!
//! Pure: knows neither YAML nor HTTP, reads no clock, and takes no decisions about plans.

mod name;

mod address;

mod overlap;

mod target;

mod time_span;

mod credential;

mod settings;

mod field;

mod run_state;

mod interface;

mod desired;

mod policy;

mod live;

pub(crate) use self::{
    address::{AddressRange, AddressSet, Count, RangeError, parse_address},
    credential::{Credential, CredentialId, CredentialKind, CredentialRef, Credentials},
    desired::{
        Desired, DesiredCredentials, DesiredDiscovery, Globs, OnChange, Rerun, Sourced, State,
        Wanted,
    },
    field::{Field, FieldValue, Scalar},
    interface::Interface,
    live::{Live, LiveDiscovery, OwnCredentials, Readable, RemoteId, Unreadable},
    name::{Name, NameError, brief, is_unsafe, printable, quoted, shown, shown_json},
    overlap::{Common, overlapping},
    policy::{Grade, MaxDelete, NamePatterns, Policy},
    run_state::RunState,
    settings::{
        Difference, Form, ManagementIp, Protocol, Setting, SettingKey, Settings, setting_of_path,
    },
    target::{Exclude, Hops, Neighbours, Target, TargetKind},
    time_span::{TimeSpan, TimeSpanError},
};
