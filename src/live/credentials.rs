//! Reads the controller's global credentials: names and ids, never secrets.

use serde_json::Value;

use super::lenient::{self, Object};
use crate::model::{Credential, CredentialId, CredentialKind, Unreadable};

/// The API's name of each kind (controller-facts.md#credential-kinds).
const KINDS: [(&str, CredentialKind); 7] = [
    ("cliCredential", CredentialKind::Cli),
    ("snmpV2cRead", CredentialKind::SnmpV2Read),
    ("snmpV2cWrite", CredentialKind::SnmpV2Write),
    ("snmpV3", CredentialKind::SnmpV3),
    ("httpsRead", CredentialKind::HttpRead),
    ("httpsWrite", CredentialKind::HttpWrite),
    ("netconfCredential", CredentialKind::Netconf),
];

/// Reads the answer to `GET /v2/global-credential`, by the API's name of each kind.
///
/// Unknown kinds are ignored: files cannot refer to them.
pub(crate) fn credentials(by_kind: &[(String, Vec<Value>)]) -> Result<Vec<Credential>, Unreadable> {
    let mut credentials = Vec::new();
    for (key, entries) in by_kind {
        let Some((_, kind)) = KINDS.iter().find(|(it, _)| it == key) else { continue };
        for entry in entries {
            let object = entry.as_object();
            // Not shown, since it may be a secret.
            let object = object.ok_or_else(|| Unreadable {
                field: key.clone(),
                found: "a list with an item that is not an object".to_owned(),
            })?;
            credentials.push(credential(*kind, object)?);
        }
    }
    let shown =
        |it: &Credential| (it.kind, it.description.clone(), it.username.clone(), it.id.clone());
    credentials.sort_by_cached_key(shown);
    Ok(credentials)
}

fn credential(kind: CredentialKind, object: &Object) -> Result<Credential, Unreadable> {
    let id = lenient::text(object, "id")?;
    let id = id.ok_or_else(|| lenient::unreadable("id", object.get("id")))?;
    // Whitespace is kept: a description matches exactly.
    let verbatim = |field: &str| object.get(field).and_then(Value::as_str).map(str::to_owned);
    Ok(Credential {
        id: CredentialId(id),
        kind,
        description: verbatim("description").unwrap_or_default(),
        username: verbatim("username").filter(|it| !it.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(key: &str, entries: &[Value]) -> Result<Vec<String>, Unreadable> {
        let credentials = credentials(&[(key.to_owned(), entries.to_vec())])?;
        Ok(credentials.iter().map(|it| format!("{} {it} {}", it.kind, it.id)).collect())
    }

    #[test]
    fn credentials_with_the_same_description_are_distinguished_and_sorted() {
        let entries = [
            json!({"id": "1", "description": "CLI", "username": "b", "password": "NO!$DATA!$"}),
            json!({"id": "2", "description": "CLI", "username": "a"}),
        ];
        assert_eq!(read("cliCredential", &entries).unwrap(), ["cli CLI (a) 2", "cli CLI (b) 1"]);
        let port = [json!({"id": "3", "description": null, "netconfPort": "830"})];
        assert_eq!(read("netconfCredential", &port).unwrap(), ["netconf  3"]);
    }

    #[test]
    fn an_unknown_kind_is_ignored() {
        assert!(read("newCredential", &[json!({"id": "1"})]).unwrap().is_empty());
    }

    #[test]
    fn an_entry_without_an_id_is_an_error() {
        assert!(read("cliCredential", &[json!({"description": "x"})]).is_err());
        assert!(read("cliCredential", &[json!("x")]).is_err());
    }
}
