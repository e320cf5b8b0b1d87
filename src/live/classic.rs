//! The classic interface: reads its objects, and builds its requests.
//!
//! `POST` names settings differently than `GET` and `PUT`
//! (controller-facts.md#spelling-on-read-and-write).

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use ipnet::IpNet;
use serde_json::{Value, json};

use super::{
    dialect::{Dialect, Method, Write},
    lenient::{self, Object, unreadable},
};
use crate::model::{
    AddressRange, Credential, CredentialId, CredentialKind, Difference, Exclude, LiveDiscovery,
    ManagementIp, Name, Neighbours, OwnCredentials, Protocol, Readable, RemoteId, RunState,
    Setting, SettingKey, Settings, Target, TimeSpan, Unreadable, parse_address,
};

/// What the controller returns in place of a secret (controller-facts.md#masked-secrets). It is
/// never sent back.
const MASK: &str = "NO!$DATA!$";

/// The key of the ids of credentials, in all requests.
const CREDENTIALS: &str = "globalCredentialIdList";

/// Keys that the controller computes (controller-facts.md#computed-keys). They are not sent back.
const COMPUTED: [&str; 9] = [
    "deviceIds",
    "numDevices",
    "isAutoCdp",
    "attributeInfo",
    "parentDiscoveryId",
    "onlyNewDevice",
    "siteId",
    "discoveryStatus",
    "discoveryCondition",
];

/// Keys with secret values (controller-facts.md#masked-secrets). They are read as a mask or not at
/// all, and are not sent back.
const SECRETS: [&str; 8] = [
    "passwordList",
    "enablePasswordList",
    "snmpRoCommunity",
    "snmpRwCommunity",
    "snmpAuthPassphrase",
    "snmpPrivPassphrase",
    "httpReadCredential",
    "httpWriteCredential",
];

/// Reads an item of the list, or the answer for one id.
///
/// Fails if it has no id or no name. Other errors are kept with the discovery.
pub(super) fn discovery(value: &Value, dialect: &Dialect) -> Result<LiveDiscovery, Unreadable> {
    let object = value.as_object().ok_or_else(|| unreadable("discovery", Some(value)))?;
    let id = lenient::text(object, "id")?;
    let id = id.ok_or_else(|| unreadable("id", object.get("id")))?;
    // Not trimmed: the name is the identity.
    let name = object.get("name").and_then(Value::as_str).filter(|it| !it.is_empty());
    let name = name.ok_or_else(|| unreadable("name", object.get("name")))?;
    let read = readable(object, dialect);
    Ok(LiveDiscovery { id: RemoteId(id), name: Name::as_read(name), read })
}

fn readable(object: &Object, dialect: &Dialect) -> Result<Readable, Unreadable> {
    let settings = settings(object, dialect)?;
    let word = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or_default().trim();
    let (status, condition) = (word("discoveryStatus"), word("discoveryCondition"));
    Ok(Readable {
        own_credentials: own_credentials(object)?,
        settings,
        run: run_state(status, condition),
        being_edited: status.eq_ignore_ascii_case("edit"),
        status: format!("{status} {condition}").trim().to_owned(),
        n_devices: lenient::number(object, "numDevices").ok().flatten(),
        last_run_ended: None,
    })
}

fn settings(object: &Object, dialect: &Dialect) -> Result<Settings, Unreadable> {
    let mut settings = credentials_of(object, dialect)?;
    for key in SettingKey::ALL {
        settings.extend(match key {
            // They come in one list, which has been read.
            SettingKey::Credentials(_) | SettingKey::GoneCredentials => None,
            SettingKey::Target => Some(Setting::Target(target(object)?)),
            SettingKey::Exclude => exclude(object)?.map(Setting::Exclude),
            SettingKey::Protocols => protocols(object)?.map(Setting::Protocols),
            SettingKey::Retries => lenient::number(object, "retryCount")?.map(Setting::Retries),
            SettingKey::Timeout => lenient::number(object, "timeOut")?
                .map(|it| Setting::Timeout(TimeSpan::from_seconds(it))),
            SettingKey::ManagementIp => Some(Setting::ManagementIp(management_ip(object)?)),
            SettingKey::NetconfPort => {
                lenient::number(object, "netconfPort")?.map(Setting::NetconfPort)
            }
        });
    }
    Ok(settings)
}

