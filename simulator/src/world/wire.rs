//! The spelling of settings: reads show them differently from how they were sent.
//!
//! Nothing here knows of runs and tasks, or checks values.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Object,
    fields::{FIELDS, Field, Part, Shape, field, number},
};
use crate::{
    Quirks,
    quirk::{
        AddressOrder, CommunitySpelling, CredentialOrder, DefaultHops, Defaults, GetNamesInPost,
        MultiRange, NoneMethod, NullStyle, NumberSpelling, PutMissingKeys, Secrets, TypeSpelling,
    },
    seed::{self, MASK, TENANT},
};

/// The settings of a create, as reads show them.
pub(super) fn from_post(body: &Object, quirks: &Quirks) -> Object {
    let setting = |it: &Field| {
        let mut sent = post_names(it, quirks).into_iter().filter_map(|name| body.get(name));
        let value = match sent.find(|value| !value.is_null()) {
            Some(sent) => read_back(it, sent, quirks),
            None if quirks.defaults == Defaults::Absent => return None,
            // The documented default, or that of the UI.
            None => match it.name {
                "timeOut" => json!(5),
                "retryCount" => json!(3),
                "protocolOrder" => json!("ssh"),
                "preferredMgmtIPMethod" => json!("None"),
                _ => return None,
            },
        };
        Some((it.name.to_owned(), value))
    };
    FIELDS.iter().filter_map(setting).collect()
}

/// The names that a field can have in the body of a create.
pub(super) fn post_names(field: &Field, quirks: &Quirks) -> Vec<&'static str> {
    let Some((post, _)) = field.post else {
        return Vec::new();
    };
    if post == field.name {
        return vec![post];
    }
    if field.shape == Shape::Number {
        return match quirks.get_names_in_post {
            GetNamesInPost::Ignored => vec![post],
            GetNamesInPost::Honoured => vec![post, field.name],
        };
    }
    match quirks.community_spelling {
        CommunitySpelling::Both => vec![post, field.name],
        CommunitySpelling::Post => vec![post],
        CommunitySpelling::Get => vec![field.name],
    }
}

/// The object after an edit.
pub(super) fn edited(before: &Object, body: &Object, quirks: &Quirks) -> Object {
    let mut after = before.clone();
    for it in FIELDS.iter().filter(|it| it.part != Part::Computed) {
        match body.get(it.name) {
            // A discovery keeps its name.
            None | Some(Value::Null) if it.name == "name" => (),
            None if quirks.put_missing_keys == PutMissingKeys::Keep => (),
            None | Some(Value::Null) => {
                after.shift_remove(it.name);
            }
            // The mask stands for the stored secret.
            Some(sent) => {
                if it.part != Part::Secret || !has_mask(sent) {
                    after.insert(it.name.to_owned(), read_back(it, sent, quirks));
                }
            }
        }
    }
    if body.contains_key("discoveryType") {
        let is_cdp = is_cdp(&after);
        after.insert("isAutoCdp".to_owned(), json!(is_cdp));
    }
    after
}

pub(super) fn is_cdp(settings: &Object) -> bool {
    text(settings, "discoveryType").eq_ignore_ascii_case("cdp")
}

/// A stored object as a GET shows it.
pub(super) fn shown(stored: &Value, quirks: &Quirks) -> Value {
    let Value::Object(stored) = stored else {
        return stored.clone();
    };
    let mut shown = Object::new();
    for (key, value) in stored {
        let known = field(key);
        let is_secret = known.is_some_and(|it| it.part == Part::Secret);
        let is_omitted = is_secret && quirks.secrets == Secrets::Absent
            || key == "preferredMgmtIPMethod"
                && quirks.none_method == NoneMethod::Absent
                && value == "None"
            || (key == "cdpLevel" || key == "lldpLevel")
                && quirks.default_hops == DefaultHops::Absent
                && number(value) == Some(16);
        if is_omitted {
            continue;
        }
        let as_text = known.is_some_and(|it| it.shape == Shape::Number)
            && quirks.number_spelling == NumberSpelling::Text;
        let value = match value {
            Value::Number(number) if as_text => json!(number.to_string()),
            other => other.clone(),
        };
        shown.insert(key.clone(), value);
    }
    if quirks.null_style == NullStyle::Null {
        for it in FIELDS {
            shown.entry(it.name).or_insert(Value::Null);
        }
    }
    Value::Object(shown)
}

