//! `validate`: checks the files offline.

use clap::Args;

use crate::{
    cli::{
        annotations::{self, OutputClaims},
        args::{AnnotationArgs, FileArgs, Format, PolicyArgs},
        exit::Exit,
        files::{self, Read},
        terminal::output::{Output, counted},
    },
    plan::{self, PlanDiagnostic},
    render,
    source::Diagnostic,
};

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

/// Reads and checks the files; says on stderr what came of it, and on stdout for machines.
pub(crate) fn run(args: &ValidateArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
    let stdout = (args.format == Format::Json).then_some("--format json");
    let files = files::claimed(&args.files, &args.policy);
    annotations::open(
        &args.annotations,
        OutputClaims { stdout, events: None, files: &files },
        output,
    )?;
    let read = files::read(&args.files, args.policy.policy.as_deref());
    files::note_unused_policy(&read, output);
    let Read { desired, sources, diagnostics: mut found, .. } = read;
    let has_mistake = found.iter().any(PlanDiagnostic::is_mistake);
    // Where something is wrong, a discovery is missing: what is said of the others still holds.
    found.extend(plan::check_files(&desired));
    let diagnostics = found.iter().map(|it| it.diagnostic.clone()).collect::<Vec<_>>();
    output.complain(&diagnostics, &sources);
    let (n_files, n) = (sources.sources().len(), desired.discoveries.len());
    let is_refused = diagnostics.iter().any(Diagnostic::is_error);
    let what = counted(&diagnostics);
    let exit = match (has_mistake, is_refused) {
        (true, _) => Exit::Invalid,
        (false, true) => Exit::Refused,
        (false, false) => Exit::Done,
    };
    let files = number(n_files, "file", "files");
    output.say(&match exit {
        Exit::Done => format!("{files} with {}: {what}.", number(n, "discovery", "discoveries")),
        Exit::Refused => format!("\n{what} in {files}: a plan of them is refused."),
        _ if n_files == 0 => format!("\n{what}."),
        _ => format!("\n{what} in {files}."),
    });
    if args.format == Format::Json {
        output.print_document(&render::diagnostics_json(&found, &sources));
    }
    Ok(exit)
}

fn number(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
