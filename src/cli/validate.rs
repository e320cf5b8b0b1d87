//! `validate`: checks the files offline.

use super::{
    args::{Format, ValidateArgs},
    exit::Exit,
    files,
    output::{Output, counted},
};
use crate::{render, source::Diagnostic};

/// Reads and checks the files; says on stderr what came of it.
pub(crate) fn run(args: &ValidateArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
    if args.format == Format::Json {
        return Ok(as_json(args, output));
    }
    let files = files::load(&args.files, output)?;
    output.complain(&files.warnings, &files.sources);
    let (n_files, n) = (files.sources.sources().len(), files.desired.discoveries.len());
    let of = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    output.say(&format!(
        "{} with {}: {}.",
        of(n_files, "file", "files"),
        of(n, "discovery", "discoveries"),
        counted(&files.warnings)
    ));
    Ok(Exit::Done)
}

/// Prints every complaint as a document, for editors and pipelines.
fn as_json(args: &ValidateArgs, output: &mut Output<'_>) -> Exit {
    let (loaded, _) = files::read(&args.files);
    output.print_document(&render::diagnostics_json(&loaded.diagnostics, &loaded.sources));
    if loaded.diagnostics.iter().any(Diagnostic::is_error) { Exit::Invalid } else { Exit::Done }
}
