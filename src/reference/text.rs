//! A page for a terminal: wrapped, and indented below headings.

use super::Block;

/// The indentation below a heading.
const INDENT: &str = "  ";

/// Returns the page wrapped to this width. Long words and examples may exceed it.
pub(crate) fn text(page: &[Block], width: usize) -> String {
    let mut out = String::new();
    for block in page {
        if !out.is_empty() && !out.ends_with("\n\n") && !follows_heading(&out) {
            out.push('\n');
        }
        match block {
            Block::Heading(_, text) => {
                // Consecutive headings also have a blank line between them.
                if !out.is_empty() && !out.ends_with("\n\n") {
                    out.push('\n');
                }
                out += &[text, "\n"].concat();
            }
            Block::Text(text) => out += &wrapped(text, INDENT, width),
            Block::Lines(_, lines) => {
                for line in lines.lines() {
                    let line = [INDENT, INDENT, line].concat();
                    out += &[line.trim_end(), "\n"].concat();
                }
            }
            Block::Table(_, rows) => {
                for row in rows {
                    out += &wrapped(&row.join("  "), INDENT, width);
                }
            }
        }
    }
    out
}

/// Whether the last line is a heading, which is not indented.
fn follows_heading(out: &str) -> bool {
    out.lines().last().is_some_and(|it| !it.is_empty() && !it.starts_with(' '))
}

/// Wraps a text between words, but not inside code.
pub(super) fn wrapped(text: &str, indent: &str, width: usize) -> String {
    let room = width.saturating_sub(indent.len()).max(20);
    let mut out = String::new();
    let mut line = String::new();
    for word in words(text) {
        let length = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && room < length {
            out += &[indent, &line, "\n"].concat();
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += &word;
    }
    if !line.is_empty() {
        out += &[indent, &line, "\n"].concat();
    }
    out
}

/// Returns the words of a text. Code with blanks is one word.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::<String>::new();
    let mut is_in_code = false;
    for word in text.split_whitespace() {
        match words.last_mut() {
            Some(last) if is_in_code => *last += &[" ", word].concat(),
            Some(_) | None => words.push(word.to_owned()),
        }
        if word.matches('`').count() % 2 == 1 {
            is_in_code = !is_in_code;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_wrapped_and_its_examples_are_not() {
        let page = [
            Block::heading(1, "a"),
            Block::Text("one two three four five six `seven eight` nine".to_owned()),
            Block::heading(2, "b"),
            Block::lines("sh", "a line that is much longer than the page\n\nx"),
            Block::Text("end".to_owned()),
        ];
        insta::assert_snapshot!(text(&page, 24), @"
        a
          one two three four
          five six `seven eight`
          nine

        b
            a line that is much longer than the page

            x

          end
        ");
    }
}
