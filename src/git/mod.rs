//! Files at a commit, read with the `git` program.
//!
//! Only reads: it changes, fetches and runs nothing in a repository. Knows paths and bytes, not the
//! meaning of files.

mod program;

mod base;

mod index;

mod tree;

pub(crate) use self::{
    base::{Before, Request, WorkFile, before, short},
    index::is_kept,
    program::{GitError, Program},
};
