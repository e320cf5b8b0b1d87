//! Entry points for this package's own tests, behind the feature `testing`.
//!
//! The program does not use it, and no release has it.
//!
//! The readers here take any bytes, process them like the program itself, and panic if an invariant
//! is violated. The fuzzers in `fuzz/` and `tests/it/corpus.rs` both use them: `.ci/fuzz` runs the
//! former, `cargo test` the latter.

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
