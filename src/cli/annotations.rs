//! `--annotations`: diagnostics where a reviewer of the files sees them.
//!
//! Collects the diagnostics of a command and delivers them at its end, to GitHub's runner or as a
//! document. They are printed for people all the same.

use std::{collections::BTreeMap, path::Path};

use super::{
    args::{AnnotationArgs, AnnotationFormat, SarifTo},
    exit::Exit,
    repository::Repository,
};
use crate::{
    codes::{self, Code, Grade},
    reference::{self, Block},
    render::{self, Annotation, Rule, annotation, line_hashes},
    session::{
        ClaimedPath, EVERYBODY, Environment, Error, ErrorKind, OutcomeDiagnostic, OutputFile,
        can_write, check_path_conflicts, output_target, write_whole,
    },
    source::{Diagnostic, Severity, SourceId, SourceMap},
};

/// The other uses of stdout and of files on the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutputClaims<'a> {
    /// The flag that wants stdout for a document.
    pub(crate) stdout: Option<&'a str>,
    /// The path of `--events`.
    pub(crate) events: Option<&'a Path>,
    /// The other paths.
    pub(crate) files: &'a [ClaimedPath<'a>],
}

/// The hashes of the lines of each file.
type LineHashes = BTreeMap<SourceId, Vec<String>>;

/// The collected diagnostics, and where they are delivered.
#[derive(Debug)]
pub(crate) struct Annotations {
    is_for_runner: bool,
    sarif: Option<SarifTo>,
    repository: Repository,
    found: Vec<Annotation>,
}

impl Annotations {
    /// Begins to collect, if that is asked for and there is a place for each format.
    pub(crate) fn open(
        args: &AnnotationArgs,
        claims: OutputClaims<'_>,
        environment: &Environment,
    ) -> Result<Option<Self>, Error> {
        if args.annotations.is_empty() {
            return Ok(None);
        }
        let repository = Repository::around(environment);
        let mut annotations =
            Self { is_for_runner: false, sarif: None, repository, found: Vec::new() };
        // A diagnostic about a file that cannot be read has no place in it.
        for path in claims.files.iter().filter_map(|(_, path)| *path) {
            annotations.repository.named(&path.display().to_string());
        }
        for format in &args.annotations {
            match format {
                AnnotationFormat::Github => annotations.is_for_runner = true,
                AnnotationFormat::Sarif(_) if annotations.sarif.is_some() => {
                    let message = "`--annotations sarif` is given twice";
                    let error = Error::new(ErrorKind::Invalid, message);
                    return Err(error.help("there is only one document: give it one place"));
                }
                AnnotationFormat::Sarif(to) => annotations.sarif = Some(to.clone()),
            }
        }
        annotations.check_claims(claims)?;
        Ok(Some(annotations))
    }

    /// Checks that nothing else wants the place of the document.
    fn check_claims(&self, claims: OutputClaims<'_>) -> Result<(), Error> {
        match &self.sarif {
            None => Ok(()),
            Some(SarifTo::Stdout) => {
                let events = claims.events.filter(|it| it.as_os_str() == "-");
                let Some(flag) = events.map(|_| "--events -").or(claims.stdout) else {
                    return Ok(());
                };
                let message = format!("`--annotations sarif` and `{flag}` both want stdout");
                let help = "give the document a file: `--annotations sarif=FILE`";
                Err(Error::new(ErrorKind::Invalid, message).help(help))
            }
            Some(SarifTo::File(file)) => {
                let flag = "--annotations sarif=FILE";
                let output = OutputFile { what: "the SARIF document", flag, path: Some(file) };
                let others = [claims.files, &[("the events", claims.events)]].concat();
                check_path_conflicts(output, &others)
            }
        }
    }

