//! A plan as JSON: what `--out` saves, `--format json` prints, and `apply PLAN` reads back.
//!
//! The format is independent of the model's types. `apply` checks whether a plan that was read still
//! holds.

mod document;

mod write;

mod read;

mod schema;

pub(crate) use self::{
    document::{ChangeImpactV1, ControllerV1, DiagnosticV1, PlaceV1, SourceV1, SummaryV1},
    read::{Saved, saved_plan},
    schema::{plan_schema, schema_text},
    write::{
        About, change_impact, controller, diagnostic, digest_of, hexadecimal, json_text, moment,
        plan_json, settings, source_documents, start, summary,
    },
};

#[cfg(feature = "testing")]
pub(crate) use self::write::reseal;
