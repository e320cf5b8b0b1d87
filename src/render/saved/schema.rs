//! The schema of a saved plan, from the types that the file is written with.

use schemars::generate::SchemaSettings;

use super::document::PlanV1;

/// Returns the schema as it is committed, with a newline at its end.
pub(crate) fn plan_schema() -> String {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<PlanV1>();
    let text = serde_json::to_string_pretty(&schema).expect("invariant: a schema is JSON");
    text + "\n"
}
