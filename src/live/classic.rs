//! The classic interface: its objects to settings, and settings to its bodies.
//!
//! `POST` spells a setting in one way, `GET` and `PUT` in another
//! (controller-facts.md#spelling-on-read-and-write).

use std::{collections::BTreeSet, net::IpAddr};

use ipnet::IpNet;
use serde_json::{Value, json};

use super::{
    credentials::ById,
    lenient::{self, Object, unreadable},
};
use crate::{
    model::{
        AddressRange, CredentialId, CredentialKind, Credentials, Difference, Exclude,
        LiveDiscovery, ManagementIp, Name, Neighbours, OwnCredentials, Protocol, Readable,
        RemoteId, RunState, Settings, SpanOfTime, Target, Unreadable, parse_address,
    },
    rules::{self, Rule},
};

/// What the controller returns in place of a secret (controller-facts.md#masked-secrets). It is
/// never sent back.
const MASK: &str = "NO!$DATA!$";

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

/// Keys whose values are secrets, or carry one. They are read as a mask or not at all, and are not
/// sent back.
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
/// Fails where it has no id or no name; what else is wrong with it is kept with the discovery.
pub(crate) fn discovery(value: &Value, credentials: &ById) -> Result<LiveDiscovery, Unreadable> {
    let object = value.as_object().ok_or_else(|| unreadable("discovery", Some(value)))?;
    let id = lenient::text(object, "id")?;
    let id = id.ok_or_else(|| unreadable("id", object.get("id")))?;
    // As it is, blanks included: the name is the identity.
    let name = object.get("name").and_then(Value::as_str).filter(|it| !it.is_empty());
    let name = name.ok_or_else(|| unreadable("name", object.get("name")))?;
    let read = readable(object, credentials);
    Ok(LiveDiscovery { id: RemoteId(id), name: Name::as_read(name), read })
}

