//! The files as they were where the branch began: found by git, read, and what was done is said.

use super::{
    args::{FileArgs, PlanningArgs},
    exit::Exit,
    files::{self, Files},
    terminal::output::Output,
};
use crate::{
    config,
    git::{self, Before, GitError, Program, Request, WorkFile},
    model::{Desired, printable, shown},
    plan::{Base, Git},
    source::{Diagnostic, SourceMap},
};

/// How many mistakes in the files of the base are told, and how many paths in a line.
const MOST_TOLD: usize = 3;

/// Reads what the files are to be compared with, if anything.
pub(crate) async fn load(
    args: &PlanningArgs,
    files: &Files,
    output: &mut Output<'_>,
) -> Result<Option<Base>, Exit> {
    let Some(reference) = &args.base else { return Ok(None) };
    let request = request(reference, &args.files, files);
    let env = output.host.env.clone();
    // Git may take its time, and Ctrl-C must not have to wait for it.
    let asked = tokio::task::spawn_blocking(move || {
        let program = Program::find(&env)?;
        git::before(&program, &request)
    });
    let before = asked.await.unwrap_or_else(|error| Err(GitError::NotRun(error.to_string())));
    let before = before.map_err(|error| {
        output.error(&error.to_string(), Some(error.help()));
        Exit::Invalid
    })?;
    for line in told(reference, &before) {
        output.say(&line);
    }
    let at = short(&before.merge_base).to_owned();
    let mut base = base(reference, before);
    if let Some(other) = other_controller(&base, files) {
        output.say(&format!(
            "At {at} the files were for {}: everything is this change.",
            shown(&other)
        ));
        // What they said was of no discovery of this controller.
        base.desired = Ok(Desired::default());
    }
    Ok(Some(base))
}

/// Returns the controller that the files of the base were for, if it was another one.
fn other_controller(base: &Base, files: &Files) -> Option<String> {
    let before = base.desired.as_ref().ok()?;
    let before = files::controller(before, &mut Vec::new())?.value;
    let is_same = files.controller.as_ref()?.value.same_controller(&before);
    (!is_same).then(|| before.to_string())
}

fn request(reference: &str, args: &FileArgs, files: &Files) -> Request {
    let sources = files.sources.sources().iter();
    let files = files.paths.iter().zip(sources);
    Request {
        reference: reference.to_owned(),
        given: files::given(args),
        files: files
            .map(|(path, it)| WorkFile { path: path.clone(), text: it.text.clone() })
            .collect(),
    }
}

/// Says what was done, in a line for each thing that may surprise.
fn told(reference: &str, before: &Before) -> Vec<String> {
    let Before {
        merge_base,
        head,
        is_ambiguous,
        files,
        dirty,
        renamed,
        outside,
        submodules,
        skipped,
    } = before;
    let at = short(merge_base);
    let mut lines = vec![format!(
        "Comparison with {}: merge-base {at}, HEAD {}.",
        shown(reference),
        short(head)
    )];
    if *is_ambiguous {
        let reference = shown(reference);
        lines.push(format!(
            "There are several things called {reference}: `refs/heads/…` or `refs/tags/…` in full \
             says which one is meant."
        ));
    }
    if !dirty.is_empty() {
        lines.push(format!("Uncommitted, and so this change: {}.", listed(dirty)));
    }
    let renames = renamed.iter().map(|(path, was)| format!("{path} was {was}"));
    let renames = renames.collect::<Vec<_>>();
    if !renames.is_empty() {
        lines.push(format!("Renamed since {at}: {}.", listed(&renames)));
    }
    if !outside.is_empty() {
        lines.push(format!(
            "In no repository, and so taken for the same at {at}: {}.",
            listed(outside)
        ));
    }
    if !submodules.is_empty() {
        lines.push(format!("Submodules, of which all is this change: {}.", listed(submodules)));
    }
    if !skipped.is_empty() {
        lines.push(format!("Not checked out, and so not looked at: {}.", listed(skipped)));
    }
    if files.is_empty() {
        lines.push(format!("None of the files was there at {at}: everything is this change."));
    }
    lines
}

fn short(commit: &str) -> &str {
    git::short(commit)
}

fn listed(paths: &[String]) -> String {
    let paths_told = paths.iter().take(MOST_TOLD).map(|it| printable(it));
    let told = paths_told.collect::<Vec<_>>().join(", ");
    match paths.len().saturating_sub(MOST_TOLD) {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}

/// Makes of the files what they said.
fn base(reference: &str, before: Before) -> Base {
    let Before { merge_base, head, files, dirty, renamed, outside, .. } = before;
    let config::Loaded { sources, desired, diagnostics, paths: _ } = config::read_files(files);
    let errors = diagnostics.iter().filter(|it| it.is_error()).collect::<Vec<_>>();
    let desired = if errors.is_empty() { Ok(desired) } else { Err(mistakes(&errors, &sources)) };
    let base = reference.to_owned();
    Base { desired, git: Git { base, merge_base, head, dirty, renamed, outside } }
}

/// Returns the first mistakes in one line, each with its place.
fn mistakes(errors: &[&Diagnostic], sources: &SourceMap) -> String {
    let one = |it: &&Diagnostic| match it.labels.first() {
        Some(label) => {
            let at = sources.locate(label.span);
            format!("{}:{}:{}: {}", at.path, at.line, at.column, it.message)
        }
        None => it.message.clone(),
    };
    let told = errors.iter().take(MOST_TOLD).map(one).collect::<Vec<_>>().join("; ");
    match errors.len().saturating_sub(MOST_TOLD) {
        0 => told,
        more => format!("{told}; and {more} more"),
    }
}
