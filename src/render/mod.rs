//! The formats: plans as text, pages, Markdown, JSON and Terraform's JSON; accounts as text and pages;
//! diagnostics as JSON, as SARIF and for GitHub's runner.

mod plan;

mod attributes;

mod difference;

mod impact;

mod drift;

mod account;

mod stale;

mod saved;

mod markdown;

mod terraform;

mod html;

mod report;

mod log_record;

mod diagnostics;

mod annotations;

mod status;

pub(crate) use self::{
    account::{account_text, is_deleted_only, words as outcome_words},
    annotations::{
        Annotation, Ended, Named, Rule, annotation, github_commands, inert, line_hashes,
        sarif_document,
    },
    diagnostics::{diagnostics_json, diagnostics_schema},
    difference::{ChangedWords, Piece, changed_words},
    html::{plan_page, report_page},
    log_record::{LogRecord, event_schema},
    markdown::{PlanAbout, plan_markdown},
    plan::{Show, plan_text},
    report::{ReportAbout, report_document, report_json, report_schema},
    saved::{About, Saved, digest_of, plan_json, plan_schema, saved_plan, schema_text},
    stale::stale_text,
    status::Status,
    terraform::plan_terraform,
};

#[cfg(feature = "testing")]
pub(crate) use self::saved::reseal;

#[cfg(test)]
mod tests;
