//! The files of a command: read, checked, complained about.

use std::path::{Path, PathBuf};

use super::{
    args::{FileArgs, PlanningArgs, PolicyArgs},
    exit::Exit,
    terminal::output::{Output, counted},
};
use crate::{
    api::ControllerUrl,
    codes, config,
    model::{Desired, Globs, Name},
    plan::{self, PlanDiagnostic},
    source::{Diagnostic, Location, SourceMap, Span, Spanned},
};

/// Where the desired state is unless the command line says otherwise.
pub(crate) const DEFAULT_FILE: &str = "discoveries.yaml";

/// The desired state without a mistake, and where it came from.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) desired: Desired,
    pub(crate) sources: SourceMap,
    /// The controller that the files are for, all of them the same one.
    pub(crate) controller: Option<Spanned<ControllerUrl>>,
    pub(crate) warnings: Vec<Diagnostic>,
    /// What the policy makes of other warnings of the files: each refuses a plan.
    pub(crate) refusals: Vec<Diagnostic>,
    /// Where each source is on the disk.
    pub(crate) paths: Vec<PathBuf>,
    /// What the files are compared with, if anything.
    pub(crate) base: Option<plan::Base>,
}

/// What the files say, and everything that is wrong with them.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) desired: Desired,
    pub(crate) sources: SourceMap,
    pub(crate) diagnostics: Vec<PlanDiagnostic>,
    controller: Option<Spanned<ControllerUrl>>,
    paths: Vec<PathBuf>,
    /// Where the files set limits that are not used, as another file was given for them.
    unused_policy: Option<Span>,
}

/// Reads and checks the files; complains about every mistake in all of them at once. The limits
/// are those of `policy`, where it is given.
pub(crate) fn load(
    args: &FileArgs,
    policy: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<Files, Exit> {
    let read = read(args, policy);
    note_unused_policy(&read, output);
    let Read { desired, sources, diagnostics, controller, paths, unused_policy: _ } = read;
    if diagnostics.iter().any(PlanDiagnostic::is_mistake) {
        let all = diagnostics.into_iter().map(|it| it.diagnostic).collect::<Vec<_>>();
        output.complain(&all, &sources);
        output.say(&format!("\n{} in the files: nothing was sent.", counted(&all)));
        return Err(Exit::Invalid);
    }
    let (refusals, warnings): (Vec<_>, Vec<_>) = diagnostics.into_iter().partition(|it| it.refuses);
    let [refusals, warnings] =
        [refusals, warnings].map(|them| them.into_iter().map(|it| it.diagnostic).collect());
    Ok(Files { desired, sources, controller, warnings, refusals, paths, base: None })
}

/// Reads and checks the files, and grades the warnings about them.
pub(crate) fn read(args: &FileArgs, policy: Option<&Path>) -> Read {
    let mut loaded = config::load(&given(args));
    if args.file.is_empty() {
        loaded.diagnostics.iter_mut().for_each(explain_default);
    }
    let unused_policy = policy.and_then(|it| loaded.replace_policy(it));
    let config::Loaded { sources, desired, mut diagnostics, paths } = loaded;
    let controller = controller(&desired, &mut diagnostics);
    let diagnostics =
        diagnostics.into_iter().map(|diagnostic| PlanDiagnostic { diagnostic, refuses: false });
    let limits = desired.policy.as_ref().map(|it| &it.value);
    let diagnostics = plan::apply_grades(limits, diagnostics.collect());
    Read { desired, sources, diagnostics, controller, paths, unused_policy }
}

/// Says that the files' own limits do not hold, where that is so.
pub(crate) fn note_unused_policy(read: &Read, output: &mut Output<'_>) {
    if let Some(span) = read.unused_policy {
        let Location { path, line, .. } = read.sources.locate(span);
        output.say(&format!("The limits of {path}:{line} are not used: `--policy` gives others."));
    }
}

/// Returns the files and folders that the command line names.
pub(crate) fn given(args: &FileArgs) -> Vec<PathBuf> {
    if args.file.is_empty() { vec![PathBuf::from(DEFAULT_FILE)] } else { args.file.clone() }
}

/// Returns what no other file may be written over: what each is, and where.
pub(crate) fn claimed<'a>(
    args: &'a FileArgs,
    policy: &'a PolicyArgs,
) -> Vec<(&'static str, Option<&'a Path>)> {
    let default = args.file.is_empty().then_some(Path::new(DEFAULT_FILE));
    let files = args.file.iter().map(PathBuf::as_path).chain(default);
    let files = files.map(|it| ("a file of the desired state", Some(it)));
    files.chain([("the policy", policy.policy.as_deref())]).collect()
}

/// Says where the path comes from that nobody has typed.
fn explain_default(complaint: &mut Diagnostic) {
    if complaint.code == codes::config::NO_FILES.name && complaint.help.is_none() {
        let help = "this file of the current folder is read unless `--file PATH` is given";
        complaint.help = Some(help.to_owned());
    }
}

/// Reads the controller's address, which has to be the same in every file that gives one.
pub(super) fn controller(
    desired: &Desired,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Spanned<ControllerUrl>> {
    let mut first: Option<Spanned<ControllerUrl>> = None;
    for given in &desired.controllers {
        let url = match given.value.parse::<ControllerUrl>() {
            Ok(url) => url,
            Err(error) => {
                let complaint =
                    Diagnostic::error(&codes::config::BAD_CONTROLLER, error.to_string());
                let help = "write scheme and host, such as `https://catalyst.example.com`";
                diagnostics.push(complaint.at(given.span).help(help));
                continue;
            }
        };
        match &first {
            None => first = Some(Spanned::new(url, given.span)),
            Some(first) if first.value.same_controller(&url) => (),
            Some(first) => {
                let message = "the files are for different controllers";
                let complaint = Diagnostic::error(&codes::config::BAD_CONTROLLER, message);
                let complaint = complaint.labelled(given.span, "this one").at(first.span);
                diagnostics.push(complaint.help("plan the files of each controller on their own"));
            }
        }
    }
    first
}

/// Makes the options of a plan, and checks what can be told without the controller.
pub(crate) fn options(
    args: &PlanningArgs,
    files: &Files,
    output: &mut Output<'_>,
) -> Result<plan::Options, Exit> {
    let options = plan::Options {
        prune: args.prune,
        allow_delete: args.allow_delete,
        rerun: args.rerun.iter().map(Name::as_read).collect(),
        // The journals of earlier applies tell those.
        run_missing: Vec::new(),
        deleted_not_recreated: Vec::new(),
        only: globs("--only", &args.only, output)?,
        except: globs("--except", &args.except, output)?,
        base: args.base.clone(),
        drift: args.drift.map(Into::into).unwrap_or_default(),
    };
    let mistakes = plan::check_options(&files.desired, &options);
    if mistakes.is_empty() {
        return Ok(options);
    }
    output.complain(&mistakes, &files.sources);
    Err(Exit::Invalid)
}

/// Reads the patterns of a flag.
pub(crate) fn globs(
    flag: &str,
    patterns: &[String],
    output: &mut Output<'_>,
) -> Result<Globs, Exit> {
    Globs::new(patterns).map_err(|error| {
        output.error(&format!("the pattern of `{flag}` cannot be understood: {error}"), None);
        Exit::Invalid
    })
}
