//! Plans, accounts and diagnostics as text.

mod plan;

mod attributes;

mod account;

mod stale;

mod saved;

pub(crate) use self::{
    account::account_text,
    plan::{Show, plan_text},
    saved::{About, Saved, plan_json, plan_schema, saved_plan},
    stale::stale_text,
};

#[cfg(test)]
mod tests;
