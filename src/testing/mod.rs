//! Doors for this package's own tests, behind the feature `testing`.
//!
//! Nothing of the program uses it, and no release has it.
//!
//! The readers here take any bytes, go the way that the program itself goes, and panic where
//! something does not hold that has to hold of whatever comes. The fuzzers of `fuzz/` and
//! `tests/it/corpus.rs` both come in here: `.ci/fuzz` runs the former, `cargo test` the latter.

mod printed;

mod controller;

mod planned;

mod yaml;

mod plan_file;

mod answer;

mod live;

mod header;

mod world;

mod journal;

mod codes;

pub use self::{
    answer::{ANSWERS, read_answer, read_any_answer},
    codes::{Explained, explained},
    header::read_header,
    journal::read_journal,
    live::read_live,
    plan_file::{read_plan, sealed},
    printed::is_harmless,
    world::read_world,
    yaml::read_yaml,
};
