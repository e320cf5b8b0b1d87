//! Schemas, from the types that the files are written with.

use schemars::{JsonSchema, generate::SchemaSettings};

use super::document::PlanV1;

/// Returns the schema of a saved plan, as it is committed.
pub(crate) fn plan_schema() -> String {
    schema_text::<PlanV1>()
}

/// Returns the schema of a type, with a newline at its end.
pub(crate) fn schema_text<T: JsonSchema>() -> String {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
    let text = serde_json::to_string_pretty(&schema).expect("invariant: a schema is JSON");
    text + "\n"
}
