//! The integration tests, one binary.
#![expect(clippy::unwrap_used, reason = "a test may fail")]
#![expect(clippy::disallowed_methods, reason = "tests read and write files of their own")]
#![expect(clippy::string_slice, reason = "a test may fail")]

/// Plans carried out: what is sent, what is seen, what is said.
mod applying;
/// A controller, files, and command lines against them.
mod bench;
/// Plans as comments on a pull request.
mod markdown;
/// Rules about the source that no compiler checks.
mod tidy;
