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

/// A controller that rejects for longer is unavailable, which is no evidence about a rate.
const LONGEST_REJECTION: Duration = Duration::from_secs(95);

/// The rate to use, as a fraction of the estimate.
const CAUTION: f64 = 0.95;

/// The longest interval: for a slower limit an error in the estimate costs more than it gains.
const SLOWEST: Duration = Duration::from_secs(4);

/// An interval this short is no limit.
const FASTEST: Duration = Duration::from_millis(20);

/// The most by which a new estimate may lengthen the interval.
const STEEPEST: f64 = 8.0;

/// This many responses shorten the interval by a tenth, once it was held for long enough.
const ANSWERS_TO_SPEED_UP: u32 = 10;
const FASTER: f64 = 0.9;

/// The accepted and rejected requests, and the resulting interval.
#[derive(Debug, Default)]
pub(super) struct RateEstimate {
    /// The send times of accepted requests since the last estimate.
    accepted: VecDeque<Instant>,
    rejected_since: Option<Instant>,
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

    /// A request sent at this time was accepted; `ends_rejection` if it was sent after a rejection.
    pub(super) fn on_accepted(&mut self, sent_at: Instant, ends_rejection: bool) {
        let rejected_since = self.rejected_since.take_if(|_| ends_rejection);
        if let Some(since) = rejected_since {
            self.learn(since, sent_at);
        } else {
            self.speed_up();
        }
        if self.rejected_since.is_none() {
            while self.accepted.front().is_some_and(|it| *it + MEMORY < sent_at) {
                self.accepted.pop_front();
            }
        }
        if self.accepted.len() == MOST {
            self.accepted.pop_front();
        }
        self.accepted.push_back(sent_at);
    }

    /// A request was rejected with 429.
    pub(super) fn on_rejected(&mut self, now: Instant) {
        self.rejected_since.get_or_insert(now);
    }

    /// The controller is unavailable: accepted requests are no evidence for now.
    pub(super) fn reset(&mut self) {
        self.accepted.clear();
        self.rejected_since = None;
    }

    /// Estimates the rate from the requests accepted until now.
    fn learn(&mut self, rejected_since: Instant, now: Instant) {
        if LONGEST_REJECTION < now.duration_since(rejected_since) {
            self.reset();
            return;
        }
        let n_accepted = self.accepted.len();
        let fewest = if self.is_again { FEWEST_AGAIN } else { FEWEST };
        let Some(first) = self.accepted.front().filter(|_| fewest <= n_accepted) else {
            self.is_again |= FEWEST_AGAIN <= n_accepted;
            return;
        };
        let n = u32::try_from(n_accepted).unwrap_or(u32::MAX);
        let mut interval = now.duration_since(*first).div_f64(f64::from(n) * CAUTION);
        if let Some(pace) = &self.pace {
            interval = interval.clamp(pace.interval, pace.interval.mul_f64(STEEPEST));
        }
        self.accepted.clear();
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
            pace.answers_left = ANSWERS_TO_SPEED_UP;
            pace.interval = pace.interval.mul_f64(FASTER);
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
        accepted: VecDeque<Instant>,
        stored: f64,
        looked: Instant,
        began: Instant,
    }

    impl Limited {
        fn new(limit: Limit) -> Self {
            let stored = if let Limit::Bucket(n, _) = limit { f64::from(n) } else { 0.0 };
            let began = Instant::now();
            Self { limit, accepted: VecDeque::new(), stored, looked: began, began }
        }

        /// Admits a request, or returns how long until there is room.
        fn admit(&mut self) -> Result<(), Duration> {
            let now = Instant::now();
            match self.limit {
                Limit::Sliding(n, seconds) => {
                    let window = Duration::from_secs(seconds);
                    while self.accepted.front().is_some_and(|it| *it + window <= now) {
                        self.accepted.pop_front();
                    }
                    if self.accepted.len() == n {
                        return Err(self.accepted[0] + window - now);
                    }
                }
                Limit::Fixed(n, seconds) => {
                    let nth = now.duration_since(self.began).as_secs() / seconds;
                    let start = self.began + Duration::from_secs(nth * seconds);
                    while self.accepted.front().is_some_and(|it| *it < start) {
                        self.accepted.pop_front();
                    }
                    if self.accepted.len() == n {
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
            self.accepted.push_back(now);
            Ok(())
        }
    }

    /// The `Retry-After` of a rejection.
    #[derive(Clone, Copy, Debug)]
    enum RetryAfter {
        Seconds,
        Always(u64),
        Nothing,
    }

    /// Sends so many requests, by eight readers and eight writers, until each is let in; returns how
    /// many were refused, and how long it took.
    async fn send(
        limit: Limit,
        retry_after: RetryAfter,
        latency: Duration,
        n: usize,
    ) -> (usize, Duration) {
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
                            match retry_after {
                                RetryAfter::Seconds => Some(whole),
                                RetryAfter::Always(seconds) => Some(Duration::from_secs(seconds)),
                                RetryAfter::Nothing => None,
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
    async fn every_kind_of_rate_limit_is_learned() {
        let limits = [
            Limit::Sliding(100, 60),
            Limit::Fixed(100, 60),
            Limit::Bucket(100, 60),
            Limit::Sliding(20, 10),
        ];
        for limit in limits {
            for retry_after in [RetryAfter::Seconds, RetryAfter::Always(1), RetryAfter::Nothing] {
                for ms in [1, 20, 200, 1_000] {
                    let (refused, took) =
                        send(limit, retry_after, Duration::from_millis(ms), 600).await;
                    let what = format!("{limit:?} {retry_after:?} {ms} ms: {refused}, {took:?}");
                    // Of these, sixteen were under way when the limit was met first.
                    assert!(refused <= 40, "{what}");
                    // The limit by itself takes five minutes, if what it lets in is let in at once.
                    assert!(took < Duration::from_mins(8), "{what}");
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn random_rejections_cost_only_their_pauses() {
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
    fn a_wrong_interval_is_corrected() {
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
    fn an_unavailable_controller_teaches_no_rate() {
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
