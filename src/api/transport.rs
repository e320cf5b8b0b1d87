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
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, NoResponse>>;
}

/// Whether the controller can have taken a request on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Processed {
    /// Certainly not: it can be sent again without harm.
    No,
    /// Nobody knows.
    Maybe,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoResponseKind {
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
pub(crate) struct NoResponse {
    pub(crate) processed: Processed,
    pub(crate) kind: NoResponseKind,
    /// What the system said, for people.
    pub(crate) reason: String,
}

impl NoResponse {
    pub(crate) fn new(
        processed: Processed,
        kind: NoResponseKind,
        reason: impl Into<String>,
    ) -> Self {
        Self { processed, kind, reason: reason.into() }
    }
}

impl fmt::Display for NoResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processed: _, kind, reason } = self;
        match kind {
            NoResponseKind::Name => write!(f, "the controller's name was not found: {reason}"),
            NoResponseKind::Connect => write!(f, "no connection: {reason}"),
            NoResponseKind::Certificate => write!(
                f,
                "the controller's certificate is not trusted: {reason}. `--ca-cert FILE` trusts an \
                 authority or the certificate itself; `--insecure`, the last resort, checks nothing"
            ),
            NoResponseKind::Tls => write!(f, "no secure connection: {reason}"),
            NoResponseKind::TimedOut => write!(f, "no answer in time: {reason}"),
            NoResponseKind::Lost => {
                write!(f, "the connection ended before an answer: {reason}")
            }
            NoResponseKind::CutShort => write!(f, "the answer ended early: {reason}"),
            NoResponseKind::TooLarge => write!(f, "the answer is too large: {reason}"),
        }
    }
}
