//! Where `--report` goes: a page with what came of an apply, written whole once that is known.

use std::path::Path;

use super::{
    disk::{OWNER_ONLY, can_write, write_whole},
    exit::Exit,
    path_conflicts::{OutputFile, keep_apart},
    saved::target,
    terminal::output::Output,
};
use crate::{
    events::Report,
    render::{self, ReportAbout},
};

/// Finds out, before anything is sent, whether the report could be written, and that it is not
/// written over one of these files.
pub(crate) fn check(
    report: Option<&Path>,
    others: &[(&str, Option<&Path>)],
    output: &mut Output<'_>,
) -> Result<(), Exit> {
    let Some(report) = report else { return Ok(()) };
    let written = OutputFile { what: "the report", flag: "--report", path: Some(report) };
    keep_apart(written, others, output)?;
    let shown = report.display();
    target(report).and_then(|it| can_write(&it)).map_err(|error| {
        output.error(&format!("the report cannot be written to `{shown}`: {error}"), None);
        Exit::Failed
    })
}

/// Writes the report. What came of an apply is not made worse by a page that could not be written.
pub(crate) fn write(
    path: Option<&Path>,
    report: &Report,
    about: ReportAbout<'_>,
    output: &mut Output<'_>,
) {
    let Some(path) = path else { return };
    let page = render::report_page(report, about, output.now_ms());
    let shown = path.display();
    match target(path).and_then(|it| write_whole(&it, &page, OWNER_ONLY)) {
        Ok(()) => output.say(&format!("Wrote the report to {shown}.")),
        Err(error) => output.warn(&format!("the report `{shown}` could not be written: {error}")),
    }
}
