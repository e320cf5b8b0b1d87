//! The commands: arguments, terminal, environment, clock and disk.
//!
//! The only place where the client meets the simulator, and the only one that prints. Plans
//! nothing and writes nothing to a controller itself.
#![expect(clippy::disallowed_methods, reason = "the shell around the program: disk and clock")]

mod args;

mod command_line;

mod commands;

mod terminal;

mod planning;

mod simulator_args;

mod exit;

mod host;

mod run;

mod disk;

mod path_conflicts;

mod event_log;

mod repository;

mod annotations;

mod outcomes;

mod files;

mod base;

mod committed;
mod connect;

mod simulate;

mod execute;

mod journals;

mod journal_file;

mod succession;

mod report_file;

mod saved;

pub use self::{
    exit::Exit,
    host::{Host, Interrupts},
    run::{main, run},
};
#[cfg(feature = "testing")]
pub(crate) use self::{
    journals::{Found as FoundJournal, read as found_journal},
    terminal::{Style, drawn},
};
pub use crate::journal::{Appended, Disk, RealDisk};
