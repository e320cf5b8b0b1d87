//! The vocabulary: what a discovery is, what the files want and what the controller has, each in
//! the one normal form in which they are compared.
//!
//! Pure. Knows neither YAML nor the wire, reads no clock, decides nothing about plans.

mod name;

mod address;

mod overlap;

mod target;

mod span_of_time;

mod credential;

mod settings;

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
    interface::Interface,
    live::{Live, LiveDiscovery, OwnCredentials, Readable, RemoteId, Unreadable},
    name::{Name, NameError, brief, is_unsafe, printable, quoted, shown, shown_json},
    overlap::{Common, overlapping},
    policy::{Grade, MaxDelete, NamePatterns, Policy},
    run_state::RunState,
    settings::{
        Difference, Field, FieldValue, Form, ManagementIp, Protocol, Scalar, Setting, SettingKey,
        Settings, setting_of_path,
    },
    span_of_time::{SpanOfTime, SpanOfTimeError},
    target::{Exclude, Hops, Neighbours, Target, TargetKind},
};
