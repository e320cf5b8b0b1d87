//! The maps of a file with their keys, as written: one struct for each. The schema is generated from
//! them, and an editor shows the comments on keys.
//!
//! Knows types, and leaves the meaning of values to `resolve`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{
    policy::PolicyMap,
    problems::Place,
    read::{
        DurationText, Fields, Keyword, Keywords, Number, OptionalKey, Read, Reader, RequiredKey,
        Unknown, read_map,
    },
    tree::{Node, Value},
};
use crate::{
    model::{CredentialKind, ManagementIp, OnChange, Protocol, Rerun, State},
    source::Spanned,
};

/// The one version of the format.
pub(super) const VERSION: i64 = 1;
/// The most retries for a device.
pub(super) const MAX_RETRIES: i64 = 3;
/// The most hops of a neighbour discovery, which is also the default.
pub(super) const MAX_HOPS: i64 = 16;
/// The highest port number.
pub(super) const MAX_PORT: i64 = 65_535;

const ADDRESS: &str = r"^[0-9A-Fa-f:.]+$";
const RANGE: &str = r"^[0-9A-Fa-f:.]+( *- *[0-9A-Fa-f:.]+)?$";
const PREFIX: &str = r"^[0-9A-Fa-f:.]+/[0-9]+$";
const ADDRESS_OR_PREFIX: &str = r"^[0-9A-Fa-f:.]+(/[0-9]+)?$";
const NAME: &str = r"^[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$";

/// The desired state of the discoveries of a Cisco Catalyst Center.
#[derive(Debug, Default, JsonSchema)]
#[schemars(
    default,
    title = "trueup: desired state",
    extend("additionalProperties" = false, "required" = ["version"])
)]
pub(super) struct File {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    pub(super) version: RequiredKey<Number>,
    /// The controller that these files are for, such as `https://catalyst.example.com`. Used if
    /// the command line and the environment name none; if they name another one, trueup does
    /// nothing.
    pub(super) controller: OptionalKey<String>,
    /// Which discoveries of the controller this repository manages.
    pub(super) manage: OptionalKey<Manage>,
    /// What the discoveries of this file have in common. A key that a discovery gives itself
    /// replaces the default, credentials kind by kind; `null` takes the default away.
    pub(super) defaults: OptionalKey<Defaults>,
    /// Limits to what may be planned; one of all files may set them.
    pub(super) policy: OptionalKey<PolicyMap>,
    /// The discoveries.
    pub(super) discoveries: OptionalKey<Vec<Spanned<Discovery>>>,
}

/// Which discoveries of the controller this repository manages.
#[derive(Debug, Default, JsonSchema)]
#[schemars(default, extend("additionalProperties" = false, "required" = ["names"]))]
pub(super) struct Manage {
    /// Patterns of names, such as `branch-*`: with `--prune`, a live discovery that one of them
    /// matches and that no file names is deleted.
    #[schemars(inner(length(min = 1)))]
    pub(super) names: RequiredKey<Vec<Spanned<String>>>,
}

/// What the discoveries of this file have in common.
#[derive(Debug, Default, JsonSchema)]
#[schemars(default, extend("additionalProperties" = false))]
pub(super) struct Defaults {
    #[schemars(flatten)]
    pub(super) settings: Settings,
}

