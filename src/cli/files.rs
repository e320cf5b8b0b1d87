//! The files of a command: read, checked, complained about.

use std::path::PathBuf;

use super::{
    args::{FileArgs, PlanningArgs},
    exit::Exit,
    output::{Output, counted},
};
use crate::{
    api::ControllerUrl,
    codes, config,
    model::{Desired, Globs, Name},
    plan,
    source::{Diagnostic, SourceMap, Spanned},
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
}

/// What the files say, and everything that is wrong with them.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) desired: Desired,
    pub(crate) sources: SourceMap,
    pub(crate) diagnostics: Vec<Diagnostic>,
    controller: Option<Spanned<ControllerUrl>>,
}

/// Reads and checks the files; complains about every mistake in all of them at once.
pub(crate) fn load(args: &FileArgs, output: &mut Output<'_>) -> Result<Files, Exit> {
    let Read { desired, sources, diagnostics, controller } = read(args);
    if diagnostics.iter().any(Diagnostic::is_error) {
        output.complain(&diagnostics, &sources);
        output.say(&format!("\n{} in the files: nothing was sent.", counted(&diagnostics)));
        return Err(Exit::Invalid);
    }
    Ok(Files { desired, sources, controller, warnings: diagnostics })
}

/// Reads and checks the files.
pub(crate) fn read(args: &FileArgs) -> Read {
    let default = [PathBuf::from(DEFAULT_FILE)];
    let paths = if args.file.is_empty() { &default } else { args.file.as_slice() };
    let config::Loaded { sources, desired, mut diagnostics } = config::load(paths);
    let controller = controller(&desired, &mut diagnostics);
    if args.file.is_empty() {
        diagnostics.iter_mut().for_each(explain_default);
    }
    Read { desired, sources, diagnostics, controller }
}

/// Says where the path comes from that nobody has typed.
fn explain_default(complaint: &mut Diagnostic) {
    if complaint.code == codes::config::NO_FILES.name && complaint.help.is_none() {
        let help = "this file of the current folder is read unless `--file PATH` is given";
        complaint.help = Some(help.to_owned());
    }
}

/// Reads the controller's address, which has to be the same in every file that gives one.
fn controller(
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
        // Only an apply knows of those.
        owed: Vec::new(),
        halved: Vec::new(),
        only: globs("--only", &args.only, output)?,
        except: globs("--except", &args.except, output)?,
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