    /// Checks that the document can be written. If not, there will be none.
    pub(crate) fn check_document(&mut self) -> Result<(), Error> {
        let Some(SarifTo::File(file)) = &self.sarif else { return Ok(()) };
        let Err(error) = output_target(file).and_then(|it| can_write(&it)) else { return Ok(()) };
        let error = Error::new(ErrorKind::Failed, not_written(file, &error));
        self.sarif = None;
        Err(error.help("name a file in a folder that exists and can be written"))
    }

    /// Whether GitHub's runner reads the output.
    pub(crate) fn is_for_runner(&self) -> bool {
        self.is_for_runner
    }

    /// Whether the document has stdout to itself.
    pub(crate) fn has_stdout(&self) -> bool {
        self.sarif == Some(SarifTo::Stdout)
    }

    /// Adds diagnostics.
    pub(crate) fn add(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        let mut hashes = LineHashes::new();
        for diagnostic in diagnostics {
            let annotation = self.annotation(diagnostic, sources, &mut hashes);
            self.found.push(annotation);
        }
    }

    /// Adds the outcomes of changes. Each is identified by its change, whatever the controller's
    /// words for it are.
    pub(crate) fn add_outcomes(&mut self, outcomes: &[OutcomeDiagnostic<'_>], sources: &SourceMap) {
        let mut hashes = LineHashes::new();
        for OutcomeDiagnostic { change, diagnostic } in outcomes {
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
        hashes: &mut LineHashes,
    ) -> Annotation {
        let mut annotation = annotation(diagnostic, sources, |path| self.repository.named(path));
        annotation.message = self.repository.without_roots(&annotation.message);
        annotation.help = annotation.help.map(|it| self.repository.without_roots(&it));
        annotation.identity = self.repository.without_roots(&annotation.identity);
        let to_blame = diagnostic.labels.first().map(|it| it.span);
        // Only the document has hashes.
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

    /// Whether the command did its work. Errors at lines of files or of a plan are its findings.
    /// If it failed for another reason, an error has no line or is the outcome of a change.
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

    /// Writes the document to its file, or has it printed. Returns the reason if that failed.
    pub(crate) fn write_document(&self, exit: Exit, print: impl FnOnce(&str)) -> Option<String> {
        match &self.sarif {
            None => None,
            Some(SarifTo::Stdout) => {
                print(&self.document(exit));
                None
            }
            Some(SarifTo::File(file)) => {
                // The next step of a pipeline, which uploads it, may be another user.
                let document = self.document(exit);
                let target = output_target(file);
                let written = target.and_then(|it| write_whole(&it, &document, EVERYBODY));
                written.err().map(|error| not_written(file, &error))
            }
        }
    }

    /// Returns the commands for GitHub's runner, if it is to get some.
    pub(crate) fn runner_commands(&self) -> String {
        if self.is_for_runner { render::github_commands(&self.found) } else { String::new() }
    }
}

fn not_written(file: &Path, error: &std::io::Error) -> String {
    format!("the SARIF document cannot be written to `{}`: {error}", file.display())
}

/// Returns the SARIF rule for a code, from its page.
fn rule(code: &'static Code) -> Rule {
    /// The width that `explain` uses.
    const WIDTH: usize = 100;
    let page = reference::code_page(code);
    let meaning = code.sections().next().map(|(_, text)| text).unwrap_or_default();
    let meaning = Block::of_section(meaning).filter_map(|it| match it {
        Block::Text(text) => Some(text),
        Block::Heading(..) | Block::Lines(..) | Block::Table(..) => None,
    });
    let usually = match code.grades.first() {
        Some(Grade::Warning) => Severity::Warning,
        Some(Grade::Invalid | Grade::Error | Grade::Refusal | Grade::Failure | Grade::Outcome)
        | None => Severity::Error,
    };
    Rule {
        title: reference::capitalized(code.title()) + ".",
        meaning: meaning.collect::<Vec<_>>().join("\n\n"),
        text: reference::text(&page, WIDTH),
        markdown: reference::markdown(&page),
        usually,
    }
}