/// One discovery: a named scan of addresses for network devices.
#[derive(Debug, Default, JsonSchema)]
#[schemars(
    default,
    extend("additionalProperties" = false, "required" = ["name"]),
    transform = super::schema::one_target
)]
pub(super) struct Discovery {
    /// The name, which is its identity: unique over all files and on the controller, and compared
    /// exactly. A rename is a delete and a create, so declare the old name `absent` in the same
    /// change.
    #[schemars(regex(pattern = NAME))]
    pub(super) name: RequiredKey<String>,
    /// Scans one address.
    #[schemars(regex(pattern = ADDRESS))]
    pub(super) address: OptionalKey<String>,
    /// Scans ranges, each `FIRST-LAST` or a single address.
    #[schemars(length(min = 1), inner(regex(pattern = RANGE)))]
    pub(super) ranges: OptionalKey<Vec<Spanned<String>>>,
    /// Scans a prefix, such as `10.20.0.0/22`.
    #[schemars(regex(pattern = PREFIX))]
    pub(super) cidr: OptionalKey<String>,
    /// Scans a device and its neighbours, as CDP names them.
    pub(super) cdp: OptionalKey<Neighbours>,
    /// Scans a device and its neighbours, as LLDP names them.
    pub(super) lldp: OptionalKey<Neighbours>,
    /// The wanted state: `present` (the default); `stopped`: exists and does not run; `absent`:
    /// deleted; its other keys are ignored.
    #[schemars(extend("default" = "present"))]
    pub(super) state: OptionalKey<Keyword<State>>,
    #[schemars(flatten)]
    pub(super) settings: Settings,
    #[schemars(skip)]
    pub(super) unknown: Unknown,
}

/// The keys that discoveries and defaults share. Absent, or `null`, is not managed: neither sent
/// nor compared.
#[derive(Debug, Default, JsonSchema)]
#[schemars(default)]
pub(super) struct Settings {
    /// Addresses and prefixes to exclude; `[]` excludes none.
    #[schemars(inner(regex(pattern = ADDRESS_OR_PREFIX)))]
    pub(super) exclude: OptionalKey<Vec<Spanned<String>>>,
    /// Global credentials of the controller, by kind.
    pub(super) credentials: OptionalKey<Credentials>,
    /// Protocols for logging in to devices, in the order in which they are tried.
    #[schemars(length(min = 1))]
    pub(super) protocols: OptionalKey<Vec<Spanned<Keyword<Protocol>>>>,
    /// How often a device that does not answer is tried again.
    #[schemars(range(min = 0, max = MAX_RETRIES))]
    pub(super) retries: OptionalKey<Number>,
    /// How long a device may take to answer, from `1s` to `300s`.
    pub(super) timeout: OptionalKey<DurationText>,
    /// Which of a device's addresses it is managed by.
    pub(super) management_ip: OptionalKey<Keyword<ManagementIp>>,
    /// The port of NETCONF.
    #[schemars(range(min = 1, max = MAX_PORT))]
    pub(super) netconf_port: OptionalKey<Number>,
    /// When an existing discovery is run again: `on_change` (the default), `until_complete`,
    /// `always`, `never`, or once its last run is older than a given duration.
    #[schemars(extend("default" = "on_change"))]
    pub(super) rerun: OptionalKey<RerunRule>,
    /// How a changed setting is carried out: `update` (the default), or `replace`, which deletes
    /// the discovery and creates it again.
    #[schemars(extend("default" = "update"))]
    pub(super) on_change: OptionalKey<Keyword<OnChange>>,
}

/// Where a neighbour discovery starts, and how far it goes.
#[derive(Debug, Default, JsonSchema)]
#[schemars(default, extend("additionalProperties" = false, "required" = ["seed"]))]
pub(super) struct Neighbours {
    /// The address of the first device.
    #[schemars(regex(pattern = ADDRESS))]
    pub(super) seed: RequiredKey<String>,
    /// How many neighbours away it goes; 16 if left out.
    #[schemars(range(min = 1, max = MAX_HOPS), extend("default" = MAX_HOPS))]
    pub(super) hops: OptionalKey<Number>,
}

