//! The command line: the program's own flags, and its commands.

use std::{ffi::OsString, path::Path};

use clap::{
    Parser, Subcommand,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::{
    args::Colour,
    commands::{
        apply::ApplyArgs,
        explain::ExplainArgs,
        manual::{ManArgs, ReferenceArgs},
        plan::PlanArgs,
        print::{CompletionsArgs, SchemaArgs},
        resume::ResumeArgs,
        show::ShowArgs,
        status::StatusArgs,
        validate::ValidateArgs,
    },
    simulator_args::{SimulatorArgs, faults_and_quirks},
};

/// Keep a Catalyst Center's discoveries true to YAML files
#[derive(Debug, Parser)]
#[command(name = "trueup", version, arg_required_else_help = true, max_term_width = 100)]
#[command(infer_long_args = false, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 changes (--detailed-exitcode), 3 only drift \
                        (--detailed-exitcode), 4 invalid, 5 refused, 6 stale, 7 partial, \
                        8 pending, 9 unreachable."
)]
pub(crate) struct Cli {
    /// When to use colour; auto means on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Colour,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check the files, offline
    Validate(ValidateArgs),
    /// Show what would change
    Plan(PlanArgs),
    /// Plan, ask for approval, and execute the plan
    Apply(ApplyArgs),
    /// Check the outcome of an interrupted apply, and finish it
    Resume(ResumeArgs),
    /// Print a saved plan
    Show(ShowArgs),
    /// Show the live discoveries, one per line
    Status(StatusArgs),
    /// Run the built-in controller as a server
    ///
    /// Prints its URL once it is ready. Accepts the user `admin` with the password `simulator`,
    /// unless `CC_USERNAME` and `CC_PASSWORD` are set.
    #[command(after_long_help = faults_and_quirks())]
    Simulator(SimulatorArgs),
    /// Explain a diagnostic code, or list all of them
    Explain(ExplainArgs),
    /// Print a page of the reference, as Markdown
    Reference(ReferenceArgs),
    /// Print the manual page, or write all manual pages to a folder
    Man(ManArgs),
    /// Print the JSON schema of a file format
    Schema(SchemaArgs),
    /// Print the completions for a shell
    Completions(CompletionsArgs),
}

/// What to print instead of running a command.
pub(crate) enum Usage {
    /// The help or the version, as requested.
    Requested(String),
    /// What is wrong with the command line.
    Invalid(String),
}

impl Cli {
    /// Reads a command line.
    pub(crate) fn from_args<I, T>(args: I) -> Result<Self, Usage>
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString> + Clone,
    {
        Self::try_parse_from(args).map_err(|mut error| {
            if let Some(tip) = tip_for_files(&error) {
                let tip = ContextValue::StyledStrs(vec![tip.into()]);
                drop(error.insert(ContextKind::Suggested, tip));
            }
            let text = error.render().to_string();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Usage::Requested(text),
                _ => Usage::Invalid(text),
            }
        })
    }
}

/// Returns a tip for files or folders that are passed without `-f`.
fn tip_for_files(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidArg) else { return None };
    let path = Path::new(given);
    let is_meant = path.extension().is_some_and(|it| it == "yaml" || it == "yml") || path.is_dir();
    (error.kind() == ErrorKind::UnknownArgument && is_meant)
        .then(|| format!("to name files of the desired state, use `-f {given}`"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
