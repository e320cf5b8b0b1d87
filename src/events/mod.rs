//! What happens while a plan is carried out, and what came of it.
//!
//! Knows nothing of how: neither requests nor waiting. Progress, account and tests read the same
//! events.

mod event;

mod moved;

mod report;

pub(crate) use self::{
    event::{Event, Outcome, StopReason},
    moved::{Moved, MovedField},
    report::{Entry, Report, Taken, Verdict},
};
