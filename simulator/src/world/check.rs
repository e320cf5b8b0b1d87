//! Checks of the body of a write.

use serde_json::Value;

use super::{
    Object,
    addresses::reach,
    fields::{FIELDS, WRITE_ONLY, field, number},
    wire::{post_names, text},
};
use crate::{
    Quirks,
    quirk::{Limits, SnmpVersion},
};

/// Why the body of a create has the wrong shape, if it has.
pub(super) fn post_shape_error(body: &Object, quirks: &Quirks) -> Option<String> {
    let mut required = vec!["discoveryType", "ipAddressList", "name"];
    if quirks.snmp_version == SnmpVersion::Required {
        required.push("snmpVersion");
    }
    let known = FIELDS.iter().filter_map(|it| Some((post_names(it, quirks), it.post?.1)));
    let mut known = known.chain([(vec![WRITE_ONLY.0], WRITE_ONLY.1)]);
    missing(body, &required).or_else(|| {
        known.find_map(|(names, shape)| {
            names.into_iter().find_map(|it| shape.error_in(it, body.get(it)?))
        })
    })
}

/// Why the body of a PUT has the wrong shape, if it has.
pub(super) fn put_shape_error(body: &Object) -> Option<String> {
    let wrong = |(name, value): (&String, &Value)| field(name)?.shape.error_in(name, value);
    missing(body, &["id", "discoveryStatus"]).or_else(|| body.iter().find_map(wrong))
}

/// The number of undocumented fields of a create.
pub(super) fn unknown_in_post(body: &Object, quirks: &Quirks) -> u64 {
    let documented = FIELDS.iter().filter_map(|it| Some(it.post?.0));
    let honoured = FIELDS.iter().flat_map(|it| post_names(it, quirks));
    let known: Vec<&str> = documented.chain(honoured).collect();
    body.keys().filter(|it| !known.contains(&it.as_str()) && *it != WRITE_ONLY.0).count() as u64
}

/// The number of fields of a PUT that are undocumented, and that no read showed.
pub(super) fn unknown_in_put(body: &Object, stored: Option<&Object>) -> u64 {
    let was_shown = |key: &str| stored.is_some_and(|it| it.contains_key(key));
    body.keys().filter(|it| field(it).is_none() && !was_shown(it)).count() as u64
}

/// Why a value of a create is invalid, if one is.
pub(super) fn post_value_error(body: &Object, quirks: &Quirks) -> Option<String> {
    value_error(body, quirks)
        .or_else(|| bad_target(text(body, "discoveryType"), text(body, "ipAddressList")))
        .or_else(|| match text(body, "snmpVersion").to_lowercase().as_str() {
            "" | "v2" | "v3" => None,
            other => Some(format!("snmpVersion {other} is not v2 or v3")),
        })
}

/// Why a value of an edit that turns `before` into `after` is invalid, if one is.
pub(super) fn put_value_error(
    body: &Object,
    [before, after]: [&Object; 2],
    quirks: &Quirks,
) -> Option<String> {
    // Unchanged values can always be sent back.
    let retargets = ["discoveryType", "ipAddressList"]
        .into_iter()
        .any(|key| body.get(key).is_some_and(|it| before.get(key) != Some(it)));
    value_error(body, quirks).or_else(|| {
        let (kind, list) = (text(after, "discoveryType"), text(after, "ipAddressList"));
        // Several ranges are read back as `Range`, which can be sent back.
        let kind = if list.contains(',') && is(kind, "range") { "Multi Range" } else { kind };
        retargets.then(|| bad_target(kind, list)).flatten()
    })
}

fn is(kind: &str, word: &str) -> bool {
    kind.trim().eq_ignore_ascii_case(word)
}

fn missing(body: &Object, required: &[&str]) -> Option<String> {
    let is_missing = |it: &&&str| body.get(**it).is_none_or(Value::is_null);
    required.iter().find(is_missing).map(|it| format!("`{it}` is required"))
}

fn bad_target(kind: &str, list: &str) -> Option<String> {
    let parts: Vec<&str> = list.split(',').map(str::trim).collect();
    let all_have = |sign: char| parts.iter().all(|it| it.contains(sign));
    let is_one = parts.len() == 1;
    let fits = match kind.trim().to_lowercase().as_str() {
        "single" | "cdp" | "lldp" => is_one && !list.contains(['-', '/']),
        "range" => is_one && all_have('-'),
        "multi range" => all_have('-'),
        "cidr" => is_one && all_have('/'),
        _ => return Some(format!("discoveryType {kind} is not known")),
    };
    let is_valid = fits && parts.iter().all(|it| reach(it).is_some());
    (!is_valid).then(|| format!("ipAddressList {list} does not fit {kind}"))
}

type IsValid = fn(&str) -> bool;

