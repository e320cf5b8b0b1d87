//! `schema` and `completions`: print what the program knows of itself.

use clap::CommandFactory as _;

use super::{
    args::{Cli, CompletionsArgs, SchemaArgs, SchemaOf},
    exit::Exit,
    output::Output,
};
use crate::{config, journal, render};

/// Prints the schema of a file format.
pub(crate) fn schema(args: &SchemaArgs, output: &mut Output<'_>) -> Exit {
    match args.of {
        SchemaOf::DesiredState => output.print(&config::schema()),
        SchemaOf::Plan => output.print(&render::plan_schema()),
        SchemaOf::Events => output.print(&render::event_schema()),
        SchemaOf::Journal => output.print(&render::schema_text::<journal::LineV1>()),
        SchemaOf::Report => output.print(&render::report_schema()),
        SchemaOf::Diagnostics => output.print(&render::diagnostics_schema()),
    }
    Exit::Done
}

/// Prints the completions for a shell.
pub(crate) fn completions(args: &CompletionsArgs, output: &mut Output<'_>) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "trueup", &mut script);
    output.print(&String::from_utf8_lossy(&script));
    Exit::Done
}
