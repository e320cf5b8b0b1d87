//! The world behind HTTP: paths, tokens, faults, delays. Sockets are not known here.

mod simulator;

mod service;

mod router;

mod own_paths;

mod gateway;

mod active_faults;

mod answer;

mod disconnect;

mod rate_limit;

mod token;

#[cfg(test)]
mod tests;

pub use self::{
    disconnect::Disconnect,
    service::{Service, Unanswered},
    simulator::Simulator,
};
