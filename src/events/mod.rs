//! What happens while a plan is carried out, and what came of it.
//!
//! Knows nothing of how: neither requests nor waiting. Journal, `--events`, progress and account
//! read the same events.

mod event;

mod moved;

mod report;

pub(crate) use self::{
    event::{Event, Outcome, SinkError, StopReason},
    moved::{Moved, MovedField},
    report::{Entry, Report, Taken, Verdict},
};
