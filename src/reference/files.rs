//! The page on the file format, generated from its JSON schema.

use serde_json::Value;

use super::{Block, diagnostics::anchor};

const INTRO: &str = "Each file begins with `version: 1`. A key that is absent is not managed: it is \
    neither sent nor compared, so the setting on the controller stays. `null` means the same and \
    cancels a value of `defaults`; `[]` is managed, and empty.";

const MORE: &str = "`trueup validate` also checks rules that a schema cannot express. It reports \
    every mistake with its place and its code, and `trueup explain CODE` explains each code.";

/// Returns the page. `schema` is the output of `trueup schema desired-state`.
pub(crate) fn file_format(schema: &str) -> Vec<Block> {
    let schema = serde_json::from_str::<Value>(schema);
    let schema = schema.expect("invariant: our own schema is JSON");
    let mut page = vec![Block::heading(1, "File format")];
    page.extend([INTRO, MORE].map(|it| Block::Text(it.to_owned())));
    page.extend(map("File", &schema, &schema));
    let definitions = schema.get("definitions").and_then(Value::as_object);
    for (name, definition) in definitions.into_iter().flatten() {
        page.extend(map(name, definition, &schema));
    }
    page
}

/// Returns the section on a map. A definition that is not a map has none.
fn map(name: &str, definition: &Value, schema: &Value) -> Vec<Block> {
    let Some(keys) = definition.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    let required = definition.get("required").and_then(Value::as_array);
    let row = |(key, property): (&String, &Value)| {
        let is_required = required.is_some_and(|it| it.iter().any(|it| it == key));
        let default = match property.get("default") {
            Some(default) => format!("`{}`", bare(default)),
            None if is_required => "required".to_owned(),
            None => String::new(),
        };
        let meaning = description(property);
        vec![format!("`{key}`"), value(property, schema), default, meaning]
    };
    let mut blocks = vec![Block::heading(2, heading(name))];
    blocks.extend(description(definition).split("\n\n").map(|it| Block::Text(it.to_owned())));
    blocks.push(Block::Table(
        vec!["key", "value", "default", "description"],
        keys.iter().map(row).collect(),
    ));
    blocks
}

fn description(schema: &Value) -> String {
    schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Splits the name of a type into words: `CredentialMap` becomes `Credential map`.
fn heading(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
            words.extend(c.to_lowercase());
        } else {
            words.push(c);
        }
    }
    words
}

/// Describes the values of a key, with a link to the section of a map.
fn value(property: &Value, schema: &Value) -> String {
    let Some(it) = property.as_object() else { return "anything".to_owned() };
    if let Some(one) = it.get("const") {
        return format!("`{}`", bare(one));
    }
    if let Some(Value::Array(words)) = it.get("enum") {
        let words = words.iter().filter(|it| !it.is_null()).map(|it| format!("`{}`", bare(it)));
        return words.collect::<Vec<_>>().join(", ");
    }
    if let Some(Value::Array(ways)) = it.get("anyOf") {
        let ways = ways.iter().filter(|it| it.get("type").is_none_or(|it| it != "null"));
        return ways.map(|it| value(it, schema)).collect::<Vec<_>>().join(", or ");
    }
    if let Some(Value::String(path)) = it.get("$ref") {
        let name = path.rsplit('/').next().unwrap_or(path);
        let definition = schema.get("definitions").and_then(|it| it.get(name));
        if definition.is_some_and(|it| it.get("properties").is_some()) {
            let heading = heading(name);
            return format!("a map: [{heading}](#{})", anchor(&heading));
        }
        return value(definition.unwrap_or(&Value::Null), schema);
    }
    let word = match it.get("type") {
        Some(Value::Array(types)) => types.iter().find(|it| *it != "null"),
        other => other,
    };
    let bound = |key: &str| it.get(key).map(bare);
    match word.and_then(Value::as_str) {
        Some("array") => {
            let of = it.get("items").map_or_else(String::new, |it| value(it, schema));
            format!("a list; each is {of}")
        }
        Some("integer" | "number") => match (bound("minimum"), bound("maximum")) {
            (Some(least), Some(most)) => format!("a whole number from {least} to {most}"),
            (Some(least), None) => format!("a whole number from {least}"),
            (None, Some(most)) => format!("a whole number up to {most}"),
            (None, None) => "a whole number".to_owned(),
        },
        Some("boolean") => "`true`, `false`".to_owned(),
        Some("string") => "text".to_owned(),
        Some(_) | None => "a map".to_owned(),
    }
}

/// Returns a value as it is written in YAML.
fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
