//! `explain`: prints the page of a diagnostic code.

use clap::Args;

use crate::{
    cli::{exit::Exit, terminal::output::Output},
    codes::{self, Code},
    config::{alternatives, nearest},
    model::shown,
    reference::{code_list, code_page, text},
};

/// However wide the terminal is, longer lines are hard to read.
const MAX_WIDTH: usize = 100;

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The code that a complaint ends with, whole or only its last part, such as `large_range`
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
}

/// How many characters a word has at least by which codes are found.
const MIN_WORD: usize = 3;

/// Prints the page of a code, or the list of all.
pub(crate) fn run(args: &ExplainArgs, output: &mut Output<'_>) -> Exit {
    let Some(name) = &args.code else {
        output.print_document(&code_list());
        return Exit::Done;
    };
    // As it is printed behind a message.
    let bare = name.trim_matches(['[', ']']);
    if let Some(code) = codes::find(bare) {
        let width = output.host.width.min(MAX_WIDTH);
        output.print_document(&text(&code_page(code), width));
        return Exit::Done;
    }
    let all = codes::all();
    let last = bare.rsplit("::").next().unwrap_or(bare);
    let help = match nearest(last, all.iter().map(|it| it.short())) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => having(last, &all).map_or_else(
            || "`trueup explain` lists all codes".to_owned(),
            |it| format!("did you mean {it}? `trueup explain` lists all codes"),
        ),
    };
    output.error(&format!("there is no code `{}`", shown(bare)), Some(&help));
    Exit::Invalid
}

/// Names the codes that have a word in them.
fn having(word: &str, all: &[&Code]) -> Option<String> {
    let has = |it: &&&Code| MIN_WORD <= word.len() && it.short().contains(word);
    let found = all.iter().filter(has).map(|it| it.short()).collect::<Vec<_>>();
    (!found.is_empty()).then(|| alternatives(found))
}
