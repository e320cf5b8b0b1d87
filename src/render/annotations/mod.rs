//! Diagnostics at their lines, for reviewers: as commands for GitHub's runner, and as SARIF.
//!
//! The caller knows the paths of files in the repository. Prints nothing and writes no file.

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
