//! A comment as renderers read it, for tests.
//!
//! Uses GitLab's parser, a port of GitHub's, with all extensions of both. Independent of the code
//! that writes the comments.

use comrak::{
    Arena, Options,
    nodes::{Node, NodeValue},
    parse_document,
};

/// The content of a comment.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The cells of each table, the head first.
    pub(super) tables: Vec<Vec<Vec<String>>>,
    /// The HTML lines: folded parts with their titles, and the marker.
    pub(super) html: Vec<String>,
    /// The language and the text of each fenced block.
    pub(super) fences: Vec<(String, String)>,
    /// All text that is not code.
    pub(super) prose: String,
    /// Unexpected nodes, such as links.
    pub(super) strange: Vec<String>,
}

/// Reads a comment, and asserts that it has only the expected kinds of nodes.
pub(super) fn seen(markdown: &str) -> Seen {
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.strikethrough = true;
    extension.table = true;
    extension.autolink = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.inline_footnotes = true;
    extension.alerts = true;
    extension.math_dollars = true;
    extension.math_code = true;
    extension.multiline_block_quotes = true;
    extension.description_lists = true;
    extension.wikilinks_title_after_pipe = true;
    extension.superscript = true;
    let arena = Arena::new();
    let mut seen = Seen::default();
    let document = parse_document(&arena, markdown, &options);
    for node in document.descendants() {
        look(node, &mut seen);
    }
    assert!(seen.strange.is_empty(), "{:?}\n{markdown}", seen.strange);
    seen
}

fn look(node: Node<'_>, seen: &mut Seen) {
    match &node.data().value {
        NodeValue::Document
        | NodeValue::Heading(_)
        | NodeValue::Paragraph
        | NodeValue::Strong
        | NodeValue::BlockQuote
        | NodeValue::List(_)
        | NodeValue::Item(_)
        | NodeValue::ThematicBreak
        | NodeValue::TableCell
        | NodeValue::SoftBreak
        | NodeValue::Code(_) => (),
        NodeValue::Table(_) => seen.tables.push(Vec::new()),
        NodeValue::TableRow(_) => {
            let cells = node.children().map(text).collect();
            seen.tables.last_mut().unwrap().push(cells);
        }
        NodeValue::CodeBlock(it) if it.fenced && it.closed => {
            seen.fences.push((it.info.clone(), it.literal.clone()));
        }
        NodeValue::HtmlBlock(it) => seen.html.extend(it.literal.lines().map(str::to_owned)),
        NodeValue::Text(it) => seen.prose.push_str(it),
        other => seen.strange.push(format!("{other:?}")),
    }
}

/// Returns all text in a node.
fn text(node: Node<'_>) -> String {
    let one = |node: Node<'_>| match &node.data().value {
        NodeValue::Text(it) => it.to_string(),
        NodeValue::Code(it) => it.literal.clone(),
        _ => String::new(),
    };
    node.descendants().map(one).collect()
}
