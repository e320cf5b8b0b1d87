//! The one seam to the wire: a request goes out, an answer comes back or it does not.
//!
//! Knows nothing of tokens, retries or time limits: whoever calls gives up waiting by itself.

use std::{fmt, pin::Pin};

use bytes::Bytes;
use http::{Request, Response};

/// A future that a trait object can return.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Carries one request to the controller and one answer back.
///
/// The URI of the request is a full one. An answer of any status is an answer.
pub(crate) trait Transport: Send + Sync {
    /// Sends the request once, and never again by itself.
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, NotAnswered>>;
}

/// Whether the controller can have taken a request on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TakenOn {
    /// Certainly not: it can be sent again without harm.
    No,
    /// Nobody knows.
    Perhaps,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAnsweredKind {
    /// The host's name has no address.
    Name,
    /// No connection came about: refused, no route, or too slow to open.
    Connect,
    /// The controller's certificate is not trusted.
    Certificate,
    /// The secure connection failed for another reason.
    Tls,
    /// The answer did not come in time.
    TimedOut,
    /// The connection ended before an answer began.
    Lost,
    /// The answer began, and ended early.
    CutShort,
    /// The answer is longer than any that is waited for.
    TooLarge,
}

/// A request that no answer came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotAnswered {
    pub(crate) taken_on: TakenOn,
    pub(crate) kind: NotAnsweredKind,
    /// What the system said, for people.
    pub(crate) reason: String,
}

impl NotAnswered {
    pub(crate) fn new(taken_on: TakenOn, kind: NotAnsweredKind, reason: impl Into<String>) -> Self {
        Self { taken_on, kind, reason: reason.into() }
    }
}

impl fmt::Display for NotAnswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { taken_on: _, kind, reason } = self;
        match kind {
            NotAnsweredKind::Name => write!(f, "the controller's name was not found: {reason}"),
            NotAnsweredKind::Connect => write!(f, "no connection: {reason}"),
            NotAnsweredKind::Certificate => write!(
                f,
                "the controller's certificate is not trusted: {reason}. What `--ca-cert FILE` \
                 names is trusted, be it an authority or the certificate itself; `--insecure`, \
                 the last way out, checks nothing"
            ),
            NotAnsweredKind::Tls => write!(f, "no secure connection: {reason}"),
            NotAnsweredKind::TimedOut => write!(f, "no answer in time: {reason}"),
            NotAnsweredKind::Lost => {
                write!(f, "the connection ended before an answer: {reason}")
            }
            NotAnsweredKind::CutShort => write!(f, "the answer ended early: {reason}"),
            NotAnsweredKind::TooLarge => write!(f, "the answer is too large: {reason}"),
        }
    }
}
