//! The files as they were where the branch began: found by git, and read.

use super::{
    environment::Environment,
    error::{Error, ErrorKind},
    files::{self, FileSelection, Files, PlanRequest},
    observer::Observer,
};
use crate::{
    config,
    git::{self, BaseFiles, GitError, Program, Request, WorkFile},
    model::{Desired, printable, shown},
    plan::{Base, Git},
    source::{Diagnostic, SourceMap},
};

/// How many mistakes in the files of the base are listed, and how many paths in a line.
const MAX_LISTED: usize = 3;

/// Reads the base that the files are compared with, if one is asked for.
pub(crate) async fn load_base(
    request: PlanRequest<'_>,
    files: &Files,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<Option<Base>, Error> {
    let Some(reference) = request.base else { return Ok(None) };
    let asked = git_request(reference, request.files, files);
    let variables = environment.variables.clone();
    // Git may take its time, and an interrupt must not have to wait for it.
    let asked = tokio::task::spawn_blocking(move || {
        let program = Program::find(&variables)?;
        git::files_at_base(&program, &asked)
    });
    let before = asked.await.unwrap_or_else(|error| Err(GitError::NotRun(error.to_string())));
    let before = before
        .map_err(|error| Error::new(ErrorKind::Invalid, error.to_string()).help(error.help()))?;
    for line in remarks(reference, &before) {
        observer.note(&line);
    }
    let at = git::short_id(&before.merge_base).to_owned();
    let mut base = read_base(reference, before);
    if let Some(other) = other_controller(&base, files) {
        observer.note(&format!(
            "At {at} the files were for {}: everything counts as this branch.",
            shown(&other)
        ));
        // They described discoveries of another controller.
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

fn git_request(reference: &str, selection: FileSelection<'_>, files: &Files) -> Request {
    let sources = files.sources.sources().iter();
    let files = files.paths.iter().zip(sources);
    Request {
        reference: reference.to_owned(),
        given: selection.paths(),
        files: files
            .map(|(path, it)| WorkFile { path: path.clone(), text: it.text.clone() })
            .collect(),
    }
}

/// Returns a line for everything about the comparison that may surprise.
fn remarks(reference: &str, before: &BaseFiles) -> Vec<String> {
    let BaseFiles {
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
    let at = git::short_id(merge_base);
    let mut lines = vec![format!(
        "Comparison with {}: merge-base {at}, HEAD {}.",
        shown(reference),
        git::short_id(head)
    )];
    if *is_ambiguous {
        let reference = shown(reference);
        lines.push(format!(
            "{reference} is ambiguous: to choose one, write `refs/heads/…` or `refs/tags/…` in full."
        ));
    }
    if !dirty.is_empty() {
        lines.push(format!("Uncommitted changes count as this branch: {}.", listed(dirty)));
    }
    let renames = renamed.iter().map(|(path, was)| format!("{path} was {was}"));
    let renames = renames.collect::<Vec<_>>();
    if !renames.is_empty() {
        lines.push(format!("Renamed since {at}: {}.", listed(&renames)));
    }
    if !outside.is_empty() {
        lines.push(format!(
            "In no repository, so assumed to be the same at {at}: {}.",
            listed(outside)
        ));
    }
    if !submodules.is_empty() {
        lines.push(format!(
            "Submodules, which count as this branch as a whole: {}.",
            listed(submodules)
        ));
    }
    if !skipped.is_empty() {
        lines.push(format!("Not checked out, so ignored: {}.", listed(skipped)));
    }
    if files.is_empty() {
        lines.push(format!("None of the files existed at {at}: everything counts as this branch."));
    }
    lines
}

fn listed(paths: &[String]) -> String {
    let listed = paths.iter().take(MAX_LISTED).map(|it| printable(it));
    let listed = listed.collect::<Vec<_>>().join(", ");
    match paths.len().saturating_sub(MAX_LISTED) {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}

/// Reads the files of the base.
fn read_base(reference: &str, before: BaseFiles) -> Base {
    let BaseFiles { merge_base, head, files, dirty, renamed, outside, .. } = before;
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
    let listed = errors.iter().take(MAX_LISTED).map(one).collect::<Vec<_>>().join("; ");
    match errors.len().saturating_sub(MAX_LISTED) {
        0 => listed,
        more => format!("{listed}; and {more} more"),
    }
}
