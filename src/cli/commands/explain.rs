//! `explain`: prints the page of a diagnostic code.

use clap::Args;

use crate::{
    codes::{self, Code},
    config::{alternatives, nearest},
    model::shown,
    reference::{code_list, code_page, text},
    session::{Error, ErrorKind},
};

/// Longer lines are hard to read, however wide the terminal is.
const MAX_WIDTH: usize = 100;

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The code at the end of a message, in full or only its last part, such as `large_range`
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
}

/// Shorter words match too many codes.
const MIN_WORD: usize = 3;

/// Returns the page of a code, or the list of all.
pub(crate) fn run(args: &ExplainArgs, width: usize) -> Result<String, Error> {
    let Some(name) = &args.code else { return Ok(code_list()) };
    // Diagnostics print a code in brackets.
    let bare = name.trim_matches(['[', ']']);
    if let Some(code) = codes::find(bare) {
        return Ok(text(&code_page(code), width.min(MAX_WIDTH)));
    }
    let all = codes::all();
    let last = bare.rsplit("::").next().unwrap_or(bare);
    let help = match nearest(last, all.iter().map(|it| it.short())) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => codes_with_word(last, &all).map_or_else(
            || "`trueup explain` lists all codes".to_owned(),
            |it| format!("did you mean {it}? `trueup explain` lists all codes"),
        ),
    };
    let message = format!("there is no code `{}`", shown(bare));
    Err(Error::new(ErrorKind::Invalid, message).help(help))
}

/// Names the codes that have a word in them.
fn codes_with_word(word: &str, all: &[&Code]) -> Option<String> {
    let has = |it: &&&Code| MIN_WORD <= word.len() && it.short().contains(word);
    let found = all.iter().filter(has).map(|it| it.short()).collect::<Vec<_>>();
    (!found.is_empty()).then(|| alternatives(found))
}
