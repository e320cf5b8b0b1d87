//! Reads from the controller, except tasks and complete lists.
//!
//! Knows only that a discovery has an id and a name.

use http::StatusCode;
use serde_json::Value;

use super::{
    client::{Call, Client},
    error::ApiError,
    response::{Malformed, list, number, payload, text},
};

pub(crate) const DISCOVERY_PATH: &str = "/dna/intent/api/v1/discovery";

/// The kinds of global credentials, as the controller names them.
const CREDENTIAL_KINDS: &[&str] = &[
    "cliCredential",
    "snmpV2cRead",
    "snmpV2cWrite",
    "snmpV3",
    "httpsRead",
    "httpsWrite",
    "netconfCredential",
];

impl Client {
    /// The number of discoveries.
    pub(crate) async fn discovery_count(&self) -> Result<u64, ApiError> {
        let read = |value: Value| {
            number(&value).ok_or_else(|| Malformed::new("its `response` is not a count"))
        };
        self.read(Call::read(format!("{DISCOVERY_PATH}/count")), read).await
    }

    /// Up to `n` discoveries, starting at `start`, which counts from 1.
    ///
    /// Each has an id, as a text, and a name.
    pub(crate) async fn discovery_page(&self, start: u64, n: u64) -> Result<Vec<Value>, ApiError> {
        let read = |value: Value| list(value)?.into_iter().map(identified).collect();
        self.read(Call::read(format!("{DISCOVERY_PATH}/{start}/{n}")), read).await
    }

    /// The discovery with this id; `None` only if the controller reports that it does not exist.
    pub(crate) async fn discovery(&self, id: &str) -> Result<Option<Value>, ApiError> {
        let call = Call::read(format!("{DISCOVERY_PATH}/{id}")).with_valid(id)?;
        let read = |value: Value| {
            let found = identified(value)?;
            if text(found.get("id")).as_deref() == Some(id) {
                return Ok(found);
            }
            Err(Malformed::new("it is another discovery than the one asked for"))
        };
        unless_missing(self.read(call, read).await)
    }

    /// The newest job items of a discovery.
    pub(crate) async fn job_items(&self, id: &str) -> Result<Vec<Value>, ApiError> {
        let path = format!("{DISCOVERY_PATH}/{id}/job?offset=1&limit=500");
        self.read(Call::read(path).with_valid(id)?, list).await
    }

    /// The global credentials by kind, as the controller names it.
    ///
    /// A kind without credentials may be missing.
    pub(crate) async fn global_credentials(&self) -> Result<Vec<(String, Vec<Value>)>, ApiError> {
        self.read(Call::read("/dna/intent/api/v2/global-credential"), credentials).await
    }

    /// The controller's release.
    pub(crate) async fn release(&self) -> Result<String, ApiError> {
        let read = |value: Value| {
            text(value.get("installedVersion"))
                .ok_or_else(|| Malformed::new("it has no `installedVersion`"))
        };
        self.read(Call::read("/dna/intent/api/v1/dnac-release"), read).await
    }

    /// Reads the payload of a response.
    pub(crate) async fn read<T>(
        &self,
        call: Call,
        read: impl Fn(Value) -> Result<T, Malformed>,
    ) -> Result<T, ApiError> {
        self.send(&call, |answer| payload(answer, &read)).await
    }
}

/// Turns a 404 into `None`.
pub(crate) fn unless_missing<T>(outcome: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match outcome {
        Ok(it) => Ok(Some(it)),
        Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A discovery with an id and a name. A numeric id becomes text.
fn identified(mut item: Value) -> Result<Value, Malformed> {
    if !item.is_object() {
        return Err(Malformed::new("an item is not an object"));
    }
    let Some(id) = text(item.get("id")) else {
        return Err(Malformed::new("a discovery has no `id`"));
    };
    if item.get("name").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(Malformed::new(format!("the discovery with id `{id}` has no `name`")));
    }
    item["id"] = Value::from(id);
    Ok(item)
}

fn credentials(value: Value) -> Result<Vec<(String, Vec<Value>)>, Malformed> {
    let Value::Object(kinds) = value else {
        return Err(Malformed::new("its `response` is not an object"));
    };
    let mut found = Vec::new();
    for (kind, value) in kinds {
        let is_known = CREDENTIAL_KINDS.contains(&kind.as_str());
        if value.is_null() || (!is_known && !value.is_array()) {
            continue;
        }
        match list(value) {
            Ok(items) => found.push((kind, items)),
            Err(_) => return Err(Malformed::new(format!("its `{kind}` is not a list"))),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_discovery_needs_an_id_and_a_name() {
        let good = identified(json!({"id": 7, "name": "a", "x": null})).unwrap();
        assert_eq!(good, json!({"id": "7", "name": "a", "x": null}));
        for bad in [
            json!("7"),
            json!(null),
            json!({"name": "a"}),
            json!({"id": null, "name": "a"}),
            json!({"id": "", "name": "a"}),
            json!({"id": "7"}),
            json!({"id": "7", "name": 5}),
            json!({"id": "7", "name": ""}),
        ] {
            assert!(identified(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_kind_of_credentials_may_be_missing_or_null() {
        let found = credentials(json!({
            "cliCredential": [{"id": "a"}],
            "snmpV3": null,
            "somethingNew": {"not": "a list"},
            "somethingElse": [],
        }));
        let kinds: Vec<_> = found.unwrap().into_iter().map(|(kind, it)| (kind, it.len())).collect();
        assert_eq!(kinds, [("cliCredential".into(), 1), ("somethingElse".into(), 0)]);
        assert!(credentials(json!({"snmpV3": {}})).is_err());
        assert!(credentials(json!([])).is_err());
    }
}
