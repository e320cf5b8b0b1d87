//! The files of the desired state: read and checked.

use std::path::{Path, PathBuf};

use super::{
    error::{Error, ErrorKind},
    observer::Observer,
    path_conflicts::ClaimedPath,
};
use crate::{
    api::ControllerUrl,
    codes, config,
    model::{Desired, Globs, Name},
    plan::{self, Drift, PlanDiagnostic},
    source::{Diagnostic, Location, Severity, SourceMap, Span, Spanned},
};

/// The file that is read if none is given.
pub(crate) const DEFAULT_FILE: &str = "discoveries.yaml";

/// The files that a command is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileSelection<'a> {
    /// Files and folders; if empty, the default file.
    pub(crate) paths: &'a [PathBuf],
    /// The file whose limits replace those of the other files.
    pub(crate) policy: Option<&'a Path>,
}

impl<'a> FileSelection<'a> {
    /// Returns the files and folders to read.
    pub(crate) fn paths(self) -> Vec<PathBuf> {
        if self.paths.is_empty() { vec![DEFAULT_FILE.into()] } else { self.paths.to_owned() }
    }

    /// Returns the paths that no output may overwrite.
    pub(crate) fn claimed_paths(self) -> Vec<ClaimedPath<'a>> {
        let default = self.paths.is_empty().then_some(Path::new(DEFAULT_FILE));
        let files = self.paths.iter().map(PathBuf::as_path).chain(default);
        let files = files.map(|it| ("a file of the desired state", Some(it)));
        files.chain([("the policy", self.policy)]).collect()
    }
}

/// What a plan is made of, as a command is given it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlanRequest<'a> {
    pub(crate) files: FileSelection<'a>,
    pub(crate) prune: bool,
    pub(crate) allow_delete: Option<usize>,
    pub(crate) rerun: &'a [String],
    pub(crate) only: &'a [String],
    pub(crate) except: &'a [String],
    pub(crate) base: Option<&'a str>,
    pub(crate) drift: Drift,
}

/// The desired state without mistakes, and where it came from.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) desired: Desired,
    pub(crate) sources: SourceMap,
    /// The controller that all files with a `controller` name.
    pub(crate) controller: Option<Spanned<ControllerUrl>>,
    pub(crate) warnings: Vec<Diagnostic>,
    /// Warnings that the policy turns into refusals of the plan.
    pub(crate) refusals: Vec<Diagnostic>,
    /// The path of each source on the disk.
    pub(crate) paths: Vec<PathBuf>,
    /// The base that the files are compared with, if any.
    pub(crate) base: Option<plan::Base>,
}

/// What the files say, and everything that is wrong with them.
#[derive(Debug)]
pub(crate) struct LoadedFiles {
    pub(crate) desired: Desired,
    pub(crate) sources: SourceMap,
    pub(crate) diagnostics: Vec<PlanDiagnostic>,
    controller: Option<Spanned<ControllerUrl>>,
    paths: Vec<PathBuf>,
    /// The limits in the files, if those of another file replace them.
    unused_policy: Option<Span>,
}

/// Reads and checks the files. The error has every mistake in all of them.
pub(crate) fn load_files(
    selection: FileSelection<'_>,
    observer: &mut dyn Observer,
) -> Result<Files, Error> {
    let loaded = read_files(selection);
    loaded.note_unused_policy(observer);
    let LoadedFiles { desired, sources, diagnostics, controller, paths, unused_policy: _ } = loaded;
    if diagnostics.iter().any(PlanDiagnostic::is_mistake) {
        let all = diagnostics.into_iter().map(|it| it.diagnostic).collect::<Vec<_>>();
        let summary = format!("\n{} in the files: nothing was sent.", count_by_severity(&all));
        return Err(Error::in_files(ErrorKind::Invalid, all, sources).help(summary));
    }
    let (refusals, warnings): (Vec<_>, Vec<_>) = diagnostics.into_iter().partition(|it| it.refuses);
    let [refusals, warnings] =
        [refusals, warnings].map(|them| them.into_iter().map(|it| it.diagnostic).collect());
    Ok(Files { desired, sources, controller, warnings, refusals, paths, base: None })
}

