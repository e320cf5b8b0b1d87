//! Global credentials, through both interfaces. Secrets are never stored, only their mask.

use serde_json::{Value, json};

use super::{
    Object,
    answer::Refusal,
    operation::{Done, Failed, Operation},
    query::Query,
    state::{At, World},
    writes::object,
};
use crate::{
    quirk::{DeletedCredential, EmptyKinds},
    seed::{self, KINDS, MASK},
};

/// The members of a credential that are secrets.
const SECRETS: [&str; 6] = [
    "password",
    "enablePassword",
    "readCommunity",
    "writeCommunity",
    "authPassword",
    "privacyPassword",
];

/// A kind as the v1 interface names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SubType {
    pub(crate) kind: &'static str,
    /// The value of `credentialSubType`.
    pub(crate) word: &'static str,
    /// The segment of the path.
    pub(crate) path: &'static str,
}

impl SubType {
    pub(crate) const ALL: [Self; 7] = [
        Self { kind: KINDS[0], word: "CLI", path: "cli" },
        Self { kind: KINDS[1], word: "SNMPV2_READ_COMMUNITY", path: "snmpv2-read-community" },
        Self { kind: KINDS[2], word: "SNMPV2_WRITE_COMMUNITY", path: "snmpv2-write-community" },
        Self { kind: KINDS[3], word: "SNMPV3", path: "snmpv3" },
        Self { kind: KINDS[4], word: "HTTP_READ", path: "http-read" },
        Self { kind: KINDS[5], word: "HTTP_WRITE", path: "http-write" },
        Self { kind: KINDS[6], word: "NETCONF", path: "netconf" },
    ];
}

/// An accepted write to global credentials. World files have the names of the variants.
///
/// An addition has lists by kind, and a change has one credential by kind.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CredentialOperation {
    Add { kinds: Object, ids: Vec<String>, says_id: bool },
    Change { kinds: Object },
    Delete { id: String },
}

impl CredentialOperation {
    pub(super) fn first_progress(&self) -> &'static str {
        match self {
            Self::Add { .. } => "Creating device credential",
            Self::Change { .. } => "Updating device credential",
            Self::Delete { .. } => "Deleting device credential",
        }
    }

    pub(super) fn done_progress(&self) -> String {
        match self {
            Self::Add { ids, says_id: true, .. } => ids.join(","),
            Self::Add { .. } => String::from("Global Credential addition performed."),
            Self::Change { .. } => String::from("Global Credential update performed."),
            Self::Delete { id } => format!("Global credential deleted successfully #{id}"),
        }
    }
}

impl World {
    /// Every credential, by kind.
    pub(crate) fn credentials(&self, at: At<'_>) -> Value {
        let mut all = self.credentials.clone();
        for kind in KINDS {
            let is_empty = all.get(kind).is_none_or(|it| it.as_array().is_some_and(Vec::is_empty));
            match at.rules.quirks.empty_kinds {
                _ if !is_empty => (),
                EmptyKinds::List => {
                    all.entry(kind).or_insert_with(|| json!([]));
                }
                EmptyKinds::Absent => {
                    all.shift_remove(kind);
                }
                EmptyKinds::Null => {
                    all.insert(kind.to_owned(), Value::Null);
                }
            }
        }
        Value::Object(all)
    }

    /// The credentials of a kind, as the v1 interface lists them.
    pub(crate) fn credentials_of(&self, query: &Query) -> Result<Value, Refusal> {
        let word = query.one("credentialSubType").unwrap_or_default();
        let sub_type = SubType::ALL.iter().find(|it| it.word == word);
        let sub_type = sub_type
            .ok_or_else(|| Refusal::bad(format!("credentialSubType {word} is not known")))?;
        let mut list = self.of_kind(sub_type.kind).cloned().unwrap_or_default();
        if let Some(key) = query.one("sortBy") {
            list.sort_by_key(|it| it[key].as_str().unwrap_or_default().to_owned());
        }
        if query.one("order") == Some("des") {
            list.reverse();
        }
        Ok(list.into())
    }

    /// The kind of a credential. The v1 interface shows no more of a single credential.
    pub(crate) fn sub_type_of(&self, id: &str, at: At<'_>) -> Result<Value, Refusal> {
        let kind = self.existing_kind(id, at)?;
        Ok(SubType::ALL.iter().find(|it| it.kind == kind).map(|it| it.word).into())
    }

