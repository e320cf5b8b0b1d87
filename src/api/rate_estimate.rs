//! Estimates the rate limit of a controller from its rejections.
//!
//! With pauses after rejections alone, a client hits the same rate limit again and again. The
//! requests accepted before a rejection, and the time until more are accepted, give an estimate;
//! slightly below it nothing is rejected. A controller that never rejects is never slowed down.
//! Waits for nothing, and does not know the requests in flight.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// The fewest accepted requests for an estimate: fewer are chance.
const FEWEST: usize = 20;

/// The fewest after a recent rejection.
const FEWEST_AGAIN: usize = 4;

/// How far back requests count, and how many at most.
const MEMORY: Duration = Duration::from_mins(1);
const MOST: usize = 4_096;

/// A controller that rejects for longer is unavailable, which says nothing about a rate.
const LONGEST_REFUSAL: Duration = Duration::from_secs(95);

/// The rate to use, as a fraction of the estimate.
const CAUTION: f64 = 0.95;

/// The longest interval: for a slower limit an error in the estimate costs more than it gains.
const SLOWEST: Duration = Duration::from_secs(4);

/// An interval this short is no limit.
const FASTEST: Duration = Duration::from_millis(20);

/// The most by which a new estimate may lengthen the interval.
const STEEPEST: f64 = 8.0;

/// This many responses shorten the interval by a tenth, once it was held for long enough.
const ANSWERS_TO_QUICKEN: u32 = 10;
const QUICKER: f64 = 0.9;

/// The accepted and rejected requests, and the resulting interval.
#[derive(Debug, Default)]
pub(super) struct RateEstimate {
    /// The send times of accepted requests since the last estimate.
    let_in: VecDeque<Instant>,
    refused_since: Option<Instant>,
    /// Whether they follow a rejection.
    is_again: bool,
    pace: Option<Pace>,
}

#[derive(Debug)]
struct Pace {
    interval: Duration,
    next: Instant,
    /// Responses left until a faster rate is tried.
    answers_left: u32,
}

impl RateEstimate {
    /// The earliest time for the next request.
    pub(super) fn not_before(&self) -> Option<Instant> {
        self.pace.as_ref().map(|it| it.next)
    }

    /// A request is sent.
    pub(super) fn on_sent(&mut self, now: Instant) {
        if let Some(pace) = &mut self.pace {
            pace.next = now + pace.interval;
        }
    }

    /// A request sent at this time was accepted; `ends_refusal` if it was sent after a rejection.
    pub(super) fn on_accepted(&mut self, left: Instant, ends_refusal: bool) {
        let refused_since = self.refused_since.take_if(|_| ends_refusal);
        if let Some(since) = refused_since {
            self.learn(since, left);
        } else {
            self.speed_up();
        }
        if self.refused_since.is_none() {
            while self.let_in.front().is_some_and(|it| *it + MEMORY < left) {
                self.let_in.pop_front();
            }
        }
        if self.let_in.len() == MOST {
            self.let_in.pop_front();
        }
        self.let_in.push_back(left);
    }

    /// A request was rejected with 429.
    pub(super) fn on_rejected(&mut self, now: Instant) {
        self.refused_since.get_or_insert(now);
    }

    /// The controller is unavailable: accepted requests say nothing for now.
    pub(super) fn reset(&mut self) {
        self.let_in.clear();
        self.refused_since = None;
    }

    /// Estimates the rate from the requests accepted until now.
    fn learn(&mut self, refused_since: Instant, now: Instant) {
        if LONGEST_REFUSAL < now.duration_since(refused_since) {
            self.reset();
            return;
        }
        let n_let_in = self.let_in.len();
        let fewest = if self.is_again { FEWEST_AGAIN } else { FEWEST };
        let Some(first) = self.let_in.front().filter(|_| fewest <= n_let_in) else {
            self.is_again |= FEWEST_AGAIN <= n_let_in;
            return;
        };
        let n = u32::try_from(n_let_in).unwrap_or(u32::MAX);
        let mut interval = now.duration_since(*first).div_f64(f64::from(n) * CAUTION);
        if let Some(pace) = &self.pace {
            interval = interval.clamp(pace.interval, pace.interval.mul_f64(STEEPEST));
        }
        self.let_in.clear();
        // After a repeated rejection, the interval is held for longer.
        let held = if std::mem::replace(&mut self.is_again, true) { 2 } else { 1 };
        let interval = interval.min(SLOWEST);
        self.pace = (FASTEST < interval).then(|| Pace {
            interval,
            next: now + interval,
            answers_left: n.saturating_mul(held),
        });
    }

