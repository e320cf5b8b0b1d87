//! Invariants of all output for people.
//!
//! Its list of characters is deliberately independent of the program's list, which it checks.

/// Whether a character affects a terminal or misleads a reader instead of being visible: control
/// characters, marks that change the direction of a text, and characters without a width.
fn is_harmful(c: char) -> bool {
    let c_or_l = c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let is_directed = matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    let is_unseen = matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{115f}' | '\u{1160}'
            | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    c_or_l || is_directed || is_unseen
}

/// Whether a text can be shown on a terminal and in Markdown without escapes; it may have line
/// breaks.
#[must_use]
pub fn is_harmless(text: &str) -> bool {
    text.chars().all(|it| it == '\n' || !is_harmful(it))
}

/// Fragments of debug output, which is for programmers and not for users.
const DEBUG: [&str; 8] =
    ["Some(", "Ok(", "Err(", "String(\"", "Object {", "Diagnostic {", "Number(", "Array ["];

/// Expects that a text can be shown, and has no debug output, unless the input has it.
pub(super) fn expect_shown(text: &str, input: &[u8]) {
    if let Some(c) = text.chars().find(|it| *it != '\n' && is_harmful(*it)) {
        panic!("{c:?} is shown as it is: {text:?}");
    }
    for word in DEBUG {
        let name = word.trim_end_matches(|it: char| !it.is_ascii_alphabetic()).as_bytes();
        let is_said = input.windows(name.len()).any(|it| it == name);
        assert!(is_said || !text.contains(word), "{word:?} is shown: {text}");
    }
}

/// Expects the same of a text that has to be one line.
pub(super) fn expect_line(text: &str, input: &[u8]) {
    assert!(!text.contains('\n'), "it is more than a line: {text:?}");
    expect_shown(text, input);
}

/// Expects a text that is JSON, and can be shown on a terminal.
pub(super) fn expect_json(text: &str) -> serde_json::Value {
    assert!(is_harmless(text), "{text:?}");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
