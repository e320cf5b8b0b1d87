//! The flags of the built-in controller, as a server and for `--simulate`.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::{Args, ValueHint};

use super::args::duration;
use trueup_simulator::{Fault, QuirkChoice, QuirkSetting, Quirks, Rate};

#[derive(Debug, Args)]
#[command(next_help_heading = "Simulation")]
pub(crate) struct SimulationArgs {
    /// Use the built-in controller, with the state in the file WORLD, which an apply saves
    #[arg(long, value_name = "WORLD", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "", value_hint = ValueHint::FilePath)]
    pub(crate) simulate: Option<OsString>,

    #[command(flatten)]
    pub(crate) behaviour: SimulatedArgs,
}

/// How the built-in controller behaves. Each needs `--simulate` on the commands that have it.
#[derive(Debug, Args)]
pub(crate) struct SimulatedArgs {
    /// Seed of everything that looks random [default: 1]
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

    /// Release of the controller
    #[arg(long, value_name = "RELEASE")]
    pub(crate) release: Option<String>,

    /// Rate limit: requests beyond N in SECONDS are answered 429
    #[arg(long, value_name = "N/SECONDS")]
    pub(crate) rate: Option<Rate>,

    // No doc comment: the brackets would be a link.
    #[arg(long, value_name = "FAULT")]
    #[arg(help = "Inject a fault: WHERE[@WHICH]=WHAT, see `simulator --help`; repeatable")]
    pub(crate) fault: Vec<Fault>,

    /// Set behavior that is not known of the real controller: NAME=VALUE, see `simulator --help`;
    /// repeatable
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
    /// Address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: std::net::SocketAddr,

    /// File to load the state from, if it exists, and to save it to at the end
    #[arg(long, value_name = "WORLD", value_hint = ValueHint::FilePath)]
    pub(crate) state: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) behaviour: SimulatedArgs,
}

/// The list of faults and quirks for help.
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
