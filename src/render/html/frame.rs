//! The document around a page: its head, its content security policy, and its layout.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

const STYLE: &str = include_str!("style.css");

const SCRIPT: &str = include_str!("filter.js");

/// A page without the document around it.
pub(super) struct Page {
    /// The title of the tab.
    pub(super) title: String,
    /// Above all parts.
    pub(super) header: Markup,
    /// In reading order.
    pub(super) parts: Vec<Part>,
    pub(super) footer: Markup,
}

/// A part of a page, with a heading of its own.
pub(super) struct Part {
    /// The anchor for links.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) body: Markup,
}

/// Returns a page as a file.
pub(super) fn document(page: &Page) -> String {
    let Page { title, header, parts, footer } = page;
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) }
                // Without this, browsers request a favicon.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header.top { (header) }
                @if 1 < parts.len() {
                    nav.parts aria-label="Parts of this page" {
                        ul { @for part in parts { li { a href={ "#" (part.id) } { (part.title) } } } }
                    }
                }
                main id="main" {
                    @for Part { id, title, body } in parts {
                        section id=(id) aria-labelledby={ (id) "-title" } {
                            h2 id={ (id) "-title" } { (title) }
                            (body)
                        }
                    }
                }
                footer.end { (footer) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    // GitHub's runner takes a line with `##[` for a command.
    document.into_string().replace("##[", "&#35;#[") + "\n"
}

/// Allows only the style and the script of the page itself.
fn policy() -> String {
    let hash = |it: &str| BASE64_STANDARD.encode(Sha256::digest(it.as_bytes()));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; \
         img-src data:; base-uri 'none'; form-action 'none'"
    )
}
