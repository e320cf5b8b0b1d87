//! Answers as HTTP.

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, RETRY_AFTER},
};
use serde_json::{Value, json};

use crate::{
    Quirks,
    quirk::{self, TaskUrl},
};

const JSON: &str = "application/json;charset=UTF-8";

/// The error page of a gateway in front of the controller.
const PAGE: &str = "<html><head><title>Bad Gateway</title></head>\
    <body><center><h1>Bad Gateway</h1></center></body></html>\n";

pub(super) fn accepted(task: &str, quirks: &Quirks) -> Response<Bytes> {
    let prefix = match quirks.task_url {
        TaskUrl::Guide => "dna/intent/api/v1/task",
        TaskUrl::Rooted => "/dna/intent/api/v1/task",
        TaskUrl::Api => "/api/v1/task",
    };
    let response = json!({"taskId": task, "url": format!("{prefix}/{task}")});
    json(202, &json!({"response": response, "version": "1.0"}))
}

pub(super) fn found(response: &Value) -> Response<Bytes> {
    json(200, &json!({"response": response, "version": "1.0"}))
}

pub(super) fn refused(status: u16, code: &str, message: &str) -> Response<Bytes> {
    let response = json!({"errorCode": code, "message": message, "detail": message});
    json(status, &json!({"response": response, "version": "1.0"}))
}

/// The answer of the gateway in front of the controller to a missing or expired token.
pub(super) fn unauthorized() -> Response<Bytes> {
    json(401, &json!({"exp": "token expired"}))
}

pub(super) fn failed(status: u16) -> Response<Bytes> {
    refused(status, "SERVICE_UNAVAILABLE", "the service is not available")
}

/// Adds a `Retry-After`.
pub(super) fn with_retry_after(
    mut answer: Response<Bytes>,
    seconds: u64,
    now: u64,
    quirks: &Quirks,
) -> Response<Bytes> {
    let value = match quirks.retry_after {
        quirk::RetryAfter::Absent => return answer,
        quirk::RetryAfter::Seconds => seconds.to_string(),
        quirk::RetryAfter::Date => {
            // A date can only be compared with the clock of the controller.
            if let Ok(today) = HeaderValue::from_str(&date(now)) {
                answer.headers_mut().insert(DATE, today);
            }
            // Rounded up, since dates have no fractions of a second.
            date(now.saturating_add(seconds.saturating_mul(1_000)).saturating_add(999))
        }
    };
    if let Ok(value) = HeaderValue::from_str(&value) {
        answer.headers_mut().insert(RETRY_AFTER, value);
    }
    answer
}

/// Adds the `Date` by the clock of the world, as any server with a clock does (RFC 9110, section
/// 6.6.1).
pub(super) fn dated(mut answer: Response<Bytes>, now: Option<u64>) -> Response<Bytes> {
    let value = now.and_then(|it| HeaderValue::from_str(&date(it)).ok());
    if let Some(value) = value {
        answer.headers_mut().entry(DATE).or_insert(value);
    }
    answer
}

pub(super) fn html() -> Response<Bytes> {
    with(200, "text/html", PAGE.to_owned())
}

pub(super) fn json(status: u16, body: &Value) -> Response<Bytes> {
    with(status, JSON, body.to_string())
}

pub(super) fn text(status: u16, body: String) -> Response<Bytes> {
    with(status, "text/plain;charset=UTF-8", body)
}

fn with(status: u16, content_type: &'static str, body: String) -> Response<Bytes> {
    let length = HeaderValue::from(body.len());
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer.headers_mut().insert(CONTENT_LENGTH, length);
    answer
}

/// Formats a time as in HTTP headers.
fn date(millis: u64) -> String {
    let millis = i64::try_from(millis).unwrap_or(i64::MAX);
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_formatted_as_in_http_headers() {
        assert_eq!(date(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
