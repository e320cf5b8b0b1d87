//! Decides when a request is retried, and after which backoff.
//!
//! Pure: waits for nothing and sends nothing. The budget handles pauses that the controller asks
//! for.

use std::time::Duration;

use super::{
    error::RequestFailure,
    transport::{NoResponseKind, Processed},
};

/// The most attempts of a request that gets no response.
const MOST_TRIES: u32 = 8;

/// The most attempts of a request that gets unusable responses. A proxy's error page is often
/// temporary; a permanent one must fail soon.
const MOST_BROKEN: u32 = 3;

const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The shortest pause for a busy controller.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// Which requests may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryPolicy {
    /// Requests that change nothing.
    Always,
    /// Requests that change something: only if certainly not processed.
    IfNotProcessed,
}

/// The attempts of one request.
#[derive(Debug)]
pub(crate) struct Attempts {
    retry_policy: RetryPolicy,
    /// All attempts, including busy responses.
    sent: u32,
    counted: u32,
    broken: u32,
}

/// What a failure means for a retry.
enum RetryClass {
    /// Not processed, and not counted as an attempt.
    Busy,
    /// Certainly not processed.
    NotProcessed,
    /// Certainly not processed, but rarely temporary.
    NotProcessedPersistent,
    /// No response, and unknown whether it was processed.
    Down,
    /// An unusable response.
    BadResponse,
    /// A retry would not help.
    Final,
}

impl Attempts {
    pub(crate) fn new(retry_policy: RetryPolicy) -> Self {
        Self { retry_policy, sent: 0, counted: 0, broken: 0 }
    }

    pub(crate) fn sent(&self) -> u32 {
        self.sent
    }

    /// The backoff after a failed attempt; `None` if it was the last one.
    ///
    /// `jitter`, from 0 to 1, spreads clients that failed at the same time.
    pub(crate) fn after(&mut self, failure: &RequestFailure, jitter: f64) -> Option<Duration> {
        self.sent += 1;
        let retry_class = retry_class(failure);
        match retry_class {
            RetryClass::Busy => return Some(Duration::ZERO),
            RetryClass::Final => return None,
            RetryClass::Down | RetryClass::BadResponse
                if self.retry_policy == RetryPolicy::IfNotProcessed =>
            {
                return None;
            }
            RetryClass::Down | RetryClass::NotProcessed => (),
            RetryClass::BadResponse | RetryClass::NotProcessedPersistent => self.broken += 1,
        }
        self.counted += 1;
        if MOST_TRIES <= self.counted || MOST_BROKEN <= self.broken {
            return None;
        }
        let doubled = FIRST_WAIT.saturating_mul(1 << (self.counted - 1));
        Some(doubled.min(LONGEST_WAIT).mul_f64(0.5 + jitter / 2.0))
    }
}

fn retry_class(failure: &RequestFailure) -> RetryClass {
    match failure {
        RequestFailure::NoResponse(it) => match (it.kind, it.processed) {
            (NoResponseKind::Certificate | NoResponseKind::TooLarge, _) => RetryClass::Final,
            (NoResponseKind::CutShort, _) => RetryClass::BadResponse,
            (NoResponseKind::Name | NoResponseKind::Tls, Processed::No) => {
                RetryClass::NotProcessedPersistent
            }
            (_, Processed::No) => RetryClass::NotProcessed,
            (_, Processed::Maybe) => RetryClass::Down,
        },
        RequestFailure::Refused { status, .. } => match status.as_u16() {
            429 => RetryClass::Busy,
            502..=504 => RetryClass::Down,
            // Not implemented: a retry would not help.
            501 => RetryClass::Final,
            500..=599 => RetryClass::BadResponse,
            _ => RetryClass::Final,
        },
        RequestFailure::Malformed { .. } => RetryClass::BadResponse,
        RequestFailure::Redirected { .. }
        | RequestFailure::Incomplete { .. }
        | RequestFailure::DeadlineExceeded { .. }
        | RequestFailure::Cancelled
        | RequestFailure::NoToken(_)
        | RequestFailure::BadId { .. } => RetryClass::Final,
    }
}

