//! A page as Markdown.

use super::Block;

/// Returns the page as Markdown.
pub(crate) fn markdown(page: &[Block]) -> String {
    let blocks = page.iter().map(|block| match block {
        Block::Heading(level, text) => format!("{} {text}\n", "#".repeat(*level)),
        Block::Text(text) => format!("{}\n", escaped(text)),
        Block::Lines(language, lines) => format!("```{language}\n{}\n```\n", lines.trim_end()),
        Block::Table(head, rows) => table(head, rows),
    });
    blocks.collect::<Vec<_>>().join("\n")
}

fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let rule = vec!["---"; head.len()].join("|");
    let row = |row: &Vec<String>| {
        let cells = row.iter().map(|it| escaped(it).replace('|', "\\|"));
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let rows = rows.iter().map(row).collect::<String>();
    format!("| {} |\n|{rule}|\n{rows}", head.join(" | "))
}

/// Escapes a text so that only code and links are markup.
fn escaped(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let escaped = parts.map(|(index, part)| {
        if index % 2 == 1 { part.to_owned() } else { part.replace('*', "\\*").replace('<', "\\<") }
    });
    escaped.collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_markdown() {
        let page = [
            Block::heading(1, "a"),
            Block::Text("b * c <d> `*<e>`".to_owned()),
            Block::lines("yaml", "f: g\n"),
            Block::Table(vec!["k", "v"], vec![vec!["`x|y`".to_owned(), "z".to_owned()]]),
        ];
        insta::assert_snapshot!(markdown(&page), @r"
        # a

        b \* c \<d> `*<e>`

        ```yaml
        f: g
        ```

        | k | v |
        |---|---|
        | `x\|y` | z |
        ");
    }
}
