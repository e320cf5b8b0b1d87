//! The three writes: create, update and delete of one discovery.
//!
//! An accepted write is not complete: the caller watches its task. A write with an unknown outcome
//! is never sent again from here.

use std::{fmt, sync::atomic::Ordering};

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use serde_json::Value;

use super::{
    client::{Call, Client},
    discoveries::DISCOVERY_PATH,
    error::{ApiError, RequestFailure},
    response::{Malformed, payload, text},
    tasks::TaskId,
    transport::Processed,
};

/// A write that the controller has accepted but not finished.
#[derive(Debug)]
#[must_use = "the write is not done until its task is: watch it"]
pub(crate) struct Accepted {
    pub(crate) task: TaskId,
}

/// A write that was not accepted, by its possible outcome.
#[derive(Clone, Debug)]
pub(crate) enum WriteError {
    /// It was not processed: nothing was written.
    NotSent(ApiError),
    /// The controller rejected it: nothing was written.
    Refused(ApiError),
    /// Rejected, because the discovery does not exist.
    NotFound(ApiError),
    /// It may have been processed. Only reading the controller can decide it.
    InDoubt(ApiError),
}

impl WriteError {
    pub(crate) fn error(&self) -> &ApiError {
        match self {
            Self::NotSent(it) | Self::Refused(it) | Self::NotFound(it) | Self::InDoubt(it) => it,
        }
    }
}

impl std::error::Error for WriteError {}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error().fmt(f)
    }
}

impl From<ApiError> for WriteError {
    fn from(error: ApiError) -> Self {
        match (error.failure.processed(), &*error.failure) {
            (Processed::Maybe, _) => Self::InDoubt(error),
            (Processed::No, RequestFailure::Refused { status, .. }) => match *status {
                StatusCode::NOT_FOUND => Self::NotFound(error),
                StatusCode::UNAUTHORIZED => Self::NotSent(error),
                _ => Self::Refused(error),
            },
            (Processed::No, _) => Self::NotSent(error),
        }
    }
}

impl Client {
    /// Creates a discovery, which also starts a run.
    pub(crate) async fn create(&self, body: &Value) -> Result<Accepted, WriteError> {
        self.write(Call::write(Method::POST, DISCOVERY_PATH, Some(body))).await
    }

    /// Edits, runs or stops the discovery with the id in the body.
    pub(crate) async fn update(&self, body: &Value) -> Result<Accepted, WriteError> {
        self.write(Call::write(Method::PUT, DISCOVERY_PATH, Some(body))).await
    }

    /// Deletes one discovery.
    pub(crate) async fn delete(&self, id: &str) -> Result<Accepted, WriteError> {
        let call = Call::write(Method::DELETE, format!("{DISCOVERY_PATH}/{id}"), None);
        self.write(call.with_valid(id)?).await
    }

    /// Records the time of a write by the controller's clock, also of earlier processes: tasks are
    /// read back to the earliest one.
    pub(crate) fn note_write(&self, at_ms: i64) {
        self.shared.first_write_ms.fetch_min(at_ms, Ordering::Relaxed);
    }

    async fn write(&self, call: Call) -> Result<Accepted, WriteError> {
        if let Some(now_ms) = self.server_time_ms() {
            self.note_write(now_ms);
        }
        Ok(self.send(&call, accepted).await?)
    }
}

fn accepted(answer: &Response<Bytes>) -> Result<Accepted, RequestFailure> {
    payload(answer, |value| match text(value.get("taskId")) {
        Some(task) => Ok(Accepted { task: TaskId::new(task) }),
        None => Err(Malformed::new("it has no task id")),
    })
}
