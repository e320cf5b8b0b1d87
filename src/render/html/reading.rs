//! A strict reader of pages, for tests.
//!
//! Accepts only the HTML that our pages use: each element closed, each attribute quoted. Independent
//! of the code that writes the pages.

use crate::model::is_unsafe;

/// Elements without an end tag.
const VOID: [&str; 5] = ["meta", "link", "br", "wbr", "input"];

/// An element and its direct text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) tag: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) text: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let mut found = self.attributes.iter().filter(|(it, _)| it == name);
        found.next().map(|(_, value)| value.as_str())
    }
}

/// Reads a page, and asserts that it is well formed and has no invisible characters.
pub(super) fn read(html: &str) -> Vec<Element> {
    assert!(html.chars().all(|it| it == '\n' || !is_unsafe(it)), "an invisible character");
    let mut rest = html.strip_prefix("<!DOCTYPE html>").unwrap().trim_end();
    let mut elements = Vec::<Element>::new();
    let mut open = Vec::<usize>::new();
    while !rest.is_empty() {
        let (text, behind) = rest.split_once('<').unwrap();
        assert!(!text.contains('>'), "not escaped: {text}");
        match open.last() {
            Some(at) => elements[*at].text.push_str(&decoded(text)),
            None => assert!(text.is_empty(), "outside of everything: {text}"),
        }
        if let Some(behind) = behind.strip_prefix('/') {
            let (tag, behind) = behind.split_once('>').unwrap();
            let last = open.pop().unwrap();
            assert_eq!(elements[last].tag, tag, "closed in another order");
            rest = behind;
            continue;
        }
        let (tag, attributes, behind) = begin(behind);
        rest = behind;
        let mut element = Element { tag, attributes, text: String::new() };
        if matches!(element.tag.as_str(), "style" | "script") {
            let (raw, behind) = rest.split_once(&format!("</{}>", element.tag)).unwrap();
            raw.clone_into(&mut element.text);
            rest = behind;
        } else if !VOID.contains(&element.tag.as_str()) {
            open.push(elements.len());
        }
        elements.push(element);
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    elements
}

type Begin<'a> = (String, Vec<(String, String)>, &'a str);

/// Reads a tag and its attributes, and returns the rest.
fn begin(text: &str) -> Begin<'_> {
    let is_name = |it: char| it.is_ascii_alphanumeric() || it == '-';
    let end = text.find(|it| !is_name(it)).unwrap();
    let (tag, mut rest) = text.split_at(end);
    assert!(!tag.is_empty(), "no tag: {}", text.chars().take(40).collect::<String>());
    let mut attributes = Vec::<(String, String)>::new();
    loop {
        if let Some(behind) = rest.strip_prefix('>') {
            return (tag.to_owned(), attributes, behind);
        }
        let attribute = rest.strip_prefix(' ').unwrap();
        let end = attribute.find(|it| !is_name(it)).unwrap();
        let (name, behind) = attribute.split_at(end);
        assert!(!name.is_empty() && attributes.iter().all(|(it, _)| it != name), "{tag} {name}");
        let (value, behind) = match behind.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').unwrap(),
            None => ("", behind),
        };
        assert!(!value.contains(['<', '>']), "not escaped: {value}");
        attributes.push((name.to_owned(), decoded(value)));
        rest = behind;
    }
}

/// Decodes the four escapes of the templates.
fn decoded(text: &str) -> String {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (name, behind) = part.split_once(';').unwrap();
        out.push(match name {
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "amp" => '&',
            other => panic!("&{other};"),
        });
        out.push_str(behind);
    }
    out
}
