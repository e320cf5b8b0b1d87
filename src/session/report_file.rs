//! `--report`: a page about the result of an apply, written whole at its end.

use std::path::Path;

use super::{
    disk::{OWNER_ONLY, can_write, write_whole},
    environment::Environment,
    error::{Error, ErrorKind},
    observer::Observer,
    path_conflicts::{ClaimedPath, OutputFile, check_path_conflicts},
    saved_plan::output_target,
};
use crate::{
    events::Report,
    render::{self, ReportAbout},
};

/// Checks, before anything is sent, that the report can be written and overwrites no other file.
pub(crate) fn check_report_file(
    report: Option<&Path>,
    others: &[ClaimedPath<'_>],
) -> Result<(), Error> {
    let Some(report) = report else { return Ok(()) };
    let output = OutputFile { what: "the report", flag: "--report", path: Some(report) };
    check_path_conflicts(output, others)?;
    output_target(report).and_then(|it| can_write(&it)).map_err(|error| {
        let shown = report.display();
        let message = format!("the report cannot be written to `{shown}`: {error}");
        Error::new(ErrorKind::Failed, message)
    })
}

/// Writes the report. If that fails, the result of the apply still counts, so this only warns.
pub(crate) fn write_report_file(
    path: Option<&Path>,
    report: &Report,
    about: ReportAbout<'_>,
    environment: &Environment,
    observer: &mut dyn Observer,
) {
    let Some(path) = path else { return };
    let page = render::report_page(report, about, environment.clock.now_ms());
    let shown = path.display();
    match output_target(path).and_then(|it| write_whole(&it, &page, OWNER_ONLY)) {
        Ok(()) => observer.note(&format!("Wrote the report to {shown}.")),
        Err(error) => observer.warn(&format!("the report `{shown}` could not be written: {error}")),
    }
}
