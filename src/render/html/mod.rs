//! A plan or the report of an apply as a page: one file that loads nothing.
//!
//! Templates escape every text; only constants of this module are raw. The script only filters by
//! name, so the page is complete without it. The content is that of the JSON formats.

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
