//! Files as they were at a commit, by the `git` program.
//!
//! Reads only: nothing of a repository is changed, fetched or run. Knows paths and bytes. Does not
//! know what the files say, nor what is made of that.

mod program;

mod base;

mod index;

mod tree;

pub(crate) use self::{
    base::{Before, Request, WorkFile, before, short},
    index::is_kept,
    program::{GitError, Program},
};
