#![doc = include_str!("../README.md")]
//!
//! # Inside
//!
//! The simulator is written from what is known of the real controller, and shares no type with a
//! client: a misreading there cannot cancel itself out here. It has no disk, no environment and no
//! clock but that of tokio.

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
