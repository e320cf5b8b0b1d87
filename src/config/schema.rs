//! The schema of the files, for editors: generated from the [`raw`] maps.

use schemars::{Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Value, json};

use super::raw;
use crate::{codes, model::TargetKind};

/// Returns the schema of desired-state files.
///
/// In the draft that the editors' YAML server has understood for longest.
pub(crate) fn schema() -> String {
    let settings =
        SchemaSettings::draft07().with_transform(RecursiveTransform(descriptions_on_one_line));
    let schema = settings.into_generator().into_root_schema_for::<raw::File>();
    let mut text =
        serde_json::to_string_pretty(&schema).expect("invariant: a schema is a JSON value");
    text.push('\n');
    text
}

/// Removes the line breaks of our own comments.
fn descriptions_on_one_line(schema: &mut Schema) {
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.split_whitespace().collect::<Vec<_>>().join(" ");
    }
}

/// Requires exactly one target, except for an absent discovery.
pub(super) fn one_target(schema: &mut Schema) {
    schema.insert(
        "if".to_owned(),
        json!({ "required": ["state"], "properties": { "state": { "const": "absent" } } }),
    );
    schema.insert("then".to_owned(), Value::Bool(true));
    schema.insert("else".to_owned(), json!({ "oneOf": TargetKind::ALL.map(|it| given(it.key())) }));
}

/// Requires a key, and a value other than `null`.
fn given(key: &str) -> Value {
    json!({ "required": [key], "properties": { key: { "not": { "type": "null" } } } })
}

/// Requires a number, a percentage, or both.
pub(super) fn count_or_percent(schema: &mut Schema) {
    schema.insert("anyOf".to_owned(), json!([given("count"), given("percent")]));
}

/// Allows only the codes of warnings as keys, in full or without their prefix.
pub(super) fn keys_are_warnings(schema: &mut Schema) {
    let short = codes::gradable().map(codes::Code::short);
    let codes = short.chain(codes::gradable().map(|it| it.name)).collect::<Vec<_>>();
    schema.insert("propertyNames".to_owned(), json!({ "enum": codes }));
}

