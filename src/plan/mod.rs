//! Desired state and live state to a plan.
//!
//! Pure: no clock, no disk, no network, no logger. Equal inputs give equal plans. Everything that
//! apply will do is decided here, and is in the [`Plan`].

mod types;

mod planner;

mod scene;

mod declared;

mod cautions;

mod undeclared;

mod credentials;

mod diff;

mod steps;

mod rerun;

mod impact;

mod overlaps;

mod options;

mod complaints;

mod check;

pub(crate) use self::{
    options::check_options,
    planner::{needs_run_age, plan},
    types::{
        Action, Change, ChangeImpact, Controller, FieldChange, Impact, Options, Overlap, Overlaps,
        Plan, Planned, Reason, Space, Step, Summary,
    },
};

#[cfg(test)]
mod properties;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
