//! What an interrupted apply left: found in its journal, settled by reading, resumed or taken over.
//!
//! Prints nothing. What the user has to know on the way is a [`Notice`] for the [`Follower`].

mod notice;

mod follower;

mod remainder;

mod runner;

mod journals;

mod settle;

mod takeover;

mod journal_file;

#[cfg(feature = "testing")]
pub(crate) use self::remainder::Remainder;
pub(crate) use self::{
    follower::{Follower, RecordedJournal},
    journal_file::{NewJournal, header},
    journals::{
        InterruptedApply, ParsedPlan, RecoveryError, Search, deleted_by_earlier, find, read,
    },
    notice::{Notice, Severity},
    remainder::Remainders,
    runner::{Run, RunResult},
    settle::{SettleOptions, settle},
    takeover::{EarlierJournals, NewApply, SettledApply},
};
