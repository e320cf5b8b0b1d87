//! How many requests are let in, and whether clients wait as they were told.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::Rate;

/// What is on its way over a socket to a client, at most. What the client sends meanwhile by another
/// connection it can have sent before it knew.
const ON_ITS_WAY: Duration = Duration::from_millis(100);

/// Nobody waits for longer.
const LONGEST_SILENCE: Duration = Duration::from_hours(24 * 366);

/// The memory of requests and of what clients were told.
#[derive(Debug)]
pub(super) struct Throttle {
    rate: Option<Rate>,
    let_in: VecDeque<Instant>,
    told: Vec<Silence>,
    pub(super) n_refused: u64,
}

/// A time in which clients were told to send nothing.
#[derive(Clone, Copy, Debug)]
struct Silence {
    from: Instant,
    to: Instant,
}

/// What one connection has been told: what comes by it afterwards was sent afterwards.
#[derive(Clone, Debug, Default)]
pub(super) struct Connection(Arc<Mutex<Option<Instant>>>);

impl Connection {
    fn not_before(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Throttle {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        Self { rate, let_in: VecDeque::new(), told: Vec::new(), n_refused: 0 }
    }

    /// Whether a request that is sent now comes earlier than it may. Without a connection there is
    /// nothing in between, and whoever sends knows all that was told.
    pub(super) fn is_early(&self, now: Instant, connection: Option<&Connection>) -> bool {
        let knows = connection.and_then(|it| *it.not_before()).is_some_and(|it| now < it);
        knows || self.told.iter().any(|it| it.from <= now && now < it.to)
    }

    /// Notes that a client is told to wait, in an answer that leaves now.
    pub(super) fn tell(&mut self, now: Instant, wait: Duration, connection: Option<&Connection>) {
        let to = now + wait.min(LONGEST_SILENCE);
        let from = match connection {
            None => now,
            Some(connection) => {
                let mut not_before = connection.not_before();
                *not_before = not_before.max(Some(to));
                now + ON_ITS_WAY
            }
        };
        self.told.retain(|it| now < it.to);
        self.told.push(Silence { from, to });
    }

    /// Lets a request in, or says in how many seconds there is room again.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), u64> {
        let Some(Rate { requests, window }) = self.rate else {
            return Ok(());
        };
        while self.let_in.front().is_some_and(|it| *it + window <= now) {
            self.let_in.pop_front();
        }
        match self.let_in.front() {
            Some(oldest) if requests <= self.let_in.len() => {
                let left = (*oldest + window).duration_since(now);
                Err(left.as_secs() + u64::from(left.subsec_nanos() != 0))
            }
            _ => {
                self.let_in.push_back(now);
                Ok(())
            }
        }
    }
}
