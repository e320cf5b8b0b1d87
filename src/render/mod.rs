//! Plans, accounts and diagnostics as text.

mod plan;

mod attributes;

pub(crate) use self::plan::{Show, plan_text};

#[cfg(test)]
mod tests;
