//! `validate`: checks the files offline.

use super::{
    annotations::{self, Claims},
    args::{Format, ValidateArgs},
    exit::Exit,
    files::{self, Read},
    output::{Output, counted},
};
use crate::{
    plan::{self, PlanDiagnostic},
    render,
    source::Diagnostic,
};

/// Reads and checks the files; says on stderr what came of it, and on stdout for machines.
pub(crate) fn run(args: &ValidateArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
    let stdout = (args.format == Format::Json).then_some("--format json");
    let files = files::claimed(&args.files, &args.policy);
    annotations::open(&args.annotations, Claims { stdout, events: None, files: &files }, output)?;
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
