//! A plan as Markdown, for a comment on a pull request.
//!
//! GitHub's and GitLab's renderers are meant. Nothing of a file or of the controller stands in it
//! outside of code, where no renderer looks for structure, links, mentions or references. Says
//! nothing that the text format does not: it only leaves out what does not fit.

mod page;

mod changes;

mod drift;

mod names;

mod complaints;

mod inert;

pub(crate) use self::page::{PlanAbout, plan_markdown};

#[cfg(test)]
mod reading;

#[cfg(test)]
mod tests;
