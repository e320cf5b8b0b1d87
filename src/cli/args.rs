//! The command line, as it is typed.

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use super::{
    annotations::AnnotationArgs,
    base::DriftArg,
    explain::ExplainArgs,
    manual::{ManArgs, ReferenceArgs},
    print::{CompletionsArgs, SchemaArgs},
    simulator_args::{SimulationArgs, SimulatorArgs, faults_and_quirks},
};
use crate::model::SpanOfTime;

/// Keep a Catalyst Center's discoveries true to YAML files
#[derive(Debug, Parser)]
#[command(name = "trueup", version, arg_required_else_help = true, max_term_width = 100)]
#[command(infer_long_args = false, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 changes (--detailed-exitcode), 3 only drift \
                        (--detailed-exitcode), 4 invalid, 5 refused, 6 stale, 7 partial, \
                        8 pending, 9 unreachable."
)]
pub(crate) struct Cli {
    /// When to use colour; auto is on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Colour,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check the files, offline
    Validate(ValidateArgs),
    /// Show what would change
    Plan(PlanArgs),
    /// Plan, ask, and carry the plan out
    Apply(ApplyArgs),
    /// Settle what an interrupted apply left, then carry on with it
    Resume(ResumeArgs),
    /// Print a saved plan
    Show(ShowArgs),
    /// Show the live discoveries, one a line
    Status(StatusArgs),
    /// Run the built-in controller as a server
    ///
    /// Prints its URL once it is ready. Accepts the user `admin` with the password `simulator`,
    /// unless `CC_USERNAME` and `CC_PASSWORD` say otherwise.
    #[command(after_long_help = faults_and_quirks())]
    Simulator(SimulatorArgs),
    /// Explain a diagnostic code, or list all of them
    Explain(ExplainArgs),
    /// Print a page of the reference, as Markdown
    Reference(ReferenceArgs),
    /// Print the manual page, or write all of them to a folder
    Man(ManArgs),
    /// Print the JSON schema of a file format
    Schema(SchemaArgs),
    /// Print the completions for a shell
    Completions(CompletionsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct FileArgs {
    /// A file, or a folder that is searched for them; repeats [default: discoveries.yaml]
    #[arg(short, long = "file", value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) file: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// Take the limits of this file, and not those that the files set themselves
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    /// How to print what is wrong; json goes to stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) annotations: AnnotationArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PlanningArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,

    /// Delete live discoveries that the files own and do not declare
    #[arg(long)]
    pub(crate) prune: bool,

    /// Let --prune delete up to N, however many that is of those it covers
    #[arg(long, value_name = "N", requires = "prune")]
    pub(crate) allow_delete: Option<usize>,

    /// Run this discovery again; repeats
    #[arg(long, value_name = "NAME")]
    pub(crate) rerun: Vec<String>,

    /// Look only at the names that match; repeats
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Vec<String>,

    /// Leave the names alone that match; repeats
    #[arg(long, value_name = "GLOB")]
    pub(crate) except: Vec<String>,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    /// Tell what this branch changes from what was changed on the controller: compare with the
    /// files where the branch and REF parted in git
    #[arg(long, value_name = "REF")]
    pub(crate) base: Option<String>,

    /// What to do about what was changed on the controller [default: revert]
    #[arg(long, value_name = "WHAT", requires = "base")]
    pub(crate) drift: Option<DriftArg>,
}

impl PlanningArgs {
    /// Returns the first flag that was given.
    pub(crate) fn first_given(&self) -> Option<&'static str> {
        let Self { files, prune, allow_delete, rerun, only, except, policy, base, drift } = self;
        let given = [
            (!files.file.is_empty(), "--file"),
            (*prune, "--prune"),
            (allow_delete.is_some(), "--allow-delete"),
            (!rerun.is_empty(), "--rerun"),
            (!only.is_empty(), "--only"),
            (!except.is_empty(), "--except"),
            (policy.policy.is_some(), "--policy"),
            (base.is_some(), "--base"),
            (drift.is_some(), "--drift"),
        ];
        given.into_iter().find_map(|(is_given, flag)| is_given.then_some(flag))
    }
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) planning: PlanningArgs,

    /// Save the plan to this file, for `trueup apply FILE`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,

    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: PlanFormat,

    /// What to show: the changes, or unchanged and unmanaged names too
    #[arg(long, value_name = "WHAT", default_value = "changes")]
    pub(crate) show: Show,

    /// Exit with 2 if there are changes, with 3 if there is nothing but drift
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,

    /// Write what happens to this file, a line of JSON an event; - is stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) events: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) annotations: AnnotationArgs,

    #[command(flatten)]
    pub(crate) controller: ControllerArgs,

    #[command(flatten)]
    pub(crate) simulation: SimulationArgs,
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    Text,
    Json,
    /// For a comment on a pull request
    Markdown,
    /// As Terraform's plan JSON, for policies and summaries that read that
    TerraformJson,
    /// A page for a browser, whole in one file
    Html,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The saved plan
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    pub(crate) plan: PathBuf,

    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: PlanFormat,

