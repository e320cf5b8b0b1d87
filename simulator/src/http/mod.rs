//! The world behind HTTP: paths, tokens, faults, delays. Sockets are not known here.

mod simulator;

mod service;

mod cord;

mod handle;

mod route;

mod dispatch;

mod answer;

mod struck;

mod token;

mod throttle;

#[cfg(test)]
mod tests;

pub use self::{
    cord::Cord,
    service::{Service, Unanswered},
    simulator::Simulator,
};
