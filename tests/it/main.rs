//! The integration tests, one binary.
#![expect(clippy::unwrap_used, reason = "a test may fail")]
#![expect(clippy::disallowed_methods, reason = "tests read and write files of their own")]
#![expect(clippy::string_slice, reason = "a test may fail")]

/// Diagnostics annotated at their lines, for reviewers: GitHub workflow commands and SARIF.
mod annotations;
/// Plans that are applied: requests, outcomes and output.
mod applying;
/// Files, plans and responses that are large, deeply nested, or written to mislead.
mod bad_input;
/// Plans compared with a base commit.
mod base;
/// The same in clones, worktrees and repositories of every kind, and in malicious ones.
mod base_git;
/// A controller, files, and command lines against them.
mod bench;
/// Every diagnostic code: its page, and its example.
mod codes;
/// The fuzzers' corpora, and mutations of them.
mod corpus;
/// Writes that a busy controller delays.
mod delayed_writes;
/// Discoveries that an interrupted apply deleted and did not recreate.
mod deleted_not_recreated;
/// The dependencies: their sources, licences, versions and number.
mod dependencies;
/// An in-memory disk for journals that can lose unsynced data.
mod disk;
/// Every fault of a single write.
mod doubt;
/// Every example, validated and applied.
mod examples;
/// Every exit code, and which one takes precedence.
mod exit_codes;
/// The machine-readable formats.
mod formats;
/// Generated controllers, worlds and files.
mod generate;
/// The program as a process, killed at every request.
mod killed;
/// A controller that kills its client at a chosen request.
mod killed_at;
/// A full disk below the journal or the events.
mod killed_disk;
/// Journal files: permissions, locks, and files that already exist at their path.
mod killed_files;
/// Signals and closed pipes during an apply, followed by `resume`.
mod killed_signals;
/// Controllers that restart during an apply.
mod killed_world;
/// Limits: what they refuse, at which line, and what can override them.
mod limits;
/// What machines read, checked wherever a test produces it.
mod machines;
/// Plans as comments on a pull request.
mod markdown;
/// Measures of the source, and the limits of some.
mod measures;
/// Files with mistakes: all of them in one go, each at its place.
mod mistakes;
/// The world moves between the plan and the writes.
mod moving;
/// Another user of the controller.
mod other_user;
/// How much is under way at once, and how it is ended.
mod pace;
/// Plans, and what came of them, as pages for people.
mod page;
/// The examples of pipelines, run as their CI runs them.
mod pipelines;
/// What only a process shows: pipes, signals, streams and colours.
mod process;
/// What holds of every plan and every apply.
mod properties;
/// Every unknown about the real controller, settled in every way.
mod quirks;
/// Controllers that cannot be read.
mod reading;
/// What the README says, held against the program.
mod readme;
/// The reference and the manual pages, written by the program.
mod reference;
/// The example of a policy in Rego, evaluated on plans in Terraform's format.
mod rego;
/// Replaces, whose halves are never left apart on purpose.
mod replace;
/// Applies that are killed, and what comes after.
mod resume;
/// Plans that are saved, and applied later.
mod saved;
/// Nothing secret is said or saved, not even to a log.
mod secrets;
/// Cases that follow from their seeds.
mod seeds;
/// The program as a process: a folder, an environment, and what comes out.
mod shell;
/// How much of the processor the program takes.
mod speed;
/// `status`: one line a live discovery.
mod status;
/// One discovery, and what is done to it.
mod story;
/// Deterministic simulation: everything that can go wrong, from one seed each.
mod survive;
/// Rules about the source that no compiler checks.
mod tidy;
/// The command line itself: help, versions, and what is not understood.
mod usage;
/// What files want of a world, found out without the program.
mod wanted;
/// The way over real sockets: certificates, redirects, proxies.
mod wire;
