//! The controller's clock, from the `Date` headers of its responses.
//!
//! Never reads the local clock: task times are the controller's, and comparable only with its own
//! clock.

use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, header};
use jiff::fmt::rfc2822::DateTimeParser;
use tokio::time::Instant;

/// The last `Date`, and when it arrived.
#[derive(Debug, Default)]
pub(crate) struct ControllerClock {
    last: Mutex<Option<(i64, Instant)>>,
}

impl ControllerClock {
    /// Reads the time from a response, if it has one.
    pub(crate) fn set(&self, headers: &HeaderMap) {
        let date = headers.get(header::DATE).and_then(|it| it.to_str().ok());
        if let Some(ms) = date.and_then(http_date_ms) {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some((ms, Instant::now()));
        }
    }

    /// Milliseconds since 1970 by the controller's clock, up to a second behind it.
    pub(crate) fn now_ms(&self) -> Option<i64> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (ms, came) = last?;
        let since = i64::try_from(came.elapsed().as_millis()).unwrap_or(i64::MAX);
        Some(ms.saturating_add(since))
    }
}

/// Parses an HTTP date to milliseconds since 1970.
pub(crate) fn http_date_ms(text: &str) -> Option<i64> {
    // The day of the week is redundant, so it may be wrong.
    let parser = DateTimeParser::new().relaxed_weekday(true);
    let timestamp = parser.parse_timestamp(text.trim()).ok()?;
    Some(timestamp.as_millisecond())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_date_is_read_as_http_writes_it() {
        assert_eq!(http_date_ms("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
        assert_eq!(http_date_ms("yesterday"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_clock_goes_on_between_answers() {
        let clock = ControllerClock::default();
        assert_eq!(clock.now_ms(), None);
        let mut headers = HeaderMap::new();
        headers.insert("date", HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
        clock.set(&headers);
        tokio::time::advance(Duration::from_millis(1_500)).await;
        assert_eq!(clock.now_ms(), Some(784_111_778_500));
        headers.insert("date", HeaderValue::from_static("nonsense"));
        clock.set(&headers);
        assert_eq!(clock.now_ms(), Some(784_111_778_500));
    }
}