fn target(object: &Object) -> Result<Target, Unreadable> {
    let kind = lenient::text(object, "discoveryType")?.unwrap_or_default().to_lowercase();
    let kind = kind.split([' ', '_']).collect::<String>();
    let addresses = || -> Result<Vec<AddressRange>, Unreadable> {
        let words = lenient::list(object, "ipAddressList")?;
        let ranges = words.iter().map(|it| it.parse::<AddressRange>().ok());
        let ranges = ranges.collect::<Option<Vec<_>>>().filter(|it| !it.is_empty());
        ranges.ok_or_else(|| unreadable("ipAddressList", object.get("ipAddressList")))
    };
    let one = || -> Result<IpAddr, Unreadable> {
        match addresses()?.as_slice() {
            [range] if range.first() == range.last() => Ok(range.first()),
            _ => Err(unreadable("ipAddressList", object.get("ipAddressList"))),
        }
    };
    let hops = |field| {
        let hops = lenient::number(object, field)?;
        let hops = hops.map(u32::try_from).transpose();
        hops.map_err(|_| unreadable(field, object.get(field)))
    };
    match kind.as_str() {
        "single" => Ok(Target::Address(one()?)),
        // Several ranges can be read back as `Range` (controller-facts.md#multi-range).
        "range" | "multirange" => Ok(Target::Ranges(addresses()?.into_iter().collect())),
        "cidr" => Ok(Target::Cidr(prefix(object)?)),
        "cdp" => Ok(Target::Cdp(Neighbours { seed: one()?, hops: hops("cdpLevel")? })),
        "lldp" => Ok(Target::Lldp(Neighbours { seed: one()?, hops: hops("lldpLevel")? })),
        _ => Err(unreadable("discoveryType", object.get("discoveryType"))),
    }
}

fn prefix(object: &Object) -> Result<IpNet, Unreadable> {
    let text = lenient::text(object, "ipAddressList")?.unwrap_or_default();
    let net = text.parse::<IpNet>().map(|it| it.trunc());
    let net = net.ok().filter(|it| parse_address(&it.addr().to_string()).is_ok());
    net.ok_or_else(|| unreadable("ipAddressList", object.get("ipAddressList")))
}

fn exclude(object: &Object) -> Result<Option<BTreeSet<Exclude>>, Unreadable> {
    let words = lenient::list(object, "ipFilterList")?;
    let entries = words.iter().map(|it| it.parse()).collect::<Result<BTreeSet<_>, _>>();
    let entries = entries.map_err(|_| unreadable("ipFilterList", object.get("ipFilterList")))?;
    Ok((!entries.is_empty()).then_some(entries))
}

/// Reads the credentials by kind, and those that the controller no longer has.
fn credentials_of(object: &Object, dialect: &Dialect) -> Result<Settings, Unreadable> {
    let mut known = BTreeMap::<CredentialKind, BTreeSet<Credential>>::new();
    let mut gone = BTreeSet::new();
    for id in lenient::list(object, CREDENTIALS)?.into_iter().map(CredentialId) {
        match dialect.credential(&id) {
            Some(it) => drop(known.entry(it.kind).or_default().insert(it.clone())),
            None => drop(gone.insert(id)),
        }
    }
    let known = known.into_iter().map(|(kind, it)| Setting::Credentials(kind, it));
    let gone = (!gone.is_empty()).then_some(Setting::GoneCredentials(gone));
    Ok(known.chain(gone).collect())
}

/// Ignores letter case and spaces, as in `SSH, Telnet` (controller-facts.md#lenient-values).
fn protocols(object: &Object) -> Result<Option<Vec<Protocol>>, Unreadable> {
    let words = lenient::list(object, "protocolOrder")?;
    let protocol = |word: &String| match word.to_lowercase().as_str() {
        "ssh" => Some(Protocol::Ssh),
        "telnet" => Some(Protocol::Telnet),
        _ => None,
    };
    let protocols = words.iter().map(protocol).collect::<Option<Vec<_>>>();
    let protocols =
        protocols.ok_or_else(|| unreadable("protocolOrder", object.get("protocolOrder")))?;
    Ok((!protocols.is_empty()).then_some(protocols))
}

