//! The record of an apply that has to survive it: appended, synced, read back.
//!
//! Decides nothing about what it records, and sends nothing.
#![expect(clippy::disallowed_methods, reason = "a journal is on disk")]

mod disk;

mod document;

mod line;

mod record;

mod read;

pub use self::disk::{Appended, Disk, RealDisk};
pub(crate) use self::{
    document::LineV1,
    read::{JournalError, Kept, Lines, Opened, is_closed},
    record::{Closing, Header, Journal},
};

#[cfg(test)]
mod tests;
