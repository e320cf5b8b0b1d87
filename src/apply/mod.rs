//! Carries out a plan.
//!
//! Does what the plan says and decides nothing about it: which write may leave when, what its task
//! came to, whether a read shows its effect, and what to do when no answer came. Prints nothing,
//! keeps no record; it tells each event before the request leaves that the event is about.

mod standing;

mod effect;

mod watch;

mod item;

mod seen;

mod settle;

mod schedule;

mod looks;

mod drive;

mod start;

pub(crate) use self::{
    schedule::{Limits, Wait},
    start::{Apply, Ended, apply},
};
