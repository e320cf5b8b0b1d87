//! A discovery's name: its identity on a controller.

use std::{borrow::Cow, fmt, fmt::Write as _, str::FromStr};

/// The name of a discovery, compared exactly.
///
/// A name in the files is parsed, so it has no control characters and no whitespace at its ends. A
/// name on the controller is kept as it is, even if the files could not have it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(String);

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    #[error("the name is empty")]
    Empty,
    #[error("the name contains a control character")]
    Control,
    #[error("the name begins or ends with whitespace")]
    Blank,
}

impl Name {
    /// Takes a name as the controller has it.
    pub(crate) fn as_read(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the same text for names that differ only in letter case or whitespace.
    pub(crate) fn folded(&self) -> String {
        self.0.chars().filter(|it| !it.is_whitespace()).flat_map(char::to_lowercase).collect()
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(NameError::Control);
        }
        if text.trim() != text {
            return Err(NameError::Blank);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Shows the name as it is, or as a JSON string if it has control characters, quotes or backslashes:
/// a terminal must not interpret it, and a reader must see where it ends.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.0))
    }
}

/// Returns a text of the controller in a form that is safe to show: as it is, or as a JSON string if
/// it has quotes, backslashes, or characters that could mislead a terminal or a reader.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if text.chars().any(|it| matches!(it, '"' | '\\') || is_unsafe(it)) {
        return Cow::Owned(quoted(text));
    }
    Cow::Borrowed(text)
}

/// How many characters of a text fit on one line.
const BRIEF: usize = 200;

/// Returns a text as [`shown`] does, shortened.
pub(crate) fn brief(text: &str) -> String {
    match text.char_indices().nth(BRIEF) {
        Some((end, _)) => format!("{}…", shown(text.get(..end).unwrap_or_default())),
        None => shown(text).into_owned(),
    }
}

/// Returns a text of the controller with everything escaped that a terminal would interpret or that
/// is invisible. Quotes stay, since messages of the controller contain them.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) { out.push_str(&escaped(c)) } else { out.push(c) }
    }
    out
}

/// Escapes a character as JSON does: beyond U+FFFF, as a surrogate pair.
fn escaped(c: char) -> String {
    let mut escaped = String::new();
    for half in c.encode_utf16(&mut [0; 2]) {
        write!(escaped, "\\u{half:04x}").expect("invariant: a string takes everything");
    }
    escaped
}

/// Whether a terminal would interpret a character, or a reader would not see it.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control() || is_invisible(c)
}

/// Whether a character is invisible but moves or hides its surroundings: what Unicode calls default
/// ignorable, and its separators of lines and paragraphs.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// A line with these characters would be a command to the runner of a pipeline.
const COMMAND: &str = "##[";

/// Returns equivalent JSON that is safe to show, even in the log of a pipeline. Outside of strings,
/// only whitespace needs replacing.
pub(crate) fn shown_json(json: String) -> String {
    let json = if json.contains(COMMAND) {
        json.replace(COMMAND, &[&escaped('#'), "#["].concat())
    } else {
        json
    };
    let is_plain = |c: char| c == '\n' || !is_unsafe(c);
    if json.chars().all(is_plain) {
        return json;
    }
    let shown = json.chars().map(|c| match c {
        '\t' | '\r' => " ".to_owned(),
        c if is_plain(c) => c.to_string(),
        c => escaped(c),
    });
    shown.collect()
}

/// Returns a text as a JSON string, with invisible characters escaped.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unsafe(c) => out.push_str(&escaped(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_and_invalid_names() {
        for accepted in ["a", "branch berlin", "Zürich/1", "<b>", "x\"y", "-"] {
            assert!(accepted.parse::<Name>().is_ok(), "{accepted}");
        }
        assert_eq!("".parse::<Name>(), Err(NameError::Empty));
        assert_eq!("a\tb".parse::<Name>(), Err(NameError::Control));
        assert_eq!(" a".parse::<Name>(), Err(NameError::Blank));
        assert_eq!("a\u{a0}".parse::<Name>(), Err(NameError::Blank));
    }

    #[test]
    fn a_name_that_a_terminal_would_interpret_is_shown_as_json() {
        assert_eq!(Name::as_read("plain name").to_string(), "plain name");
        assert_eq!(Name::as_read("a\u{1b}[31m").to_string(), r#""a\u001b[31m""#);
        assert_eq!(Name::as_read("say \"hi\"\\").to_string(), r#""say \"hi\"\\""#);
        assert_eq!(Name::as_read("a\u{202e}b").to_string(), "\"a\\u202eb\"");
        assert_eq!(Name::as_read("a\u{61c}b").to_string(), "\"a\\u061cb\"");
        // Tag characters are beyond U+FFFF.
        assert_eq!(Name::as_read("a\u{e0041}b").to_string(), "\"a\\udb40\\udc41b\"");
    }

    #[test]
    fn shown_json_is_equivalent() {
        let text = "a\u{9b}31m\u{202e}\u{e0041}\u{85}\u{7f}é\"\\\n\u{1b}";
        let json = serde_json::Value::from(text).to_string();
        let shown = shown_json(json.clone() + "\n");
        assert!(shown.trim_end_matches('\n').chars().all(|it| !is_unsafe(it)), "{shown:?}");
        assert!(shown.contains('é') && shown.ends_with('\n'));
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        assert_eq!(shown_json("{\"a\":\t1}\r\n".to_owned()), "{\"a\": 1} \n");
        assert_eq!(shown_json("\"###[a]\"".to_owned()), "\"#\\u0023#[a]\"");
    }

    #[test]
    fn folding_ignores_letter_case_and_whitespace() {
        assert_eq!(
            Name::as_read("HQ core").folded(),
            Name::as_read("hq-core").folded().replace('-', "")
        );
    }
}