    /// Adds the credentials of a body that maps kinds to lists. `says_id` is whether the progress of
    /// the task has their ids.
    pub(crate) fn add_credentials(
        &self,
        body: &Value,
        says_id: bool,
        at: At<'_>,
    ) -> Result<Operation, Refusal> {
        let is_valid = |(kind, list): (&String, &Value)| {
            KINDS.contains(&kind.as_str())
                && list.as_array().is_some_and(|it| it.iter().all(Value::is_object))
        };
        let Some(kinds) = body.as_object().filter(|kinds| kinds.iter().all(is_valid)) else {
            return Err(Refusal::bad(if says_id {
                "the body is not a list of credentials"
            } else {
                "the body does not map kinds to lists of credentials"
            }));
        };
        let count = kinds.values().filter_map(Value::as_array).map(Vec::len).sum();
        let number = self.next_task.to_string();
        let mut numbers = seed::numbers(at.rules.seed, &["new credentials", &number]);
        let ids = (0..count).map(|_| seed::uuid(&mut numbers)).collect();
        let kinds = kinds.clone();
        Ok(Operation::Credentials(CredentialOperation::Add { kinds, ids, says_id }))
    }

    /// Changes the credentials of a body that maps kinds to one each.
    pub(crate) fn change_credentials(
        &self,
        body: &Value,
        at: At<'_>,
    ) -> Result<Operation, Refusal> {
        let kinds = object(body)?;
        if let Some(kind) = kinds.keys().find(|it| !KINDS.contains(&it.as_str())) {
            return Err(Refusal::bad(format!("there is no kind {kind}")));
        }
        for one in kinds.values() {
            self.existing_kind(one["id"].as_str().unwrap_or_default(), at)?;
        }
        Ok(Operation::Credentials(CredentialOperation::Change { kinds: kinds.clone() }))
    }

    /// Assigns a credential to sites. This world has no sites, so nothing changes.
    pub(crate) fn assign_credential(&self, id: &str, at: At<'_>) -> Result<Operation, Refusal> {
        self.existing_kind(id, at)?;
        Ok(Operation::Credentials(CredentialOperation::Change { kinds: Object::new() }))
    }

    pub(crate) fn delete_credential(&self, id: &str, at: At<'_>) -> Result<Operation, Refusal> {
        self.existing_kind(id, at)?;
        Ok(Operation::Credentials(CredentialOperation::Delete { id: id.to_owned() }))
    }

    fn existing_kind(&self, id: &str, at: At<'_>) -> Result<&'static str, Refusal> {
        let kind = self.kind_of_credential(id).ok();
        kind.ok_or_else(|| Refusal::missing("Global credential", id, at))
    }

    pub(super) fn kind_of_credential(&self, id: &str) -> Result<&'static str, Failed> {
        let has = |kind: &str| {
            self.of_kind(kind).is_some_and(|list| list.iter().any(|it| it["id"] == id))
        };
        let kind = KINDS.into_iter().find(|it| has(it));
        kind.ok_or_else(|| format!("Global credential {id} does not exist"))
    }

    pub(super) fn execute_credentials(
        &mut self,
        operation: &CredentialOperation,
        at: At<'_>,
    ) -> Result<Done, Failed> {
        match operation {
            CredentialOperation::Add { kinds, ids, .. } => {
                let mut ids = ids.iter();
                for (kind, list) in kinds {
                    for (one, id) in list.as_array().into_iter().flatten().zip(&mut ids) {
                        let mut whole = masked(one);
                        whole.extend(seed::identity(id));
                        self.list_of(kind).push(Value::Object(whole));
                    }
                }
            }
            CredentialOperation::Change { kinds } => {
                for (kind, one) in kinds {
                    let id = one["id"].as_str().unwrap_or_default();
                    let stored = self.list_of(kind).iter_mut().find(|it| it["id"] == id);
                    let stored =
                        stored.ok_or_else(|| format!("Global credential {id} does not exist"))?;
                    for (key, value) in masked(one) {
                        stored[key] = value;
                    }
                }
            }
            CredentialOperation::Delete { id } => {
                let kind = self.kind_of_credential(id)?;
                self.list_of(kind).retain(|it| it["id"] != *id);
                if at.rules.quirks.deleted_credential == DeletedCredential::Dropped {
                    for discovery in &mut self.discoveries {
                        let ids = discovery.shown.get_mut("globalCredentialIdList");
                        if let Some(Value::Array(ids)) = ids {
                            ids.retain(|it| it != id);
                        }
                    }
                }
            }
        }
        Ok(Done::with_progress(operation.done_progress()))
    }

    pub(super) fn of_kind(&self, kind: &str) -> Option<&Vec<Value>> {
        self.credentials.get(kind)?.as_array()
    }

    /// The list of a kind, created if there is none.
    fn list_of(&mut self, kind: &str) -> &mut Vec<Value> {
        let slot = self.credentials.entry(kind).or_insert_with(|| json!([]));
        if !slot.is_array() {
            *slot = json!([]);
        }
        slot.as_array_mut().expect("invariant: it is an array by now")
    }
}

fn masked(one: &Value) -> Object {
    let members = one.as_object().into_iter().flatten();
    let masked = members.map(|(key, value)| {
        let is_secret = SECRETS.contains(&key.as_str()) && !value.is_null();
        (key.clone(), if is_secret { json!(MASK) } else { value.clone() })
    });
    masked.collect()
}
