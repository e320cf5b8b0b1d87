//! The border between the wire and the model, both ways.
//!
//! What the controller says becomes settings in normal form, and settings become what it is sent;
//! its spellings and oddities stop here. Decides nothing, and does not wait for tasks.

mod read;

mod classic;

mod credentials;

mod lenient;

pub(crate) use self::{
    classic::{create_body, edit_body, run_body, stop_body},
    credentials::{ById, by_id},
    read::{
        Current, ReadError, View, current, latest_run_start, look, read, read_run_ages, whole_list,
    },
};
