//! Reads values of the controller by their meaning rather than their type.
//!
//! Numbers come as text and lists as comma-separated text; a setting without a value is absent,
//! `null` or empty (controller-facts.md#lenient-values). Any other value is an error that shows it.

use serde_json::{Map, Value};

use crate::model::Unreadable;

/// A JSON object of the controller.
pub(crate) type Object = Map<String, Value>;

/// How much of a value an error shows.
const SHOWN_CHARS: usize = 80;

/// Reports a field that cannot be read, and its value.
pub(crate) fn unreadable(field: &str, value: Option<&Value>) -> Unreadable {
    let found = match value {
        None => "missing".to_owned(),
        Some(value) => shortened(&value.to_string()),
    };
    Unreadable { field: field.to_owned(), found }
}

/// Shortens a text for an error, with `…` in place of the rest.
fn shortened(text: &str) -> String {
    let mut shown = text.chars().take(SHOWN_CHARS).collect::<String>();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// Returns a field that is set: neither absent, nor `null`, nor empty text.
pub(crate) fn given<'a>(object: &'a Object, field: &str) -> Option<&'a Value> {
    let value = object.get(field)?;
    let is_empty = value.is_null() || value.as_str().is_some_and(|it| it.trim().is_empty());
    (!is_empty).then_some(value)
}

/// Reads text; a number is its digits.
pub(crate) fn text(object: &Object, field: &str) -> Result<Option<String>, Unreadable> {
    match given(object, field) {
        None => Ok(None),
        Some(Value::String(it)) => Ok(Some(it.trim().to_owned())),
        Some(Value::Number(it)) => Ok(Some(it.to_string())),
        other => Err(unreadable(field, other)),
    }
}

/// Reads a number that is not negative; text of digits is one too.
pub(crate) fn number(object: &Object, field: &str) -> Result<Option<u64>, Unreadable> {
    let Some(value) = given(object, field) else { return Ok(None) };
    let number = match value {
        Value::Number(it) => it.as_u64(),
        Value::String(it) => it.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.map(Some).ok_or_else(|| unreadable(field, Some(value)))
}

/// Reads a list of texts, given as a list or with commas in between.
pub(crate) fn list(object: &Object, field: &str) -> Result<Vec<String>, Unreadable> {
    let Some(value) = given(object, field) else { return Ok(Vec::new()) };
    let words = |text: &str| {
        let words = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    let texts = match value {
        Value::String(it) => Some(words(it)),
        Value::Array(items) => {
            items.iter().map(|it| it.as_str().map(|it| it.trim().to_owned())).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    };
    texts.ok_or_else(|| unreadable(field, Some(value)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Object {
        let field = |it: Value| std::iter::once(("x".to_owned(), it)).collect();
        field(value)
    }

    #[test]
    fn absent_null_and_empty_are_not_set() {
        for value in [json!(null), json!(""), json!("  ")] {
            assert_eq!(text(&object(value.clone()), "x"), Ok(None));
            assert_eq!(number(&object(value.clone()), "x"), Ok(None));
            assert_eq!(list(&object(value), "x"), Ok(Vec::new()));
        }
        assert_eq!(number(&Object::new(), "x"), Ok(None));
    }

    #[test]
    fn numbers_may_come_as_text() {
        assert_eq!(number(&object(json!("16")), "x"), Ok(Some(16)));
        assert_eq!(number(&object(json!(16)), "x"), Ok(Some(16)));
        for value in [json!(-1), json!(1.5), json!("x"), json!(true), json!([1])] {
            assert!(number(&object(value.clone()), "x").is_err(), "{value}");
        }
    }

    #[test]
    fn lists_may_come_as_text() {
        assert_eq!(list(&object(json!("a, b,,c")), "x").unwrap(), ["a", "b", "c"]);
        assert_eq!(list(&object(json!(["a", " b"])), "x").unwrap(), ["a", "b"]);
        assert!(list(&object(json!([1])), "x").is_err());
    }

    #[test]
    fn an_error_shows_a_shortened_value() {
        let error = number(&object(json!("x".repeat(500))), "x").unwrap_err();
        assert_eq!(error.found.chars().count(), 81);
    }
}
