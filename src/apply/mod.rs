//! Carries out a plan.
//!
//! Does what the plan says and decides nothing about it: which write may leave when, what its task
//! came to, whether a read shows its effect, and what to do when no answer came. Prints nothing,
//! keeps no record; it tells each event before the request leaves that the event is about. What an
//! apply left that was cut short comes in as the events that were kept of it.

mod standing;

mod effect;

mod watch;

mod item;

mod check;

mod jobs;

mod leave;

mod seen;

mod settle;

mod schedule;

mod left;

mod looks;

mod drive;

mod answers;

mod start;

pub(crate) use self::{
    left::Left,
    schedule::{Limits, Wait},
    start::{Apply, Ended, Purpose, apply},
};
