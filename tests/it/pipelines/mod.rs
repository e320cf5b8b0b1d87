//! The examples of pipelines, run as their CI runs them: from an empty repository over a plan that
//! is reviewed to one that is applied, and to a report of drift.
//!
//! The commands are taken out of the files, in their order, and run by the shell that the CI would
//! run them with, against the built-in controller as a server. What the CI itself does (checkouts,
//! artifacts, caches, conditions) is played here, and so is the forge: `gh`, `curl` and `jq` on the
//! `PATH` are small programs that ask this process.

/// GitHub Actions: conditions, steps, artifacts and caches.
mod actions;
/// The workflow of Atlantis, and the script beside its server.
mod atlantis;
/// The commands of a file, and those that were run.
mod commands;
/// The forge that `gh` and `curl` talk to.
mod forge;
/// The API of GitHub, as far as the examples use it.
mod gh;
/// The workflows for GitHub Actions.
mod github;
/// The pipeline for GitLab.
mod gitlab;
/// The API of GitLab, as far as the example uses it.
mod glab;
/// Hooks before a commit, and editors.
mod hooks;
/// The pipeline for Jenkins.
mod jenkins;
/// What the examples ask of `jq`.
mod jq;
/// A repository, a controller, and a shell in a checkout.
mod site;
