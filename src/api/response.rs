//! Reads responses: lenient in spelling, never silently wrong.
//!
//! A response that cannot be read is an error that shows it, without secrets.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde_json::Value;

use super::error::RequestFailure;

/// The most characters of a response to show.
const MOST_SHOWN: usize = 200;

/// The most JSON values of a response: many times as many as 500 discoveries or tasks have.
const MOST_VALUES: usize = 1_000_000;

/// Parts of the names of secret fields.
const SECRET_NAMES: &[&str] = &["password", "passphrase", "community", "token", "secret"];

/// Why a response is malformed, as the end of a sentence after "but".
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

impl Malformed {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// Returns responses with a success status, and errors for others.
pub(crate) fn check(answer: Response<Bytes>) -> Result<Response<Bytes>, RequestFailure> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let location = answer.headers().get(header::LOCATION);
    if status.is_redirection()
        && let Some(to) = location
    {
        let to = bounded(&String::from_utf8_lossy(to.as_bytes()));
        return Err(RequestFailure::Redirected { status, to });
    }
    Err(RequestFailure::Refused { status, words: words(answer.body()) })
}

/// Reads the payload of a response.
pub(crate) fn payload<T>(
    answer: &Response<Bytes>,
    read: impl FnOnce(Value) -> Result<T, Malformed>,
) -> Result<T, RequestFailure> {
    let body = answer.body();
    opened(body)
        .and_then(read)
        .map_err(|Malformed(what)| malformed(answer.status(), what, excerpt(body)))
}

/// The failure of a success response that cannot be read.
pub(crate) fn malformed(
    status: StatusCode,
    what: impl Into<String>,
    shown: String,
) -> RequestFailure {
    RequestFailure::Malformed { status, what: what.into(), shown }
}

fn opened(body: &[u8]) -> Result<Value, Malformed> {
    let mut whole = json(body)?;
    match whole.get_mut("response").map(Value::take) {
        None => Err(Malformed::new("the answer has no `response`")),
        Some(Value::Null) => Err(Malformed::new("its `response` is null")),
        Some(inner) => Ok(inner),
    }
}

/// Reads JSON with a bounded number of values: a value takes many times the memory of its text.
pub(crate) fn json(body: &[u8]) -> Result<Value, Malformed> {
    if MOST_VALUES < n_values(body) {
        return Err(Malformed::new(format!("the answer has more than {MOST_VALUES} values")));
    }
    serde_json::from_slice(body).map_err(|error| {
        Malformed::new(match error.is_eof() {
            true if body.is_empty() => "the answer is empty",
            true => "the answer ends early",
            false => "the answer is not JSON",
        })
    })
}

/// The most values that a JSON text can have: each but the first follows one of these characters.
fn n_values(json: &[u8]) -> usize {
    let mut n_values = 1;
    let mut in_text = false;
    let mut is_escaped = false;
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => n_values += 1,
            _ => (),
        }
    }
    n_values
}

/// Text, or a number as text; `None` if blank or of another type.
pub(crate) fn text(value: Option<&Value>) -> Option<String> {
    let value = value?;
    let text = match value.as_str() {
        Some(text) => text.trim().to_owned(),
        None if value.is_number() => value.to_string(),
        None => return None,
    };
    Some(text).filter(|it| !it.is_empty())
}

/// A whole number, or text with one.
pub(crate) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A list.
pub(crate) fn list(value: Value) -> Result<Vec<Value>, Malformed> {
    match value {
        Value::Array(items) => Ok(items),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Err(Malformed::new("its `response` is not a list"))
        }
    }
}

/// Checks an id as part of a path. It must not lead to another endpoint: `DELETE` without an id
/// would delete everything.
pub(crate) fn check_id(id: &str) -> Result<(), RequestFailure> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_only_dots = id.chars().all(|it| it == '.');
    if is_only_dots || !id.chars().all(is_plain) {
        return Err(RequestFailure::BadId { id: bounded(id) });
    }
    Ok(())
}

/// The message of an error response.
fn words(body: &[u8]) -> String {
    let Ok(value) = json(body) else { return excerpt(body) };
    let inner = value.get("response");
    let places = [
        inner.and_then(|it| it.get("message")),
        value.get("message"),
        inner.and_then(|it| it.get("detail")),
        value.get("description"),
    ];
    match places.into_iter().find_map(text) {
        Some(words) => bounded(&words),
        None => excerpt(body),
    }
}

/// The beginning of a body, safe to print.
pub(crate) fn excerpt(body: &[u8]) -> String {
    bounded(&redacted(body))
}

/// A body without its secrets.
pub(crate) fn redacted(body: &[u8]) -> String {
    if let Ok(mut value) = json(body) {
        redact(&mut value);
        return value.to_string();
    }
    let text = String::from_utf8_lossy(body);
    // Other text cannot be parsed, so it is shown up to the first name of a secret field.
    // Lower-casing ASCII keeps byte offsets.
    let lower = text.to_ascii_lowercase();
    let secret = SECRET_NAMES.iter().filter_map(|it| lower.find(it)).min();
    match secret.and_then(|at| text.get(..at)) {
        Some(before) => format!("{before}…"),
        None => text.into_owned(),
    }
}

