//! Limits the requests in flight, and pauses when the controller is busy.
//!
//! After a busy response, the limit is halved and nothing is sent for the requested pause; then one
//! request probes whether it is over. Successful responses raise the limit again. Sends nothing
//! itself.

use std::{
    num::NonZeroUsize,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use super::rate_estimate::RateEstimate;

/// This many successful responses raise the limit of each lane by one.
const ANSWERS_TO_GROW: u32 = 10;

/// The pause after a busy response without `Retry-After`, and its limit when doubled.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_UNASKED_PAUSE: Duration = Duration::from_secs(30);

/// A controller that repeatedly asks for a pause is believed this often. After that its pauses are
/// doubled, like unrequested ones.
const MOST_PAUSES_BELIEVED: u32 = 5;

/// Requests that share a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Requests for a token. They have their own limit, because all other requests wait for them.
    Login,
    Read,
    Write,
}

/// The kind of a busy response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Busy {
    /// 429: too many requests.
    TooMany,
    /// 503: the service is unavailable.
    Unavailable,
}

/// The limits for requests.
#[derive(Debug)]
pub(crate) struct Budget {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    lanes: [Room; 3],
    not_before: Option<Instant>,
    /// Incremented by each busy response to a request of the current epoch. Responses to earlier
    /// requests carry no news.
    epoch: u64,
    /// The requests of this epoch in flight.
    of_epoch: usize,
    /// Whether no request of this epoch has succeeded yet.
    is_probing: bool,
    /// Consecutive busy responses, and how many of them had no `Retry-After`.
    in_a_row: u32,
    unasked: u32,
    answers: u32,
    rate: RateEstimate,
}

#[derive(Debug)]
struct Room {
    most: usize,
    limit: usize,
    in_flight: usize,
}

/// Permission for one request in flight, until dropped.
#[derive(Debug)]
#[must_use = "the request is in flight for as long as its permit lives"]
pub(crate) struct Permit<'a> {
    budget: &'a Budget,
    lane: Lane,
    epoch: u64,
    sent_at: Instant,
}

impl Budget {
    pub(crate) fn new(reads: NonZeroUsize, writes: NonZeroUsize) -> Self {
        let room = |most: usize| Room { most, limit: most, in_flight: 0 };
        let state = State {
            lanes: [room(1), room(reads.get()), room(writes.get())],
            not_before: None,
            epoch: 0,
            of_epoch: 0,
            is_probing: false,
            in_a_row: 0,
            unasked: 0,
            answers: 0,
            rate: RateEstimate::default(),
        };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    /// Waits until a request may be sent.
    pub(crate) async fn acquire(&self, lane: Lane) -> Permit<'_> {
        loop {
            // Subscribe before checking, so that no change is missed.
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            match self.try_acquire(lane) {
                Ok(permit) => return permit,
                Err(Some(not_before)) => sleep_until(not_before).await,
                Err(None) => changed.await,
            }
        }
    }

    /// Takes a slot, or returns the earliest time for the next attempt, if known.
    fn try_acquire(&self, lane: Lane) -> Result<Permit<'_>, Option<Instant>> {
        let mut state = self.state();
        let now = Instant::now();
        let not_before = state.not_before.max(state.rate.not_before());
        if let Some(not_before) = not_before.filter(|it| now < *it) {
            return Err(Some(not_before));
        }
        if state.is_probing && 0 < state.of_epoch {
            return Err(None);
        }
        let epoch = state.epoch;
        let room = state.room(lane);
        if room.limit <= room.in_flight {
            return Err(None);
        }
        room.in_flight += 1;
        state.of_epoch += 1;
        state.rate.on_sent(now);
        Ok(Permit { budget: self, lane, epoch, sent_at: now })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn room(&mut self, lane: Lane) -> &mut Room {
        match lane {
            Lane::Login => &mut self.lanes[0],
            Lane::Read => &mut self.lanes[1],
            Lane::Write => &mut self.lanes[2],
        }
    }

