//! The integration tests, one binary.
#![expect(clippy::unwrap_used, reason = "a test may fail")]
#![expect(clippy::disallowed_methods, reason = "tests read and write files of their own")]
#![expect(clippy::string_slice, reason = "a test may fail")]

/// Plans carried out: what is sent, what is seen, what is said.
mod applying;
/// A controller, files, and command lines against them.
mod bench;
/// Everything that can go wrong with one write.
mod doubt;
/// Every example: what schema and program say of it, and an apply of it.
mod examples;
/// The world moves between the plan and the writes.
mod moving;
/// How much is under way at once, and how it is ended.
mod pace;
/// Every unknown about the real controller, settled in every way.
mod quirks;
/// Controllers that cannot be read.
mod reading;
/// What the README says, held against the program.
mod readme;
/// Replaces, whose halves are never left apart on purpose.
mod replace;
/// One discovery, and what is done to it.
mod story;
/// Rules about the source that no compiler checks.
mod tidy;
