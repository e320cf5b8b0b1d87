#![doc = include_str!("ARCHITECTURE.md")]

mod codes;

mod source;

mod model;

mod config;

mod git;

mod api;

mod live;

mod plan;

mod events;

mod journal;

mod apply;

mod recovery;

mod render;

mod reference;

mod session;

pub mod cli;

#[cfg(feature = "testing")]
pub mod testing;
