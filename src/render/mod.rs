//! Plans, accounts and diagnostics as text, Markdown and JSON.

mod plan;

mod attributes;

mod account;

mod stale;

mod saved;

mod markdown;

pub(crate) use self::{
    account::account_text,
    markdown::{MarkdownAbout, plan_markdown},
    plan::{Show, plan_text},
    saved::{About, Saved, digest_of, plan_json, plan_schema, saved_plan},
    stale::stale_text,
};

#[cfg(test)]
mod tests;
