//! `validate`: checks the files offline.

use super::{
    args::ValidateArgs,
    exit::Exit,
    files,
    output::{Output, counted},
};

/// Reads and checks the files; says on stderr what came of it.
pub(crate) fn run(args: &ValidateArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
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
