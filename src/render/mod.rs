//! Plans and accounts as text and as pages, plans as Markdown, JSON and Terraform's JSON, complaints
//! as JSON, as SARIF and for GitHub's runner.

mod plan;

mod attributes;

mod impact;

mod drift;

mod account;

mod stale;

mod saved;

mod markdown;

mod terraform;

mod html;

mod record;

mod annotations;

mod status;

pub(crate) use self::{
    account::{account_text, is_halved, words as outcome_words},
    annotations::{
        Annotation, Ended, Named, Rule, annotation, github_commands, inert, line_hashes,
        sarif_document,
    },
    html::{plan_page, report_page},
    markdown::{PlanAbout, plan_markdown},
    plan::{Show, plan_text},
    record::{
        LogRecord, ReportAbout, diagnostics_json, diagnostics_schema, event_line, event_schema,
        report_document, report_json, report_schema,
    },
    saved::{About, Saved, digest_of, plan_json, plan_schema, saved_plan, schema_text},
    stale::stale_text,
    status::Status,
    terraform::plan_terraform,
};

#[cfg(feature = "testing")]
pub(crate) use self::saved::reseal;

#[cfg(test)]
mod tests;
