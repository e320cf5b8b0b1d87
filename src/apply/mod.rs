//! Carries out a plan.
//!
//! Does what the plan says and decides nothing about it: which write may be sent when, what became
//! of its task, whether a read shows its effect, and what to do when no answer came. Prints nothing
//! and keeps no record; each event is emitted before the request that it announces is sent. What an
//! interrupted apply left comes in as the events that its journal kept.

mod precondition;

mod operation;

mod replay;

mod limits;

mod scheduler;

mod polling;

mod driver;

mod answers;

mod start;

pub(crate) use self::{
    limits::{Limits, Wait},
    operation::Operation,
    replay::Replay,
    start::{Apply, Ended, Purpose, apply},
};