    /// What to show: the changes, or unchanged and unmanaged names too
    #[arg(long, value_name = "WHAT", default_value = "changes")]
    pub(crate) show: Show,

    /// Exit with 2 if there are changes, with 3 if there is nothing but drift
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Show {
    Changes,
    All,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// Carry out this saved plan, and do not ask
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    pub(crate) plan: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) planning: PlanningArgs,

    /// Do not ask
    #[arg(long)]
    pub(crate) auto_approve: bool,

    /// What to wait for: the tasks, or the runs that they start too
    #[arg(long, value_name = "WHAT", default_value = "tasks")]
    pub(crate) wait: WaitFor,

    /// Record what happens in this file [default: .trueup/journal-UTC-PID.jsonl]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) journal: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) carrying: CarryArgs,

    #[command(flatten)]
    pub(crate) controller: ControllerArgs,

    #[command(flatten)]
    pub(crate) simulation: SimulationArgs,
}

fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "write a whole number, at least 1".to_owned())
}

/// How a plan is carried out, and how that is told.
#[derive(Debug, Args)]
pub(crate) struct CarryArgs {
    /// How many write requests may be in flight
    #[arg(long, value_name = "N", default_value = "8", value_parser = at_least_one)]
    pub(crate) parallelism: NonZeroUsize,

    /// How many tasks may be open at once
    #[arg(long, value_name = "N", default_value = "100", value_parser = at_least_one)]
    pub(crate) max_pending: NonZeroUsize,

    /// How long it may take in all
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = duration)]
    pub(crate) timeout: Duration,

    /// How long to wait for open operations after Ctrl-C
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) drain: Duration,

    /// How to print what came of it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,

    /// Write what happens to this file, a line of JSON an event; - is stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) events: Option<PathBuf>,

    /// Write what came of it to this file, as a page for a browser (HTML)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) report: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) annotations: AnnotationArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// The journal of the apply that was cut short
    #[arg(value_name = "JOURNAL", value_hint = ValueHint::FilePath)]
    pub(crate) journal: PathBuf,

    /// What to wait for: the tasks, or the runs that they start too [default: as that apply did]
    #[arg(long, value_name = "WHAT")]
    pub(crate) wait: Option<WaitFor>,

    #[command(flatten)]
    pub(crate) carrying: CarryArgs,

    #[command(flatten)]
    pub(crate) controller: ControllerArgs,

    #[command(flatten)]
    pub(crate) simulation: SimulationArgs,
}

/// What an apply waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WaitFor {
    Tasks,
    Runs,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,

    /// Show only the names that match; repeats
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Vec<String>,

    /// Leave out the names that match; repeats
    #[arg(long, value_name = "GLOB")]
    pub(crate) except: Vec<String>,

    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) controller: ControllerArgs,

    #[command(flatten)]
    pub(crate) simulation: SimulationArgs,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Controller")]
pub(crate) struct ControllerArgs {
    /// Where the controller is [env: `CC_URL`, else the files' `controller`]
    #[arg(long, value_name = "URL")]
    pub(crate) controller: Option<String>,

    /// Who logs in [env: `CC_USERNAME`]
    #[arg(long, value_name = "NAME")]
    pub(crate) username: Option<String>,

    /// The file that has the password in its first line [env: `CC_PASSWORD`, the password itself]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) password_file: Option<PathBuf>,

    /// Trust the certificates of this file, in PEM, instead of the system's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ca_cert: Option<PathBuf>,

    /// Do not verify the controller's certificate [env: `CC_INSECURE`]
    #[arg(long)]
    pub(crate) insecure: bool,

    /// Which generation of the discovery API to use; auto asks the release
    #[arg(long, value_name = "API", default_value = "auto")]
    pub(crate) api: Api,
}

/// Which generation of the discovery API to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Api {
    Auto,
    Classic,
}

/// The longest time that a flag takes, in seconds.
const LONGEST: u64 = 366 * 86_400;

/// Reads a length of time: a whole number and one of `ms`, `s`, `m`, `h`, `d`, `w`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if let Some(Ok(milliseconds)) = text.strip_suffix("ms").map(str::parse::<u32>) {
        return Ok(Duration::from_millis(milliseconds.into()));
    }
    let span = text.parse::<SpanOfTime>();
    if span.is_ok_and(|it| LONGEST < it.seconds()) {
        return Err("that is longer than a year".to_owned());
    }
    span.map(SpanOfTime::to_duration)
        .map_err(|_| "write a whole number and one of ms, s, m, h, d, w, such as `30s`".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn lengths_of_time_have_a_unit() {
        assert_eq!(duration("20ms"), Ok(Duration::from_millis(20)));
        assert_eq!(duration("30m"), Ok(Duration::from_mins(30)));
        for text in ["", "5", "1.5s", "-1s", "ms", "s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
