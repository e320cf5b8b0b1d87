//! From the command line to the command, and from its end to an exit code.

use std::{ffi::OsString, process::ExitCode};

use clap::CommandFactory as _;

use super::{
    args::Colour,
    command_line::{Cli, Command, Usage},
    commands::{apply, explain, manual, plan, print, resume, show, simulator, status, validate},
    exit::Exit,
    host::{Host, Process},
    output::Output,
};
use crate::{
    render::LogRecord,
    session::{Error, ErrorKind, Observer as _, Progress},
};

/// The environment variable that says what to log, in the syntax of `tracing-subscriber`.
const LOG: &str = "TRUEUP_LOG";

/// Runs the program as this process: the whole of `main`.
pub fn main() -> ExitCode {
    let mut host = Host::of_process();
    log_to_stderr(&host);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let exit = match runtime {
        Ok(runtime) => {
            let exit = runtime.block_on(run(std::env::args_os(), &mut host));
            // A request that hangs must not hold up the end.
            runtime.shutdown_background();
            exit
        }
        Err(error) => {
            let error = Error::new(ErrorKind::Failed, format!("cannot start: {error}"));
            let clock = host.process().environment.clock;
            Output::new(&mut host, Colour::Auto, clock).error(&error);
            Exit::Failed
        }
    };
    exit.into()
}

fn log_to_stderr(host: &Host) {
    let Some(filter) = host.var(LOG) else { return };
    let filter = tracing_subscriber::EnvFilter::new(filter);
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(host.err_is_terminal && host.var("NO_COLOR").is_none())
        .with_writer(std::io::stderr)
        .init();
}

/// Runs one command line; the first argument is the program's name.
pub async fn run<I, T>(args: I, host: &mut Host) -> Exit
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let cli = match Cli::from_args(args) {
        Ok(cli) => cli,
        Err(usage) => return print_usage(usage, host),
    };
    let process = host.process();
    let mut output = Output::new(host, cli.color, process.environment.clock);
    let result = dispatch(&cli.command, &process, &mut output).await;
    output.progress(Progress::Ended);
    let exit = result.unwrap_or_else(|error| {
        output.error(&error);
        error.kind.into()
    });
    let writes = cli.command.writes();
    let failure = output.take_failure();
    let exit = output.report_failure(failure, exit, writes);
    let failure = output.close_annotations(exit).or_else(|| output.take_failure());
    let exit = output.report_failure(failure, exit, writes);
    // There is nowhere to report that even this cannot be written.
    _ = output.record(LogRecord::exit(exit.code(), exit.name()));
    exit
}

async fn dispatch(
    command: &Command,
    process: &Process,
    output: &mut Output<'_>,
) -> Result<Exit, Error> {
    let environment = &process.environment;
    let interrupts = &environment.interrupts;
    let interrupted = || Err(Error::interrupted_before_writes());
    let document = match command {
        Command::Validate(args) => return validate::run(args, environment, output),
        Command::Plan(args) => {
            let planning = Box::pin(plan::run(args, process, output));
            return interrupts.unless_interrupted(planning).await.unwrap_or_else(interrupted);
        }
        Command::Apply(args) => return Box::pin(apply::run(args, process, output)).await,
        Command::Resume(args) => return Box::pin(resume::run(args, process, output)).await,
        Command::Show(args) => return show::run(args, output),
        Command::Status(args) => {
            let reading = Box::pin(status::run(args, process, output));
            return interrupts.unless_interrupted(reading).await.unwrap_or_else(interrupted);
        }
        Command::Simulator(args) => return simulator::run(args, environment, output).await,
        Command::Explain(args) => explain::run(args, output.terminal.width())?,
        Command::Reference(args) => manual::reference(args, Cli::command()),
        Command::Man(args) => match manual::man(args, Cli::command(), output)? {
            Some(page) => page,
            None => return Ok(Exit::Done),
        },
        Command::Schema(args) => print::schema(args),
        Command::Completions(args) => print::completions(args, Cli::command()),
    };
    output.print_document(&document);
    Ok(Exit::Done)
}

impl Command {
    /// Whether it may have changed something on a controller, so that a failure to print must not
    /// hide the result.
    fn writes(&self) -> bool {
        match self {
            Self::Apply(_) | Self::Resume(_) => true,
            Self::Validate(_)
            | Self::Plan(_)
            | Self::Show(_)
            | Self::Status(_)
            | Self::Simulator(_)
            | Self::Explain(_)
            | Self::Reference(_)
            | Self::Man(_)
            | Self::Schema(_)
            | Self::Completions(_) => false,
        }
    }
}

/// Prints help, version, or what is wrong with the command line.
fn print_usage(usage: Usage, host: &mut Host) -> Exit {
    let clock = host.process().environment.clock;
    let mut output = Output::new(host, Colour::Auto, clock);
    match usage {
        Usage::Requested(text) => {
            output.print(&text);
            let failure = output.take_failure();
            output.report_failure(failure, Exit::Done, false)
        }
        Usage::Invalid(text) => {
            match text.strip_prefix("error: ") {
                Some(message) => output.terminal.usage_error(message.trim_end()),
                None => output.note(text.trim_end()),
            }
            Exit::Invalid
        }
    }
}