/// Requires an id, or else a description or a username.
pub(super) fn one_identity(schema: &mut Schema) {
    let none = json!({ "type": "null" });
    schema.insert(
        "oneOf".to_owned(),
        json!([
            { "allOf": [given("id")], "properties": { "description": none, "username": none } },
            { "anyOf": [given("description"), given("username")], "properties": { "id": none } },
        ]),
    );
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, io::Write as _, path::PathBuf};

    use super::*;
    use crate::{config::read, source::SourceMap};

    #[test]
    fn the_committed_schema_is_fresh() {
        let path =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas/desired-state.schema.json");
        if std::env::var_os("TRUEUP_BLESS").is_some() {
            fs::File::create(&path).unwrap().write_all(schema().as_bytes()).unwrap();
        }
        let committed = String::from_utf8(fs::read(&path).unwrap()).unwrap();
        assert!(
            committed == schema(),
            "run the test with TRUEUP_BLESS=1 and look at the difference"
        );
    }

    /// Mistakes that a schema cannot express: it accepts these files, and the program does not.
    const GAPS: &[(&str, &str)] = &[
        ("an address is one", r#"{"name": "a", "address": "1.2.3.999"}"#),
        ("IPv4 is not written as IPv6", r#"{"name": "a", "address": "::ffff:10.0.0.1"}"#),
        ("a range ends after it begins", r#"{"name": "a", "ranges": ["10.0.0.2-10.0.0.1"]}"#),
        ("a range has one family", r#"{"name": "a", "ranges": ["10.0.0.2-::1"]}"#),
        ("a prefix has a length that it can have", r#"{"name": "a", "cidr": "10.0.0.0/33"}"#),
        ("a timeout is not longer than 300s", r#"{"name": "a", "cidr": "::/8", "timeout": "1h"}"#),
        (
            "a length can be counted",
            r#"{"name": "a", "cidr": "::/8", "rerun": {"older_than": "99999999999999999999w"}}"#,
        ),
        ("a name is given once", r#"{"name": "a", "cidr": "::/8"}, {"name": "a", "cidr": "::/8"}"#),
        ("a key is given once", r#"{"name": "a", "name": "a", "cidr": "::/8"}"#),
        ("there is one document", "]}\n---\n{\"version\": 1, \"discoveries\": ["),
    ];

    #[test]
    fn the_gaps_of_the_schema_are_known() {
        for (what, discoveries) in GAPS {
            let text = format!(r#"{{"version": 1, "discoveries": [{discoveries}]}}"#);
            let first = text.split("\n---").next().unwrap();
            assert!(
                schema_accepts(&serde_json::from_str(first).unwrap()),
                "the schema finds: {what}"
            );
            assert!(!program_accepts(&text), "the program does not find: {what}");
        }
    }

    #[test]
    fn schema_and_program_agree_on_every_key_and_type() {
        let good = exhaustive();
        assert!(schema_accepts(&good) && program_accepts(&good.to_string()));
        let mut paths = Vec::new();
        collect_paths(&good, "", &mut paths);
        let used = paths.iter().filter_map(|it| it.rsplit('/').next()).collect::<BTreeSet<_>>();
        let schema = serde_json::from_str::<Value>(&schema()).unwrap();
        let known = known_keys(&schema);
        assert!(30 < known.len(), "the schema has next to no keys");
        assert!(known.iter().all(|it| used.contains(it.as_str())), "{known:?} {used:?}");
        let wrong = [
            json!(null),
            json!(true),
            json!(-1),
            json!(0),
            json!(1),
            json!(3.0),
            json!(1.5),
            json!(70000),
            json!(""),
            json!(" text"),
            json!("text"),
            json!("10.0.0.7"),
            json!([]),
            json!([null]),
            json!([5]),
            json!(["text"]),
            json!({}),
            json!({ "text": 1 }),
        ];
        for path in paths {
            for value in &wrong {
                let mut document = good.clone();
                *document.pointer_mut(&path).unwrap() = value.clone();
                let (program, schema) =
                    (program_accepts(&document.to_string()), schema_accepts(&document));
                assert!(program == schema, "{path} = {value}: program {program}, schema {schema}");
            }
        }
    }

    #[test]
    fn schema_and_program_agree_on_unknown_keys() {
        let good = exhaustive();
        let mut paths = Vec::new();
        collect_paths(&good, "", &mut paths);
        paths.retain(|it| good.pointer(it).unwrap().is_object());
        assert!(8 < paths.len());
        for path in paths {
            let mut document = good.clone();
            let map = document.pointer_mut(&path).unwrap().as_object_mut().unwrap();
            map.insert("nonsense".to_owned(), json!(1));
            assert!(
                !schema_accepts(&document) && !program_accepts(&document.to_string()),
                "{path}"
            );
        }
    }

    #[test]
    fn schema_and_program_agree_on_missing_keys() {
        let good = exhaustive();
        let mut paths = Vec::new();
        collect_paths(&good, "", &mut paths);
        for path in paths {
            let (map, key) = path.rsplit_once('/').unwrap();
            let mut document = good.clone();
            let Some(map) = document.pointer_mut(map).and_then(Value::as_object_mut) else {
                continue;
            };
            map.remove(key);
            let (program, schema) =
                (program_accepts(&document.to_string()), schema_accepts(&document));
            assert_eq!(program, schema, "without {path}");
        }
    }

    fn exhaustive() -> Value {
        let credentials = json!([
            "netops", { "description": "core", "username": "monitor" }, { "username": "x", "id": null },
            { "id": "7", "description": null },
        ]);
        let settings = json!({
            "exclude": ["10.0.9.0/24", "10.0.9.1"],
            "credentials": {
                "cli": credentials, "snmp_v2_read": [], "snmp_v2_write": ["w"], "snmp_v3": null,
                "http_read": [], "http_write": [], "netconf": [],
            },
            "protocols": ["ssh", "telnet"],
            "retries": 2,
            "timeout": "5s",
            "management_ip": "loopback",
            "netconf_port": 830,
            "rerun": { "older_than": "7d" },
            "on_change": "replace",
        });
        let with = |own: Value| {
            let mut all = settings.clone();
            all.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
            all
        };
        json!({
            "version": 1,
            "controller": "https://catalyst.example.com",
            "manage": { "names": ["branch-*"] },
            "defaults": settings,
            "policy": {
                "max_new_addresses": 4096,
                "max_addresses_per_discovery": 0,
                "max_login_attempts": 20000,
                "max_delete": { "count": 2, "percent": 20 },
                "forbid_ranges": ["10.255.0.0/16", "10.0.0.1-10.0.0.9", "::1"],
                "allow_only_within": ["10.0.0.0/8"],
                "allow_unbounded": ["hq-core"],
                "overlap": "warn",
                "protected_names": ["core-*"],
                "rules": { "large_range": "error", "trueup::plan::being_edited": "off" },
            },
            "discoveries": [
                with(json!({ "name": "a", "ranges": ["10.0.0.1-10.0.0.9", "10.0.1.1"] })),
                { "name": "b", "address": "10.0.0.1", "state": "present", "rerun": "always" },
                { "name": "c", "cidr": "10.0.0.0/24", "state": "stopped" },
                { "name": "d", "cdp": { "seed": "10.0.0.1", "hops": 3 } },
                { "name": "e", "lldp": { "seed": "2001:db8::1" }, "on_change": "update" },
                { "name": "f", "state": "absent", "cidr": "10.0.0.0/24", "address": "10.0.0.1" },
            ],
        })
    }

    fn collect_paths(value: &Value, at: &str, paths: &mut Vec<String>) {
        let mut go = |key: &str, value: &Value| {
            let path = format!("{at}/{key}");
            collect_paths(value, &path, paths);
            paths.push(path);
        };
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| go(key, value)),
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(index, value)| go(&index.to_string(), value));
            }
            _ => (),
        }
    }

    fn known_keys(schema: &Value) -> BTreeSet<String> {
        let definitions = schema["definitions"].as_object().unwrap().values();
        let maps = definitions.chain([schema]).filter_map(|it| it["properties"].as_object());
        maps.flat_map(|it| it.keys().cloned()).collect()
    }

    fn schema_accepts(document: &Value) -> bool {
        thread_local! {
            static VALIDATOR: jsonschema::Validator =
                jsonschema::validator_for(&serde_json::from_str(&schema()).unwrap()).unwrap();
        }
        VALIDATOR.with(|it| it.is_valid(document))
    }

    fn program_accepts(text: &str) -> bool {
        let mut sources = SourceMap::default();
        sources.add("a.yaml", text);
        !read(sources).diagnostics.iter().any(crate::source::Diagnostic::is_error)
    }
}
