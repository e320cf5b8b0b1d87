//! `schema` and `completions`: print what the program knows of itself.

use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;

use crate::{config, journal, render};

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The format
    #[arg(value_name = "FORMAT")]
    pub(crate) of: SchemaOf,
}

/// A file format that has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    DesiredState,
    Plan,
    Events,
    Journal,
    Report,
    Diagnostics,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// Returns the schema of a file format.
pub(crate) fn schema(args: &SchemaArgs) -> String {
    match args.of {
        SchemaOf::DesiredState => config::schema(),
        SchemaOf::Plan => render::plan_schema(),
        SchemaOf::Events => render::event_schema(),
        SchemaOf::Journal => render::schema_text::<journal::JournalLine>(),
        SchemaOf::Report => render::report_schema(),
        SchemaOf::Diagnostics => render::diagnostics_schema(),
    }
}

/// Returns the completions for a shell.
pub(crate) fn completions(args: &CompletionsArgs, mut program: Command) -> String {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "trueup", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
