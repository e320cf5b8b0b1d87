//! The commands: arguments, terminal, environment, clock and disk.
//!
//! The only place where the client meets the simulator, and the only one that prints. Plans
//! nothing and writes nothing to a controller itself.
#![expect(clippy::disallowed_methods, reason = "the shell around the program: disk and clock")]

mod args;

mod command_line;

mod commands;

mod terminal;

mod simulator_args;

mod exit;

mod host;

mod run;

mod event_log;

mod output;

mod plan_output;

mod repository;

mod annotations;

mod connect;

mod simulate;

#[cfg(feature = "testing")]
pub(crate) use self::terminal::{Style, drawn};
pub use self::{
    exit::Exit,
    host::Host,
    run::{main, run},
};
pub use crate::{
    journal::{Appended, Disk, RealDisk},
    session::Interrupts,
};
