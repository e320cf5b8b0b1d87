//! The headers of an answer: `Retry-After`, `Date` and `Location`.

use std::time::Duration;

use http::{HeaderValue, header};
use tokio::time::Instant;

use super::{
    controller::{client, refusal, run, success},
    printed::expect_line,
};

/// The maximum wait after a header, including jitter and slow growth.
const LONGEST: Duration = Duration::from_mins(6);

/// Reads a line for each of these headers. Expects that a busy controller is asked again in time,
/// and that a redirect is not followed.
pub fn read_header(bytes: &[u8]) {
    let mut lines = bytes.split(|it| *it == b'\n').map(HeaderValue::from_bytes);
    let names = [header::RETRY_AFTER, header::DATE, header::LOCATION];
    let headers = names.map(|name| (name, lines.next().and_then(Result::ok)));
    let put = move |mut answer: http::Response<bytes::Bytes>| {
        for (name, value) in headers.clone() {
            if let Some(value) = value {
                answer.headers_mut().insert(name, value);
            }
        }
        answer
    };
    run(async {
        let busy = std::sync::atomic::AtomicUsize::new(0);
        let with_headers = put.clone();
        let client = client(move |path| {
            if path.contains("count") {
                return with_headers(success(br#"{"response": 7}"#));
            }
            match busy.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 => with_headers(refusal(429)),
                1 => with_headers(refusal(302)),
                _ => with_headers(success(br#"{"response": {"installedVersion": "1"}}"#)),
            }
        });
        // The first answer sets the clock, to which the date of a `Retry-After` is compared.
        assert_eq!(client.discovery_count().await.ok(), Some(7));
        let began = Instant::now();
        let outcome = client.release().await;
        assert!(began.elapsed() < LONGEST, "{:?}", began.elapsed());
        if let Err(error) = outcome {
            expect_line(&error.to_string(), bytes);
        }
        assert_eq!(client.release().await.ok().as_deref(), Some("1"));
    });
}
