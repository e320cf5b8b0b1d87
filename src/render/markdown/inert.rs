//! Texts of others as Markdown that shows them and obeys nothing in them.
//!
//! All of it is code: escaping alone keeps the parser away, but not what looks for mentions and
//! references in what the parser made.

use std::borrow::Cow;

use crate::{
    model::{printable, quoted, shown},
    render::saved::hexadecimal,
};

/// Returns a text as it is shown; one whose ends would not be seen as a JSON string.
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

/// Returns a text as a code span of not much more than so many bytes.
pub(super) fn short_code(text: &str, most: usize) -> String {
    span(&shortened(text, most))
}

/// Returns a command as a code span, to be copied as it is.
pub(super) fn verbatim(line: &str) -> String {
    span(&printable(line))
}

fn span(label: &str) -> String {
    let ticks = "`".repeat(longest_run_of_ticks(label) + 1);
    // The parser takes one blank away at each end.
    let pad = if label.starts_with('`') || label.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{label}{pad}{ticks}")
}

/// Returns a text as a code span in a cell of a table: rows are split before spans are seen.
pub(super) fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// Returns lines as a fenced block that nothing in them can end.
pub(super) fn fence(language: &str, lines: &str) -> String {
    let ticks = "`".repeat((longest_run_of_ticks(lines) + 1).max(3));
    format!("{ticks}{language}\n{}\n{ticks}", lines.trim_end_matches('\n'))
}

/// Returns a part that can be folded away. The title is HTML, and so our own words only.
pub(super) fn details(open: Open, title: &str, body: &str) -> String {
    let open = match open {
        Open::Yes => " open",
        Open::No => "",
    };
    format!("<details{open}><summary>{title}</summary>\n\n{body}\n\n</details>")
}

/// Whether a part is shown before anybody asks for it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Open {
    Yes,
    No,
}

fn longest_run_of_ticks(text: &str) -> usize {
    text.split(|it| it != '`').map(str::len).max().unwrap_or_default()
}

/// Returns a text as it may stand in an HTML comment: without blanks, `>` and `--`.
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

/// How many bytes of a word in a comment are kept: no host has more.
const MOST_OF_WORD: usize = 255;

/// The least that a text can be shortened to: a mark, and what tells it from others.
pub(super) const SHORTEST: usize = MARK.len() + N_DIGITS;

/// Where something is left out.
const MARK: &str = "…";

/// How many hexadecimal digits of its SHA-256 tell one shortened text from another: among 5,000
/// that otherwise look the same, two have the same ones in one of 300 cases.
const N_DIGITS: usize = 8;

/// Returns a text that has at most so many bytes, its middle replaced by the beginning of its
/// SHA-256 where it is longer.
pub(super) fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    let label = label(text);
    let most = most.max(SHORTEST);
    if label.len() <= most {
        return label;
    }
    let digits = hexadecimal(text.as_bytes());
    let digits = digits.get(..N_DIGITS).unwrap_or_default();
    let room = most - SHORTEST;
    // An end is kept where there is room to recognise it.
    let end = room.saturating_sub(MARK.len()) / 3;
    let end = label.get(label.ceil_char_boundary(label.len() - end)..).unwrap_or_default();
    let mark = if end.is_empty() { "" } else { MARK };
    let start = room - mark.len() - end.len();
    let start = label.get(..label.floor_char_boundary(start)).unwrap_or_default();
    Cow::Owned(format!("{start}{MARK}{digits}{mark}{end}"))
}

/// Returns a path as a shell takes it.
pub(super) fn argument(path: &str) -> String {
    let is_plain = |it: char| it.is_alphanumeric() || "_-./:@%+=,".contains(it);
    // What begins with a hyphen would be taken for a flag.
    let path = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
    if !path.is_empty() && path.chars().all(is_plain) {
        return path;
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}