/// Reads and checks the files, and grades the warnings about them.
pub(crate) fn read_files(selection: FileSelection<'_>) -> LoadedFiles {
    let mut loaded = config::load(&selection.paths());
    if selection.paths.is_empty() {
        loaded.diagnostics.iter_mut().for_each(explain_default_file);
    }
    let unused_policy = selection.policy.and_then(|it| loaded.replace_policy(it));
    let config::Loaded { sources, desired, mut diagnostics, paths } = loaded;
    let controller = controller(&desired, &mut diagnostics);
    let diagnostics =
        diagnostics.into_iter().map(|diagnostic| PlanDiagnostic { diagnostic, refuses: false });
    let limits = desired.policy.as_ref().map(|it| &it.value);
    let diagnostics = plan::apply_grades(limits, diagnostics.collect());
    LoadedFiles { desired, sources, diagnostics, controller, paths, unused_policy }
}

impl LoadedFiles {
    /// Reports that the limits in the files do not apply, if so.
    pub(crate) fn note_unused_policy(&self, observer: &mut dyn Observer) {
        if let Some(span) = self.unused_policy {
            let Location { path, line, .. } = self.sources.locate(span);
            observer.note(&format!(
                "The limits of {path}:{line} are not used: `--policy` replaces them."
            ));
        }
    }
}

/// Explains a path that the user has not typed.
fn explain_default_file(diagnostic: &mut Diagnostic) {
    if diagnostic.code == codes::config::NO_FILES.name && diagnostic.help.is_none() {
        let help = "trueup reads this file of the current folder unless `--file PATH` is given";
        diagnostic.help = Some(help.to_owned());
    }
}

/// Returns the controller's address, which has to be the same in every file that gives one.
pub(super) fn controller(
    desired: &Desired,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Spanned<ControllerUrl>> {
    let mut first: Option<Spanned<ControllerUrl>> = None;
    for given in &desired.controllers {
        let url = match given.value.parse::<ControllerUrl>() {
            Ok(url) => url,
            Err(error) => {
                let diagnostic =
                    Diagnostic::error(&codes::config::BAD_CONTROLLER, error.to_string());
                let help = "write scheme and host, such as `https://catalyst.example.com`";
                diagnostics.push(diagnostic.at(given.span).help(help));
                continue;
            }
        };
        match &first {
            None => first = Some(Spanned::new(url, given.span)),
            Some(first) if first.value.same_controller(&url) => (),
            Some(first) => {
                let message = "the files are for different controllers";
                let diagnostic = Diagnostic::error(&codes::config::BAD_CONTROLLER, message);
                let diagnostic = diagnostic.labelled(given.span, "this one").at(first.span);
                diagnostics.push(diagnostic.help("plan the files of each controller on their own"));
            }
        }
    }
    first
}

/// Makes the options of a plan, and checks what can be checked without the controller.
pub(crate) fn plan_options(
    request: PlanRequest<'_>,
    files: &Files,
) -> Result<plan::Options, Error> {
    let options = plan::Options {
        prune: request.prune,
        allow_delete: request.allow_delete,
        rerun: request.rerun.iter().map(Name::as_read).collect(),
        only: parse_globs("--only", request.only)?,
        except: parse_globs("--except", request.except)?,
        base: request.base.map(str::to_owned),
        drift: request.drift,
        ..plan::Options::default()
    };
    let mistakes = plan::check_options(&files.desired, &options);
    if mistakes.is_empty() {
        return Ok(options);
    }
    Err(Error::in_files(ErrorKind::Invalid, mistakes, files.sources.clone()))
}

/// Reads the patterns of a flag.
pub(crate) fn parse_globs(flag: &str, patterns: &[String]) -> Result<Globs, Error> {
    Globs::new(patterns).map_err(|error| {
        let message = format!("the pattern of `{flag}` is invalid: {error}");
        Error::new(ErrorKind::Invalid, message)
    })
}

/// Counts errors and warnings, as in `2 errors and 1 warning`.
pub(crate) fn count_by_severity(diagnostics: &[Diagnostic]) -> String {
    let count = |severity, noun: &str| match diagnostics
        .iter()
        .filter(|it| it.severity == severity)
        .count()
    {
        0 => None,
        1 => Some(format!("1 {noun}")),
        n => Some(format!("{n} {noun}s")),
    };
    match (count(Severity::Error, "error"), count(Severity::Warning, "warning")) {
        (Some(errors), Some(warnings)) => format!("{errors} and {warnings}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "no errors".to_owned(),
    }
}
