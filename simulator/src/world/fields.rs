//! The documented fields of a discovery, of a create and of a read.
//!
//! Names and shapes. `check` has the values.

use serde_json::Value;

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

/// A list that reads show as text with commas.
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

/// The members of an HTTP credential: the first four in a create, all in a read and a PUT.
const HTTP_MEMBERS: [(&str, Shape); 10] = [
    ("username", Shape::Text),
    ("password", Shape::Text),
    ("port", Shape::Number),
    ("secure", Shape::Flag),
    ("comments", Shape::Text),
    ("credentialType", Shape::Text),
    ("description", Shape::Text),
    ("id", Shape::Text),
    ("instanceTenantId", Shape::Text),
    ("instanceUuid", Shape::Text),
];

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
    pub(super) fn error_in(self, name: &str, value: &Value) -> Option<String> {
        let fits = match (self, value) {
            (_, Value::Null) => true,
            (Self::Text, _) => value.is_string(),
            (Self::Number, _) => number(value).is_some(),
            (Self::Flag, _) => value.is_boolean(),
            (Self::Texts, Value::Array(items)) => items.iter().all(Value::is_string),
            (Self::Object, _) => value.is_object(),
            (Self::Http, Value::Object(members)) => {
                return members.iter().find_map(|(key, value)| {
                    let (_, shape) = HTTP_MEMBERS.iter().find(|(it, _)| it == key)?;
                    shape.error_in(&format!("{name}.{key}"), value)
                });
            }
            (Self::Texts | Self::Http, _) => false,
        };
        (!fits).then(|| format!("`{name}` has the wrong type"))
    }
}

/// A request's body with `***` for every secret.
pub(crate) fn redacted(body: &Value) -> Value {
    let ends = ["password", "passwordlist", "passphrase", "community"];
    match body {
        Value::Object(members) => {
            let shown = members.iter().map(|(key, value)| {
                let lower = key.to_ascii_lowercase();
                let is_secret = ends.iter().any(|end| lower.ends_with(end));
                (key.clone(), if is_secret { Value::from("***") } else { redacted(value) })
            });
            Value::Object(shown.collect())
        }
        Value::Array(items) => items.iter().map(redacted).collect(),
        other => other.clone(),
    }
}
