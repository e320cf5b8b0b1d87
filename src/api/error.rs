//! The failures of a request, as types and as messages.
//!
//! `retry` decides what is retried.

use std::{fmt, time::Duration};

use http::{Method, StatusCode};

use super::transport::{NoResponse, NoResponseKind, Processed};

/// The path of the token endpoint.
pub(crate) const TOKEN_PATH: &str = "/dna/system/api/v1/auth/token";

/// A request that failed after all its attempts.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) failure: Box<RequestFailure>,
    pub(crate) tries: u32,
    pub(crate) took: Duration,
}

/// The class of an error. Code branches on nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorClass {
    /// The controller could not be reached: name, connection, TLS, timeout, 502–504.
    Unreachable,
    /// The controller rejected the login.
    Unauthorized,
    /// The response cannot be used.
    BadResponse,
}

/// The failure of one attempt.
#[derive(Clone, Debug)]
pub(crate) enum RequestFailure {
    NoResponse(NoResponse),
    /// A response with an error status.
    Refused {
        status: StatusCode,
        words: String,
    },
    /// A redirect, which is not followed.
    Redirected {
        status: StatusCode,
        to: String,
    },
    /// A success status with a body that cannot be read.
    Malformed {
        status: StatusCode,
        what: String,
        shown: String,
    },
    /// A list with pages and counts that do not match.
    Incomplete {
        before: u64,
        distinct: u64,
        after: u64,
    },
    /// The deadline has passed.
    DeadlineExceeded {
        last: Option<Box<RequestFailure>>,
    },
    /// The request was cancelled before it was sent.
    Cancelled,
    /// No token could be obtained. The error is that of the token request.
    NoToken(Box<ApiError>),
    /// An id that cannot be part of a path. The request was not sent.
    BadId {
        id: String,
    },
}

impl ApiError {
    pub(crate) fn class(&self) -> ErrorClass {
        self.failure.class()
    }

    /// Whether it was not sent because of the deadline or a cancellation.
    pub(crate) fn was_abandoned(&self) -> bool {
        match &*self.failure {
            RequestFailure::DeadlineExceeded { .. } | RequestFailure::Cancelled => true,
            RequestFailure::NoToken(error) => error.was_abandoned(),
            RequestFailure::NoResponse(_)
            | RequestFailure::Refused { .. }
            | RequestFailure::Redirected { .. }
            | RequestFailure::Malformed { .. }
            | RequestFailure::Incomplete { .. }
            | RequestFailure::BadId { .. } => false,
        }
    }

    /// Whether it never got a slot before the deadline, because the controller was busy.
    pub(crate) fn never_had_a_slot(&self) -> bool {
        match &*self.failure {
            RequestFailure::DeadlineExceeded { last } => {
                last.as_ref().is_none_or(|it| it.was_busy())
            }
            RequestFailure::NoToken(error) => error.never_had_a_slot(),
            RequestFailure::NoResponse(_)
            | RequestFailure::Refused { .. }
            | RequestFailure::Redirected { .. }
            | RequestFailure::Malformed { .. }
            | RequestFailure::Incomplete { .. }
            | RequestFailure::Cancelled
            | RequestFailure::BadId { .. } => false,
        }
    }

    /// Whether the last failure was a busy or unavailable controller.
    pub(crate) fn was_busy(&self) -> bool {
        self.failure.was_busy()
    }

    /// The status of the last response, if any.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        self.failure.status()
    }
}

impl RequestFailure {
    pub(crate) fn class(&self) -> ErrorClass {
        match self {
            Self::NoResponse(it) => match it.kind {
                NoResponseKind::CutShort | NoResponseKind::TooLarge => ErrorClass::BadResponse,
                NoResponseKind::Name
                | NoResponseKind::Connect
                | NoResponseKind::Certificate
                | NoResponseKind::Tls
                | NoResponseKind::TimedOut
                | NoResponseKind::Lost => ErrorClass::Unreachable,
            },
            Self::Refused { status, .. } => match status.as_u16() {
                401 | 403 => ErrorClass::Unauthorized,
                429 | 502..=504 => ErrorClass::Unreachable,
                _ => ErrorClass::BadResponse,
            },
            Self::DeadlineExceeded { last } => {
                last.as_ref().map_or(ErrorClass::Unreachable, |it| it.class())
            }
            Self::Cancelled => ErrorClass::Unreachable,
            Self::NoToken(error) => error.class(),
            Self::Redirected { .. }
            | Self::Malformed { .. }
            | Self::Incomplete { .. }
            | Self::BadId { .. } => ErrorClass::BadResponse,
        }
    }

    fn was_busy(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status.as_u16(), 429 | 502..=504),
            Self::DeadlineExceeded { last } => last.as_ref().is_some_and(|it| it.was_busy()),
            Self::NoToken(error) => error.was_busy(),
            Self::NoResponse(_)
            | Self::Redirected { .. }
            | Self::Malformed { .. }
            | Self::Incomplete { .. }
            | Self::Cancelled
            | Self::BadId { .. } => false,
        }
    }

    /// Whether the controller may have processed the request.
    pub(crate) fn processed(&self) -> Processed {
        match self {
            Self::NoResponse(it) => it.processed,
            Self::Refused { status, .. } if status.is_client_error() => Processed::No,
            // A deadline stops a write before it is sent, never in flight.
            Self::DeadlineExceeded { .. }
            | Self::Cancelled
            | Self::NoToken(_)
            | Self::BadId { .. } => Processed::No,
            Self::Refused { .. }
            | Self::Redirected { .. }
            | Self::Malformed { .. }
            | Self::Incomplete { .. } => Processed::Maybe,
        }
    }

    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. }
            | Self::Redirected { status, .. }
            | Self::Malformed { status, .. } => Some(*status),
            Self::NoResponse(_)
            | Self::Incomplete { .. }
            | Self::DeadlineExceeded { .. }
            | Self::Cancelled
            | Self::NoToken(_)
            | Self::BadId { .. } => None,
        }
    }
}

