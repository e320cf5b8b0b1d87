//! Deterministic simulation: applies that everything goes wrong with, each schedule from one seed.
//!
//! The program, its client and the controller's world run in one process on a paused clock. A kill
//! ends the program between two of its steps; the controller goes on with what it was sent.
//! `TRUEUP_SEED=17` plays one schedule alone, `PROPTEST_CASES=5000` so many; `.ci/seeds` plays
//! 100,000.

use std::sync::{Mutex, PoisonError};

use trueup_simulator::Quirks;

use self::{
    checks::{Undisturbed, expect_survived},
    play::play,
    schedule::{Schedule, schedules},
    tally::{KINDS, PLACES, Tally},
};
use crate::seeds::{on_all_processors, seeds, try_seed};

/// What has to hold of everything that was played.
mod checks;
/// What all this found.
mod found;
/// What the journals say.
mod journals;
/// Plays a schedule.
mod play;
/// What goes wrong.
mod schedule;
/// What went wrong, counted.
mod tally;
/// Two applies of the same files at once.
mod two;

/// How many seeds every run of the tests takes.
const N_SEEDS: u64 = 2_000;

/// Of so many seeds one is also held against the schemas of what machines read.
const FULL_EVERY: u64 = 40;

/// So often a long run says how far it is.
const SAID_EVERY: u64 = 10_000;

/// Plays the schedule of a seed, and checks all that has to hold.
async fn survives(schedule: Schedule, is_lean: bool) -> Tally {
    let undisturbed = Undisturbed::of(&schedule.case, is_lean).await;
    let played = play(schedule, is_lean).await;
    expect_survived(&played, &undisturbed).await;
    played.tally
}

#[test]
fn after_any_schedule_the_last_command_ends_like_an_undisturbed_apply() {
    let tally = Mutex::new(Tally::default());
    let seeds = seeds(N_SEEDS);
    let outcome = on_all_processors(seeds.clone(), |seed| {
        let is_lean = !seed.is_multiple_of(FULL_EVERY);
        let property = async |schedule: Schedule| {
            let counted = survives(schedule, is_lean).await;
            let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
            tally.add(&counted);
            if tally.n_seeds.is_multiple_of(SAID_EVERY) {
                println!("{} seeds passed", tally.n_seeds);
            }
        };
        try_seed(seed, &schedules(), &property)
    });
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{tally}");
    if let Err(words) = outcome {
        panic!("{words}");
    }
    if N_SEEDS <= seeds.end - seeds.start {
        expect_everything_went_wrong(&tally);
    }
}

#[test]
fn a_seed_always_plays_the_same_schedule() {
    for seed in seeds(12) {
        let mut logs = Vec::new();
        for _ in 0..2 {
            let log = Mutex::new(Vec::new());
            let property = async |schedule: Schedule| {
                let played = play(schedule, true).await;
                let told = played.told.iter().map(|it| format!("{it:?}"));
                *log.lock().unwrap() =
                    told.chain(played.bench.simulator.request_log()).collect::<Vec<_>>();
            };
            try_seed(seed, &schedules(), &property).unwrap();
            logs.push(log.into_inner().unwrap());
        }
        assert_eq!(logs[0], logs[1], "seed {seed}");
    }
}

/// What never happened shows nothing, so each thing has to have happened.
fn expect_everything_went_wrong(tally: &Tally) {
    let kinds = KINDS.iter().filter(|it| tally.of_kind(it) == 0);
    let places = PLACES.iter().filter(|it| tally.at_place(it) == 0);
    let events = tally::EVENTS.iter().filter(|it| !tally.events.contains_key(**it));
    let missing = kinds.chain(places).chain(events).collect::<Vec<_>>();
    assert!(missing.is_empty(), "never happened: {missing:?}");
    for choice in Quirks::ALL {
        for value in choice.values {
            let value = if *value == "DURATION" { "" } else { value };
            let quirk = format!("{}={value}", choice.name);
            let is_it = |it: &String| it.starts_with(&quirk) && (value.is_empty() || *it == quirk);
            assert!(tally.quirks.keys().any(is_it), "no controller had {quirk}");
        }
    }
}
