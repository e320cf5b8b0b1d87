//! The controller's global credentials: names and ids, never secrets.

use std::collections::BTreeMap;

use serde_json::Value;

use super::lenient::{self, Object};
use crate::model::{Credential, CredentialId, CredentialKind, Unreadable};

/// The wire's name of each kind (facts, section 4).
const KINDS: [(&str, CredentialKind); 7] = [
    ("cliCredential", CredentialKind::Cli),
    ("snmpV2cRead", CredentialKind::SnmpV2Read),
    ("snmpV2cWrite", CredentialKind::SnmpV2Write),
    ("snmpV3", CredentialKind::SnmpV3),
    ("httpsRead", CredentialKind::HttpRead),
    ("httpsWrite", CredentialKind::HttpWrite),
    ("netconfCredential", CredentialKind::Netconf),
];

/// Reads the answer to `GET /v2/global-credential`; a kind without entries may be absent or null.
///
/// Kinds that we do not know are passed over: no file can name one.
pub(crate) fn credentials(response: &Object) -> Result<Vec<Credential>, Unreadable> {
    let mut credentials = Vec::new();
    for (key, kind) in KINDS {
        let entries = match response.get(key) {
            None | Some(Value::Null) => continue,
            Some(Value::Array(entries)) => entries,
            other @ Some(_) => return Err(lenient::unreadable(key, other)),
        };
        for entry in entries {
            let object = entry.as_object();
            let object = object.ok_or_else(|| lenient::unreadable(key, Some(entry)))?;
            credentials.push(credential(kind, object)?);
        }
    }
    let shown = |it: &Credential| {
        (it.kind, it.description.clone(), it.username.clone(), it.id.clone())
    };
    credentials.sort_by_cached_key(shown);
    Ok(credentials)
}

fn credential(kind: CredentialKind, object: &Object) -> Result<Credential, Unreadable> {
    let id = lenient::text(object, "id")?;
    let id = id.ok_or_else(|| lenient::unreadable("id", object.get("id")))?;
    // Blanks count here: a description matches exactly.
    let verbatim = |field: &str| object.get(field).and_then(Value::as_str).map(str::to_owned);
    Ok(Credential {
        id: CredentialId(id),
        kind,
        description: verbatim("description").unwrap_or_default(),
        username: verbatim("username").filter(|it| !it.is_empty()),
    })
}

/// Credentials by id, as a discovery refers to them.
pub(crate) type ById = BTreeMap<CredentialId, Credential>;

/// Puts credentials under their ids.
pub(crate) fn by_id(credentials: &[Credential]) -> ById {
    credentials.iter().map(|it| (it.id.clone(), it.clone())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(response: Value) -> Result<Vec<String>, Unreadable> {
        let credentials = credentials(response.as_object().unwrap())?;
        Ok(credentials.iter().map(|it| format!("{} {it} {}", it.kind, it.id)).collect())
    }

    #[test]
    fn kinds_may_be_absent_or_null() {
        let answer = json!({"cliCredential": [
            {"id": "1", "description": "CLI", "username": "b", "password": "NO!$DATA!$"},
            {"id": "2", "description": "CLI", "username": "a"},
        ], "snmpV3": null, "netconfCredential": [{"id": "3", "description": null}]});
        assert_eq!(read(answer).unwrap(), ["cli CLI (a) 2", "cli CLI (b) 1", "netconf  3"]);
    }

    #[test]
    fn an_entry_without_an_id_is_an_error() {
        assert!(read(json!({"cliCredential": [{"description": "x"}]})).is_err());
        assert!(read(json!({"cliCredential": "x"})).is_err());
    }
}