    /// After long enough without a rejection, tries a faster rate.
    fn speed_up(&mut self) {
        let Some(pace) = &mut self.pace else { return };
        pace.answers_left = pace.answers_left.saturating_sub(1);
        if pace.answers_left == 0 {
            pace.answers_left = ANSWERS_TO_QUICKEN;
            pace.interval = pace.interval.mul_f64(QUICKER);
        }
        if pace.interval <= FASTEST {
            self.pace = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        num::NonZeroUsize,
        sync::{Arc, Mutex},
    };

    use tokio::{task::JoinSet, time::sleep};

    use super::*;
    use crate::api::budget::{Budget, Busy, Lane};

    /// So many requests in so many seconds, counted in three ways.
    #[derive(Clone, Copy, Debug)]
    enum Limit {
        /// Of any such time.
        Sliding(usize, u64),
        /// Of times that follow each other.
        Fixed(usize, u64),
        /// A store of them that is filled at this rate.
        Bucket(u32, u64),
    }

    /// A controller with a limit.
    struct Limited {
        limit: Limit,
        let_in: VecDeque<Instant>,
        stored: f64,
        looked: Instant,
        began: Instant,
    }

    impl Limited {
        fn new(limit: Limit) -> Self {
            let stored = if let Limit::Bucket(n, _) = limit { f64::from(n) } else { 0.0 };
            let began = Instant::now();
            Self { limit, let_in: VecDeque::new(), stored, looked: began, began }
        }

        /// Lets a request in, or says how long until there is room.
        fn admit(&mut self) -> Result<(), Duration> {
            let now = Instant::now();
            match self.limit {
                Limit::Sliding(n, seconds) => {
                    let window = Duration::from_secs(seconds);
                    while self.let_in.front().is_some_and(|it| *it + window <= now) {
                        self.let_in.pop_front();
                    }
                    if self.let_in.len() == n {
                        return Err(self.let_in[0] + window - now);
                    }
                }
                Limit::Fixed(n, seconds) => {
                    let nth = now.duration_since(self.began).as_secs() / seconds;
                    let start = self.began + Duration::from_secs(nth * seconds);
                    while self.let_in.front().is_some_and(|it| *it < start) {
                        self.let_in.pop_front();
                    }
                    if self.let_in.len() == n {
                        return Err(start + Duration::from_secs(seconds) - now);
                    }
                }
                Limit::Bucket(n, seconds) => {
                    let each = Duration::from_secs(seconds).div_f64(f64::from(n));
                    let since = now.duration_since(self.looked);
                    self.looked = now;
                    let filled = since.as_secs_f64() / each.as_secs_f64();
                    self.stored = (self.stored + filled).min(f64::from(n));
                    if self.stored < 1.0 {
                        return Err(each.mul_f64(1.0 - self.stored));
                    }
                    self.stored -= 1.0;
                }
            }
            self.let_in.push_back(now);
            Ok(())
        }
    }

    /// What a controller says with a refusal.
    #[derive(Clone, Copy, Debug)]
    enum Says {
        Seconds,
        Always(u64),
        Nothing,
    }

    /// Sends so many requests, by eight readers and eight writers, until each is let in; returns how
    /// many were refused, and how long it took.
    async fn send(limit: Limit, says: Says, latency: Duration, n: usize) -> (usize, Duration) {
        let eight = NonZeroUsize::new(8).unwrap();
        let (budget, controller) = (Budget::new(eight, eight), Mutex::new(Limited::new(limit)));
        let shared = Arc::new((budget, controller, Mutex::new((n, 0))));
        let began = Instant::now();
        let mut senders = JoinSet::new();
        for it in 0..16 {
            let shared = Arc::clone(&shared);
            let lane = if it % 2 == 0 { Lane::Read } else { Lane::Write };
            senders.spawn(async move {
                let (budget, controller, counts) = &*shared;
                loop {
                    {
                        let mut counts = counts.lock().unwrap();
                        if counts.0 == 0 {
                            return;
                        }
                        counts.0 -= 1;
                    }
                    loop {
                        let permit = budget.acquire(lane).await;
                        sleep(latency / 2).await;
                        let admitted = controller.lock().unwrap().admit();
                        sleep(latency / 2).await;
                        let Err(wait) = admitted else {
                            permit.answered();
                            break;
                        };
                        counts.lock().unwrap().1 += 1;
                        let whole = Duration::from_secs(wait.as_secs() + 1);
                        permit.busy(
                            Busy::TooMany,
                            match says {
                                Says::Seconds => Some(whole),
                                Says::Always(seconds) => Some(Duration::from_secs(seconds)),
                                Says::Nothing => None,
                            },
                        );
                    }
                }
            });
        }
        senders.join_all().await;
        let refused = shared.2.lock().unwrap().1;
        (refused, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_is_learned_however_it_is_counted_and_told() {
        let limits = [
            Limit::Sliding(100, 60),
            Limit::Fixed(100, 60),
            Limit::Bucket(100, 60),
            Limit::Sliding(20, 10),
        ];
        for limit in limits {
            for says in [Says::Seconds, Says::Always(1), Says::Nothing] {
                for ms in [1, 20, 200, 1_000] {
                    let (refused, took) = send(limit, says, Duration::from_millis(ms), 600).await;
                    let what = format!("{limit:?} {says:?} {ms} ms: {refused}, {took:?}");
                    // Of these, sixteen were under way when the limit was met first.
                    assert!(refused <= 40, "{what}");
                    // The limit by itself takes five minutes, if what it lets in is let in at once.
                    assert!(took < Duration::from_mins(8), "{what}");
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_by_chance_cost_no_more_than_they_ask_for() {
        let began = Instant::now();
        let mut rate = RateEstimate::default();
        let mut now = began;
        // Few requests, or a pause that is short beside what was let in, are no limit.
        for nth in 1..=1_000 {
            now = rate.not_before().max(Some(now)).unwrap() + Duration::from_millis(1);
            rate.on_sent(now);
            if nth == 4 || nth == 500 {
                rate.on_rejected(now);
                now += Duration::from_secs(1);
            } else {
                rate.on_accepted(now, true);
            }
        }
        assert!(now - began < Duration::from_secs(4), "{:?}", now - began);
    }

    #[test]
    fn a_pace_that_was_a_mistake_is_given_up_again() {
        let mut now = Instant::now();
        let mut rate = RateEstimate::default();
        for _ in 0..100 {
            rate.on_accepted(now, true);
        }
        rate.on_rejected(now);
        now += Duration::from_mins(1);
        let mut send = |n: usize| {
            let began = now;
            for _ in 0..n {
                now = rate.not_before().max(Some(now)).unwrap();
                rate.on_sent(now);
                rate.on_accepted(now, true);
            }
            (now - began).as_secs()
        };
        assert_eq!(send(101), 63);
        assert!(send(1_000) < 100);
        assert_eq!(send(1_000), 0);
    }

    #[test]
    fn a_controller_that_is_out_of_order_teaches_no_rate() {
        let mut now = Instant::now();
        let mut rate = RateEstimate::default();
        for (busy, minutes) in [(Busy::TooMany, 2), (Busy::Unavailable, 1)] {
            for _ in 0..100 {
                rate.on_accepted(now, true);
            }
            match busy {
                Busy::TooMany => rate.on_rejected(now),
                Busy::Unavailable => rate.reset(),
            }
            now += Duration::from_mins(minutes);
            rate.on_accepted(now, true);
            assert_eq!(rate.not_before(), None);
        }
    }
}
