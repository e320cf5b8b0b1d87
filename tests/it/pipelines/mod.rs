//! Runs the example pipelines as their CI does: from an empty repository to a reviewed plan, an
//! apply and a drift report.
//!
//! The commands are extracted from the files in order, and run by the same shell as in the CI,
//! against the built-in controller as a server. Features of the CI itself (checkouts, artifacts,
//! caches, conditions) are simulated, and so is the forge: `gh`, `curl` and `jq` on the `PATH` are
//! small programs that forward their calls to this process.

/// GitHub Actions: conditions, steps, artifacts and caches.
mod actions;
/// The workflow of Atlantis, and the script beside its server.
mod atlantis;
/// Checks that every command in a file was run.
mod commands;
/// The forge that `gh` and `curl` talk to.
mod forge;
/// The part of the GitHub API that the examples use.
mod gh;
/// The workflows for GitHub Actions.
mod github;
/// The pipeline for GitLab.
mod gitlab;
/// The part of the GitLab API that the example uses.
mod glab;
/// The pre-commit hook, and editors.
mod hooks;
/// The pipeline for Jenkins.
mod jenkins;
/// The `jq` filters that the examples use.
mod jq;
/// A repository, a controller, and a shell in a checkout.
mod site;
