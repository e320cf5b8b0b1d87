//! The schema of the files, for editors: made of the maps that they are read into.

use schemars::{Schema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::raw;
use crate::model::TargetKind;

/// Returns the schema of desired-state files.
///
/// In the draft that the editors' YAML server has understood for longest.
pub(crate) fn schema() -> String {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<raw::File>();
    let mut text =
        serde_json::to_string_pretty(&schema).expect("invariant: a schema is a JSON value");
    text.push('\n');
    text
}

/// Says that a discovery has exactly one target, unless it is to be absent.
pub(super) fn one_target(schema: &mut Schema) {
    let targets = [
        TargetKind::Address,
        TargetKind::Ranges,
        TargetKind::Cidr,
        TargetKind::Cdp,
        TargetKind::Lldp,
    ];
    let given = |it: &TargetKind| {
        json!({
            "required": [it.key()],
            "properties": { it.key(): { "not": { "type": "null" } } },
        })
    };
    schema.insert(
        "if".to_owned(),
        json!({ "required": ["state"], "properties": { "state": { "const": "absent" } } }),
    );
    schema.insert("then".to_owned(), Value::Bool(true));
    let one_of = targets.iter().map(given).collect::<Vec<_>>();
    schema.insert("else".to_owned(), json!({ "oneOf": one_of }));
}
