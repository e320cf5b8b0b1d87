//! The controller's HTTP interface, in its own words.
//!
//! Knows URLs, the login and its token, the pace that the controller asks for, pages and tasks.
//! Knows nothing of settings, plans or files: discoveries go in and out as the JSON that the
//! controller speaks. The endpoints that delete every discovery, or a range of them, are left
//! out on purpose, and a write is never sent twice unless it was certainly not taken on.
#![warn(clippy::wildcard_enum_match_arm)]

mod transport;

mod address;

mod login;

mod error;

mod retry;

mod rate_estimate;

mod budget;

mod clock;

mod response;

mod client;

mod discoveries;

mod listing;

mod writes;

mod tasks;

mod task_list;

mod tls;

mod wire;

#[cfg(test)]
mod tests;

pub(crate) use self::{
    address::ControllerUrl,
    client::{Client, ClientLimits},
    error::{ApiError, ErrorClass},
    listing::{Completeness, Listing},
    login::{Login, Secret},
    task_list::TaskSearch,
    tasks::{Task, TaskId, TaskState},
    transport::{BoxFuture, NoResponse, NoResponseKind, Processed, Transport},
    wire::{Proxy, Wire, WireOptions},
    writes::{Accepted, WriteError},
};
