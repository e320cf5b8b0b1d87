//! Each rule broken on purpose, and the seed whose schedule notices it.

use trueup::testing::{Rule, with_broken};

use super::{
    schedule::{Schedule, schedules},
    survives,
};
use crate::seeds::broken_by;

/// Within how many seeds a broken rule has to be noticed.
const WITHIN: u64 = 1_000;

#[expect(clippy::print_stdout, reason = "the seed is for whoever reads the test's output")]
/// Runs seeds with a rule broken until one notices, which does not fail while the rule is kept.
fn expect_noticed(rule: Rule) {
    let property = async |schedule: Schedule| drop(survives(schedule, true).await);
    let noticed = (0..WITHIN).find_map(|seed| {
        let words = with_broken(rule, || broken_by(seed, &schedules(), &property))?;
        Some((seed, words))
    });
    let (seed, words) = noticed.unwrap_or_else(|| panic!("{rule:?}: nobody notices"));
    let first = words.lines().next().unwrap_or_default();
    println!("{rule:?} broken is noticed at seed {seed}: {first}");
    assert_eq!(broken_by(seed, &schedules(), &property), None, "it fails anyway");
}

#[test]
fn a_create_sent_again_without_a_look_is_noticed() {
    expect_noticed(Rule::LookBeforeSendingAgain);
}

#[test]
fn a_write_that_leaves_before_its_line_is_on_the_disk_is_noticed() {
    expect_noticed(Rule::SyncBeforeSending);
}

#[test]
fn an_unreadable_list_taken_for_an_empty_one_is_noticed() {
    expect_noticed(Rule::UnreadableIsNotGone);
}

#[test]
fn a_step_done_on_its_tasks_word_is_noticed() {
    expect_noticed(Rule::DoneMeansSeen);
}

#[test]
fn an_edit_run_without_reading_it_back_is_noticed() {
    expect_noticed(Rule::ReadBackBeforeRunning);
}

#[test]
fn a_mask_sent_back_is_noticed() {
    expect_noticed(Rule::MaskIsNotSent);
}
