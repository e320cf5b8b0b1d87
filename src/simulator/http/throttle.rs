//! How many requests are let in, and whether clients wait as they were told.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::simulator::Rate;

/// The memory of requests and of what clients were told.
#[derive(Debug)]
pub(super) struct Throttle {
    rate: Option<Rate>,
    let_in: VecDeque<Instant>,
    /// From when until when clients know that they are to send nothing.
    told: Vec<(Instant, Instant)>,
}

impl Throttle {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        Self { rate, let_in: VecDeque::new(), told: Vec::new() }
    }

    /// Whether a request that is sent now comes earlier than it may.
    pub(super) fn is_early(&self, now: Instant) -> bool {
        self.told.iter().any(|(from, until)| *from <= now && now < *until)
    }

    /// Notes that a client is told to wait, by an answer that arrives so much later.
    pub(super) fn tell(&mut self, now: Instant, arrives_after: Duration, wait: Duration) {
        self.told.retain(|(_, until)| now < *until);
        self.told.push((now + arrives_after, now + wait));
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
