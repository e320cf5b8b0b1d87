//! How many requests may be in flight, and when none may leave.
//!
//! A controller that is busy gets half of what it got, and silence for as long as it asks.
//! Answers that go well win the rest back. Sends nothing, and knows no request.

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

/// So many answers without trouble let one more request into each lane.
const ANSWERS_TO_GROW: u32 = 10;

/// The pause after a busy answer that asks for none, and what it doubles to.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_UNASKED_PAUSE: Duration = Duration::from_secs(30);

/// The requests that are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// The token. Counted apart, since the others wait for it.
    Login,
    Read,
    Write,
}

/// The room that there is for requests.
#[derive(Debug)]
pub(crate) struct Budget {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    lanes: [Room; 3],
    not_before: Option<Instant>,
    /// Grows with each busy answer that tells something new: what left before it tells the same.
    epoch: u64,
    /// Busy answers in a row that did not say how long.
    unasked: u32,
    answers: u32,
}

#[derive(Debug)]
struct Room {
    most: usize,
    limit: usize,
    in_flight: usize,
}

/// The right to have one request in flight, until it is dropped.
#[derive(Debug)]
#[must_use = "the request is in flight for as long as its permit lives"]
pub(crate) struct Permit<'a> {
    budget: &'a Budget,
    lane: Lane,
    epoch: u64,
}

impl Budget {
    pub(crate) fn new(reads: NonZeroUsize, writes: NonZeroUsize) -> Self {
        let room = |most: usize| Room { most, limit: most, in_flight: 0 };
        let state = State {
            lanes: [room(1), room(reads.get()), room(writes.get())],
            not_before: None,
            epoch: 0,
            unasked: 0,
            answers: 0,
        };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    /// Waits until a request may leave.
    pub(crate) async fn acquire(&self, lane: Lane) -> Permit<'_> {
        loop {
            // Listening begins before looking, so that no change is missed in between.
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            match self.try_acquire(lane) {
                Ok(permit) => return permit,
                Err(Some(not_before)) => sleep_until(not_before).await,
                Err(None) => changed.await,
            }
        }
    }

    /// Takes the room if there is some; else says until when there is certainly none.
    fn try_acquire(&self, lane: Lane) -> Result<Permit<'_>, Option<Instant>> {
        let mut state = self.state();
        if let Some(not_before) = state.not_before {
            if Instant::now() < not_before {
                return Err(Some(not_before));
            }
            state.not_before = None;
        }
        let epoch = state.epoch;
        let room = state.room(lane);
        if room.limit <= room.in_flight {
            return Err(None);
        }
        room.in_flight += 1;
        Ok(Permit { budget: self, lane, epoch })
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

    fn pause_unasked(&self) -> Duration {
        let doubled = FIRST_PAUSE.saturating_mul(1 << self.unasked.saturating_sub(1).min(8));
        doubled.min(LONGEST_UNASKED_PAUSE)
    }
}

impl Permit<'_> {
    /// The request got an answer that was not a busy one.
    pub(crate) fn answered(self) {
        let mut state = self.budget.state();
        if self.epoch == state.epoch {
            state.unasked = 0;
        }
        state.answers += 1;
        if state.answers == ANSWERS_TO_GROW {
            state.answers = 0;
            for room in &mut state.lanes {
                room.limit = room.most.min(room.limit + 1);
            }
        }
    }

    /// The controller is busy, and asks for a pause or does not say how long.
    pub(crate) fn busy(self, asked: Option<Duration>) {
        let mut state = self.budget.state();
        // Of requests that left together only the first busy answer is news. Were each to halve
        // the room, one full moment would cost all of it.
        if self.epoch == state.epoch {
            state.epoch += 1;
            state.answers = 0;
            for room in &mut state.lanes {
                room.limit = (room.limit / 2).max(1);
            }
            if asked.is_none() {
                state.unasked += 1;
            }
        }
        let until = Instant::now() + asked.unwrap_or_else(|| state.pause_unasked());
        state.not_before = Some(state.not_before.map_or(until, |it| it.max(until)));
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.budget.state().room(self.lane).in_flight -= 1;
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
    async fn each_lane_has_its_own_room() {
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
    async fn a_busy_answer_halves_the_room_and_ten_answers_give_one_back() {
        let budget = budget(8, 3);
        budget.acquire(Lane::Read).await.busy(Some(Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!((room(&budget, Lane::Read), room(&budget, Lane::Write)), (4, 1));
        for _ in 0..10 {
            budget.acquire(Lane::Read).await.answered();
        }
        assert_eq!((room(&budget, Lane::Read), room(&budget, Lane::Write)), (5, 2));
        for _ in 0..100 {
            budget.acquire(Lane::Read).await.answered();
        }
        assert_eq!((room(&budget, Lane::Read), room(&budget, Lane::Write)), (8, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn the_room_never_closes_altogether() {
        let budget = budget(2, 1);
        for _ in 0..5 {
            budget.acquire(Lane::Read).await.busy(Some(Duration::from_secs(1)));
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!((room(&budget, Lane::Read), room(&budget, Lane::Write)), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn busy_answers_to_requests_that_left_together_count_once() {
        let budget = budget(8, 8);
        let mut permits = Vec::new();
        for _ in 0..4 {
            permits.push(budget.acquire(Lane::Read).await);
        }
        let started = Instant::now();
        for permit in permits {
            permit.busy(None);
        }
        budget.acquire(Lane::Login).await.answered();
        assert_eq!(started.elapsed(), Duration::from_secs(2));
        assert_eq!(room(&budget, Lane::Read), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_leaves_before_the_longest_pause_that_was_asked_for() {
        let budget = budget(8, 8);
        let started = Instant::now();
        let (first, second) = (budget.acquire(Lane::Read).await, budget.acquire(Lane::Write).await);
        first.busy(Some(Duration::from_secs(9)));
        second.busy(Some(Duration::from_secs(3)));
        for lane in [Lane::Login, Lane::Read, Lane::Write] {
            drop(budget.acquire(lane).await);
            assert_eq!(started.elapsed(), Duration::from_secs(9), "{lane:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_nobody_asked_for_doubles_up_to_thirty_seconds() {
        let budget = budget(8, 8);
        let mut waits = Vec::new();
        for _ in 0..6 {
            let started = Instant::now();
            budget.acquire(Lane::Read).await.busy(None);
            waits.push(started.elapsed().as_secs());
        }
        assert_eq!(waits, [0, 2, 4, 8, 16, 30]);
        budget.acquire(Lane::Read).await.answered();
        budget.acquire(Lane::Read).await.busy(None);
        let started = Instant::now();
        drop(budget.acquire(Lane::Read).await);
        assert_eq!(started.elapsed(), Duration::from_secs(2));
    }
}