/// The settings of an object in a normal form, for comparison. Of secrets, only that they are set.
pub(super) fn meaning(object: &Object) -> BTreeMap<&'static str, String> {
    let settings = FIELDS.iter().filter(|it| it.part != Part::Computed);
    let normal = settings.filter_map(|it| {
        let value = object.get(it.name)?;
        let normal = match it.part {
            Part::Secret => String::from(if value == "" { "" } else { "a secret" }),
            Part::Setting | Part::Computed => normal_form(it.name, value),
        };
        let is_default = it.name == "preferredMgmtIPMethod" && normal == "none";
        (!normal.is_empty() && !is_default).then_some((it.name, normal))
    });
    normal.collect()
}

/// Whether a value contains the mask.
pub(super) fn has_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(MASK),
        Value::Array(items) => items.iter().any(has_mask),
        Value::Object(members) => members.values().any(has_mask),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

pub(super) fn text<'a>(object: &'a Object, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn normal_form(name: &str, value: &Value) -> String {
    let mut parts: Vec<String> = match value {
        Value::Null => Vec::new(),
        Value::String(text) if name == "name" => return text.clone(),
        Value::String(text) => text.split(',').map(|it| it.trim().to_lowercase()).collect(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        // A world file may omit either member.
        Value::Object(_) => vec![format!("{}:{}", value["username"], value["port"])],
        other => vec![other.to_string()],
    };
    if name == "discoveryType" && parts == ["multi range"] {
        return String::from("range");
    }
    // Only the order of protocols matters.
    if name != "protocolOrder" {
        parts.sort();
    }
    parts.join(",")
}

fn read_back(field: &Field, sent: &Value, quirks: &Quirks) -> Value {
    let read = match (field.shape, sent) {
        (Shape::Text, Value::Array(items)) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            json!(texts.join(","))
        }
        (Shape::Number, sent) => number(sent).map_or_else(|| sent.clone(), |it| json!(it)),
        (Shape::Http, sent) => http_read_back(field.name, sent),
        (_, sent) => sent.clone(),
    };
    match (field.name, &read) {
        (_, Value::String(text)) if field.part == Part::Secret && !text.is_empty() => {
            json!(text.split(',').map(|_| MASK).collect::<Vec<_>>().join(","))
        }
        ("discoveryType", Value::String(text)) => json!(type_read_back(text, quirks)),
        ("ipAddressList", Value::String(text))
            if quirks.address_order == AddressOrder::Reversed =>
        {
            json!(text.split(',').rev().collect::<Vec<_>>().join(","))
        }
        ("globalCredentialIdList", Value::Array(ids))
            if quirks.credential_order == CredentialOrder::Reversed =>
        {
            ids.iter().rev().cloned().collect()
        }
        _ => read,
    }
}

fn type_read_back(sent: &str, quirks: &Quirks) -> String {
    let lower = sent.trim().to_lowercase();
    let title = match lower.as_str() {
        "single" => "Single",
        "range" => "Range",
        "multi range" => match quirks.multi_range {
            MultiRange::Range => "Range",
            MultiRange::Kept => "Multi Range",
        },
        "cidr" => "CIDR",
        "cdp" => "CDP",
        "lldp" => "LLDP",
        _ => return sent.to_owned(),
    };
    match quirks.type_spelling {
        TypeSpelling::Title => title.to_owned(),
        TypeSpelling::Upper => title.to_uppercase(),
        TypeSpelling::Lower => title.to_lowercase(),
    }
}

