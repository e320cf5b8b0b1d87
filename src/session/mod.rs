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

mod connection;

mod files;

mod base;

mod saved_plan;

mod planning;

mod outcomes;

mod report_file;

mod committed;

mod observed_apply;

mod earlier_applies;

mod execute;

mod prepare;

#[cfg(feature = "testing")]
pub(crate) use self::earlier_applies::parse_plan;
pub use self::environment::Interrupts;
pub(crate) use self::{
    connection::{Connection, Connector, ExpectedController},
    disk::{EVERYBODY, can_write, write_whole},
    earlier_applies::{Takeover, USE_NEWER, read_journal, settle_with_old_release},
    environment::{Clock, Environment, interrupted},
    error::{Error, ErrorKind, Problem},
    execute::{ExecuteOptions, OBLIGATIONS, PreparedApply, close, execute, finish},
    files::{
        DEFAULT_FILE, FileSelection, Files, PlanRequest, count_by_severity, load_files,
        parse_globs, read_files,
    },
    observer::{Observer, Progress},
    outcomes::OutcomeDiagnostic,
    path_conflicts::{ClaimedPath, OutputFile, check_path_conflicts},
    planning::{plan_error_kind, read_live, report_refusals, with_progress},
    prepare::{PrepareOptions, plan_changes, prepare_new, prepare_saved},
    report_file::{check_report_file, write_report_file},
    saved_plan::{SavedPlan, check_plan_file, load_plan, output_target, save_plan},
};