/// Absent means `None` (controller-facts.md#lenient-values).
fn management_ip(object: &Object) -> Result<ManagementIp, Unreadable> {
    let field = "preferredMgmtIPMethod";
    let method = lenient::text(object, field)?.unwrap_or_default().to_lowercase();
    match method.as_str() {
        "" | "none" => Ok(ManagementIp::Default),
        "useloopback" => Ok(ManagementIp::Loopback),
        _ => Err(unreadable(field, object.get(field))),
    }
}

/// Derives the run state from status and condition, ignoring letter case.
fn run_state(status: &str, condition: &str) -> RunState {
    let status = status.to_lowercase();
    let condition = condition.to_lowercase();
    match (status.as_str(), condition.as_str()) {
        ("active", _) | (_, "in progress" | "queued") => RunState::Running,
        ("inactive" | "edit", "complete") => RunState::Complete,
        ("inactive" | "edit", "aborted") => RunState::Aborted,
        ("inactive" | "edit", "failed") => RunState::Failed,
        ("inactive" | "edit", "yet to start") => RunState::Never,
        _ => RunState::Unknown,
    }
}

fn own_credentials(object: &Object) -> Result<OwnCredentials, Unreadable> {
    let is_set = |field: &&str| match lenient::given(object, field) {
        Some(Value::Array(it)) => !it.is_empty(),
        Some(_) => true,
        None => false,
    };
    let is_of_app = |field: &&str| {
        let kind = object.get(*field).and_then(|it| it.get("credentialType"));
        kind.and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case("app"))
    };
    let owned = |fields: Vec<&str>| fields.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let users = ["userNameList", "snmpUserName"].into_iter().filter(is_set);
    let apps = ["httpReadCredential", "httpWriteCredential"].into_iter().filter(is_of_app);
    let mut own = users.chain(apps).collect::<Vec<_>>();
    let secrets = SECRETS.into_iter().filter(is_set).collect::<Vec<_>>();
    if lenient::list(object, CREDENTIALS)?.is_empty() {
        own.extend(secrets.iter().filter(|it| !it.starts_with("http")));
    }
    if !own.is_empty() {
        return Ok(OwnCredentials::Own(owned(own)));
    }
    if secrets.is_empty() {
        return Ok(OwnCredentials::None);
    }
    Ok(OwnCredentials::Masked(owned(secrets)))
}

/// Returns how a write is sent. The bodies that start and stop a run cannot change a setting.
pub(super) fn request(write: &Write<'_>) -> Method {
    match write {
        Write::Create { name, settings } => Method::Create(create_body(name, settings)),
        Write::Edit { current, differences, after } => {
            Method::Update(edit_body(&current.object, differences, after))
        }
        Write::Run(id) => Method::Update(json!({"id": id.0, "discoveryStatus": "Active"})),
        Write::Stop(id) => Method::Update(json!({"id": id.0, "discoveryStatus": "Inactive"})),
        Write::Delete(id) => Method::Delete((*id).clone()),
    }
}

/// Returns the body of `POST /discovery`, with the names that only `POST` uses.
fn create_body(name: &Name, settings: &Settings) -> Value {
    let mut body = Object::new();
    body.insert("name".into(), json!(name.as_str()));
    for setting in settings.iter() {
        let (key, value) = match setting {
            Setting::Target(it) => {
                put_target(&mut body, it);
                continue;
            }
            Setting::Credentials(..) => (CREDENTIALS, json!(credential_ids(settings))),
            // Credentials that are gone cannot be sent.
            Setting::GoneCredentials(_) => continue,
            Setting::Exclude(it) if it.is_empty() => continue,
            Setting::Exclude(it) => {
                ("ipFilterList", it.iter().map(|it| json!(it.to_string())).collect())
            }
            Setting::Protocols(it) => ("protocolOrder", json!(joined(it))),
            Setting::Retries(it) => ("retry", json!(it)),
            Setting::Timeout(it) => ("timeout", json!(it.seconds())),
            Setting::ManagementIp(it) => ("preferredMgmtIPMethod", wire_management_ip(*it)),
            Setting::NetconfPort(it) => ("netconfPort", json!(it.to_string())),
        };
        body.insert(key.to_owned(), value);
    }
    body.insert(CREDENTIALS.into(), json!(credential_ids(settings)));
    let has_v3 = settings.credentials().any(|it| it.kind == CredentialKind::SnmpV3);
    body.insert("snmpVersion".into(), json!(if has_v3 { "v3" } else { "v2" }));
    Value::Object(body)
}

