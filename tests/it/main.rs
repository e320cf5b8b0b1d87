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
/// Validates machine-readable output wherever a test produces it.
mod machines;
/// Plans as comments on a pull request.
mod markdown;
/// Measures of the source, and the limits of some.
mod measures;
/// Files with mistakes, which are all reported at once with their locations.
mod mistakes;
/// Changes by other users between the plan and the writes.
mod moving;
/// Another user of the controller.
mod other_user;
/// Parallelism, rate limits, timeouts and interrupts.
mod pace;
/// HTML pages of plans and reports.
mod page;
/// The examples of pipelines, run as their CI runs them.
mod pipelines;
/// Behaviour that needs a real process: pipes, signals, streams and colours.
mod process;
/// Properties of every plan and every apply.
mod properties;
/// Every quirk of the simulator with every value.
mod quirks;
/// Controllers that cannot be read completely.
mod reading;
/// What the README says, held against the program.
mod readme;
/// The reference and the manual pages, which the program generates.
mod reference;
/// The example policy in Rego, evaluated on plans in Terraform's JSON format.
mod rego;
/// Replaces, where the create always follows the delete.
mod replace;
/// Killed applies, followed by `resume` or by a new apply.
mod resume;
/// Plans that are saved and applied later.
mod saved;
/// No secret is printed, logged or saved.
mod secrets;
/// Runs properties on cases generated from seeds.
mod seeds;
/// Runs the program as a process, in its own folder and environment.
mod shell;
/// Limits of the CPU time of commands.
mod speed;
/// `status`: one line for each live discovery.
mod status;
/// Scenarios with one discovery.
mod story;
/// Deterministic simulation of faults, kills and other users, each schedule from one seed.
mod survive;
/// Rules about the source that no compiler checks.
mod tidy;
/// The command line itself: help, versions and errors.
mod usage;
/// Compares files and world independently of the program.
mod wanted;
/// Connections over real sockets: certificates, redirects and proxies.
mod wire;
