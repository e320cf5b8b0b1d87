#![doc = include_str!("ARCHITECTURE.md")]

mod source;

mod model;

mod config;

mod api;

mod live;

mod plan;

mod events;

mod apply;

mod render;

pub mod simulator;

pub mod cli;
