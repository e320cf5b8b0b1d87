//! Filters a list: by kind without a script, by name with one.

use maud::{Markup, html};

use super::words::grouped;

/// A kind of item, and the number of its items.
pub(super) struct Kind {
    /// The CSS class of its items.
    pub(super) class: &'static str,
    pub(super) label: &'static str,
    pub(super) n: usize,
}

/// Returns the choice of the kinds that occur, and the field for names, which needs the script.
pub(super) fn filter(kinds: &[Kind]) -> Markup {
    let n_all = kinds.iter().map(|it| it.n).sum::<usize>();
    html! {
        form.filter autocomplete="off" {
            fieldset {
                legend { "Show" }
                (choice("all", "All", n_all))
                @for Kind { class, label, n } in kinds.iter().filter(|it| it.n != 0) {
                    (choice(class, label, *n))
                }
            }
            p #by-name hidden {
                label for="name" { "Name" }
                input #name type="search" spellcheck="false" placeholder="Part of a name";
                output for="name" {}
            }
        }
    }
}

fn choice(class: &str, label: &str, n: usize) -> Markup {
    let id = format!("show-{class}");
    html! {
        span.choice {
            input id=(id) type="radio" name="show" value=(class) checked[class == "all"];
            label class=(class) for=(id) { (label) " " b { (grouped(n)) } }
        }
    }
}
