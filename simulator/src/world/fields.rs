//! The documented fields of a discovery, of a create and of a read.
//!
//! Names and shapes. `check` has the values.

use serde_json::{Map, Value};

/// The JSON shape of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    /// Also digits in text, as a public client sends them.
    Number,
    Flag,
    Texts,
    Http,
    Object,
}

/// A field of the object in reads and PUTs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) part: Part,
    /// Its name and shape in a create, if a create can have it.
    pub(super) post: Option<(&'static str, Shape)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Setting,
    Secret,
    /// Set by the controller. Writes have no effect on it.
    Computed,
}

/// A setting that has the same name and shape in a create and a read.
const fn same(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, part: Part::Setting, post: Some((name, shape)) }
}

const fn renamed(name: &'static str, shape: Shape, post: &'static str) -> Field {
    Field { name, shape, part: Part::Setting, post: Some((post, shape)) }
}

const fn joined(name: &'static str, part: Part) -> Field {
    Field { name, shape: Shape::Text, part, post: Some((name, Shape::Texts)) }
}

const fn secret(name: &'static str, post: &'static str) -> Field {
    Field { name, shape: Shape::Text, part: Part::Secret, post: Some((post, Shape::Text)) }
}

const fn computed(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, part: Part::Computed, post: None }
}

/// Every field of the object, in the order of reads.
pub(super) const FIELDS: &[Field] = &[
    same("name", Shape::Text),
    same("discoveryType", Shape::Text),
    same("ipAddressList", Shape::Text),
    computed("deviceIds", Shape::Text),
    joined("userNameList", Part::Setting),
    joined("passwordList", Part::Secret),
    joined("ipFilterList", Part::Setting),
    joined("enablePasswordList", Part::Secret),
    secret("snmpRoCommunity", "snmpROCommunity"),
    renamed("snmpRoCommunityDesc", Shape::Text, "snmpROCommunityDesc"),
    secret("snmpRwCommunity", "snmpRWCommunity"),
    renamed("snmpRwCommunityDesc", Shape::Text, "snmpRWCommunityDesc"),
    same("snmpMode", Shape::Text),
    same("snmpUserName", Shape::Text),
    same("snmpAuthProtocol", Shape::Text),
    secret("snmpAuthPassphrase", "snmpAuthPassphrase"),
    same("snmpPrivProtocol", Shape::Text),
    secret("snmpPrivPassphrase", "snmpPrivPassphrase"),
    same("httpReadCredential", Shape::Http),
    same("httpWriteCredential", Shape::Http),
    same("netconfPort", Shape::Text),
    same("cdpLevel", Shape::Number),
    same("lldpLevel", Shape::Number),
    same("protocolOrder", Shape::Text),
    computed("discoveryCondition", Shape::Text),
    computed("discoveryStatus", Shape::Text),
    renamed("timeOut", Shape::Number, "timeout"),
    computed("numDevices", Shape::Number),
    renamed("retryCount", Shape::Number, "retry"),
    computed("isAutoCdp", Shape::Flag),
    same("globalCredentialIdList", Shape::Texts),
    same("preferredMgmtIPMethod", Shape::Text),
    computed("parentDiscoveryId", Shape::Text),
    computed("updateMgmtIp", Shape::Flag),
    computed("attributeInfo", Shape::Object),
    // These two are undocumented, and were seen on an appliance.
    computed("onlyNewDevice", Shape::Flag),
    computed("siteId", Shape::Text),
    computed("id", Shape::Text),
];

/// A field that only a create has.
pub(super) const WRITE_ONLY: (&str, Shape) = ("snmpVersion", Shape::Text);

/// The members of an HTTP credential in a create.
const HTTP_POST: &[(&str, Shape)] = &[
    ("username", Shape::Text),
    ("password", Shape::Text),
    ("port", Shape::Number),
    ("secure", Shape::Flag),
];

/// The further members in a read and a PUT.
const HTTP_MORE: &[&str] =
    &["comments", "credentialType", "description", "id", "instanceTenantId", "instanceUuid"];

pub(super) fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|it| it.name == name)
}

/// The number in a value, which can be text.
pub(super) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

impl Shape {
    /// What is wrong with a value for this shape, if anything is.
    pub(super) fn complaint(self, name: &str, value: &Value) -> Option<String> {
        let fits = match self {
            Self::Text => value.is_string(),
            Self::Number => number(value).is_some(),
            Self::Flag => value.is_boolean(),
            Self::Texts => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
            Self::Object => value.is_object(),
            Self::Http => return http_complaint(name, value),
        };
        (!fits && !value.is_null()).then(|| format!("`{name}` has the wrong type"))
    }
}

fn http_complaint(name: &str, value: &Value) -> Option<String> {
    let Value::Object(members) = value else {
        return (!value.is_null()).then(|| format!("`{name}` has the wrong type"));
    };
    let known = |key: &str| {
        HTTP_POST
            .iter()
            .find(|(it, _)| *it == key)
            .map(|(_, shape)| *shape)
            .or_else(|| HTTP_MORE.contains(&key).then_some(Shape::Text))
    };
    members.iter().find_map(|(key, value)| {
        known(key).and_then(|it| it.complaint(&format!("{name}.{key}"), value))
    })
}

/// A request's body with every secret put out of sight.
pub(crate) fn redacted(body: &Value) -> Value {
    match body {
        Value::Object(members) => {
            let shown = members.iter().map(|(key, value)| {
                let value = if is_secret(key) { Value::from("***") } else { redacted(value) };
                (key.clone(), value)
            });
            Value::Object(shown.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(redacted).collect(),
        other => other.clone(),
    }
}

fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let ends = ["password", "passwordlist", "passphrase", "community"];
    ends.iter().any(|end| key.ends_with(end))
}
