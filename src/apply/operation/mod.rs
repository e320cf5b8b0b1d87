//! One change of a plan while it is carried out, as a state machine.
//!
//! Pure: what was sent, answered and observed comes in with the time at which it was, and events
//! and the next state come out. Sends nothing and waits for nothing.

mod state;

mod tasks;

mod effect;

mod observation;

mod doubt;

mod precheck;

mod jobs;

mod on_view;

mod stop_words;

pub(super) use self::{
    observation::{Observation, ObservedTasks},
    state::{
        AwaitingEffect, Doubt, Events, Moment, Operation, Phase, Sent, TaskClaim, TaskVerdict,
        WaitReason,
    },
    tasks::{TaskView, says_duplicate, verdict},
};
