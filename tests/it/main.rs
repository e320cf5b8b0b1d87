//! The integration tests, one binary.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

/// Plans carried out: what is sent, what is seen, what is said.
mod applying;
/// A controller, files, and command lines against them.
mod bench;
/// Generated controllers, worlds and files.
mod generate;
/// What holds of every plan and every apply.
mod properties;
/// Rules about the source that no compiler checks.
mod tidy;
/// What files want of a world, found out without the program.
mod wanted;
