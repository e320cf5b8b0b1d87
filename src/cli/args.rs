//! Arguments that several commands have.

use std::{
    ffi::{OsStr, OsString},
    num::NonZeroUsize,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::PathBuf,
    time::Duration,
};

use clap::{
    Args, ValueEnum, ValueHint,
    builder::{OsStringValueParser, TypedValueParser as _},
};

use crate::{
    apply::{Limits, Wait},
    model::TimeSpan,
    plan::Drift,
    render,
    session::{FileSelection, PlanRequest},
};

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Args)]
pub(crate) struct FileArgs {
    /// A file, or a folder to search for files; repeatable [default: discoveries.yaml]
    #[arg(short, long = "file", value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) file: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// Use the limits of this file instead of those in the other files
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) policy: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PlanningArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,

    /// Delete managed discoveries that the files do not declare
    #[arg(long)]
    pub(crate) prune: bool,

    /// Let --prune delete up to N discoveries, whatever their share of the managed ones
    #[arg(long, value_name = "N", requires = "prune")]
    pub(crate) allow_delete: Option<usize>,

    /// Run this discovery again; repeatable
    #[arg(long, value_name = "NAME")]
    pub(crate) rerun: Vec<String>,

    /// Plan only discoveries whose names match; repeatable
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Vec<String>,

    /// Ignore discoveries whose names match; repeatable
    #[arg(long, value_name = "GLOB")]
    pub(crate) except: Vec<String>,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    /// Tell changes of this branch from drift: compare with the files at the merge base of the
    /// branch and REF in git
    #[arg(long, value_name = "REF")]
    pub(crate) base: Option<String>,

    /// What to do about drift [default: revert]
    #[arg(long, value_name = "WHAT", requires = "base")]
    pub(crate) drift: Option<DriftArg>,
}

impl FileArgs {
    pub(crate) fn selection<'a>(&'a self, policy: Option<&'a PolicyArgs>) -> FileSelection<'a> {
        let policy = policy.and_then(|it| it.policy.as_deref());
        FileSelection { paths: &self.file, policy }
    }
}

impl PlanningArgs {
    pub(crate) fn request(&self) -> PlanRequest<'_> {
        PlanRequest {
            files: self.files.selection(Some(&self.policy)),
            prune: self.prune,
            allow_delete: self.allow_delete,
            rerun: &self.rerun,
            only: &self.only,
            except: &self.except,
            base: self.base.as_deref(),
            drift: self.drift.map(Into::into).unwrap_or_default(),
        }
    }

    /// Returns the first flag that is given, if any.
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

/// How a plan is printed.
#[derive(Debug, Args)]
pub(crate) struct PlanOutputArgs {
    /// How to print the plan
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: PlanFormat,

    /// What to show: only changes, or unchanged and unmanaged discoveries too
    #[arg(long, value_name = "WHAT", default_value = "changes")]
    pub(crate) show: Show,

    /// Exit with 2 if there are changes, with 3 if there is only drift
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// The format of a printed plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    Text,
    Json,
    /// For a comment on a pull request
    Markdown,
    /// Terraform's plan JSON, for policies and tools that read it
    TerraformJson,
    /// A page for a browser, in one file
    Html,
}

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Show {
    Changes,
    All,
}

impl From<Show> for render::Show {
    fn from(show: Show) -> Self {
        match show {
            Show::Changes => Self::Changes,
            Show::All => Self::All,
        }
    }
}

fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "write a whole number, at least 1".to_owned())
}

/// How a plan is executed, and how the result is reported.
#[derive(Debug, Args)]
pub(crate) struct ExecuteArgs {
    /// How many write requests may be in flight
    #[arg(long, value_name = "N", default_value = "8", value_parser = at_least_one)]
    pub(crate) parallelism: NonZeroUsize,

    /// How many tasks may be open at once
    #[arg(long, value_name = "N", default_value = "100", value_parser = at_least_one)]
    pub(crate) max_pending: NonZeroUsize,

    /// How long the command may take in all
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = duration)]
    pub(crate) timeout: Duration,

    /// How long to wait for open operations after Ctrl-C
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) drain: Duration,

    /// How to print the result
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,

    /// Write each event to this file, as a line of JSON; - is stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) events: Option<PathBuf>,

    /// Write the result to this file, as a page for a browser (HTML)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) report: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) annotations: AnnotationArgs,
}

