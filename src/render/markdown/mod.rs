//! A plan as Markdown, for a comment on a pull request.
//!
//! For the renderers of GitHub and GitLab. Text from files and from the controller is always inside
//! code, where no renderer looks for structure, links, mentions or references. The content is that
//! of the text format, shortened until it fits.

mod page;

mod changes;

mod drift;

mod names;

mod diagnostics;

mod inert;

pub(crate) use self::page::{PlanAbout, plan_markdown};

#[cfg(test)]
mod reading;

#[cfg(test)]
mod tests;