/// Global credentials by kind. A kind that is absent, or `null`, is not managed; `[]` is none.
#[derive(Debug, Default, JsonSchema)]
#[schemars(default, extend("additionalProperties" = false))]
pub(super) struct Credentials {
    /// Logins to devices.
    pub(super) cli: OptionalKey<CredentialList>,
    /// `SNMPv2c` communities for reading.
    pub(super) snmp_v2_read: OptionalKey<CredentialList>,
    /// `SNMPv2c` communities for writing.
    pub(super) snmp_v2_write: OptionalKey<CredentialList>,
    /// `SNMPv3` users.
    pub(super) snmp_v3: OptionalKey<CredentialList>,
    /// HTTPS logins for reading.
    pub(super) http_read: OptionalKey<CredentialList>,
    /// HTTPS logins for writing.
    pub(super) http_write: OptionalKey<CredentialList>,
    /// NETCONF ports.
    pub(super) netconf: OptionalKey<CredentialList>,
}

/// Global credentials of one kind.
pub(super) type CredentialList = Vec<Spanned<Credential>>;

/// A global credential: its description, or a map with more keys.
#[derive(Debug)]
pub(super) enum Credential {
    Description(String),
    Map(Box<CredentialMap>),
}

/// A global credential by description, username or both, or by id.
#[derive(Debug, Default, JsonSchema)]
#[schemars(
    default,
    extend("additionalProperties" = false),
    transform = super::schema::one_identity
)]
pub(super) struct CredentialMap {
    /// Its description, which matches exactly.
    #[schemars(length(min = 1))]
    pub(super) description: OptionalKey<String>,
    /// Its username.
    #[schemars(length(min = 1))]
    pub(super) username: OptionalKey<String>,
    /// Its id on the controller, instead of the other two.
    #[schemars(length(min = 1))]
    pub(super) id: OptionalKey<String>,
    #[schemars(skip)]
    pub(super) unknown: Unknown,
}

/// When a discovery is run again: a word, or an age.
#[derive(Debug)]
pub(super) enum RerunRule {
    Keyword(Rerun),
    Age(OlderThan),
}

/// An age.
#[derive(Debug, Default, JsonSchema)]
#[schemars(default, extend("additionalProperties" = false, "required" = ["older_than"]))]
pub(super) struct OlderThan {
    /// How long ago the last run ended, such as `7d`: a whole number and `s`, `m`, `h`, `d` or
    /// `w`.
    pub(super) older_than: RequiredKey<DurationText>,
}

impl Keywords for State {
    const KEYWORDS: &'static [(&'static str, Self)] =
        &[("present", Self::Present), ("stopped", Self::Stopped), ("absent", Self::Absent)];
}

impl Keywords for OnChange {
    const KEYWORDS: &'static [(&'static str, Self)] =
        &[("update", Self::Update), ("replace", Self::Replace)];
}

impl Keywords for ManagementIp {
    const KEYWORDS: &'static [(&'static str, Self)] =
        &[("default", Self::Default), ("loopback", Self::Loopback)];
}

impl Keywords for Protocol {
    const KEYWORDS: &'static [(&'static str, Self)] =
        &[("ssh", Self::Ssh), ("telnet", Self::Telnet)];
}

impl Keywords for Rerun {
    const KEYWORDS: &'static [(&'static str, Self)] = &[
        ("on_change", Self::OnChange),
        ("until_complete", Self::UntilComplete),
        ("always", Self::Always),
        ("never", Self::Never),
    ];
}

impl Credentials {
    /// Returns the kinds, in the order in which they are shown.
    pub(super) fn kinds(&self) -> [(CredentialKind, &OptionalKey<CredentialList>); 7] {
        let Self { cli, snmp_v2_read, snmp_v2_write, snmp_v3, http_read, http_write, netconf } =
            self;
        [
            (CredentialKind::Cli, cli),
            (CredentialKind::SnmpV2Read, snmp_v2_read),
            (CredentialKind::SnmpV2Write, snmp_v2_write),
            (CredentialKind::SnmpV3, snmp_v3),
            (CredentialKind::HttpRead, http_read),
            (CredentialKind::HttpWrite, http_write),
            (CredentialKind::Netconf, netconf),
        ]
    }
}

read_map! {
    File as "a file" {
        version: required,
        controller: optional,
        manage: optional,
        defaults: optional,
        policy: optional,
        discoveries: optional,
    }
}

