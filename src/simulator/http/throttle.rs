//! How many requests are let in, and whether clients wait as they were told.

use std::collections::VecDeque;

use tokio::time::Instant;

use crate::simulator::Rate;

/// The memory of requests and of what clients were told.
#[derive(Debug)]
pub(super) struct Throttle {
    rate: Option<Rate>,
    let_in: VecDeque<Instant>,
    /// Before then clients were told to send nothing.
    not_before: Option<Instant>,
}

impl Throttle {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        Self { rate, let_in: VecDeque::new(), not_before: None }
    }

    /// Whether a request that is sent now comes earlier than it may.
    pub(super) fn is_early(&self, now: Instant) -> bool {
        self.not_before.is_some_and(|it| now < it)
    }

    /// Notes that a client is told to wait until then, by an answer that arrives now.
    pub(super) fn tell(&mut self, until: Instant) {
        self.not_before = self.not_before.max(Some(until));
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