fn redact(value: &mut Value) {
    if let Some(items) = value.as_array_mut() {
        items.iter_mut().for_each(redact);
    }
    for (name, value) in value.as_object_mut().into_iter().flatten() {
        let name = name.to_ascii_lowercase();
        let is_secret = SECRET_NAMES.iter().any(|it| name.contains(it));
        if is_secret && !value.is_null() {
            *value = Value::from("…");
        } else {
            redact(value);
        }
    }
}

/// One line of text, shortened, without control or invisible characters.
fn bounded(text: &str) -> String {
    let mut shown = String::new();
    let mut chars = text.trim().chars();
    for c in chars.by_ref().take(MOST_SHOWN) {
        // `escape_debug` escapes invisible characters, and also quotes, which are visible.
        let escaped = c.escape_debug();
        if matches!(c, '"' | '\'' | '\\') || escaped.len() == 1 {
            shown.push(c);
        } else {
            shown.extend(escaped);
        }
    }
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Response<Bytes> {
        Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap()
    }

    fn failure(answer: &Response<Bytes>) -> String {
        payload(answer, list).unwrap_err().to_string()
    }

    #[test]
    fn a_malformed_answer_is_shown() {
        let table = [
            ("", "answered 200 OK, but the answer is empty"),
            (r#"{"resp"#, r#"answered 200 OK, but the answer ends early: `{"resp`"#),
            ("<html>\n<b>", r"answered 200 OK, but the answer is not JSON: `<html>\n<b>`"),
            (r#"{"a":1}"#, r#"answered 200 OK, but the answer has no `response`: `{"a":1}`"#),
            ("[]", "answered 200 OK, but the answer has no `response`: `[]`"),
            (
                r#"{"response":null}"#,
                r#"answered 200 OK, but its `response` is null: `{"response":null}`"#,
            ),
            (
                r#"{"response":{}}"#,
                r#"answered 200 OK, but its `response` is not a list: `{"response":{}}`"#,
            ),
        ];
        for (body, want) in table {
            assert_eq!(failure(&answer(200, body)), want);
        }
    }

    #[test]
    fn the_controllers_message_is_found_in_all_its_places() {
        let table = [
            (r#"{"response":{"message":"a","detail":"b"},"message":"c"}"#, "a"),
            (r#"{"response":{"detail":"b"},"message":"c","description":"d"}"#, "c"),
            (r#"{"response":{"detail":"b"},"description":"d"}"#, "b"),
            (r#"{"response":{"message":""},"description":"d"}"#, "d"),
            (r#"{"exp":"token expired"}"#, r#"{"exp":"token expired"}"#),
            ("Bad\u{1b}[31m Gateway", r"Bad\u{1b}[31m Gateway"),
            ("", ""),
        ];
        for (body, want) in table {
            let Err(RequestFailure::Refused { words, .. }) = check(answer(400, body)) else {
                panic!("{body} passed");
            };
            assert_eq!(words, want);
        }
    }

    #[test]
    fn a_redirect_shows_where_it_points() {
        let answer = Response::builder().status(302).header("location", "https://elsewhere/x");
        let failure = check(answer.body(Bytes::new()).unwrap()).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "answered 302 Found, which redirects to `https://elsewhere/x`; redirects are not followed"
        );
    }

    #[test]
    fn an_excerpt_is_short_and_has_no_secret() {
        let long = excerpt("x".repeat(5_000).as_bytes());
        assert_eq!(long.chars().count(), MOST_SHOWN + 1);
        let json =
            excerpt(br#"{"response":[{"passwordList":"hunter2","snmpRoCommunity":"oops"}]}"#);
        let cut = excerpt(br#"{"response":[{"name":"a","passwordList":"hunter2"#);
        for shown in [json, cut] {
            assert!(!shown.contains("hunter2") && !shown.contains("oops"), "{shown}");
        }
    }

    #[test]
    fn numbers_and_texts_are_interchangeable() {
        let json = |it: &str| serde_json::from_str::<Value>(it).unwrap();
        assert_eq!(number(&json("3")), Some(3));
        assert_eq!(number(&json(r#"" 3 ""#)), Some(3));
        for bad in ["-1", "3.5", "null", r#""three""#, "[3]"] {
            assert_eq!(number(&json(bad)), None, "{bad}");
        }
        assert_eq!(text(Some(&json("17"))), Some("17".into()));
        assert_eq!(text(Some(&json(r#""  ""#))), None);
        assert_eq!(text(Some(&json("{}"))), None);
    }

    #[test]
    fn only_a_plain_id_can_be_part_of_a_path() {
        for good in ["1", "85c95140-50fc-4a57-994d-db58d3afe6b3", "discovery-1", "a.b_c"] {
            assert!(check_id(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "1/500", "1?x", "%2e", "a b", "ä", "1\n"] {
            assert!(check_id(bad).is_err(), "{bad}");
        }
    }
}
