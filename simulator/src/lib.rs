//! A fake Cisco Catalyst Center for tests: discoveries, their tasks and global credentials.
//!
//! Written from what is known of the real one and from nothing else of this program: it shares no
//! type with the client, so that a misreading there cannot cancel itself out here.
//! It does not scan anything, has no disk, no environment and no clock of its own but tokio's.

mod options;

mod quirk;

mod fault;

mod seed;

mod world;

mod http;

mod serve;

pub use self::{
    fault::{Fault, FaultError},
    http::{Disconnect, Service, Simulator, Unanswered},
    options::{Login, Options, Rate, RateError},
    quirk::{QuirkChoice, QuirkError, QuirkSetting, Quirks},
    serve::serve,
    world::{World, WorldError},
};