/// The checks of values that a create and an edit share.
fn value_error(body: &Object, quirks: &Quirks) -> Option<String> {
    let checks: [(&str, IsValid); 4] = [
        ("name", |it| !it.trim().is_empty() && !it.chars().any(char::is_control)),
        ("preferredMgmtIPMethod", |it| it.is_empty() || is(it, "None") || is(it, "UseLoopBack")),
        ("protocolOrder", |it| {
            it.is_empty() || it.split(',').all(|part| is(part, "ssh") || is(part, "telnet"))
        }),
        ("netconfPort", |it| it.is_empty() || it.parse().is_ok_and(|port: u16| port != 0)),
    ];
    let bad = checks.iter().find_map(|(key, is_valid)| {
        let value = body.get(*key)?.as_str()?;
        (!is_valid(value)).then(|| format!("{key} {value} is not valid"))
    });
    if bad.is_some() || quirks.limits == Limits::None {
        return bad;
    }
    let numbers = [
        ("retry", 0, 3),
        ("retryCount", 0, 3),
        ("timeout", 1, 300),
        ("timeOut", 1, 300),
        ("cdpLevel", 1, 16),
        ("lldpLevel", 1, 16),
    ];
    let number_beyond = numbers.iter().find_map(|(key, least, most)| {
        let value = number(body.get(*key)?)?;
        let is_within = *least <= value && value <= *most;
        (!is_within).then(|| format!("{key} {value} is not between {least} and {most}"))
    });
    number_beyond.or_else(|| {
        let too_long = |key: &&str| 255 < text(body, key).chars().count();
        let long = ["name", "ipAddressList"].into_iter().find(too_long);
        long.map(|key| format!("{key} is longer than 255 characters"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(more: &[(&str, Value)], quirks: &Quirks) -> Option<String> {
        let mut body = json!({"name": "n", "discoveryType": "Single", "ipAddressList": "10.0.0.1"});
        for (key, value) in more {
            body[*key] = value.clone();
        }
        let body = body.as_object().unwrap();
        post_shape_error(body, quirks).or_else(|| post_value_error(body, quirks))
    }

    fn target(kind: &str, list: &str) -> Option<String> {
        value(&[("discoveryType", json!(kind)), ("ipAddressList", json!(list))], &Quirks::default())
    }

    #[test]
    fn each_type_takes_its_own_form_in_any_case() {
        let good = [
            ("SINGLE", "10.0.0.1"),
            ("range", "10.0.0.1-10.0.1.2"),
            ("Multi Range", "10.0.0.1-10.0.0.1,10.0.0.9-10.0.1.2"),
            ("CIDR", "10.0.0.1/20"),
            ("cdp", "10.0.0.1"),
            ("LLDP", "::1"),
        ];
        for (kind, list) in good {
            assert_eq!(target(kind, list), None);
        }
        let bad = [
            ("Weird", "10.0.0.1"),
            ("Single", "10.0.0.1-10.0.0.2"),
            ("Range", "10.0.0.1"),
            ("Range", "10.0.0.2-10.0.0.1"),
            ("Range", "10.0.0.1-10.0.0.2,10.0.0.4-10.0.0.5"),
            ("CIDR", "10.0.0.1"),
            ("CDP", "10.0.0.1,10.0.0.2"),
            ("Single", "host"),
        ];
        for (kind, list) in bad {
            assert!(target(kind, list).is_some(), "{kind} {list}");
        }
    }

    #[test]
    fn values_that_were_read_can_be_sent() {
        let read = json!({"discoveryType": "RANGE", "ipAddressList": "10.0.0.1"});
        let other = json!({"discoveryType": "RANGE", "ipAddressList": "10.0.0.2"});
        let (read, other) = (read.as_object().unwrap(), other.as_object().unwrap());
        let quirks = Quirks::default();
        assert_eq!(put_value_error(read, [read, read], &quirks), None);
        assert!(put_value_error(other, [read, other], &quirks).is_some());
    }

    #[test]
    fn shapes_are_strict_except_numbers_in_text() {
        let one = |key, it| value(&[(key, it)], &Quirks::default());
        assert_eq!(one("timeout", json!("5")), None);
        assert_eq!(one("retry", Value::Null), None);
        assert!(one("timeout", json!("5s")).is_some());
        assert!(one("ipFilterList", json!("10.0.0.1")).is_some());
        assert!(one("globalCredentialIdList", json!([1])).is_some());
        assert!(one("netconfPort", json!(830)).is_some());
        assert!(one("httpReadCredential", json!({"port": []})).is_some());
        assert!(one("name", Value::Null).unwrap().contains("`name` is required"));
        assert!(one("snmpVersion", json!("v4")).is_some());
        assert!(one("netconfPort", json!("0")).is_some());
        assert!(one("protocolOrder", json!("ssh, telnet")).is_none());
    }

    #[test]
    fn the_strictness_quirks_refuse_more() {
        let mut quirks = Quirks::default();
        assert_eq!(value(&[("retry", json!(9))], &quirks), None);
        quirks.set("limits=documented".parse().unwrap());
        assert!(value(&[("retry", json!(9))], &quirks).is_some());
        assert!(value(&[("name", json!("x".repeat(256)))], &quirks).is_some());
        assert_eq!(value(&[], &quirks), None);
        quirks.set("snmp_version=required".parse().unwrap());
        assert!(value(&[], &quirks).unwrap().contains("snmpVersion"));
    }
}
