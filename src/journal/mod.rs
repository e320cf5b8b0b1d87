//! The record of an apply that has to survive it: appended, synced, read back.
//!
//! Decides nothing about what it records, and sends nothing.
#![expect(clippy::disallowed_methods, reason = "a journal is on disk")]

mod disk;

pub use self::disk::{Appended, Disk, RealDisk};
