//! The command line of the built-in controller, as it is typed: how it behaves, as a server and
//! inside of a command.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::{Args, ValueHint};

use super::args::duration;
use trueup_simulator::{Fault, QuirkChoice, QuirkSetting, Quirks, Rate};

#[derive(Debug, Args)]
#[command(next_help_heading = "Simulation")]
pub(crate) struct SimulationArgs {
    /// Use the built-in controller instead, with what the file WORLD has, and save to it after
    /// an apply
    #[arg(long, value_name = "WORLD", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "", value_hint = ValueHint::FilePath)]
    pub(crate) simulate: Option<OsString>,

    #[command(flatten)]
    pub(crate) behaviour: SimulatedArgs,
}

/// How the built-in controller behaves. Each needs `--simulate` on the commands that have it.
#[derive(Debug, Args)]
pub(crate) struct SimulatedArgs {
    /// Where everything random comes from [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// How long each answer takes [default: 0s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) latency: Option<Duration>,

    /// How long each task takes [default: 1s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) task_time: Option<Duration>,

    /// How long each run takes [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) run_time: Option<Duration>,

    /// The release that it says it is
    #[arg(long, value_name = "RELEASE")]
    pub(crate) release: Option<String>,

    /// How many requests it answers in how many seconds; to more it says 429
    #[arg(long, value_name = "N/SECONDS")]
    pub(crate) rate: Option<Rate>,

    // No doc comment: the brackets would be a link.
    #[arg(long, value_name = "FAULT")]
    #[arg(help = "What goes wrong, and when: WHERE[@WHICH]=WHAT, see `simulator --help`; repeats")]
    pub(crate) fault: Vec<Fault>,

    /// How it does what is not known of the real one: NAME=VALUE, see `simulator --help`; repeats
    #[arg(long, value_name = "QUIRK")]
    pub(crate) quirk: Vec<QuirkSetting>,
}

impl SimulatedArgs {
    /// Returns the first flag that was given.
    pub(crate) fn first_given(&self) -> Option<&'static str> {
        let Self { seed, latency, task_time, run_time, release, rate, fault, quirk } = self;
        let given = [
            (seed.is_some(), "--seed"),
            (latency.is_some(), "--latency"),
            (task_time.is_some(), "--task-time"),
            (run_time.is_some(), "--run-time"),
            (release.is_some(), "--release"),
            (rate.is_some(), "--rate"),
            (!fault.is_empty(), "--fault"),
            (!quirk.is_empty(), "--quirk"),
        ];
        given.into_iter().find_map(|(is_given, flag)| is_given.then_some(flag))
    }
}

#[derive(Debug, Args)]
pub(crate) struct SimulatorArgs {
    /// Where to listen; port 0 picks one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: std::net::SocketAddr,

    /// The file to begin with, if it is there, and to save to at the end
    #[arg(long, value_name = "WORLD", value_hint = ValueHint::FilePath)]
    pub(crate) state: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) behaviour: SimulatedArgs,
}

/// Lists what can be set to go wrong with the built-in controller, and what is not known of the
/// real one.
pub(super) fn faults_and_quirks() -> String {
    let quirks = Quirks::ALL.iter().map(|QuirkChoice { name, values, meaning, default: _ }| {
        format!("  {name}={}\n      {meaning}\n", values.join("|"))
    });
    format!(
        "Faults, WHERE[@WHICH]=WHAT:\n  {}\n\nQuirks, NAME=VALUE, the default first:\n{}",
        Fault::HELP.replace('\n', "\n  "),
        quirks.collect::<String>().trim_end()
    )
}
