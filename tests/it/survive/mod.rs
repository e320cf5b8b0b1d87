//! Deterministic simulation: applies with faults, kills and other users, each schedule from one
//! seed.
//!
//! The program, its client and the controller run in one process on a paused clock. A kill ends the
//! program between two of its steps, while the controller continues with the requests it received.
//! `TRUEUP_SEED=17` plays one schedule, `PROPTEST_CASES=5000` sets their number; `.ci/seeds` plays
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

/// The invariants of every played schedule.
mod checks;
/// Regressions that the simulation found.
mod found;
/// Reads the journals.
mod journals;
/// Plays a schedule.
mod play;
/// Generates schedules.
mod schedule;
/// Counts faults and events.
mod tally;
/// Two concurrent applies of the same files.
mod two;

/// The seeds that each run of the tests plays.
const N_SEEDS: u64 = 2_400;

/// One seed in this many also validates plans, events and journals against their schemas.
const FULL_EVERY: u64 = 40;

/// A long run prints its progress after this many seeds.
const PROGRESS_EVERY: u64 = 10_000;

async fn play_and_check(schedule: Schedule, is_lean: bool) -> Tally {
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
            let counted = play_and_check(schedule, is_lean).await;
            let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
            tally.add(&counted);
            if tally.n_seeds.is_multiple_of(PROGRESS_EVERY) {
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
        expect_everything_occurred(&tally);
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
                let commands = played.commands.iter().map(|it| format!("{it:?}"));
                *log.lock().unwrap() =
                    commands.chain(played.bench.simulator.request_log()).collect::<Vec<_>>();
            };
            try_seed(seed, &schedules(), &property).unwrap();
            logs.push(log.into_inner().unwrap());
        }
        assert_eq!(logs[0], logs[1], "seed {seed}");
    }
}

/// Expects that each kind of fault, event and quirk occurred, since the checks are void otherwise.
fn expect_everything_occurred(tally: &Tally) {
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
