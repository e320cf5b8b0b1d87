//! The process around the program: streams, terminal, environment and clock.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, IsTerminal as _, Write},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{
    journal::{Disk, RealDisk},
    session::{Clock, Environment, Interrupts},
};
use trueup_simulator::Simulator;

/// Everything that a command may touch beside its arguments, so that a test can replace it.
pub struct Host {
    /// The stream of results.
    pub out: Box<dyn Write + Send>,
    /// The stream of messages for the user.
    pub err: Box<dyn Write + Send>,
    /// Reads the answer to a question. `None` without a terminal to ask at.
    pub ask: Option<Box<dyn FnMut() -> io::Result<String> + Send>>,
    /// The environment variables that are valid Unicode.
    pub env: BTreeMap<String, String>,
    /// The time now, in milliseconds of the epoch.
    pub now_ms: i64,
    /// Whether stdout is a terminal that can be drawn on.
    pub out_is_terminal: bool,
    /// Whether stderr is a terminal that can be drawn on.
    pub err_is_terminal: bool,
    /// How many columns there are to draw in.
    pub width: usize,
    /// Where interrupts come from.
    pub interrupts: Interrupts,
    /// The controller behind `--simulate`, if it is to outlive the command.
    pub simulator: Option<Simulator>,
    /// Where journals are stored.
    pub journals: Arc<dyn Disk>,
    /// Whether to ask `git` which journals were committed.
    pub asks_git: bool,
}

/// Everything of the process, except for the streams.
pub(crate) struct Process {
    pub(crate) environment: Environment,
    /// The controller behind `--simulate`, if it outlives the command.
    pub(crate) simulator: Option<Simulator>,
}

impl Host {
    /// Returns the host of this process.
    pub fn of_process() -> Self {
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ms = i64::try_from(clock.as_millis()).unwrap_or(i64::MAX);
        let env = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let env = env.collect::<BTreeMap<_, _>>();
        let read_line = || {
            let mut line = String::new();
            io::stdin().read_line(&mut line).map(|_| line)
        };
        let terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
        Self {
            out: Box::new(io::stdout()),
            err: Box::new(io::stderr()),
            ask: if terminal { Some(Box::new(read_line)) } else { None },
            now_ms: source_date(&env).unwrap_or(now_ms),
            out_is_terminal: is_drawable(&io::stdout(), &env),
            err_is_terminal: is_drawable(&io::stderr(), &env),
            env,
            width: terminal_width(),
            interrupts: Interrupts::Signals,
            simulator: None,
            journals: Arc::new(RealDisk),
            asks_git: true,
        }
    }

    /// Returns everything of the process, except for the streams.
    pub(crate) fn process(&self) -> Process {
        let environment = Environment {
            variables: self.env.clone(),
            clock: Clock::starting_at(self.now_ms),
            interrupts: self.interrupts.clone(),
            journals: Arc::clone(&self.journals),
            asks_git: self.asks_git,
        };
        Process { environment, simulator: self.simulator.clone() }
    }

    /// Returns an environment variable; an empty one counts as unset.
    pub(crate) fn var(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|it| !it.is_empty())
    }
}

/// Prints nothing: the environment has secrets.
impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

/// Whether a stream is a terminal that can be drawn on. A dumb terminal is treated as a pipe.
fn is_drawable(stream: &impl io::IsTerminal, env: &BTreeMap<String, String>) -> bool {
    stream.is_terminal() && env.get("TERM").is_none_or(|it| it != "dumb")
}

/// Reads `SOURCE_DATE_EPOCH`, which replaces the clock for reproducible output.
fn source_date(env: &BTreeMap<String, String>) -> Option<i64> {
    env.get("SOURCE_DATE_EPOCH")?.parse::<i64>().ok()?.checked_mul(1_000)
}

/// Returns the number of columns of the terminal, or a usual width without one.
fn terminal_width() -> usize {
    let size = terminal_size::terminal_size_of(io::stderr());
    size.map_or(100, |(width, _)| usize::from(width.0))
}
