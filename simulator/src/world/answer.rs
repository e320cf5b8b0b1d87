//! What the world says to a request, in no particular wire format.

use serde_json::Value;

use super::state::At;
use crate::quirk::MissingId;

/// What the world says to a request that it was asked in earnest.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// The `response` of a 200.
    Found(Value),
    /// The task of a 202.
    Accepted(String),
    Refused(Refusal),
}

/// A request that is not done, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Answer {
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::refused(400, "BAD_REQUEST", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::refused(404, "NOT_FOUND", message)
    }

    /// What an id that does not exist is answered with is not known.
    pub(crate) fn missing(what: &str, id: &str, at: At<'_>) -> Self {
        let message = format!("{what} with id {id} does not exist");
        match at.rules.quirks.missing_id {
            MissingId::Gone404 => Self::not_found(message),
            MissingId::Bad400 => Self::bad(message),
            MissingId::Error500 => Self::refused(500, "INTERNAL_ERROR", message),
        }
    }

    fn refused(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self::Refused(Refusal { status, code, message: message.into() })
    }
}
