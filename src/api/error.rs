//! What goes wrong with a request, for code to branch on and for people to read.
//!
//! Decides nothing about repeating: `retry` does.

use std::{fmt, time::Duration};

use http::{Method, StatusCode};

use super::transport::{NotAnswered, NotAnsweredKind, TakenOn};

/// The path that changes a login for a token.
pub(crate) const TOKEN_PATH: &str = "/dna/system/api/v1/auth/token";

/// A request that came to nothing, after all its tries.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) trouble: Box<Trouble>,
    pub(crate) tries: u32,
    pub(crate) took: Duration,
}

/// What the caller can do about it. The only thing that code may branch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// The controller could not be reached: name, connection, TLS, time-out, 502–504.
    Unreachable,
    /// The controller did not let us in.
    NotLetIn,
    /// The controller answered, and the answer cannot be used.
    Unusable,
}

/// What one try of a request ran into.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    NotAnswered(NotAnswered),
    /// An answer of a status that is no success.
    Refused {
        status: StatusCode,
        words: String,
    },
    /// An answer that sends us elsewhere, where we do not go.
    Redirected {
        status: StatusCode,
        to: String,
    },
    /// An answer of success that cannot be understood.
    Misshapen {
        status: StatusCode,
        what: String,
        shown: String,
    },
    /// A list whose pages and counts do not agree.
    Incomplete {
        before: u64,
        distinct: u64,
        after: u64,
    },
    /// The command's time is up.
    OutOfTime {
        last: Option<Box<Trouble>>,
    },
    /// Its sender called it off before it left.
    CalledOff,
    /// There is no token to send the request with. The error is that of the token's own request.
    NoToken(Box<ApiError>),
    /// An id that cannot be part of a path. Nothing was sent.
    BadId {
        id: String,
    },
}

impl ApiError {
    pub(crate) fn class(&self) -> Class {
        self.trouble.class()
    }

    /// Whether it did not leave since its time was up or its sender called it off.
    pub(crate) fn was_given_up(&self) -> bool {
        match &*self.trouble {
            Trouble::OutOfTime { .. } | Trouble::CalledOff => true,
            Trouble::NoToken(error) => error.was_given_up(),
            Trouble::NotAnswered(_)
            | Trouble::Refused { .. }
            | Trouble::Redirected { .. }
            | Trouble::Misshapen { .. }
            | Trouble::Incomplete { .. }
            | Trouble::BadId { .. } => false,
        }
    }

    /// Whether it only had no turn in its time: the controller let nothing more in.
    pub(crate) fn had_no_turn(&self) -> bool {
        match &*self.trouble {
            Trouble::OutOfTime { last } => last.as_ref().is_none_or(|it| it.was_busy()),
            Trouble::NoToken(error) => error.had_no_turn(),
            Trouble::NotAnswered(_)
            | Trouble::Refused { .. }
            | Trouble::Redirected { .. }
            | Trouble::Misshapen { .. }
            | Trouble::Incomplete { .. }
            | Trouble::CalledOff
            | Trouble::BadId { .. } => false,
        }
    }

    /// Whether the controller was too busy, or out of order, to the last.
    pub(crate) fn was_busy(&self) -> bool {
        self.trouble.was_busy()
    }

    /// The status of the last answer, where there was one.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        self.trouble.status()
    }
}

impl Trouble {
    pub(crate) fn class(&self) -> Class {
        match self {
            Self::NotAnswered(it) => match it.kind {
                NotAnsweredKind::CutShort | NotAnsweredKind::TooLarge => Class::Unusable,
                NotAnsweredKind::Name
                | NotAnsweredKind::Connect
                | NotAnsweredKind::Certificate
                | NotAnsweredKind::Tls
                | NotAnsweredKind::TimedOut
                | NotAnsweredKind::Lost => Class::Unreachable,
            },
            Self::Refused { status, .. } => match status.as_u16() {
                401 | 403 => Class::NotLetIn,
                429 | 502..=504 => Class::Unreachable,
                _ => Class::Unusable,
            },
            Self::OutOfTime { last } => last.as_ref().map_or(Class::Unreachable, |it| it.class()),
            Self::CalledOff => Class::Unreachable,
            Self::NoToken(error) => error.class(),
            Self::Redirected { .. }
            | Self::Misshapen { .. }
            | Self::Incomplete { .. }
            | Self::BadId { .. } => Class::Unusable,
        }
    }

    fn was_busy(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status.as_u16(), 429 | 502..=504),
            Self::OutOfTime { last } => last.as_ref().is_some_and(|it| it.was_busy()),
            Self::NoToken(error) => error.was_busy(),
            Self::NotAnswered(_)
            | Self::Redirected { .. }
            | Self::Misshapen { .. }
            | Self::Incomplete { .. }
            | Self::CalledOff
            | Self::BadId { .. } => false,
        }
    }

    /// Whether the controller can have taken on the request that ran into this.
    pub(crate) fn taken_on(&self) -> TakenOn {
        match self {
            Self::NotAnswered(it) => it.taken_on,
            Self::Refused { status, .. } if status.is_client_error() => TakenOn::No,
            // Time runs out before a write leaves, never while it is under way.
            Self::OutOfTime { .. } | Self::CalledOff | Self::NoToken(_) | Self::BadId { .. } => {
                TakenOn::No
            }
            Self::Refused { .. }
            | Self::Redirected { .. }
            | Self::Misshapen { .. }
            | Self::Incomplete { .. } => TakenOn::Perhaps,
        }
    }

    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. }
            | Self::Redirected { status, .. }
            | Self::Misshapen { status, .. } => Some(*status),
            Self::NotAnswered(_)
            | Self::Incomplete { .. }
            | Self::OutOfTime { .. }
            | Self::CalledOff
            | Self::NoToken(_)
            | Self::BadId { .. } => None,
        }
    }
}

