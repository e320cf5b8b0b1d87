//! One change of a plan while it is carried out.
//!
//! [`Operation`] is the state machine of the write protocol, which only events change, live and
//! from a journal. [`Execution`] adds the observations of a running apply, and decides which events
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