impl ExecuteArgs {
    pub(crate) fn limits(&self, wait: Wait) -> Limits {
        let Self { parallelism, max_pending, drain, .. } = self;
        Limits { parallelism: *parallelism, max_pending: *max_pending, wait, drain: *drain }
    }
}

/// What an apply waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WaitFor {
    Tasks,
    Runs,
}

impl From<WaitFor> for Wait {
    fn from(wait: WaitFor) -> Self {
        match wait {
            WaitFor::Tasks => Self::Tasks,
            WaitFor::Runs => Self::Runs,
        }
    }
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

/// What to do about drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DriftArg {
    /// Leave it as it is
    Keep,
    /// Change it back to what the files say
    Revert,
    /// Refuse the plan
    Fail,
}

impl From<DriftArg> for Drift {
    fn from(drift: DriftArg) -> Self {
        match drift {
            DriftArg::Keep => Self::Keep,
            DriftArg::Revert => Self::Revert,
            DriftArg::Fail => Self::Fail,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct AnnotationArgs {
    // No doc comment: the brackets would be a link.
    #[arg(long, value_name = "FORMAT", value_hint = ValueHint::Other)]
    #[arg(value_parser = OsStringValueParser::new().try_map(annotation_format))]
    #[arg(help = "Report problems at their lines: github for the runner of GitHub Actions, \
                  sarif[=FILE] for code scanning; repeatable")]
    pub(crate) annotations: Vec<AnnotationFormat>,
}

/// How problems are reported at their lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AnnotationFormat {
    /// Commands to GitHub's runner, on stderr.
    Github,
    /// One document.
    Sarif(SarifTo),
}

/// Where the SARIF document goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SarifTo {
    Stdout,
    File(PathBuf),
}

fn annotation_format(text: OsString) -> Result<AnnotationFormat, String> {
    let bytes = text.into_vec();
    match bytes.strip_prefix(b"sarif=") {
        Some(b"") => Err("name the file after `sarif=`".to_owned()),
        Some(b"-") => Ok(AnnotationFormat::Sarif(SarifTo::Stdout)),
        Some(path) => {
            Ok(AnnotationFormat::Sarif(SarifTo::File(PathBuf::from(OsStr::from_bytes(path)))))
        }
        None if bytes == b"github" => Ok(AnnotationFormat::Github),
        None if bytes == b"sarif" => Ok(AnnotationFormat::Sarif(SarifTo::Stdout)),
        None => Err("write `github`, `sarif` or `sarif=FILE`".to_owned()),
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Controller")]
pub(crate) struct ControllerArgs {
    /// The URL of the controller [env: `CC_URL`, else the files' `controller`]
    #[arg(long, value_name = "URL")]
    pub(crate) controller: Option<String>,

    /// The user name for the login [env: `CC_USERNAME`]
    #[arg(long, value_name = "NAME")]
    pub(crate) username: Option<String>,

    /// A file with the password in its first line [env: `CC_PASSWORD`, the password itself]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) password_file: Option<PathBuf>,

    /// Trust the PEM certificates in this file instead of the system's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ca_cert: Option<PathBuf>,

    /// Do not verify the controller's certificate [env: `CC_INSECURE`]
    #[arg(long)]
    pub(crate) insecure: bool,

    /// Which generation of the discovery API to use; auto decides by the release
    #[arg(long, value_name = "API", default_value = "auto")]
    pub(crate) api: Api,
}

/// Which generation of the discovery API to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Api {
    Auto,
    Classic,
}

/// The longest duration that a flag accepts, in seconds.
const MAX_SECONDS: u64 = 366 * 86_400;

/// Reads a duration: a whole number and one of `ms`, `s`, `m`, `h`, `d`, `w`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if let Some(Ok(milliseconds)) = text.strip_suffix("ms").map(str::parse::<u32>) {
        return Ok(Duration::from_millis(milliseconds.into()));
    }
    let span = text.parse::<TimeSpan>();
    if span.is_ok_and(|it| MAX_SECONDS < it.seconds()) {
        return Err("it is longer than a year".to_owned());
    }
    span.map(TimeSpan::to_duration)
        .map_err(|_| "write a whole number and one of ms, s, m, h, d, w, such as `30s`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("20ms"), Ok(Duration::from_millis(20)));
        assert_eq!(duration("30m"), Ok(Duration::from_mins(30)));
        for text in ["", "5", "1.5s", "-1s", "ms", "s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
