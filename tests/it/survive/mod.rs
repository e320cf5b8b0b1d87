//! Deterministic simulation: applies that everything goes wrong with, each schedule from one seed.
//!
//! The program, its client and the controller's world run in one process on a paused clock. A kill
//! ends the program between two of its steps; the controller goes on with what it was sent.

use crate::seeds::{on_all_processors, seeds, try_seed};

use self::{
    checks::{Undisturbed, expect_survived},
    play::play,
    schedule::{Schedule, schedules},
    tally::Tally,
};

/// Each rule broken on purpose.
mod broken;
/// What has to hold of everything that was played.
mod checks;
/// Plays a schedule.
mod play;
/// What goes wrong.
mod schedule;
/// What went wrong, counted.
mod tally;

use std::sync::Mutex;

/// How many seeds every run of the tests takes.
const N_SEEDS: u64 = 2_000;

/// Of so many seeds one is also held against the schemas of what machines read.
const FULL_EVERY: u64 = 40;

/// Plays the schedule of a seed, and checks all that has to hold.
async fn survives(schedule: Schedule, is_lean: bool) -> Tally {
    let undisturbed = Undisturbed::of(&schedule.case, is_lean).await;
    let played = play(schedule, is_lean).await;
    expect_survived(&played, &undisturbed).await;
    played.tally
}

#[test]
fn whatever_happens_the_next_command_ends_where_an_undisturbed_apply_does() {
    let tally = Mutex::new(Tally::default());
    let outcome = on_all_processors(seeds(N_SEEDS), |seed| {
        let is_lean = !seed.is_multiple_of(FULL_EVERY);
        let property = async |schedule: Schedule| {
            let counted = survives(schedule, is_lean).await;
            tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(&counted);
        };
        try_seed(seed, &schedules(), &property)
    });
    if let Err(words) = outcome {
        panic!("{words}");
    }
    println!("{}", tally.into_inner().unwrap());
}
