//! From the command line to the command, and from its end to an exit code.

use std::{ffi::OsString, path::Path, process::ExitCode};

use clap::{
    CommandFactory as _, Parser as _,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::{
    annotations,
    args::Colour,
    command_line::{Cli, Command},
    commands::{apply, explain, manual, plan, print, resume, serve, show, status, validate},
    exit::Exit,
    host::{Host, Interrupts},
    terminal::output::Output,
};
use crate::render::LogRecord;

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
            Output::new(&mut host, Colour::Auto).error(&format!("cannot start: {error}"), None);
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
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return unparsed(error, host),
    };
    let mut output = Output::new(host, cli.color);
    let interrupts = output.host.interrupts.clone();
    let result = match &cli.command {
        Command::Validate(args) => validate::run(args, &mut output),
        Command::Plan(args) => {
            let planning = Box::pin(plan::run(args, &mut output));
            let planned = unless_interrupted(interrupts, planning).await;
            planned.unwrap_or_else(|| Err(interrupted_before_writes(&mut output)))
        }
        Command::Apply(args) => Box::pin(apply::run(args, &mut output)).await,
        Command::Resume(args) => Box::pin(resume::run(args, &mut output)).await,
        Command::Show(args) => show::run(args, &mut output),
        Command::Status(args) => {
            let reading = Box::pin(status::run(args, &mut output));
            let shown = unless_interrupted(interrupts, reading).await;
            shown.unwrap_or_else(|| Err(interrupted_before_writes(&mut output)))
        }
        Command::Simulator(args) => serve::run(args, &mut output).await,
        Command::Explain(args) => Ok(explain::run(args, &mut output)),
        Command::Reference(args) => Ok(manual::reference(args, Cli::command(), &mut output)),
        Command::Man(args) => Ok(manual::man(args, Cli::command(), &mut output)),
        Command::Schema(args) => Ok(print::schema(args, &mut output)),
        Command::Completions(args) => Ok(print::completions(args, Cli::command(), &mut output)),
    };
    let exit = result.unwrap_or_else(|exit| exit);
    let writes = cli.command.writes();
    let failure = output.failure();
    let exit = unless_failed(exit, writes, failure, &mut output);
    let failure = annotations::close(exit, &mut output).or_else(|| output.failure());
    let exit = unless_failed(exit, writes, failure, &mut output);
    // Nothing is left to be done where even this cannot be written.
    drop(output.log(LogRecord::exit(exit.code(), exit.name())));
    exit
}

/// Says what could not be written, if anything, and returns the exit code for that: what came of
/// writes matters more.
fn unless_failed(
    exit: Exit,
    writes: bool,
    failure: Option<String>,
    output: &mut Output<'_>,
) -> Exit {
    match failure {
        Some(error) if matches!(exit, Exit::Done | Exit::Changes | Exit::Drift) && !writes => {
            output.error(&error, None);
            Exit::Failed
        }
        Some(error) => {
            output.warn(&error);
            exit
        }
        None => exit,
    }
}

impl Command {
    /// Whether it may have changed something on a controller, so that a failure to print must not
    /// hide what came of it.
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

/// Prints help, version or what is wrong with the command line. clap's own code for the latter is
/// 2, which here means that there are changes.
fn unparsed(mut error: clap::Error, host: &mut Host) -> Exit {
    let is_asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if let Some(tip) = tip_for_files(&error) {
        let tip = ContextValue::StyledStrs(vec![tip.into()]);
        drop(error.insert(ContextKind::Suggested, tip));
    }
    let mut output = Output::new(host, Colour::Auto);
    let text = error.render().to_string();
    if is_asked_for {
        output.print(&text);
        let failure = output.failure();
        return unless_failed(Exit::Done, false, failure, &mut output);
    }
    match text.strip_prefix("error: ") {
        Some(message) => output.usage_error(message.trim_end()),
        None => output.say(text.trim_end()),
    }
    Exit::Invalid
}

/// Returns what to do where files or folders are named as other programs have it.
fn tip_for_files(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidArg) else { return None };
    let path = Path::new(given);
    let is_meant = path.extension().is_some_and(|it| it == "yaml" || it == "yml") || path.is_dir();
    (error.kind() == ErrorKind::UnknownArgument && is_meant)
        .then(|| format!("the desired state goes with `-f {given}`"))
}

/// Does something that writes nothing, unless the process is asked to end before.
pub(crate) async fn unless_interrupted<T>(
    interrupts: Interrupts,
    work: impl Future<Output = T>,
) -> Option<T> {
    let interrupt = async {
        match interrupts {
            Interrupts::Signals => interrupted().await,
            // These count from the first write.
            Interrupts::After(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        done = work => Some(done),
        () = interrupt => None,
    }
}

/// Says that the process was asked to end before anything was written.
pub(crate) fn interrupted_before_writes(output: &mut Output<'_>) -> Exit {
    output.error("interrupted; nothing was written", None);
    Exit::Failed
}

/// Returns when the process is asked to end, by SIGINT or SIGTERM.
pub(crate) async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => (),
        _ = terminate.recv() => (),
    }
}