/// The pause of a `Retry-After` header, if it can be read.
///
/// A date is compared with the controller's clock, because the local one may be wrong.
pub(crate) fn pause_asked(
    value: &str,
    controller_ms: Option<i64>,
    date_ms: impl Fn(&str) -> Option<i64>,
) -> Option<Duration> {
    let value = value.trim();
    let (whole, part) = value.split_once('.').unwrap_or((value, "0"));
    let is_number = [whole, part].iter().all(|it| is_digits(it));
    let asked = if is_number {
        // A number that does not fit is longer than the limit anyway.
        let secs = whole.parse().unwrap_or(u64::MAX);
        let is_whole = part.bytes().all(|it| it == b'0');
        Duration::from_secs(secs.saturating_add(u64::from(!is_whole)))
    } else {
        let ahead_ms = date_ms(value)?.saturating_sub(controller_ms?);
        Duration::from_millis(u64::try_from(ahead_ms).unwrap_or(0))
    };
    Some(asked.clamp(SHORTEST_PAUSE, LONGEST_PAUSE))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::api::{clock::http_date_ms, transport::NoResponse};

    fn status(code: u16) -> RequestFailure {
        let status = StatusCode::from_u16(code).unwrap();
        RequestFailure::Refused { status, words: String::new() }
    }

    fn silent(kind: NoResponseKind, processed: Processed) -> RequestFailure {
        RequestFailure::NoResponse(NoResponse::new(processed, kind, ""))
    }

    fn malformed() -> RequestFailure {
        let status = StatusCode::OK;
        RequestFailure::Malformed { status, what: String::new(), shown: String::new() }
    }

    /// How often a request is sent that always runs into the same.
    fn tries(retry_policy: RetryPolicy, failure: &RequestFailure) -> u32 {
        let mut attempts = Attempts::new(retry_policy);
        while attempts.after(failure, 0.5).is_some() && attempts.sent() < 99 {}
        attempts.sent()
    }

    #[test]
    fn the_number_of_attempts_depends_on_the_failure() {
        let table = [
            // failure, tries of a read, tries of a write
            (status(400), 1, 1),
            (status(401), 1, 1),
            (status(403), 1, 1),
            (status(404), 1, 1),
            (status(409), 1, 1),
            (status(429), 99, 99),
            (status(500), 3, 1),
            (status(501), 1, 1),
            (status(502), 8, 1),
            (status(503), 8, 1),
            (status(504), 8, 1),
            (status(599), 3, 1),
            (malformed(), 3, 1),
            (silent(NoResponseKind::Connect, Processed::No), 8, 8),
            (silent(NoResponseKind::Lost, Processed::No), 8, 8),
            (silent(NoResponseKind::Lost, Processed::Maybe), 8, 1),
            (silent(NoResponseKind::TimedOut, Processed::Maybe), 8, 1),
            (silent(NoResponseKind::CutShort, Processed::Maybe), 3, 1),
            (silent(NoResponseKind::Name, Processed::No), 3, 3),
            (silent(NoResponseKind::Certificate, Processed::No), 1, 1),
            (RequestFailure::DeadlineExceeded { last: None }, 1, 1),
        ];
        for (failure, read, write) in table {
            assert_eq!(tries(RetryPolicy::Always, &failure), read, "read: {failure:?}");
            assert_eq!(tries(RetryPolicy::IfNotProcessed, &failure), write, "write: {failure:?}");
        }
    }

    #[test]
    fn waits_double_up_to_five_seconds_and_jitter_only_shortens_them() {
        let waits = |jitter| {
            let mut attempts = Attempts::new(RetryPolicy::Always);
            let waits = std::iter::from_fn(|| attempts.after(&status(502), jitter));
            waits.map(|it| it.as_millis()).collect::<Vec<_>>()
        };
        assert_eq!(waits(1.0), [200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
        assert_eq!(waits(0.0), [100, 200, 400, 800, 1_600, 2_500, 2_500]);
    }

    #[test]
    fn unusable_answers_are_counted_apart_from_missing_ones() {
        let mut attempts = Attempts::new(RetryPolicy::Always);
        for _ in 0..4 {
            assert!(attempts.after(&status(502), 0.5).is_some());
        }
        assert!(attempts.after(&malformed(), 0.5).is_some());
        assert!(attempts.after(&malformed(), 0.5).is_some());
        assert!(attempts.after(&malformed(), 0.5).is_none());
    }

    #[test]
    fn any_retry_after_can_be_read() {
        let now = http_date_ms("Sun, 06 Nov 1994 08:49:37 GMT");
        let table = [
            ("7", Some(7)),
            (" 7 ", Some(7)),
            ("1.5", Some(2)),
            ("3.0", Some(3)),
            ("0", Some(1)),
            ("301", Some(300)),
            ("99999999999999999999999999", Some(300)),
            ("-5", None),
            ("", None),
            ("soon", None),
            ("1e3", None),
            (".", None),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:49:07 GMT", Some(1)),
            ("Sun, 06 Nov 2094 08:49:37 GMT", Some(300)),
        ];
        for (value, want) in table {
            let want = want.map(Duration::from_secs);
            assert_eq!(pause_asked(value, now, http_date_ms), want, "{value}");
        }
        assert_eq!(pause_asked("Sun, 06 Nov 1994 08:49:47 GMT", None, http_date_ms), None);
    }
}
