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
