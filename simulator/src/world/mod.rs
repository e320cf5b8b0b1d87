//! What the controller knows and does, as a state machine.
//!
//! Time comes in as milliseconds since 1970; nothing waits, reads or writes a disk, or throws a
//! die. Requests, tokens and faults of the wire are not known here.

mod state;

mod answer;

mod query;

mod reads;

mod writes;

mod work;

mod carry;

mod runs;

mod devices;

mod tasks;

mod credentials;

mod fields;

mod wire;

mod check;

mod addresses;

mod others;

mod violations;

mod file;

#[cfg(test)]
mod tests;

pub(crate) use self::{
    answer::{Answer, Refusal},
    credentials::SubType,
    fields::redacted,
    query::{Page, PageOf, Query},
    state::{At, Rules},
    violations::Violation,
    writes::Treatment,
};
pub use self::{file::WorldError, state::World};
