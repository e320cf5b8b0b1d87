//! The only interface to the network: sends a request and returns its response, if any.
//!
//! Knows no tokens, retries or timeouts: the caller stops waiting by itself.

use std::{fmt, pin::Pin};

use bytes::Bytes;
use http::{Request, Response};

/// A future for trait objects.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends one request to the controller and returns the response.
///
/// The URI of the request is absolute. A response of any status is a response.
pub(crate) trait Transport: Send + Sync {
    /// Sends the request once, without retries.
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, NoResponse>>;
}

/// Whether the controller may have processed a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Processed {
    /// Certainly not: it can be sent again.
    No,
    /// Unknown.
    Maybe,
}

/// Why there is no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoResponseKind {
    /// The host's name has no address.
    Name,
    /// No connection: refused, no route, or timed out.
    Connect,
    /// The controller's certificate is not trusted.
    Certificate,
    /// TLS failed for another reason.
    Tls,
    /// No response in time.
    TimedOut,
    /// The connection ended before the response.
    Lost,
    /// The response ended early.
    CutShort,
    /// The response is too large.
    TooLarge,
}

/// A request without a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoResponse {
    pub(crate) processed: Processed,
    pub(crate) kind: NoResponseKind,
    /// The system's message.
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
