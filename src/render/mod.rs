//! Plans and accounts as text, complaints as JSON.

mod plan;

mod attributes;

mod account;

mod stale;

mod saved;

mod record;

pub(crate) use self::{
    account::account_text,
    plan::{Show, plan_text},
    record::{
        Happening, ReportAbout, diagnostics_json, diagnostics_schema, event_line, event_schema,
        report_document, report_json, report_schema,
    },
    saved::{About, Saved, plan_json, plan_schema, saved_plan},
    stale::stale_text,
};

#[cfg(test)]
mod tests;