read_map!(Manage as "`manage`" { names: required });

impl Read for Defaults {
    fn read(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Self> {
        let mut fields = Fields::of(node, "`defaults`", reader)?;
        let it = Self { settings: Settings::read(&mut fields, reader) };
        fields.finish(reader);
        Some(it)
    }
}

impl Read for Discovery {
    fn read(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Self> {
        let mut fields = Fields::of(node, "a discovery", reader)?;
        let it = Self {
            name: fields.required("name", reader),
            address: fields.optional("address", reader),
            ranges: fields.optional("ranges", reader),
            cidr: fields.optional("cidr", reader),
            cdp: fields.optional("cdp", reader),
            lldp: fields.optional("lldp", reader),
            state: fields.optional("state", reader),
            settings: Settings::read(&mut fields, reader),
            unknown: Unknown::default(),
        };
        Some(Self { unknown: fields.finish(reader), ..it })
    }

    fn item_place(node: &Node<'_>) -> Place {
        // The entry of an alias is the alias itself: its anchor is in another place.
        let is_there = node.used.start == node.place.start;
        Place { start: if is_there { node.first_key } else { node.used.start }, ..node.used }
    }
}

impl Settings {
    fn read(fields: &mut Fields<'_, '_>, reader: &mut Reader<'_, '_>) -> Self {
        Self {
            exclude: fields.optional("exclude", reader),
            credentials: fields.optional("credentials", reader),
            protocols: fields.optional("protocols", reader),
            retries: fields.optional("retries", reader),
            timeout: fields.optional("timeout", reader),
            management_ip: fields.optional("management_ip", reader),
            netconf_port: fields.optional("netconf_port", reader),
            rerun: fields.optional("rerun", reader),
            on_change: fields.optional("on_change", reader),
        }
    }
}

read_map!(Neighbours as "a neighbour discovery" { seed: required, hops: optional });

read_map! {
    Credentials as "`credentials`" {
        cli: optional,
        snmp_v2_read: optional,
        snmp_v2_write: optional,
        snmp_v3: optional,
        http_read: optional,
        http_write: optional,
        netconf: optional,
    }
}

impl Read for Credential {
    fn read(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Self> {
        match &node.value {
            Value::Text(description) => Some(Self::Description(description.clone().into_owned())),
            Value::Map(_) => CredentialMap::read(node, reader).map(|it| Self::Map(Box::new(it))),
            _ => {
                reader.wrong_type(node, "a credential's description, or a map");
                None
            }
        }
    }
}

impl Read for CredentialMap {
    fn read(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Self> {
        let mut fields = Fields::of(node, "a credential", reader)?;
        let it = Self {
            description: fields.optional("description", reader),
            username: fields.optional("username", reader),
            id: fields.optional("id", reader),
            unknown: Unknown::default(),
        };
        Some(Self { unknown: fields.finish(reader), ..it })
    }
}

impl Read for RerunRule {
    fn read(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Self> {
        match &node.value {
            Value::Map(_) => OlderThan::read(node, reader).map(Self::Age),
            _ => Keyword::<Rerun>::read(node, reader).map(|Keyword(it)| Self::Keyword(it)),
        }
    }
}

read_map!(OlderThan as "`rerun`" { older_than: required });

impl JsonSchema for Credential {
    fn schema_name() -> Cow<'static, str> {
        "Credential".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<CredentialMap>();
        json_schema!({
            "description": "A global credential: its description, or a map with more keys.",
            "anyOf": [{ "type": "string", "minLength": 1 }, map],
        })
    }
}

impl JsonSchema for RerunRule {
    fn schema_name() -> Cow<'static, str> {
        "Rerun".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let word = generator.subschema_for::<Keyword<Rerun>>();
        let age = generator.subschema_for::<OlderThan>();
        json_schema!({ "description": "When a discovery is run again.", "anyOf": [word, age] })
    }
}
