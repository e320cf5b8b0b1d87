//! What the program says of itself at length: pages on codes, files, commands and exit codes, as
//! text, Markdown and for `man`.
//!
//! A page is a list of [`Block`]s; one file makes each kind of page, and one writes each format.
//! Prints nothing and knows no terminal. What the command line is like comes from `cli`.

mod block;

mod text;

mod markdown;

mod man;

mod diagnostics;

mod files;

pub(crate) use self::{
    block::Block,
    diagnostics::{capitalized, code_list, code_page, code_reference},
    files::file_format,
    man::man_sections,
    markdown::markdown,
    text::text,
};
