//! Complaints where a reviewer of the files sees them, at their lines: as commands to GitHub's
//! runner, and as a SARIF document.
//!
//! Where a file is in its repository, `cli` has found out. Knows no folder, prints nothing and
//! writes no file.

mod annotation;

mod line_hash;

mod github;

mod sarif;

mod uri;

mod document;

pub(crate) use self::{
    annotation::{Annotation, Named, annotation},
    github::{github_commands, inert},
    line_hash::line_hashes,
    sarif::{Ended, Rule, sarif_document},
};

#[cfg(test)]
mod tests;
