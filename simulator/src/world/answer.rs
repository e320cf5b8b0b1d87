//! The answer of the world to a request, before it is HTTP.

use serde_json::Value;

use super::{query::BadQuery, state::At};
use crate::quirk::MissingId;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// The `response` of a 200.
    Found(Value),
    /// The task of a 202.
    Accepted(String),
    Refused(Refusal),
}

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

    /// The answer to an id that does not exist, which is not known of the real controller.
    pub(crate) fn missing(what: &str, id: &str, at: At<'_>) -> Self {
        let message = format!("{what} with id {id} does not exist");
        match at.rules.quirks.missing_id {
            MissingId::Gone404 => Self::not_found(message),
            MissingId::Bad400 => Self::bad(message),
            MissingId::Error500 => Self::refused(500, "INTERNAL_ERROR", message),
        }
    }

    /// The answer of an API that this release does not have.
    pub(crate) fn not_served(status: u16) -> Self {
        Self::refused(status, "NOT_SERVED", "this interface is not served by this release")
    }

    fn refused(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self::Refused(Refusal { status, code, message: message.into() })
    }
}

impl From<Result<Self, BadQuery>> for Answer {
    fn from(answer: Result<Self, BadQuery>) -> Self {
        answer.unwrap_or_else(|BadQuery(message)| Self::bad(message))
    }
}
