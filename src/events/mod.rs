//! What happens during an apply, the record of it, and the report that results.
//!
//! Knows neither requests nor waiting. Journal, `--events`, progress and account read the same
//! events.

mod event;

mod moved;

mod record;

mod report;

pub(crate) use self::{
    event::{Event, Outcome, SinkError, StopReason},
    moved::{Moved, MovedField},
    record::{EventRecord, FORMAT_VERSION, Line, NotInPlan},
    report::{Entry, Report, StepProgress, Verdict},
};
