//! Files as they were at a commit, by the `git` program.
//!
//! Only reads: it changes, fetches and runs nothing of a repository. It knows paths and bytes, not
//! the meaning of the files.

mod program;

mod base;

mod index;

mod tree;

pub(crate) use self::{
    base::{BaseFiles, Request, WorkFile, files_at_base, short_id},
    index::is_tracked,
    program::{GitError, Program},
};
