//! A discovery's name: its identity on a controller.

use std::{borrow::Cow, fmt, str::FromStr};

/// The name of a discovery, compared exactly.
///
/// What the files give is parsed, and so has no control characters and no blanks at its ends. What
/// the controller has is taken as it is: a name that we would refuse must still be told apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(String);

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    #[error("the name is empty")]
    Empty,
    #[error("the name has a control character")]
    Control,
    #[error("the name begins or ends with a blank")]
    Blank,
}

impl Name {
    /// Takes a name as the controller gave it.
    pub(crate) fn as_read(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what two names have in common that differ only in letter case or blanks.
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

/// Shows the name as it is; one with control characters, quotes or backslashes as a JSON string,
/// so that a terminal does not obey it and a reader sees where it ends.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.0))
    }
}

/// Returns a text of the controller's as it is safe to show: as it is, or as a JSON string where it
/// holds what could mislead.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if text.chars().any(needs_quotes) {
        return Cow::Owned(quoted(text));
    }
    Cow::Borrowed(text)
}

/// Returns a text of the controller's with everything escaped that a terminal would obey or that
/// cannot be seen; quotes stay, since words in the controller's own voice have them.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
            out.push_str(&escaped(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Returns a character as JSON escapes it; all of these are below U+10000.
fn escaped(c: char) -> String {
    format!("\\u{:04x}", u32::from(c))
}

/// Whether a character, shown as it is, could mislead a terminal or a reader: control characters,
/// quotes, backslashes, and marks that change the direction of what follows.
fn needs_quotes(c: char) -> bool {
    c.is_control() || matches!(c, '"' | '\\') || is_invisible(c)
}

/// Marks that are not seen themselves but move or hide what stands around them.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
    )
}

/// Returns a text as a JSON string, with everything escaped that cannot be seen.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_invisible(c) => {
                out.push_str(&escaped(c));
            }
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
    fn names_that_files_may_give() {
        for accepted in ["a", "branch berlin", "Zürich/1", "<b>", "x\"y", "-"] {
            assert!(accepted.parse::<Name>().is_ok(), "{accepted}");
        }
        assert_eq!("".parse::<Name>(), Err(NameError::Empty));
        assert_eq!("a\tb".parse::<Name>(), Err(NameError::Control));
        assert_eq!(" a".parse::<Name>(), Err(NameError::Blank));
        assert_eq!("a\u{a0}".parse::<Name>(), Err(NameError::Blank));
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown_as_json() {
        assert_eq!(Name::as_read("plain name").to_string(), "plain name");
        assert_eq!(Name::as_read("a\u{1b}[31m").to_string(), r#""a\u001b[31m""#);
        assert_eq!(Name::as_read("say \"hi\"\\").to_string(), r#""say \"hi\"\\""#);
        assert_eq!(Name::as_read("a\u{202e}b").to_string(), "\"a\\u202eb\"");
        assert_eq!(Name::as_read("a\u{61c}b").to_string(), "\"a\\u061cb\"");
    }

    #[test]
    fn letter_case_and_blanks_fold_away() {
        assert_eq!(
            Name::as_read("HQ core").folded(),
            Name::as_read("hq-core").folded().replace('-', "")
        );
    }
}
