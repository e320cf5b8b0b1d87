//! The commands: arguments, terminal, environment, clock and disk.
//!
//! The only place where the client meets the simulator, and the only one that prints. Plans
//! nothing and writes nothing to a controller itself.
#![expect(clippy::disallowed_methods, reason = "the shell around the program: disk and clock")]

mod args;

mod simulator_args;

mod exit;

mod host;

mod run;

mod draw;

mod excerpt;

mod output;

mod disk;

mod apart;

mod event_log;

mod repository;

mod annotations;

mod outcomes;

mod files;

mod base;

mod committed;
mod connect;

mod simulate;

mod validate;

mod plan;

mod carry;

mod journals;

mod journal_file;

mod succession;

mod apply;

mod resume;

mod progress;

mod report_file;

mod saved;

mod show;

mod status;

mod serve;

mod explain;

mod manual;

mod print;

#[cfg(feature = "testing")]
pub(crate) use self::{
    draw::{Style, draw as drawn},
    journals::{Found as FoundJournal, read as found_journal},
};
pub use self::{
    exit::Exit,
    host::{Host, Interrupts},
    run::{main, run},
};
pub use crate::journal::{Appended, Disk, RealDisk};
