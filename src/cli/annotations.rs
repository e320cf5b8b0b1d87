//! `--annotations`: complaints where a reviewer of the files sees them.
//!
//! Collects what is complained of and gives it to the runner or to a document at the end. What is
//! complained of is decided elsewhere, and people are told of it all the same.

use std::{collections::BTreeMap, path::Path};

use super::{
    args::{AnnotationArgs, AnnotationFormat, SarifTo},
    disk::{EVERYBODY, can_write, write_whole},
    exit::Exit,
    host::Host,
    outcomes::Told,
    path_conflicts::{OutputFile, keep_apart},
    repository::Repository,
    saved::target,
    terminal::output::Output,
};
use crate::{
    codes::{self, Code, Grade},
    reference,
    render::{self, Annotation, Rule, annotation, line_hashes},
    source::{Diagnostic, Severity, SourceId, SourceMap},
};

/// What else the command line wants of stdout and of files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutputClaims<'a> {
    /// The flag that wants stdout for a document.
    pub(crate) stdout: Option<&'a str>,
    /// What `--events` names.
    pub(crate) events: Option<&'a Path>,
    /// What other files are, and which.
    pub(crate) files: &'a [(&'a str, Option<&'a Path>)],
}

/// The hashes of the lines of files, by the file.
type Hashes = BTreeMap<SourceId, Vec<String>>;

/// What was complained of, and where it goes at the end.
#[derive(Debug)]
pub(crate) struct Annotations {
    is_for_runner: bool,
    sarif: Option<SarifTo>,
    repository: Repository,
    found: Vec<Annotation>,
}

/// Begins to collect, if that is asked for, once it is certain that there is a place for it.
pub(crate) fn open(
    args: &AnnotationArgs,
    claims: OutputClaims<'_>,
    output: &mut Output<'_>,
) -> Result<(), Exit> {
    if args.annotations.is_empty() {
        return Ok(());
    }
    let mut annotations = Annotations::new(output.host);
    // A file that cannot be read is complained of without a place.
    for path in claims.files.iter().filter_map(|(_, path)| *path) {
        annotations.repository.named(&path.display().to_string());
    }
    for format in &args.annotations {
        match format {
            AnnotationFormat::Github => annotations.is_for_runner = true,
            AnnotationFormat::Sarif(_) if annotations.sarif.is_some() => {
                let message = "`--annotations sarif` is given twice";
                output.error(message, Some("there is one document: give it one place"));
                return Err(Exit::Invalid);
            }
            AnnotationFormat::Sarif(to) => annotations.sarif = Some(to.clone()),
        }
    }
    if let Some(SarifTo::Stdout) = annotations.sarif {
        let is_stdout = |it: &&Path| it.as_os_str() == "-";
        let events = claims.events.filter(is_stdout).map(|_| "--events -");
        if let Some(flag) = events.or(claims.stdout) {
            let message = format!("`--annotations sarif` and `{flag}` both want stdout");
            output.error(&message, Some("give the document a file: `--annotations sarif=FILE`"));
            return Err(Exit::Invalid);
        }
    }
    let mut problem = None;
    if let Some(SarifTo::File(file)) = &annotations.sarif {
        let flag = "--annotations sarif=FILE";
        let written = OutputFile { what: "the SARIF document", flag, path: Some(file) };
        keep_apart(written, &[claims.files, &[("the events", claims.events)]].concat(), output)?;
        let error = target(file).and_then(|it| can_write(&it)).err();
        problem = error.map(|error| unwritten(file, &error));
    }
    if problem.is_some() {
        annotations.sarif = None;
    }
    output.annotate(annotations);
    let Some(problem) = problem else { return Ok(()) };
    let help = "name a file in a folder that is there and can be written";
    output.error(&problem, Some(help));
    Err(Exit::Failed)
}

fn unwritten(file: &Path, error: &std::io::Error) -> String {
    format!("the SARIF document cannot be written to `{}`: {error}", file.display())
}

impl Annotations {
    fn new(host: &Host) -> Self {
        let repository = Repository::around(host);
        Self { is_for_runner: false, sarif: None, repository, found: Vec::new() }
    }

    /// Whether GitHub's runner reads what is said.
    pub(crate) fn is_for_runner(&self) -> bool {
        self.is_for_runner
    }

    /// Whether stdout is for the document and nothing else.
    pub(crate) fn has_stdout(&self) -> bool {
        self.sarif == Some(SarifTo::Stdout)
    }

