//! The integration tests, one binary.
#![expect(clippy::unwrap_used, reason = "a test may fail")]
#![expect(clippy::disallowed_methods, reason = "tests read and write files of their own")]
#![expect(clippy::string_slice, reason = "a test may fail")]

/// Complaints at their lines, for reviewers: GitHub's commands and SARIF.
mod annotations;
/// Plans carried out: what is sent, what is seen, what is said.
mod applying;
/// Files, plans and answers that are large, deep, or written to mislead.
mod bad_input;
/// Plans that are compared with a commit of git.
mod base;
/// The same in clones and repositories of every kind, and in ones that mean harm.
mod base_git;
/// A controller, files, and command lines against them.
mod bench;
/// Every diagnostic code: its page, and what provokes it.
mod codes;
/// The fuzzers' corpora, and mutations of them.
mod corpus;
/// Discoveries that an interrupted apply deleted and did not recreate.
mod deleted_not_recreated;
/// The crates that this one is made of: sources, licences, versions, number.
mod dependencies;
/// A disk for journals that can lose what was not synced.
mod disk;
/// Everything that can go wrong with one write.
mod doubt;
/// Every example: what schema and program say of it, and an apply of it.
mod examples;
/// Every exit code, and which comes first where several would do.
mod exit_codes;
/// The formats that machines read.
mod formats;
/// Generated controllers, worlds and files.
mod generate;
/// Writes that a busy controller holds back, and what becomes of their discoveries meanwhile.
mod held;
/// Killed at every request, as a process.
mod killed;
/// A controller that kills whoever asks it.
mod killed_at;
/// A disk that is full, under the journal or under the events.
mod killed_disk;
/// Journals as files: modes, locks, and what is in their way.
mod killed_files;
/// Signals and closed pipes in the middle of an apply, and what is left then.
mod killed_signals;
/// Controllers that go and come back in the middle of an apply.
mod killed_world;
/// Limits: what is refused, where, and by whom it can be lifted.
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
