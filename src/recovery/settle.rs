//! Settles by reading what an interrupted apply had in flight. Sends no write.

use std::{future, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    follower::Follower,
    journals::InterruptedApply,
    runner::{Run, RunResult},
    takeover::EarlierJournals,
};
use crate::{
    api::Client,
    apply::{Apply, Limits, Purpose, Wait},
    model::Live,
};

/// How long an interrupted operation is waited for at least, and how many times as long as the
/// longest task: an effect shows within half a minute, and a doubt is settled some seconds after.
const PATIENCE: Duration = Duration::from_mins(1);
const LONGEST_TIMES: u32 = 3;

/// What is needed to settle an interrupted apply.
#[derive(Clone, Copy)]
pub(crate) struct SettleOptions<'a> {
    pub(crate) client: &'a Client,
    pub(crate) live: &'a Live,
    /// When it was requested.
    pub(crate) read_at: Instant,
    pub(crate) limits: Limits,
    /// When the command has to end.
    pub(crate) deadline: Instant,
}

/// Settles what was in flight, and records that in its journal.
pub(crate) async fn settle(
    interrupted: &mut InterruptedApply,
    options: SettleOptions<'_>,
    follower: &mut dyn Follower,
) -> RunResult {
    let SettleOptions { client, live, read_at, limits, deadline } = options;
    let report = interrupted.report();
    let replay = interrupted.replay.clone();
    let now = Instant::now();
    // A task that never ends must not block every later apply.
    let patience = PATIENCE.max(replay.longest_task() * LONGEST_TIMES);
    let patience = patience.min(deadline.saturating_duration_since(now) / 2);
    let apply = Apply {
        plan: &interrupted.plan,
        client,
        live,
        read_at,
        limits: Limits { wait: Wait::Tasks, ..limits },
        deadline: now + patience,
        purpose: Purpose::Settle(&replay),
        stop: CancellationToken::new(),
        wall_ms: follower.now_ms(),
    };
    let journal = Some(&mut interrupted.recorded);
    let run = Run { apply, journal, earlier: EarlierJournals::default(), report };
    let result = run.run(future::pending(), follower).await;
    interrupted.replay = result.replay.clone();
    result
}