    /// Takes complaints about files in.
    pub(crate) fn take(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        let mut hashes = Hashes::new();
        for diagnostic in diagnostics {
            let annotation = self.annotation(diagnostic, sources, &mut hashes);
            self.found.push(annotation);
        }
    }

    /// Takes in what came of changes: of each the same complaint whatever the controller's words
    /// for it are.
    pub(crate) fn take_outcomes(&mut self, told: &[Told<'_>], sources: &SourceMap) {
        let mut hashes = Hashes::new();
        for Told { change, diagnostic } in told {
            let mut annotation = self.annotation(diagnostic, sources, &mut hashes);
            if let Some(change) = change {
                change.name.as_str().clone_into(&mut annotation.identity);
            }
            self.found.push(annotation);
        }
    }

    fn annotation(
        &mut self,
        diagnostic: &Diagnostic,
        sources: &SourceMap,
        hashes: &mut Hashes,
    ) -> Annotation {
        let mut annotation = annotation(diagnostic, sources, |path| self.repository.named(path));
        annotation.message = self.repository.without_roots(&annotation.message);
        annotation.help = annotation.help.map(|it| self.repository.without_roots(&it));
        annotation.identity = self.repository.without_roots(&annotation.identity);
        let to_blame = diagnostic.labels.first().map(|it| it.span);
        // Of a document only: nobody else looks at it.
        let to_blame = to_blame.filter(|it| it.has_text() && self.sarif.is_some());
        if let (Some(span), Some(place)) = (to_blame, annotation.places.first()) {
            let of_file = || line_hashes(&sources.source(span.source).text);
            let of_file = hashes.entry(span.source).or_insert_with(of_file);
            annotation.line_hash = of_file.get(place.at.line - 1).cloned();
        }
        annotation
    }

    /// Returns the document.
    fn document(&self, exit: Exit) -> String {
        let ended = render::Ended {
            is_successful: self.is_successful(exit),
            code: exit.code(),
            name: exit.name(),
        };
        render::sarif_document(&self.found, ended, |name| codes::find(name).map(rule))
    }

    /// Whether the command came to its end. Files or a plan with errors are what it was to find,
    /// and those are at their lines; where something else went wrong no line is to blame, or a
    /// change is not as it should be.
    fn is_successful(&self, exit: Exit) -> bool {
        let is_finding = |it: &Annotation| {
            let code = codes::find(&it.code);
            let is_outcome = code.is_some_and(|it| it.grades.contains(&Grade::Outcome));
            !it.places.is_empty() && !is_outcome
        };
        let mut errors = self.found.iter().filter(|it| it.severity == Severity::Error);
        match exit {
            Exit::Done | Exit::Changes | Exit::Drift => true,
            Exit::Failed | Exit::Invalid | Exit::Refused => {
                let first = errors.next();
                first.is_some_and(is_finding) && errors.all(is_finding)
            }
            Exit::Stale | Exit::Partial | Exit::Pending | Exit::Unreachable => false,
        }
    }
}

/// Gives what was collected to whom it is for. Says why that failed, if it did.
pub(crate) fn close(exit: Exit, output: &mut Output<'_>) -> Option<String> {
    let annotations = output.take_annotations()?;
    let failed = match &annotations.sarif {
        Some(SarifTo::Stdout) => {
            output.print_document(&annotations.document(exit));
            None
        }
        Some(SarifTo::File(file)) => {
            // Others may upload it: the next step of a pipeline need not be the same user.
            let document = annotations.document(exit);
            let written = target(file).and_then(|it| write_whole(&it, &document, EVERYBODY));
            written.err().map(|error| unwritten(file, &error))
        }
        None => None,
    };
    if annotations.is_for_runner {
        output.tell_runner(&render::github_commands(&annotations.found));
    }
    failed
}

/// Makes a rule of the page of a code.
fn rule(code: &'static Code) -> Rule {
    /// As wide as `explain` prints it.
    const WIDTH: usize = 100;
    let page = reference::code_page(code);
    let usually = match code.grades.first() {
        Some(Grade::Warning) => Severity::Warning,
        Some(Grade::Invalid | Grade::Error | Grade::Refusal | Grade::Failure | Grade::Outcome)
        | None => Severity::Error,
    };
    Rule {
        title: reference::capitalized(code.title) + ".",
        meaning: code.meaning.to_owned(),
        text: reference::text(&page, WIDTH),
        markdown: reference::markdown(&page),
        usually,
    }
}
