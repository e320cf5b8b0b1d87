//! A controller that can be talked to.

use tokio::time::Instant;

use super::{
    error::{Error, ErrorKind},
    files::Files,
    observer::Observer,
};
use crate::{
    api::{Client, ControllerUrl, ErrorClass},
    live::ReadError,
};

/// The controller that a command expects, whatever its flags say.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ExpectedController<'a> {
    Any,
    /// The one that the files name, if any.
    ByFiles(&'a Files),
    /// The one that a saved plan was made against.
    ByPlan(&'a str),
}

impl ExpectedController<'_> {
    /// Returns the controller that is expected, if any.
    pub(crate) fn controller(self) -> Option<ControllerUrl> {
        match self {
            Self::Any => None,
            Self::ByFiles(files) => files.controller.as_ref().map(|it| it.value.clone()),
            Self::ByPlan(url) => url.parse().ok(),
        }
    }
}

/// Makes the connection, once it is known which controller is expected. Sends nothing yet.
pub(crate) trait Connector {
    fn connect(
        &mut self,
        expected: ExpectedController<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Connection, Error>;

    /// Checks, before anything is sent, that what an apply does can be kept.
    fn check_before_writes(&self) -> Result<(), Error>;
}

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
