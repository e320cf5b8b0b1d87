//! One change of a plan while it is carried out.
//!
//! [`Operation`] is the state machine of the write protocol, which events alone move, live and from
//! a journal. [`Execution`] has beside it what a running apply observed, and decides which events
//! happen. Sends nothing and waits for nothing.

mod state;

mod tasks;

mod execution;

mod effect;

mod observation;

mod doubt;

mod precheck;

mod jobs;

mod on_view;

mod stop_words;

pub(crate) use self::state::Operation;
pub(super) use self::{
    execution::{Events, Execution, Moment, Phase},
    observation::{Observation, ObservedTasks},
    tasks::{TaskVerdict, verdict},
};
