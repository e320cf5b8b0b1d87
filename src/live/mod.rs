//! Translates between the controller's API and the model, in both directions.
//!
//! Objects become settings in normal form, and a step of a change becomes a request: nothing outside
//! sees a body or a path. Takes no decisions, and does not wait for tasks.

mod read;

mod dialect;

mod classic;

mod credentials;

mod lenient;

pub(crate) use self::{
    dialect::{Dialect, Request, Write},
    read::{Current, ReadError, View, read, read_run_ages},
};
