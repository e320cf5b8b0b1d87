//! The handle of a simulator: its shared state, and what its owner can ask.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

use super::{
    disconnect::Disconnect,
    gateway::Gateway,
    rate_limit::{Connection, RateLimiter},
    service::Service,
    token::Tokens,
};
use crate::{
    Fault, FaultError, Options, World, WorldError,
    fault::{Armed, KINDS},
    options::DEFAULT_RELEASE,
    world::{At, Rules, millis},
};

/// A controller that lives in this process. Clones are the same controller.
#[derive(Clone)]
pub struct Simulator {
    state: Arc<Mutex<State>>,
    pub(super) disconnect: Option<Disconnect>,
}

pub(super) struct State {
    pub(super) options: Options,
    pub(super) rules: Rules,
    pub(super) world: World,
    pub(super) armed: Vec<Armed>,
    pub(super) tokens: Tokens,
    pub(super) rate_limiter: RateLimiter,
    /// By kind.
    pub(super) requests: BTreeMap<String, u64>,
    pub(super) log: Vec<String>,
    pub(super) fault_counts: BTreeMap<String, u64>,
    /// The instant of the first request, and the time of the world then.
    clock: Option<(Instant, u64)>,
}

impl Simulator {
    /// Puts a world behind HTTP. Its clock starts with the first request.
    pub fn new(options: Options, mut world: World) -> Self {
        let rules = Rules {
            seed: options.seed,
            task_time: millis(options.task_time),
            run_time: millis(options.run_time),
            quirks: options.quirks.clone(),
        };
        if world.release.is_none() || options.release != DEFAULT_RELEASE {
            world.release = Some(options.release.clone());
        }
        let state = State {
            tokens: Tokens::new(options.seed),
            rate_limiter: RateLimiter::new(options.rate),
            armed: options.faults.iter().cloned().map(Armed::new).collect(),
            options,
            rules,
            world,
            requests: KINDS.split(' ').map(|it| (it.to_owned(), 0)).collect(),
            log: Vec::new(),
            fault_counts: BTreeMap::new(),
            clock: None,
        };
        Self { state: Arc::new(Mutex::new(state)), disconnect: None }
    }

    /// The same controller, for a client that `disconnect` can cut off.
    #[must_use]
    pub fn with_disconnect(&self, disconnect: Disconnect) -> Self {
        Self { state: Arc::clone(&self.state), disconnect: Some(disconnect) }
    }

    /// A service that takes requests in this process, without a socket.
    pub fn service(&self) -> Service {
        Service::new(Gateway { simulator: self.clone(), connection: None })
    }

    /// The service at the end of a new connection.
    pub(crate) fn connection(&self) -> Service {
        let connection = Some(Connection::default());
        Service::new(Gateway { simulator: self.clone(), connection })
    }

    /// The world as it is now, as the text of a world file.
    pub fn world_json(&self) -> String {
        let mut state = self.lock();
        if state.clock.is_some() {
            state.advance();
        }
        state.world.to_json()
    }

    /// Counts what a careful client never does, such as creating a name that the list shows. Has
    /// every kind of violation, with 0 if it did not happen.
    pub fn violations(&self) -> BTreeMap<String, u64> {
        self.lock().world.violations()
    }

    /// The requests so far by kind, named as in faults. Has every kind, with 0 if there was none.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.lock().requests.clone()
    }

    /// How many requests were answered 429.
    pub fn rate_limited(&self) -> u64 {
        self.lock().rate_limiter.n_rejected
    }

    /// Each counted request in its order: method, path, body. Secrets are left out.
    pub fn request_log(&self) -> Vec<String> {
        self.lock().log.clone()
    }

    /// Injects faults, one per line. They count requests from now on.
    pub fn inject(&self, lines: &str) -> Result<(), FaultError> {
        let faults = lines.lines().map(str::trim).filter(|it| !it.is_empty());
        let faults: Vec<Fault> = faults.map(str::parse).collect::<Result<_, _>>()?;
        self.lock().armed.extend(faults.into_iter().map(Armed::new));
        Ok(())
    }

    /// Removes every fault.
    pub fn clear_faults(&self) {
        self.lock().armed.clear();
    }

    /// How often each fault acted on a request, by `WHERE=WHAT`. WHERE is the kind of the request.
    pub fn fault_counts(&self) -> BTreeMap<String, u64> {
        self.lock().fault_counts.clone()
    }

    /// The names of all discoveries that exist, or existed since the start, by id.
    pub fn names(&self) -> BTreeMap<String, String> {
        self.lock().world.names()
    }

    /// Restarts the controller from its world file. No token is valid afterwards.
    pub fn restart(&self) -> Result<(), WorldError> {
        let text = self.world_json();
        let mut state = self.lock();
        let before = mem::replace(&mut state.world, World::from_json(&text)?);
        state.world.violations = before.violations;
        state.world.deleted = before.deleted;
        state.tokens.expire_all();
        Ok(())
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere is reported where it happened; the counts are still worth reading.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Lets the world catch up with the clock, and returns its time.
    pub(super) fn advance(&mut self) -> u64 {
        let now = Instant::now();
        let (start, epoch) = *self.clock.get_or_insert_with(|| {
            // A world that was saved later than this start continues from its own time.
            let epoch = self.options.started.max(self.world.now);
            self.world.adopt_runs(At { now: epoch, rules: &self.rules });
            (now, epoch)
        });
        let time = epoch + millis(now.duration_since(start));
        self.world.advance(time, &self.rules);
        time
    }

    /// The time in milliseconds since 1970, once the clock has started.
    pub(super) fn time(&self) -> Option<u64> {
        self.clock.map(|(start, epoch)| epoch + millis(Instant::now().duration_since(start)))
    }
}
