//! Plans, accounts and diagnostics as text.

mod plan;

mod attributes;

mod account;

mod stale;

pub(crate) use self::{
    account::account_text,
    plan::{Show, plan_text},
    stale::stale_text,
};

#[cfg(test)]
mod tests;
