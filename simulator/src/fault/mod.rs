//! Faults: what goes wrong, and with which request. Nothing here makes anything go wrong.

mod armed;

mod parse;

mod model;

pub(crate) use self::{
    armed::Armed,
    model::{AnswerFault, Effect, Occurrence, Rejection, RequestKind, UserAction, WriteOutcome},
    parse::KINDS,
};
pub use self::{model::Fault, parse::FaultError};
