//! Foreign texts as Markdown that shows them literally.
//!
//! All of it is code: escaping is enough for the parser, but not for the search for mentions and
//! references that runs on the parser's output.

use std::borrow::Cow;

use crate::{
    model::{printable, quoted, shown},
    render::saved::hexadecimal,
};

/// Returns a text as it is shown. If its ends would be invisible, it becomes a JSON string.
pub(super) fn label(text: &str) -> Cow<'_, str> {
    if text.is_empty() || text.trim() != text {
        return Cow::Owned(quoted(text));
    }
    shown(text)
}

/// Returns a text as a code span.
pub(super) fn code(text: &str) -> String {
    span(&label(text))
}

/// Returns a text as a code span of about this many bytes.
pub(super) fn short_code(text: &str, most: usize) -> String {
    span(&shortened(text, most))
}

/// Returns a command as a code span that can be copied.
pub(super) fn verbatim(line: &str) -> String {
    span(&printable(line))
}

fn span(label: &str) -> String {
    let ticks = "`".repeat(longest_run_of_ticks(label) + 1);
    // The parser removes one blank at each end.
    let pad = if label.starts_with('`') || label.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{label}{pad}{ticks}")
}

/// Returns a text as a code span in a table cell. Parsers split rows before they look for spans.
pub(super) fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// Returns lines as a fenced block with a fence that is longer than any inside.
pub(super) fn fence(language: &str, lines: &str) -> String {
    let ticks = "`".repeat((longest_run_of_ticks(lines) + 1).max(3));
    format!("{ticks}{language}\n{}\n{ticks}", lines.trim_end_matches('\n'))
}

/// Returns a foldable part. The title is HTML, so it must not contain foreign text.
pub(super) fn details(open: Open, title: &str, body: &str) -> String {
    let open = match open {
        Open::Yes => " open",
        Open::No => "",
    };
    format!("<details{open}><summary>{title}</summary>\n\n{body}\n\n</details>")
}

/// Whether a part is unfolded at first.
#[derive(Clone, Copy, Debug)]
pub(super) enum Open {
    Yes,
    No,
}

fn longest_run_of_ticks(text: &str) -> usize {
    text.split(|it| it != '`').map(str::len).max().unwrap_or_default()
}

/// Returns a text that is safe in an HTML comment: without blanks, `>` and `--`.
pub(super) fn word_of_comment(text: &str) -> String {
    let mut word = String::new();
    for c in shortened(text, MOST_OF_WORD).chars() {
        let is_plain = c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '[' | ']' | '_');
        let is_lone_hyphen = c == '-' && !word.ends_with('-');
        if is_plain || is_lone_hyphen {
            word.push(c);
            continue;
        }
        let mut bytes = [0; 4];
        let escaped = c.encode_utf8(&mut bytes).bytes().map(|it| format!("%{it:02X}"));
        word.extend(escaped);
    }
    word
}

/// The number of bytes of a word that a comment keeps. No host name is longer.
const MOST_OF_WORD: usize = 255;

/// The shortest form of a text: a mark and its digest.
pub(super) const SHORTEST: usize = MARK.len() + N_DIGITS;

/// Marks an omission.
const MARK: &str = "…";

/// The number of SHA-256 digits that distinguish shortened texts. Among 5,000 texts that look alike
/// otherwise, the chance of a collision is 1 in 300.
const N_DIGITS: usize = 8;

/// Shortens a text to this many bytes: the start of its SHA-256 replaces its middle.
pub(super) fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    let label = label(text);
    let most = most.max(SHORTEST);
    if label.len() <= most {
        return label;
    }
    let digits = hexadecimal(text.as_bytes());
    let digits = digits.get(..N_DIGITS).unwrap_or_default();
    let room = most - SHORTEST;
    // The end is only kept if there is room for enough of it.
    let end = room.saturating_sub(MARK.len()) / 3;
    let end = label.get(label.ceil_char_boundary(label.len() - end)..).unwrap_or_default();
    let mark = if end.is_empty() { "" } else { MARK };
    let start = room - mark.len() - end.len();
    let start = label.get(..label.floor_char_boundary(start)).unwrap_or_default();
    Cow::Owned(format!("{start}{MARK}{digits}{mark}{end}"))
}

/// Quotes a path for a shell.
pub(super) fn argument(path: &str) -> String {
    let is_plain = |it: char| it.is_alphanumeric() || "_-./:@%+=,".contains(it);
    // A leading hyphen would start a flag.
    let path = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
    if !path.is_empty() && path.chars().all(is_plain) {
        return path;
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}
