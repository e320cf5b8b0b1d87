//! The process around a use case: variables, clock, disk and interrupts.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::journal::Disk;

/// Everything of the process that a use case depends on, except for the streams.
#[derive(Clone)]
pub(crate) struct Environment {
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) clock: Clock,
    pub(crate) interrupts: Interrupts,
    /// Where journals are stored.
    pub(crate) journals: Arc<dyn Disk>,
    /// Whether to ask git which journals were committed.
    pub(crate) asks_git: bool,
}

impl Environment {
    /// Returns an environment variable; an empty one counts as unset.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|it| !it.is_empty())
    }
}

/// The wall clock: read once, then moved by the runtime's clock, which tests can pause.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// The time at the start of the command, in milliseconds of the epoch.
    pub(crate) start_ms: i64,
    started: Instant,
}

impl Clock {
    pub(crate) fn starting_at(start_ms: i64) -> Self {
        Self { start_ms, started: Instant::now() }
    }

    /// Returns the time now, in milliseconds of the epoch.
    pub(crate) fn now_ms(&self) -> i64 {
        let elapsed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.start_ms.saturating_add(elapsed)
    }
}

/// Where interrupts (Ctrl-C) come from.
#[derive(Clone, Debug)]
pub enum Interrupts {
    /// From SIGINT and SIGTERM of the process.
    Signals,
    /// After these times, counted from the beginning of an apply.
    After(Vec<Duration>),
}

impl Interrupts {
    /// Does something that writes nothing, unless the process is interrupted first.
    pub(crate) async fn unless_interrupted<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let interrupt = async {
            match self {
                Self::Signals => interrupted().await,
                // Their times count from the beginning of an apply.
                Self::After(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            done = work => Some(done),
            () = interrupt => None,
        }
    }

    /// Cancels `stop` at the first interrupt, and returns at the second.
    pub(crate) async fn two_interrupts(&self, stop: &CancellationToken) {
        match self {
            Self::Signals => {
                interrupted().await;
                stop.cancel();
                interrupted().await;
            }
            Self::After(times) => {
                let began = Instant::now();
                let wait = |at: Duration| sleep(at.saturating_sub(began.elapsed()));
                let mut times = times.iter();
                if let Some(at) = times.next() {
                    wait(*at).await;
                    stop.cancel();
                }
                match times.next() {
                    Some(at) => wait(*at).await,
                    None => std::future::pending().await,
                }
            }
        }
    }
}

/// Returns when the process receives SIGINT or SIGTERM.
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
