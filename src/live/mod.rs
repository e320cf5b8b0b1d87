//! The border between the wire and the model, both ways.
//!
//! What the controller says becomes settings in normal form, and settings become what it is sent;
//! its spellings and oddities stop here. Decides nothing, and does not wait for tasks.

mod read;

mod dialect;

mod classic;

mod credentials;

mod lenient;

pub(crate) use self::{
    dialect::{Dialect, Request, Write},
    read::{Current, ReadError, View, read, read_run_ages},
};