fn readable(object: &Object, credentials: &ById) -> Result<Readable, Unreadable> {
    let settings = settings(object, credentials)?;
    let said = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or_default().trim();
    let (status, condition) = (said("discoveryStatus"), said("discoveryCondition"));
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

fn settings(object: &Object, credentials: &ById) -> Result<Settings, Unreadable> {
    let (known, gone) = credentials_of(object, credentials)?;
    let exclude = exclude(object)?;
    let seconds = lenient::number(object, "timeOut")?;
    Ok(Settings {
        target: Some(target(object)?),
        exclude: (!exclude.is_empty()).then_some(exclude),
        credentials: known,
        gone_credentials: gone,
        protocols: protocols(object)?,
        retries: lenient::number(object, "retryCount")?,
        timeout: seconds.map(SpanOfTime::from_seconds),
        management_ip: Some(management_ip(object)?),
        netconf_port: lenient::number(object, "netconfPort")?,
    })
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
        // Several ranges are read back as `Range`, with the comma in the list (section 0, 8).
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

fn exclude(object: &Object) -> Result<BTreeSet<Exclude>, Unreadable> {
    let words = lenient::list(object, "ipFilterList")?;
    let entry = |word: &String| {
        let address = parse_address(word).map(Exclude::from).ok();
        address.or_else(|| word.parse::<IpNet>().map(Exclude::from).ok())
    };
    let entries = words.iter().map(entry).collect::<Option<BTreeSet<_>>>();
    entries.ok_or_else(|| unreadable("ipFilterList", object.get("ipFilterList")))
}

/// Returns the credentials by kind, and those that the controller no longer has.
fn credentials_of(
    object: &Object,
    credentials: &ById,
) -> Result<(Credentials, BTreeSet<CredentialId>), Unreadable> {
    let mut known = Credentials::new();
    let mut gone = BTreeSet::new();
    for id in lenient::list(object, "globalCredentialIdList")?.into_iter().map(CredentialId) {
        match credentials.get(&id) {
            Some(it) => {
                known.entry(it.kind).or_default().insert(it.clone());
            }
            None => {
                gone.insert(id);
            }
        }
    }
    Ok((known, gone))
}

/// Letter case and blanks mean nothing here: `SSH, Telnet` has been seen (section 2.2).
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

/// Absent means `None` (section 0, 9).
fn management_ip(object: &Object) -> Result<ManagementIp, Unreadable> {
    let field = "preferredMgmtIPMethod";
    let method = lenient::text(object, field)?.unwrap_or_default().to_lowercase();
    match method.as_str() {
        "" | "none" => Ok(ManagementIp::Default),
        "useloopback" => Ok(ManagementIp::Loopback),
        _ => Err(unreadable(field, object.get(field))),
    }
}

/// Reads the run state off status and condition, without letter case (sections 2.3 and 3).
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
    if lenient::list(object, "globalCredentialIdList")?.is_empty() {
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

/// Returns the body of `POST /discovery`, in its own spelling (section 2.2).
pub(crate) fn create_body(name: &Name, settings: &Settings) -> Value {
    let Settings {
        target,
        exclude,
        credentials,
        gone_credentials: _, // Nobody can send what is gone.
        protocols,
        retries,
        timeout,
        management_ip,
        netconf_port,
    } = settings;
    let mut body = Object::new();
    body.insert("name".into(), json!(name.as_str()));
    if let Some(target) = target {
        put_target(&mut body, target);
    }
    let mut put = |key: &str, value: Option<Value>| {
        body.extend(value.map(|value| (key.to_owned(), value)));
    };
    let exclude = exclude.as_ref().map(|it| it.iter().map(Exclude::to_string).collect());
    put("ipFilterList", exclude.filter(|it: &Vec<_>| !it.is_empty()).map(Value::from));
    put("globalCredentialIdList", Some(credential_ids(credentials, &BTreeSet::new())));
    put("protocolOrder", protocols.as_ref().map(|it| json!(joined(it))));
    put("retry", retries.map(Value::from));
    put("timeout", timeout.map(|it| json!(it.seconds())));
    put("preferredMgmtIPMethod", management_ip.map(wire_management_ip));
    put("netconfPort", netconf_port.map(|it| json!(it.to_string())));
    let has_v3 = credentials.get(&CredentialKind::SnmpV3).is_some_and(|it| !it.is_empty());
    put("snmpVersion", Some(json!(if has_v3 { "v3" } else { "v2" })));
    Value::Object(body)
}

/// Returns the body of the `PUT` that edits: the object as it was read right before, with what
/// differs put in.
///
/// Computed keys and secrets are left out, and so is whatever holds the mask of one.
pub(crate) fn edit_body(current: &Value, differences: &[Difference], after: &Settings) -> Value {
    let mut body = current.as_object().cloned().unwrap_or_default();
    body.retain(|key, value| {
        if !rules::is_kept(Rule::MaskIsNotSent) {
            return !COMPUTED.contains(&key.as_str());
        }
        let left_out = COMPUTED.contains(&key.as_str()) || SECRETS.contains(&key.as_str());
        !left_out && !key.contains(MASK) && !value.to_string().contains(MASK)
    });
    let mut credentials_differ = false;
    for difference in differences {
        match difference.path {
            "exclude" => {
                let entries = after.exclude.iter().flatten().map(Exclude::to_string);
                body.insert("ipFilterList".into(), json!(joined(&entries.collect::<Vec<_>>())));
            }
            "protocols" => {
                let order = joined(after.protocols.as_deref().unwrap_or_default());
                body.insert("protocolOrder".into(), json!(order));
            }
            "retries" => put(&mut body, "retryCount", after.retries),
            "timeout" => put(&mut body, "timeOut", after.timeout.map(SpanOfTime::seconds)),
            "management_ip" => {
                put(
                    &mut body,
                    "preferredMgmtIPMethod",
                    after.management_ip.map(wire_management_ip),
                );
            }
            "netconf_port" => {
                put(&mut body, "netconfPort", after.netconf_port.map(|it| it.to_string()));
            }
            path if path.starts_with("credentials") => credentials_differ = true,
            _ => {
                if let Some(target) = &after.target {
                    put_target(&mut body, target);
                }
            }
        }
    }
    if credentials_differ {
        let ids = credential_ids(&after.credentials, &after.gone_credentials);
        body.insert("globalCredentialIdList".into(), ids);
    }
    body.insert("discoveryStatus".into(), json!("Edit"));
    Value::Object(body)
}

/// Returns the body of the `PUT` that starts a run: nothing in it can change a setting.
pub(crate) fn run_body(id: &RemoteId) -> Value {
    json!({"id": id.0, "discoveryStatus": "Active"})
}

/// Returns the body of the `PUT` that stops a run: nothing in it can change a setting.
pub(crate) fn stop_body(id: &RemoteId) -> Value {
    json!({"id": id.0, "discoveryStatus": "Inactive"})
}

fn put(body: &mut Object, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body.insert(key.to_owned(), value.into());
    }
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
    let hops = |it: &Target| match it {
        Target::Cdp(it) => ("cdpLevel", it.hops),
        Target::Lldp(it) => ("lldpLevel", it.hops),
        Target::Address(_) | Target::Ranges(_) | Target::Cidr(_) => ("", None),
    };
    let (key, hops) = hops(target);
    put(body, key, hops);
}

fn credential_ids(credentials: &Credentials, gone: &BTreeSet<CredentialId>) -> Value {
    let known = credentials.values().flatten().map(|it| &it.id);
    known.chain(gone).map(|it| json!(it.0)).collect()
}

fn wire_management_ip(method: ManagementIp) -> Value {
    match method {
        ManagementIp::Default => json!("None"),
        ManagementIp::Loopback => json!("UseLoopBack"),
    }
}

fn joined(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
