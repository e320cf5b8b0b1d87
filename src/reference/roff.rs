//! A page for `man`, in the macros of man(7).

use super::Block;

/// What stands in the head of a manual page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manual<'a> {
    /// Such as `trueup-plan`.
    pub(crate) name: &'a str,
    /// 1 for commands, 5 for file formats, 7 for all else.
    pub(crate) section: u8,
    /// What it is, in a line.
    pub(crate) about: &'a str,
}

/// Returns the page. Its headings of level 2 and 3 are sections and subsections; one of level 1 is
/// left out, since the name stands there. What stands above all of them describes the whole.
pub(crate) fn roff(manual: Manual<'_>, page: &[Block]) -> String {
    let Manual { name, section, about } = manual;
    let version = env!("CARGO_PKG_VERSION");
    let head = format!(
        ".TH \"{}\" \"{section}\" \"\" \"trueup {version}\" \"\"\n.nh\n.ad l\n.SH NAME\n{} \\- {}\n",
        plain(&name.to_uppercase()),
        plain(name),
        plain(about)
    );
    let mut page = page.iter().filter(|it| !matches!(it, Block::Heading(1, _))).peekable();
    let begins_with_text = !matches!(page.peek(), Some(Block::Heading(..)));
    let description = if begins_with_text { ".SH \"DESCRIPTION\"\n" } else { "" };
    let blocks = page.map(|block| match block {
        Block::Heading(1 | 2, text) => format!(".SH \"{}\"\n", section_title(text)),
        Block::Heading(_, text) => format!(".SS \"{}\"\n", title(text)),
        Block::Text(text) => format!(".PP\n{}\n", line(text)),
        Block::Lines(_, lines) => {
            let lines = lines.trim_end().lines().map(|it| guarded(&plain(it)));
            let lines = lines.collect::<Vec<_>>().join("\n");
            format!(".PP\n.RS 4\n.nf\n{lines}\n.fi\n.RE\n")
        }
        Block::Table(head, rows) => rows.iter().map(|it| entry(head, it)).collect(),
    });
    let text = [head, description.to_owned()].into_iter().chain(blocks).collect::<String>();
    without_idle_paragraphs(&text)
}

/// Leaves out what begins a paragraph where a heading has just begun one.
fn without_idle_paragraphs(text: &str) -> String {
    let mut out = String::new();
    let mut is_after_heading = false;
    for line in text.split_inclusive('\n') {
        if !(is_after_heading && line == ".PP\n") {
            out += line;
        }
        is_after_heading = line.starts_with(".SH ") || line.starts_with(".SS ");
    }
    out
}

/// A row as an entry: what it is about, and below it every other cell under its head.
fn entry(head: &[&str], row: &[String]) -> String {
    let mut cells = head.iter().zip(row);
    let Some((_, first)) = cells.next() else { return String::new() };
    let mut out = format!(".TP\n{}\n", line(first));
    let n_cells = cells.len();
    for (index, (head, cell)) in cells.enumerate().filter(|(_, (_, it))| !it.is_empty()) {
        // The last one is a text that needs no head.
        let is_last = index + 1 == n_cells;
        let cell = if is_last { line(cell) } else { line(&format!("{head}: {cell}")) };
        out += &[cell.as_str(), if is_last { "\n" } else { "\n.br\n" }].concat();
    }
    out
}

/// The heading of a section, as readers of manual pages look for it. A code stays as it is written.
fn section_title(text: &str) -> String {
    match text {
        "Usage" => "SYNOPSIS".to_owned(),
        text if text.contains("::") => title(text),
        text => title(&text.to_uppercase()),
    }
}

fn title(text: &str) -> String {
    plain(&text.replace('`', "")).replace('"', "\\(dq")
}

/// A paragraph on one line, its code in bold and its links as their words.
fn line(text: &str) -> String {
    let text = without_links(text);
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(index, part)| match index % 2 {
        1 => format!("\\fB{}\\fR", plain(part)),
        _ => plain(&part.replace('\n', " ")),
    });
    guarded(&parts.collect::<String>())
}

/// Returns the words of each `[words](address)` without its address.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let link = after.split_once("](").and_then(|(words, tail)| {
            let (_, tail) = tail.split_once(')')?;
            (!words.contains(['[', ']'])).then_some((words, tail))
        });
        out += before;
        if let Some((words, tail)) = link {
            out += words;
            rest = tail;
        } else {
            out.push('[');
            rest = after;
        }
    }
    out + rest
}

/// Escapes what roff would obey inside of a line.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' => out += "\\e",
            '-' => out += "\\-",
            '\'' => out += "\\(aq",
            '`' => out += "\\(ga",
            '^' => out += "\\(ha",
            '~' => out += "\\(ti",
            c if c.is_ascii() => out.push(c),
            c => out += &unicode(c),
        }
    }
    out
}

fn unicode(c: char) -> String {
    format!("\\[u{:04X}]", u32::from(c))
}

/// Keeps a line that begins like a request from being one.
fn guarded(line: &str) -> String {
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_obeyed() {
        let page = [
            Block::heading(1, "left out"),
            Block::Text("above".to_owned()),
            Block::heading(2, "a \"b\" `c`"),
            Block::Text(".so /etc/passwd\n'x `--y\\z` [w](v.md#u), [not] a² link".to_owned()),
            Block::lines("", ".nf\n'  a\\b\n"),
            Block::Table(
                vec!["k", "v", "t"],
                vec![
                    vec!["`k`".to_owned(), "1".to_owned(), "text".to_owned()],
                    vec!["`l`".to_owned(), String::new(), "more".to_owned()],
                ],
            ),
        ];
        let manual = Manual { name: "trueup-x", section: 7, about: "about" };
        let text = roff(manual, &page).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        insta::assert_snapshot!(text, @r#"
        .TH "TRUEUP\-X" "7" "" "trueup VERSION" ""
        .nh
        .ad l
        .SH NAME
        trueup\-x \- about
        .SH "DESCRIPTION"
        above
        .SH "A \(dqB\(dq C"
        \&.so /etc/passwd \(aqx \fB\-\-y\ez\fR w, [not] a\[u00B2] link
        .PP
        .RS 4
        .nf
        \&.nf
        \(aq  a\eb
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
