//! The controller's HTTP interface.
//!
//! Knows URLs, the login and its token, rate limits, pages and tasks. Knows no settings, plans or
//! files: discoveries are the controller's JSON. The endpoints that delete every discovery, or a
//! range of them, are left out on purpose, and a write is sent again only if it was certainly not
//! processed.
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
