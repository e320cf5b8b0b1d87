//! Faults: what goes wrong, and with which request. Nothing here makes anything go wrong.

mod armed;

mod parse;

mod what;

pub(crate) use self::{
    armed::Armed,
    what::{Fate, Other, What, Where, Which},
};
pub use self::{parse::FaultError, what::Fault};
