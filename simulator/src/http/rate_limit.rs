//! The rate limit, and whether clients wait as long as they were asked to.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::Rate;

/// The longest that an answer is under way to a client over a socket. Until it arrives, the client
/// can send on another connection without knowing that it has to wait.
const TRANSIT: Duration = Duration::from_millis(100);

const LONGEST_BACKOFF: Duration = Duration::from_hours(24 * 366);

#[derive(Debug)]
pub(super) struct RateLimiter {
    rate: Option<Rate>,
    admitted: VecDeque<Instant>,
    backoffs: Vec<Backoff>,
    pub(super) n_rejected: u64,
}

/// A time in which clients were asked to send nothing.
#[derive(Clone, Copy, Debug)]
struct Backoff {
    from: Instant,
    to: Instant,
}

/// Until when the client of one connection was asked to wait. What arrives on the connection after
/// the answer was sent after it.
#[derive(Clone, Debug, Default)]
pub(super) struct Connection(Arc<Mutex<Option<Instant>>>);

impl Connection {
    fn not_before(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RateLimiter {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        Self { rate, admitted: VecDeque::new(), backoffs: Vec::new(), n_rejected: 0 }
    }

    /// Whether a request arrives earlier than its client was asked to send it. Without a connection
    /// answers arrive at once, so the client knows all of them.
    pub(super) fn is_early(&self, now: Instant, connection: Option<&Connection>) -> bool {
        let knows = connection.and_then(|it| *it.not_before()).is_some_and(|it| now < it);
        knows || self.backoffs.iter().any(|it| it.from <= now && now < it.to)
    }

    /// Notes that an answer, which leaves now, asks its client to wait.
    pub(super) fn ask_to_wait(
        &mut self,
        now: Instant,
        wait: Duration,
        connection: Option<&Connection>,
    ) {
        let to = now + wait.min(LONGEST_BACKOFF);
        let from = match connection {
            None => now,
            Some(connection) => {
                let mut not_before = connection.not_before();
                *not_before = not_before.max(Some(to));
                now + TRANSIT
            }
        };
        self.backoffs.retain(|it| now < it.to);
        self.backoffs.push(Backoff { from, to });
    }

    /// Admits a request, or returns after how many seconds the next one is admitted.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), u64> {
        let Some(Rate { requests, window }) = self.rate else {
            return Ok(());
        };
        while self.admitted.front().is_some_and(|it| *it + window <= now) {
            self.admitted.pop_front();
        }
        match self.admitted.front() {
            Some(oldest) if requests <= self.admitted.len() => {
                let left = (*oldest + window).duration_since(now);
                Err(left.as_secs() + u64::from(left.subsec_nanos() != 0))
            }
            _ => {
                self.admitted.push_back(now);
                Ok(())
            }
        }
    }
}
