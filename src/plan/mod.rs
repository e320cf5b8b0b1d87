//! Desired state and live state to a plan.
//!
//! Pure: no clock, no disk, no network, no logger. Equal inputs give equal plans. Everything that
//! apply will do is decided here, and is in the [`Plan`].

mod types;

pub(crate) use self::types::{
    Action, Change, Controller, FieldChange, Impact, Options, Plan, Planned, Reason, Step, Summary,
};
