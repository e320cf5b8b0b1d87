//! The use cases, without a terminal: load the files, plan, execute, report.
//!
//! Takes values and an [`Observer`], and returns values and errors. Arguments, colours, prompts and
//! exit codes are in `cli`.
#![expect(clippy::disallowed_methods, reason = "files, saved plans and reports are on the disk")]

mod error;

mod environment;

mod observer;

mod disk;

mod path_conflicts;

mod files;

mod base;

mod saved_plan;

mod planning;

mod outcomes;

mod report_file;

pub(crate) use self::{
    base::load_base,
    disk::{EVERYBODY, can_write, write_whole},
    environment::{Clock, Environment},
    error::{Error, ErrorKind, Problem},
    files::{
        DEFAULT_FILE, FileSelection, Files, LoadedFiles, PlanRequest, claimed_paths, parse_globs,
        plan_options,
    },
    observer::{Observer, Progress},
    outcomes::{OutcomeDiagnostic, outcome_diagnostics},
    path_conflicts::{ClaimedPath, OutputFile, check_path_conflicts},
    planning::{LiveSnapshot, make_plan, plan_error_kind, read_error, report_refusals},
    report_file::{check_report_file, write_report_file},
    saved_plan::{SavedPlan, check_plan_file, load_plan, output_target, save_plan},
};
pub use self::environment::Interrupts;
