//! The simulator as its owner holds it: a handle to shared state, and what can be asked of it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

use super::{service::Service, throttle::Throttle, token::Tokens};
use crate::simulator::{
    Fault, FaultError, Options, World,
    fault::{Armed, Where},
    options::DEFAULT_RELEASE,
    world::{At, Rules},
};

/// A controller that lives in this process. Clones are the same controller.
#[derive(Clone)]
pub struct Simulator {
    state: Arc<Mutex<State>>,
}

/// Everything behind the lock.
pub(super) struct State {
    pub(super) options: Options,
    pub(super) rules: Rules,
    pub(super) world: World,
    pub(super) armed: Armed,
    pub(super) tokens: Tokens,
    pub(super) throttle: Throttle,
    requests: BTreeMap<Where, u64>,
    log: Vec<String>,
    /// The instant of the first request and the world's time then.
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
        if world.release().is_none() || options.release != DEFAULT_RELEASE {
            world.set_release(&options.release);
        }
        let mut armed = Armed::default();
        armed.arm(options.faults.iter().cloned());
        let state = State {
            tokens: Tokens::new(options.seed),
            throttle: Throttle::new(options.rate),
            options,
            rules,
            world,
            armed,
            requests: BTreeMap::new(),
            log: Vec::new(),
            clock: None,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// A way in.
    pub fn service(&self) -> Service {
        Service::new(self.clone())
    }

    /// The world as it is now, as the text of a world file.
    pub fn world_json(&self) -> String {
        let mut state = self.lock();
        if state.clock.is_some() {
            state.advance();
        }
        state.world.to_json()
    }

    /// Every count of violations, zero or not.
    pub fn violations(&self) -> BTreeMap<String, u64> {
        self.lock().world.violations()
    }

    /// The requests so far by the places of faults, zero or not.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        let state = self.lock();
        let count = |it| state.requests.get(it).copied().unwrap_or_default();
        Where::ALL.iter().map(|(it, word)| ((*word).to_owned(), count(it))).collect()
    }

    /// How many requests were answered 429.
    pub fn refused(&self) -> u64 {
        self.lock().throttle.n_refused
    }

    /// Each counted request in its order: method, path, body. Secrets are left out.
    pub fn request_log(&self) -> Vec<String> {
        self.lock().log.clone()
    }

    /// Arms faults, one a line. They count requests from now on.
    pub fn inject(&self, lines: &str) -> Result<(), FaultError> {
        let faults = lines.lines().map(str::trim).filter(|it| !it.is_empty());
        let faults: Vec<Fault> = faults.map(str::parse).collect::<Result<_, _>>()?;
        self.lock().armed.arm(faults);
        Ok(())
    }

    /// Disarms every fault.
    pub fn heal(&self) {
        self.lock().armed.disarm();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere is reported where it happened; the counts are still worth reading.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Lets the world catch up with the clock, and says what time it is.
    pub(super) fn advance(&mut self) -> u64 {
        let now = Instant::now();
        let (start, epoch) = match self.clock {
            Some(clock) => clock,
            None => self.start_clock(now),
        };
        let time = epoch + millis(now.duration_since(start));
        self.world.advance(time, &self.rules);
        time
    }

    /// Counts a request.
    pub(super) fn count(&mut self, place: Option<Where>, line: String) {
        if let Some(place) = place {
            *self.requests.entry(place).or_default() += 1;
        }
        *self.requests.entry(Where::Any).or_default() += 1;
        self.log.push(line);
    }

    fn start_clock(&mut self, now: Instant) -> (Instant, u64) {
        // A world that was saved later than this start goes on from where it was.
        let epoch = self.options.started.max(self.world.now());
        self.world.adopt_runs(At { now: epoch, rules: &self.rules });
        self.clock = Some((now, epoch));
        (now, epoch)
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
