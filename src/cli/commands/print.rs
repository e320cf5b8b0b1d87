//! `schema` and `completions`: print what the program knows of itself.

use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;

use crate::{
    cli::{exit::Exit, terminal::output::Output},
    config, journal, render,
};

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Of which format
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
    /// For which shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// Prints the schema of a file format.
pub(crate) fn schema(args: &SchemaArgs, output: &mut Output<'_>) -> Exit {
    match args.of {
        SchemaOf::DesiredState => output.print_document(&config::schema()),
        SchemaOf::Plan => output.print_document(&render::plan_schema()),
        SchemaOf::Events => output.print_document(&render::event_schema()),
        SchemaOf::Journal => output.print_document(&render::schema_text::<journal::JournalLine>()),
        SchemaOf::Report => output.print_document(&render::report_schema()),
        SchemaOf::Diagnostics => output.print_document(&render::diagnostics_schema()),
    }
    Exit::Done
}

/// Prints the completions for a shell.
pub(crate) fn completions(
    args: &CompletionsArgs,
    mut program: Command,
    output: &mut Output<'_>,
) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "trueup", &mut script);
    output.print_document(&String::from_utf8_lossy(&script));
    Exit::Done
}
