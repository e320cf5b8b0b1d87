//! A page for `man`, in the macros of man(7).

use clap_mangen::roff::{Inline, Roff, bold, roman};

use super::Block;

/// Returns the blocks as the sections of a manual page.
///
/// A heading of level 1 is left out: the head of the page names it.
pub(crate) fn man_sections(page: &[Block]) -> String {
    let mut roff = Roff::new();
    let mut blocks = page.iter().filter(|it| !matches!(it, Block::Heading(1, _))).peekable();
    if !matches!(blocks.peek(), Some(Block::Heading(..))) {
        roff.control("SH", ["DESCRIPTION"]);
    }
    let mut follows_heading = true;
    for block in blocks {
        // A heading begins a paragraph of its own.
        if !follows_heading && matches!(block, Block::Text(_) | Block::Lines(..)) {
            roff.control("PP", []);
        }
        follows_heading = matches!(block, Block::Heading(..));
        match block {
            Block::Heading(level, text) => {
                let text = text.replace('`', "");
                // Readers look for sections in capitals. A code keeps its case.
                let title = if text.contains("::") { text } else { text.to_uppercase() };
                roff.control(if *level == 2 { "SH" } else { "SS" }, [&*title]);
            }
            Block::Text(text) => drop(roff.text(inlines(text))),
            Block::Lines(_, lines) => {
                roff.control("RS", ["4"]).control("nf", []);
                for line in lines.trim_end().lines() {
                    roff.text([roman(ascii(line))]);
                }
                roff.control("fi", []).control("RE", []);
            }
            Block::Table(head, rows) => rows.iter().for_each(|row| entry(&mut roff, head, row)),
        }
    }
    roff.render()
}

/// A row of a table: its first cell, and below it the others, each with the name of its column.
/// The last one is a sentence and needs no name.
fn entry(roff: &mut Roff, head: &[&str], row: &[String]) {
    let mut body = Vec::new();
    for (index, cell) in row.iter().enumerate().skip(1).filter(|(_, it)| !it.is_empty()) {
        if !body.is_empty() {
            body.push(Inline::LineBreak);
        }
        if index + 1 < row.len() {
            body.push(roman(format!("{}: ", head[index])));
        }
        body.extend(inlines(cell));
    }
    roff.control("TP", []).text(inlines(&row[0])).text(body);
}

/// A paragraph: its code in bold, its links without their addresses.
fn inlines(text: &str) -> Vec<Inline> {
    let text = ascii(&without_links(&text.replace('\n', " ")));
    let parts = text.split('`').enumerate().filter(|(_, it)| !it.is_empty());
    parts.map(|(index, it)| if index % 2 == 1 { bold(it) } else { roman(it) }).collect()
}

/// Not every roff reads more than ASCII.
fn ascii(text: &str) -> String {
    text.replace('…', "...")
}

/// Returns `words` for each `[words](address)`.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let link = after.split_once("](").and_then(|(words, tail)| {
            let (_, tail) = tail.split_once(')')?;
            (!words.contains(['[', ']'])).then_some((words, tail))
        });
        let (words, tail) = link.unwrap_or(("[", after));
        out += &[before, words].concat();
        rest = tail;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_a_request() {
        let page = [
            Block::heading(1, "left out"),
            Block::Text("above".to_owned()),
            Block::heading(2, "a `b`"),
            Block::Text(".so /etc/passwd\n'x `--y\\z` [w](v.md#u), [not] a… link".to_owned()),
            Block::lines("", ".nf\n'  a\\b\n"),
            Block::Table(
                vec!["k", "v", "t"],
                vec![
                    vec!["`k`".to_owned(), "1".to_owned(), "text".to_owned()],
                    vec!["`l`".to_owned(), String::new(), "more".to_owned()],
                ],
            ),
        ];
        insta::assert_snapshot!(man_sections(&page), @r#"
        .ie \n(.g .ds Aq \(aq
        .el .ds Aq '
        .SH DESCRIPTION
        above
        .SH "A B"
        \&.so /etc/passwd \*(Aqx \fB\-\-y\\z\fR w, [not] a... link
        .PP
        .RS 4
        .nf
        \&.nf
        \*(Aq  a\\b
        .fi
        .RE
        .TP
        \fBk\fR
        v: 1
        .br
        text
        .TP
        \fBl\fR
        more
        "#);
    }
}
