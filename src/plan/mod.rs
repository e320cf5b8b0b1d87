//! Desired state and live state to a plan.
//!
//! Pure: no clock, no disk, no network, no logger. Equal inputs give equal plans. Everything that
//! apply will do is decided here, and is in the [`Plan`].

mod types;

mod origin;

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

mod limits;

mod limited;

mod grades;

mod options;

mod complaints;

mod check;

mod attribute;

mod keep;

pub(crate) use self::{
    attribute::{needs_run_age_against, plan_against},
    grades::graded,
    limits::check_files,
    options::check_options,
    origin::{Base, Compared, Drift, Git, Kept, Origin, Origins},
    planner::plan,
    types::{
        Action, Change, ChangeImpact, Controller, FieldChange, Impact, Options, Overlap, Overlaps,
        Plan, Planned, Reason, Space, Step, Summary,
    },
};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod reach_tests;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
