//! The reference pages on codes and files, as text, as Markdown and for `man`.
//!
//! A page is a list of [`Block`]s. There is a file for each kind of page, and one for each format.
//! The pages on the command line and the exit codes are in `cli`.

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
