//! A plan as JSON: what `--out` saves, `--format json` prints, and `apply PLAN` reads back.
//!
//! A format of its own and not the model's. Whether a plan that was read still holds is not known
//! here: `apply` looks.

mod document;

mod write;

mod read;

mod schema;

pub(crate) use self::{
    read::{Saved, saved_plan},
    schema::plan_schema,
    write::{About, digest_of, hexadecimal, plan_json},
};