/// Returns the body of the `PUT` that edits: the object as it was read right before, with what
/// differs put in.
///
/// Leaves out computed keys, secrets, and every value that contains the mask of a secret.
fn edit_body(current: &Value, differences: &[Difference], after: &Settings) -> Value {
    let mut body = current.as_object().cloned().unwrap_or_default();
    body.retain(|key, value| {
        let left_out = COMPUTED.contains(&key.as_str()) || SECRETS.contains(&key.as_str());
        !left_out && !key.contains(MASK) && !value.to_string().contains(MASK)
    });
    let mut ids = credential_ids(after);
    if let Some(Setting::GoneCredentials(gone)) = after.get(SettingKey::GoneCredentials) {
        ids.extend(gone.iter().map(|it| json!(it.0)));
    }
    let differs = |key| differences.iter().any(|it| it.setting == key);
    if differs(SettingKey::GoneCredentials) {
        body.insert(CREDENTIALS.into(), json!(ids));
    }
    for setting in after.iter().filter(|it| differs(it.key())) {
        let (key, value) = match setting {
            Setting::Target(it) => {
                put_target(&mut body, it);
                continue;
            }
            Setting::Credentials(..) | Setting::GoneCredentials(_) => (CREDENTIALS, json!(ids)),
            Setting::Exclude(it) => ("ipFilterList", json!(joined(it))),
            Setting::Protocols(it) => ("protocolOrder", json!(joined(it))),
            Setting::Retries(it) => ("retryCount", json!(it)),
            Setting::Timeout(it) => ("timeOut", json!(it.seconds())),
            Setting::ManagementIp(it) => ("preferredMgmtIPMethod", wire_management_ip(*it)),
            Setting::NetconfPort(it) => ("netconfPort", json!(it.to_string())),
        };
        body.insert(key.to_owned(), value);
    }
    body.insert("discoveryStatus".into(), json!("Edit"));
    Value::Object(body)
}

fn put_target(body: &mut Object, target: &Target) {
    let range = |it: &AddressRange| format!("{}-{}", it.first(), it.last());
    let (kind, list) = match target {
        Target::Address(it) => ("Single", it.to_string()),
        Target::Ranges(it) => {
            let kind = if it.len() == 1 { "Range" } else { "Multi Range" };
            (kind, it.iter().map(range).collect::<Vec<_>>().join(","))
        }
        Target::Cidr(it) => ("CIDR", it.to_string()),
        Target::Cdp(it) => ("CDP", it.seed.to_string()),
        Target::Lldp(it) => ("LLDP", it.seed.to_string()),
    };
    body.insert("discoveryType".into(), json!(kind));
    body.insert("ipAddressList".into(), json!(list));
    let (key, hops) = match target {
        Target::Cdp(it) => ("cdpLevel", it.hops),
        Target::Lldp(it) => ("lldpLevel", it.hops),
        Target::Address(_) | Target::Ranges(_) | Target::Cidr(_) => return,
    };
    body.extend(hops.map(|it| (key.to_owned(), json!(it))));
}

/// Returns the ids of the credentials of all kinds.
fn credential_ids(settings: &Settings) -> Vec<Value> {
    settings.credentials().map(|it| json!(it.id.0)).collect()
}

fn wire_management_ip(method: ManagementIp) -> Value {
    match method {
        ManagementIp::Default => json!("None"),
        ManagementIp::Loopback => json!("UseLoopBack"),
    }
}

fn joined<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|it| it.to_string()).collect::<Vec<_>>().join(",")
}
