//! Doors for this package's own tests, behind the feature `testing`.
//!
//! Nothing of the program uses it, and no release has it.

pub use crate::rules::{Rule, with_broken};
