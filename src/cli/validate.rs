//! `validate`: checks the files offline.

use super::{
    args::{Format, ValidateArgs},
    exit::Exit,
    files::{self, Read},
    output::{Output, counted},
};
use crate::{render, source::Diagnostic};

/// Reads and checks the files; says on stderr what came of it, and on stdout for machines.
pub(crate) fn run(args: &ValidateArgs, output: &mut Output<'_>) -> Exit {
    let Read { desired, sources, diagnostics, .. } = files::read(&args.files);
    output.complain(&diagnostics, &sources);
    let (n_files, n) = (sources.sources().len(), desired.discoveries.len());
    let is_valid = !diagnostics.iter().any(Diagnostic::is_error);
    let what = counted(&diagnostics);
    if is_valid {
        let (files, discoveries) =
            (number(n_files, "file", "files"), number(n, "discovery", "discoveries"));
        output.say(&format!("{files} with {discoveries}: {what}."));
    } else {
        let files = number(n_files, "file", "files");
        let place = if n_files == 0 { String::new() } else { format!(" in {files}") };
        output.say(&format!("\n{what}{place}."));
    }
    if args.format == Format::Json {
        output.print_document(&render::diagnostics_json(&diagnostics, &sources));
    }
    if is_valid { Exit::Done } else { Exit::Invalid }
}

fn number(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
