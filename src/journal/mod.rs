//! The record of an apply that has to survive it: appended, synced, read back.
//!
//! Decides nothing about what it records, and sends nothing.
#![expect(clippy::disallowed_methods, reason = "a journal is on disk")]

mod disk;

mod record;

mod write;

mod read;

pub use self::disk::{Appended, Disk, RealDisk};
pub(crate) use self::{
    read::{JournalContent, JournalError, Lines, Opened, is_closed},
    record::{Header, JournalLine},
    write::Journal,
};

#[cfg(test)]
mod tests;
