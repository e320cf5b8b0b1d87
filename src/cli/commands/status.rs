//! `status`: the live discoveries, one per line.

use std::{path::Path, time::Duration};

use clap::Args;
use tokio::time::Instant;

use crate::{
    cli::{
        args::{FileArgs, Format},
        connect::{ArgsConnector, ConnectArgs, NO_WRITES},
        exit::Exit,
        host::Process,
        output::Output,
    },
    live,
    model::Name,
    render::Status,
    session::{
        Connector as _, DEFAULT_FILE, Error, ExpectedController, Observer as _, load_files,
        parse_globs, with_progress,
    },
};

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,

    /// Show only discoveries whose names match; repeatable
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Vec<String>,

    /// Hide discoveries whose names match; repeatable
    #[arg(long, value_name = "GLOB")]
    pub(crate) except: Vec<String>,

    /// How to print the discoveries
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) connection: ConnectArgs,
}

/// How long it may take to read the controller.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Prints the live discoveries.
pub(crate) async fn run(
    args: &StatusArgs,
    process: &Process,
    output: &mut Output<'_>,
) -> Result<Exit, Error> {
    let only = parse_globs("--only", &args.only)?;
    let except = parse_globs("--except", &args.except)?;
    let has_files = !args.files.file.is_empty() || Path::new(DEFAULT_FILE).exists();
    let selection = args.files.selection(None);
    let files = if has_files { Some(load_files(selection, output)?) } else { None };
    let expected = files.as_ref().map_or(ExpectedController::Any, ExpectedController::ByFiles);
    let connection =
        ArgsConnector::new(&args.connection, NO_WRITES, process).connect(expected, output)?;
    let connection = connection.until(Instant::now() + TIMEOUT);
    let read = live::read(&connection.client, connection.url.clone());
    let live = with_progress(read, &connection, output).await;
    let live = live.map_err(|error| connection.read_error(&error))?;
    let desired = files.as_ref().map(|it| &it.desired);
    let is_shown = |name: &Name| (only.is_empty() || only.is_match(name)) && !except.is_match(name);
    let status = Status::new(&live, desired, is_shown);
    if status.is_empty() {
        output.note(&match live.discoveries.len() {
            0 => "The controller has no discovery.".to_owned(),
            n => format!("None of the controller's {n} discoveries matches the flags."),
        });
    }
    if files.is_none() && !status.is_empty() {
        output.note(&format!(
            "No files were read, so nothing counts as managed: `{DEFAULT_FILE}` does not exist \
             here, and `--file` is not given."
        ));
    }
    match args.format {
        Format::Text => output.print(&status.text()),
        Format::Json => output.print(&status.json()),
    }
    Ok(Exit::Done)
}
