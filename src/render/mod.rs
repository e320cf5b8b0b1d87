//! Plans and accounts as text, complaints as JSON.

mod plan;

mod attributes;

mod account;

mod stale;

mod complaints;

pub(crate) use self::{
    account::account_text,
    complaints::validation_json,
    plan::{Show, plan_text},
    stale::stale_text,
};

#[cfg(test)]
mod tests;
