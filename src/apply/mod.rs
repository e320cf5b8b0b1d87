//! Carries out a plan.
//!
//! Executes the plan without changing it: decides when a write may be sent, what became of its
//! task, whether a read shows its effect, and what to do when no answer came. Prints nothing and
//! keeps no record; each event is emitted before the request that it announces is sent. The state
//! of an interrupted apply comes in as the events of its journal.

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
