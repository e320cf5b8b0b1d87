//! A plan, and what came of one, as a page for people: one file that asks nobody for anything.
//!
//! Every text goes through a template that escapes it; what is raw is written here, and is never a
//! text of others. All of a page can be read without its script, which only finds names. Says
//! nothing that the JSON of a plan or of a report does not have.

mod plan_page;

mod report_page;

mod frame;

mod filter;

mod warnings;

mod drift;

mod diagnostics;

mod changes;

mod fields;

mod picture;

mod lanes;

mod entries;

mod timeline;

mod words;

pub(crate) use self::{plan_page::plan_page, report_page::report_page};

#[cfg(test)]
mod reading;

#[cfg(test)]
mod tests;
