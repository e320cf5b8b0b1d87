//! A controller that can be talked to.

use tokio::time::Instant;

use super::error::{Error, ErrorKind};
use crate::{
    api::{Client, ErrorClass},
    live::ReadError,
};

/// A controller that can be talked to.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) client: Client,
    /// The name of the controller in messages and plans.
    pub(crate) url: String,
    /// Whether the controller outlives the process, so that journals about it are of use.
    pub(crate) has_journals: bool,
}

impl Connection {
    /// Returns the same connection with a time limit.
    pub(crate) fn until(&self, deadline: Instant) -> Self {
        Self { client: self.client.until(deadline), ..self.clone() }
    }

    /// Returns the error for a failed read.
    pub(crate) fn read_error(&self, error: &ReadError) -> Error {
        let (kind, is_busy) = match error {
            ReadError::Api(error) => match error.class() {
                ErrorClass::Unreachable | ErrorClass::Unauthorized => {
                    (ErrorKind::Unreachable, error.was_busy())
                }
                ErrorClass::BadResponse => (ErrorKind::Failed, error.was_busy()),
            },
            ReadError::Unreadable { .. } => (ErrorKind::Failed, false),
        };
        let message = format!("the controller `{}` cannot be read: {error}", self.url);
        let error = Error::new(kind, message);
        if is_busy {
            return error.help(
                "it is busy or just starting: try again later, or give `apply` longer with \
                 `--timeout`",
            );
        }
        error
    }
}
