//! Makes a plan from the desired state and the live state.
//!
//! Pure: no clock, no disk, no network, no logger. Equal inputs give equal plans. It takes every
//! decision about what apply will do, and the [`Plan`] has all of them.

mod types;

mod origin;

mod planner;

mod inputs;

mod declared;

mod warnings;

mod undeclared;

mod credentials;

mod diff;

mod steps;

mod rerun;

mod impact;

mod overlaps;

mod policy_plan;

mod policy_discovery;

mod grades;

mod options;

mod messages;

mod check;

mod attribute;

mod keep;

pub(crate) use self::{
    attribute::{needs_run_age_against, plan_against},
    grades::apply_grades,
    options::check_options,
    origin::{Base, Comparison, Drift, Git, KeptDrift, Origin, Origins},
    planner::plan,
    policy_plan::check_files,
    types::{
        Action, Change, ChangeImpact, Controller, Coverage, FieldChange, Impact, Options, Overlap,
        Overlaps, Plan, PlanDiagnostic, Reason, Step, Summary,
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
