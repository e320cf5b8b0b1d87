//! What of a list is shown: by kind without a script, by name with one.

use maud::{Markup, html};

use super::words::grouped;

/// One kind of item, and how many there are of it.
pub(super) struct Kind {
    /// The class of its items, which the style knows.
    pub(super) class: &'static str,
    pub(super) label: &'static str,
    pub(super) n: usize,
}

/// Returns the choice of kinds, those of which there is none left out, and the field for names.
/// The field is there only where a script can obey it.
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
