//! The controller as a state machine.
//!
//! Times are parameters, in milliseconds since 1970. Nothing here waits, touches a disk or draws a
//! random number, and nothing knows of HTTP, tokens and network faults.

mod state;

mod answer;

mod query;

mod reads;

mod writes;

mod operation;

mod execute;

mod runs;

mod devices;

mod tasks;

mod credentials;

mod fields;

mod wire;

mod check;

mod addresses;

mod other_users;

mod violations;

mod file;

#[cfg(test)]
mod tests;

pub(crate) use self::{
    answer::{Answer, Refusal},
    credentials::SubType,
    execute::millis,
    fields::redacted,
    query::{Page, PageOf, Query},
    state::{At, Rules},
    tasks::Form,
    writes::Treatment,
};
pub use self::{file::WorldError, state::World};

/// A JSON object.
type Object = serde_json::Map<String, serde_json::Value>;