impl std::error::Error for ApiError {}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, path, failure, tries, took } = self;
        write!(f, "{method} {path}: {failure}")?;
        match failure.status() {
            Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) if path == TOKEN_PATH => {
                f.write_str("; check the user name and the password")?;
            }
            Some(StatusCode::UNAUTHORIZED) => f.write_str("; the token was new")?,
            Some(StatusCode::FORBIDDEN) => {
                f.write_str(
                    "; the user needs permission to read and write discoveries, and to read",
                )?;
                f.write_str(" global credentials and tasks")?;
            }
            _ => (),
        }
        match (*tries, took.as_secs()) {
            (0, _) => Ok(()),
            (1, 0) => f.write_str(" (1 attempt)"),
            (1, secs) => write!(f, " (1 attempt in {secs} s)"),
            (tries, 0) => write!(f, " ({tries} attempts)"),
            (tries, secs) => write!(f, " ({tries} attempts in {secs} s)"),
        }
    }
}

impl fmt::Display for RequestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResponse(it) => it.fmt(f),
            Self::Refused { status, words } if words.is_empty() => write!(f, "answered {status}"),
            Self::Refused { status, words } => write!(f, "answered {status}: {words}"),
            Self::Redirected { status, to } => {
                write!(
                    f,
                    "answered {status}, which redirects to `{to}`; redirects are not followed"
                )
            }
            Self::Malformed { status, what, shown } if shown.is_empty() => {
                write!(f, "answered {status}, but {what}")
            }
            Self::Malformed { status, what, shown } => {
                write!(f, "answered {status}, but {what}: `{shown}`")
            }
            Self::Incomplete { before, distinct, after } => write!(
                f,
                "the list is not complete: {before} counted before the read, {distinct} distinct ones \
                 read, {after} counted after it"
            ),
            Self::DeadlineExceeded { last: None } => f.write_str("the time ran out"),
            Self::Cancelled => f.write_str("the request was cancelled before it was sent"),
            Self::DeadlineExceeded { last: Some(last) } => {
                write!(f, "the time ran out; the last failure was: {last}")
            }
            Self::NoToken(error) => error.fmt(f),
            Self::BadId { id } => write!(f, "`{id}` is not a valid id"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(path: &str, failure: RequestFailure) -> ApiError {
        let took = Duration::from_millis(2_100);
        let failure = Box::new(failure);
        ApiError { method: Method::GET, path: path.into(), failure, tries: 3, took }
    }

    fn refused(status: u16) -> RequestFailure {
        let status = StatusCode::from_u16(status).unwrap();
        RequestFailure::Refused { status, words: "no such luck".into() }
    }

    #[test]
    fn a_message_has_the_request_the_failure_and_the_attempts() {
        assert_eq!(
            error("/a", refused(500)).to_string(),
            "GET /a: answered 500 Internal Server Error: no such luck (3 attempts in 2 s)"
        );
        let last = Some(Box::new(refused(429)));
        assert_eq!(
            error("/a", RequestFailure::DeadlineExceeded { last }).to_string(),
            "GET /a: the time ran out; the last failure was: answered 429 Too Many Requests: \
             no such luck (3 attempts in 2 s)"
        );
    }

    #[test]
    fn the_message_of_an_untrusted_certificate_names_the_options() {
        let kind = NoResponseKind::Certificate;
        let failure =
            RequestFailure::NoResponse(NoResponse::new(Processed::No, kind, "UnknownIssuer"));
        let message = error("/a", failure).to_string();
        assert!(message.contains("certificate"), "{message}");
        assert!(message.contains("--ca-cert") && message.contains("--insecure"), "{message}");
    }

    #[test]
    fn classes_follow_the_exit_codes() {
        let silent = |kind| RequestFailure::NoResponse(NoResponse::new(Processed::Maybe, kind, ""));
        let table = [
            (refused(400), ErrorClass::BadResponse),
            (refused(401), ErrorClass::Unauthorized),
            (refused(403), ErrorClass::Unauthorized),
            (refused(404), ErrorClass::BadResponse),
            (refused(500), ErrorClass::BadResponse),
            (refused(502), ErrorClass::Unreachable),
            (refused(503), ErrorClass::Unreachable),
            (refused(504), ErrorClass::Unreachable),
            (silent(NoResponseKind::Name), ErrorClass::Unreachable),
            (silent(NoResponseKind::Certificate), ErrorClass::Unreachable),
            (silent(NoResponseKind::TimedOut), ErrorClass::Unreachable),
            (silent(NoResponseKind::CutShort), ErrorClass::BadResponse),
            (RequestFailure::DeadlineExceeded { last: None }, ErrorClass::Unreachable),
            (
                RequestFailure::DeadlineExceeded { last: Some(Box::new(refused(500))) },
                ErrorClass::BadResponse,
            ),
        ];
        for (failure, want) in table {
            assert_eq!(failure.class(), want, "{failure}");
        }
    }
}