    /// The pause after a busy response of this kind.
    fn pause(&self, busy: Busy, asked: Option<Duration>) -> Duration {
        let Some(asked) = asked else { return doubled(self.unasked) };
        // A request retries an unavailable controller only a few times, and these have to last
        // until it is back.
        let believed = match busy {
            Busy::TooMany => MOST_PAUSES_BELIEVED,
            Busy::Unavailable => 1,
        };
        match self.in_a_row.saturating_sub(believed) {
            0 => asked,
            n => asked.max(doubled(n)),
        }
    }
}

/// The n-th consecutive pause without `Retry-After`.
fn doubled(n: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << n.saturating_sub(1).min(8));
    doubled.min(LONGEST_UNASKED_PAUSE)
}

impl Permit<'_> {
    /// The response was not busy.
    pub(crate) fn answered(self) {
        let mut state = self.budget.state();
        let is_news = self.epoch == state.epoch;
        if is_news {
            state.unasked = 0;
            state.in_a_row = 0;
            state.is_probing = false;
        }
        state.rate.on_accepted(self.sent_at, is_news);
        state.answers += 1;
        if state.answers == ANSWERS_TO_GROW {
            state.answers = 0;
            for room in &mut state.lanes {
                room.limit = room.most.min(room.limit + 1);
            }
        }
    }

    /// The response was busy, with or without a requested pause.
    pub(crate) fn busy(self, busy: Busy, asked: Option<Duration>) {
        let mut state = self.budget.state();
        let now = Instant::now();
        // Of concurrent requests, only the first busy response counts. Otherwise one overload would
        // use up the whole limit.
        if self.epoch == state.epoch {
            state.epoch += 1;
            state.of_epoch = 0;
            state.is_probing = true;
            state.answers = 0;
            for room in &mut state.lanes {
                room.limit = (room.limit / 2).max(1);
            }
            state.in_a_row = state.in_a_row.saturating_add(1);
            if asked.is_none() {
                state.unasked = state.unasked.saturating_add(1);
            }
        }
        match busy {
            Busy::TooMany => state.rate.on_rejected(now),
            Busy::Unavailable => state.rate.reset(),
        }
        let until = now + state.pause(busy, asked);
        state.not_before = state.not_before.max(Some(until));
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.budget.state();
        state.room(self.lane).in_flight -= 1;
        if self.epoch == state.epoch {
            state.of_epoch -= 1;
        }
        drop(state);
        self.budget.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(reads: usize, writes: usize) -> Budget {
        Budget::new(NonZeroUsize::new(reads).unwrap(), NonZeroUsize::new(writes).unwrap())
    }

    /// How many requests get through right now.
    fn room(budget: &Budget, lane: Lane) -> usize {
        let mut permits = Vec::new();
        while let Ok(permit) = budget.try_acquire(lane) {
            permits.push(permit);
        }
        permits.len()
    }

    #[tokio::test(start_paused = true)]
    async fn each_lane_has_its_own_limit() {
        let budget = budget(8, 3);
        assert_eq!(room(&budget, Lane::Read), 8);
        assert_eq!(room(&budget, Lane::Write), 3);
        let held = budget.acquire(Lane::Write).await;
        assert_eq!(room(&budget, Lane::Write), 2);
        assert_eq!(room(&budget, Lane::Read), 8);
        drop(held);
        assert_eq!(room(&budget, Lane::Write), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_answer_halves_the_limit_and_ten_answers_raise_it_by_one() {
        let budget = budget(8, 3);
        budget.acquire(Lane::Read).await.busy(Busy::TooMany, Some(Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        budget.acquire(Lane::Read).await.answered();
        assert_eq!((room(&budget, Lane::Read), room(&budget, Lane::Write)), (4, 1));
        for _ in 1..10 {
            budget.acquire(Lane::Read).await.answered();
        }
        assert_eq!((room(&budget, Lane::Read), room(&budget, Lane::Write)), (5, 2));
        for _ in 0..100 {
            budget.acquire(Lane::Read).await.answered();
        }
        assert_eq!((room(&budget, Lane::Read), room(&budget, Lane::Write)), (8, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn the_limit_is_never_zero() {
        let budget = budget(2, 1);
        for _ in 0..5 {
            budget.acquire(Lane::Read).await.busy(Busy::TooMany, Some(Duration::from_secs(1)));
        }
        budget.acquire(Lane::Read).await.answered();
        assert_eq!((room(&budget, Lane::Read), room(&budget, Lane::Write)), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn busy_answers_to_concurrent_requests_count_once() {
        let budget = budget(8, 8);
        let mut permits = Vec::new();
        for _ in 0..4 {
            permits.push(budget.acquire(Lane::Read).await);
        }
        let started = Instant::now();
        for permit in permits {
            permit.busy(Busy::TooMany, None);
        }
        budget.acquire(Lane::Login).await.answered();
        assert_eq!(started.elapsed(), Duration::from_secs(2));
        assert_eq!(room(&budget, Lane::Read), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_sent_before_the_longest_requested_pause() {
        let budget = budget(8, 8);
        let started = Instant::now();
        let (first, second) = (budget.acquire(Lane::Read).await, budget.acquire(Lane::Write).await);
        first.busy(Busy::TooMany, Some(Duration::from_secs(9)));
        second.busy(Busy::TooMany, Some(Duration::from_secs(3)));
        for lane in [Lane::Login, Lane::Read, Lane::Write] {
            drop(budget.acquire(lane).await);
            assert_eq!(started.elapsed(), Duration::from_secs(9), "{lane:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_unrequested_pause_doubles_up_to_thirty_seconds() {
        let budget = budget(8, 8);
        let mut waits = Vec::new();
        for _ in 0..6 {
            let started = Instant::now();
            budget.acquire(Lane::Read).await.busy(Busy::TooMany, None);
            waits.push(started.elapsed().as_secs());
        }
        assert_eq!(waits, [0, 2, 4, 8, 16, 30]);
        budget.acquire(Lane::Read).await.answered();
        budget.acquire(Lane::Read).await.busy(Busy::TooMany, None);
        let started = Instant::now();
        drop(budget.acquire(Lane::Read).await);
        assert_eq!(started.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_pause_one_request_probes() {
        let budget = budget(8, 8);
        let before = budget.acquire(Lane::Read).await;
        budget.acquire(Lane::Read).await.busy(Busy::TooMany, Some(Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        // Requests sent before the rejection neither probe nor block.
        assert_eq!((room(&budget, Lane::Read), room(&budget, Lane::Write)), (1, 1));
        let trying = budget.acquire(Lane::Write).await;
        assert_eq!((room(&budget, Lane::Read), room(&budget, Lane::Login)), (0, 0));
        before.answered();
        assert_eq!(room(&budget, Lane::Read), 0);
        // A probe without an answer is followed by another one.
        drop(trying);
        let trying = budget.acquire(Lane::Read).await;
        assert_eq!(room(&budget, Lane::Write), 0);
        trying.answered();
        assert_eq!((room(&budget, Lane::Read), room(&budget, Lane::Write)), (4, 4));
    }

    /// How long each of so many busy answers in a row is waited out, in seconds.
    async fn pauses(busy: Busy, asked: u64) -> Vec<u64> {
        let budget = budget(8, 8);
        let mut waits = Vec::new();
        for _ in 0..10 {
            let started = Instant::now();
            budget.acquire(Lane::Read).await.busy(busy, Some(Duration::from_secs(asked)));
            waits.push(started.elapsed().as_secs());
        }
        waits.remove(0);
        waits
    }

    #[tokio::test(start_paused = true)]
    async fn repeatedly_requested_pauses_are_lengthened() {
        assert_eq!(pauses(Busy::TooMany, 1).await, [1, 1, 1, 1, 1, 2, 4, 8, 16]);
        assert_eq!(pauses(Busy::TooMany, 9).await, [9, 9, 9, 9, 9, 9, 9, 9, 16]);
        // Eight tries have to last for more than a minute.
        assert_eq!(pauses(Busy::Unavailable, 1).await, [1, 2, 4, 8, 16, 30, 30, 30, 30]);
        assert_eq!(pauses(Busy::Unavailable, 60).await, [60; 9]);
    }

    #[tokio::test(start_paused = true)]
    async fn without_rejections_nothing_is_slowed() {
        let budget = budget(8, 8);
        let started = Instant::now();
        for _ in 0..10_000 {
            budget.acquire(Lane::Read).await.answered();
        }
        assert_eq!(started.elapsed(), Duration::ZERO);
    }
}