/// The four members of a create, completed as a credential of the discovery.
fn http_read_back(name: &str, sent: &Value) -> Value {
    let username = sent["username"].as_str().unwrap_or_default();
    let id = seed::uuid(&mut seed::numbers(0, &["own credential", name, username]));
    let of_sent = |key: &str, otherwise: Value| match &sent[key] {
        Value::Null => otherwise,
        value => value.clone(),
    };
    json!({
        "comments": sent["comments"],
        "credentialType": of_sent("credentialType", json!("APP")),
        "description": of_sent("description", json!("")),
        "id": of_sent("id", json!(id)),
        "instanceTenantId": of_sent("instanceTenantId", json!(TENANT)),
        "instanceUuid": of_sent("instanceUuid", json!(id)),
        "password": MASK,
        "port": number(&sent["port"]),
        "secure": of_sent("secure", json!(true)),
        "username": username,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(post: &Value, quirks: &[&str]) -> Value {
        let mut set = Quirks::default();
        for it in quirks {
            set.set(it.parse().unwrap());
        }
        let settings = from_post(post.as_object().unwrap(), &set);
        shown(&Value::Object(settings), &set)
    }

    #[test]
    fn settings_are_read_back_in_the_other_spelling() {
        let post = json!({
            "name": "n", "discoveryType": "Multi Range", "ipAddressList": "10.0.0.1-10.0.0.2,10.0.1.1-10.0.1.1",
            "ipFilterList": ["10.0.0.2", "10.0.1.1"], "timeout": "7", "retry": 2, "snmpVersion": "v2",
            "snmpROCommunity": "public", "snmpROCommunityDesc": "d", "userNameList": ["a", "b"],
            "passwordList": ["x", "y"], "netconfPort": "830", "globalCredentialIdList": ["1", "2"],
        });
        assert_eq!(
            read(&post, &[]),
            json!({
                "name": "n", "discoveryType": "Range",
                "ipAddressList": "10.0.0.1-10.0.0.2,10.0.1.1-10.0.1.1", "userNameList": "a,b",
                "passwordList": "NO!$DATA!$,NO!$DATA!$", "ipFilterList": "10.0.0.2,10.0.1.1",
                "snmpRoCommunity": "NO!$DATA!$", "snmpRoCommunityDesc": "d", "netconfPort": "830",
                "protocolOrder": "ssh", "timeOut": 7, "retryCount": 2,
                "globalCredentialIdList": ["1", "2"], "preferredMgmtIPMethod": "None",
            })
        );
    }

    #[test]
    fn an_http_credential_is_completed() {
        let own = json!({"username": "u", "password": "p", "port": "443", "secure": false});
        let read = read(&json!({"httpReadCredential": own}), &[]);
        let grown = read["httpReadCredential"].as_object().unwrap();
        let keys: Vec<&str> = grown.keys().map(String::as_str).collect();
        assert_eq!(
            keys.join(" "),
            "comments credentialType description id instanceTenantId instanceUuid password port \
             secure username"
        );
        assert_eq!((&grown["password"], &grown["port"]), (&json!(MASK), &json!(443)));
        assert_eq!(grown["credentialType"], "APP");
    }

    #[test]
    fn the_spelling_quirks_change_what_is_read() {
        let post = json!({"discoveryType": "multi range", "ipAddressList": "b,a", "cdpLevel": 16,
            "timeout": 5, "passwordList": ["x"], "globalCredentialIdList": ["1", "2"]});
        let one = |key: &str, quirk: &str| read(&post, &[quirk])[key].clone();
        assert_eq!(one("discoveryType", "multi_range=kept"), "Multi Range");
        assert_eq!(one("discoveryType", "type_spelling=upper"), "RANGE");
        assert_eq!(one("discoveryType", "type_spelling=lower"), "range");
        assert_eq!(one("timeOut", "number_spelling=text"), "5");
        assert_eq!(one("ipAddressList", "address_order=reversed"), "a,b");
        assert_eq!(one("globalCredentialIdList", "credential_order=reversed"), json!(["2", "1"]));
        let absent =
            |key: &str, quirk: &str| !read(&post, &[quirk]).as_object().unwrap().contains_key(key);
        assert!(absent("passwordList", "secrets=absent") && !absent("passwordList", "ipv6=fail"));
        assert!(absent("preferredMgmtIPMethod", "none_method=absent"));
        assert!(absent("preferredMgmtIPMethod", "defaults=absent"));
        assert!(absent("cdpLevel", "default_hops=absent"));
        assert!(
            absent("lldpLevel", "null_style=absent") && !absent("lldpLevel", "null_style=null")
        );
    }

    #[test]
    fn the_post_spelling_quirks_change_what_is_accepted() {
        let community = |post: &Value, quirk: &str| read(post, &[quirk])["snmpRoCommunity"] == MASK;
        let (post, get) = (json!({"snmpROCommunity": "x"}), json!({"snmpRoCommunity": "x"}));
        assert!(community(&post, "community_spelling=both"));
        assert!(community(&get, "community_spelling=both"));
        assert!(!community(&get, "community_spelling=post"));
        assert!(!community(&post, "community_spelling=get"));
        let timeout = |quirk: &str| read(&json!({"timeOut": 9}), &[quirk])["timeOut"].clone();
        assert_eq!(timeout("get_names_in_post=ignored"), 5);
        assert_eq!(timeout("get_names_in_post=honoured"), 9);
    }

    #[test]
    fn an_http_credential_without_a_port_has_a_normal_form() {
        let object = json!({"httpReadCredential": {"username": "u"}});
        assert_eq!(meaning(object.as_object().unwrap()).len(), 1);
    }

    #[test]
    fn an_odd_object_is_shown_as_it_is() {
        let odd = json!({"id": 7, "discoveryType": "Weird", "cdpLevel": "x", "zz": [null]});
        assert_eq!(shown(&odd, &Quirks::default()), odd);
        assert_eq!(shown(&json!("nonsense"), &Quirks::default()), "nonsense");
    }
}
