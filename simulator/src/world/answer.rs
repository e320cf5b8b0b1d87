//! The answer of the world to a request, before it is HTTP.

use serde_json::Value;

use super::{operation::Operation, state::At};
use crate::quirk::MissingId;

/// The answer to a request that is not refused.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// The `response` of a 200.
    Found(Value),
    /// A write to accept. Its task is the answer, with a 202.
    Write(Operation),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "BAD_REQUEST", message)
    }

    /// The answer to an id that does not exist, which is not known of the real controller.
    pub(crate) fn missing(what: &str, id: &str, at: At<'_>) -> Self {
        let message = format!("{what} with id {id} does not exist");
        match at.rules.quirks.missing_id {
            MissingId::Gone404 => Self::new(404, "NOT_FOUND", message),
            MissingId::Bad400 => Self::bad(message),
            MissingId::Error500 => Self::new(500, "INTERNAL_ERROR", message),
        }
    }
}

impl From<Value> for Answer {
    fn from(response: Value) -> Self {
        Self::Found(response)
    }
}

impl From<Operation> for Answer {
    fn from(operation: Operation) -> Self {
        Self::Write(operation)
    }
}