impl std::error::Error for ApiError {}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, path, trouble, tries, took } = self;
        write!(f, "{method} {path}: {trouble}")?;
        match trouble.status() {
            Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) if path == TOKEN_PATH => {
                f.write_str("; check the user name and the password")?;
            }
            Some(StatusCode::UNAUTHORIZED) => f.write_str("; the token was a new one")?,
            Some(StatusCode::FORBIDDEN) => {
                f.write_str(
                    "; the user needs the right to read and write discoveries, and to read",
                )?;
                f.write_str(" global credentials and tasks")?;
            }
            _ => (),
        }
        match (*tries, took.as_secs()) {
            (0, _) => Ok(()),
            (1, 0) => f.write_str(" (1 try)"),
            (1, secs) => write!(f, " (1 try in {secs} s)"),
            (tries, 0) => write!(f, " ({tries} tries)"),
            (tries, secs) => write!(f, " ({tries} tries in {secs} s)"),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnswered(it) => it.fmt(f),
            Self::Refused { status, words } if words.is_empty() => write!(f, "answered {status}"),
            Self::Refused { status, words } => write!(f, "answered {status}: {words}"),
            Self::Redirected { status, to } => {
                write!(f, "answered {status}, which points to `{to}`; no redirect is followed")
            }
            Self::Misshapen { status, what, shown } if shown.is_empty() => {
                write!(f, "answered {status}, but {what}")
            }
            Self::Misshapen { status, what, shown } => {
                write!(f, "answered {status}, but {what}: `{shown}`")
            }
            Self::Incomplete { before, distinct, after } => write!(
                f,
                "the list is not complete: {before} counted before it was read, {distinct} \
                 different ones read, {after} counted after it"
            ),
            Self::OutOfTime { last: None } => f.write_str("the time ran out"),
            Self::CalledOff => f.write_str("it was called off before it left"),
            Self::OutOfTime { last: Some(last) } => {
                write!(f, "the time ran out; the last trouble was: {last}")
            }
            Self::NoToken(error) => error.fmt(f),
            Self::BadId { id } => write!(f, "`{id}` cannot be the id of anything here"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(path: &str, trouble: Trouble) -> ApiError {
        let took = Duration::from_millis(2_100);
        let trouble = Box::new(trouble);
        ApiError { method: Method::GET, path: path.into(), trouble, tries: 3, took }
    }

    fn refused(status: u16) -> Trouble {
        let status = StatusCode::from_u16(status).unwrap();
        Trouble::Refused { status, words: "no such luck".into() }
    }

    #[test]
    fn a_message_says_what_was_asked_what_came_and_how_often_it_was_tried() {
        assert_eq!(
            error("/a", refused(500)).to_string(),
            "GET /a: answered 500 Internal Server Error: no such luck (3 tries in 2 s)"
        );
        let last = Some(Box::new(refused(429)));
        assert_eq!(
            error("/a", Trouble::OutOfTime { last }).to_string(),
            "GET /a: the time ran out; the last trouble was: answered 429 Too Many Requests: \
             no such luck (3 tries in 2 s)"
        );
    }

    #[test]
    fn the_message_of_a_bad_certificate_names_the_ways_out() {
        let kind = NotAnsweredKind::Certificate;
        let trouble = Trouble::NotAnswered(NotAnswered::new(TakenOn::No, kind, "UnknownIssuer"));
        let message = error("/a", trouble).to_string();
        assert!(message.contains("certificate"), "{message}");
        assert!(message.contains("--ca-cert") && message.contains("--insecure"), "{message}");
    }

    #[test]
    fn classes_follow_the_exit_codes() {
        let silent = |kind| Trouble::NotAnswered(NotAnswered::new(TakenOn::Perhaps, kind, ""));
        let table = [
            (refused(400), Class::Unusable),
            (refused(401), Class::NotLetIn),
            (refused(403), Class::NotLetIn),
            (refused(404), Class::Unusable),
            (refused(500), Class::Unusable),
            (refused(502), Class::Unreachable),
            (refused(503), Class::Unreachable),
            (refused(504), Class::Unreachable),
            (silent(NotAnsweredKind::Name), Class::Unreachable),
            (silent(NotAnsweredKind::Certificate), Class::Unreachable),
            (silent(NotAnsweredKind::TimedOut), Class::Unreachable),
            (silent(NotAnsweredKind::CutShort), Class::Unusable),
            (Trouble::OutOfTime { last: None }, Class::Unreachable),
            (Trouble::OutOfTime { last: Some(Box::new(refused(500))) }, Class::Unusable),
        ];
        for (trouble, want) in table {
            assert_eq!(trouble.class(), want, "{trouble}");
        }
    }
}
