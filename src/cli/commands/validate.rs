//! `validate`: checks the files offline.

use clap::Args;

use crate::{
    cli::{
        annotations::OutputClaims,
        args::{AnnotationArgs, FileArgs, Format, PolicyArgs},
        exit::Exit,
        output::Output,
    },
    plan::{self, PlanDiagnostic},
    render,
    session::{Environment, Error, Observer as _, count_by_severity, read_files},
    source::Diagnostic,
};

#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,

    #[command(flatten)]
    pub(crate) policy: PolicyArgs,

    /// How to print the problems; json goes to stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) annotations: AnnotationArgs,
}

/// Reads and checks the files, and prints every problem.
pub(crate) fn run(
    args: &ValidateArgs,
    environment: &Environment,
    output: &mut Output<'_>,
) -> Result<Exit, Error> {
    let selection = args.files.selection(Some(&args.policy));
    let stdout = (args.format == Format::Json).then_some("--format json");
    let claims = OutputClaims { stdout, events: None, files: &selection.claimed_paths() };
    output.open_annotations(&args.annotations, claims, environment)?;
    let loaded = read_files(selection);
    loaded.note_unused_policy(output);
    let (desired, sources, mut found) = (loaded.desired, loaded.sources, loaded.diagnostics);
    let has_mistake = found.iter().any(PlanDiagnostic::is_mistake);
    // If there are mistakes, discoveries are missing; the checks of the others still hold.
    found.extend(plan::check_files(&desired));
    let diagnostics = found.iter().map(|it| it.diagnostic.clone()).collect::<Vec<_>>();
    output.diagnostics(&diagnostics, &sources);
    let (n_files, n) = (sources.sources().len(), desired.discoveries.len());
    let exit = match (has_mistake, diagnostics.iter().any(Diagnostic::is_error)) {
        (true, _) => Exit::Invalid,
        (false, true) => Exit::Refused,
        (false, false) => Exit::Done,
    };
    let problems = count_by_severity(&diagnostics);
    let files = number(n_files, "file", "files");
    output.note(&match exit {
        Exit::Done => {
            format!("{files} with {}: {problems}.", number(n, "discovery", "discoveries"))
        }
        Exit::Refused => format!("\n{problems} in {files}: the plan would be refused."),
        _ if n_files == 0 => format!("\n{problems}."),
        _ => format!("\n{problems} in {files}."),
    });
    if args.format == Format::Json {
        output.print_document(&render::diagnostics_json(&found, &sources));
    }
    Ok(exit)
}

fn number(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
