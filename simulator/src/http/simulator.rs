//! The simulator as its owner holds it: a handle to shared state, and what can be asked of it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::Request;
use serde_json::Value;
use tokio::time::Instant;

use super::{cord::Cord, route, service::Service, throttle::Throttle, token::Tokens};
use crate::{
    Fault, FaultError, Options, World, WorldError,
    fault::{Armed, What, Where},
    options::DEFAULT_RELEASE,
    world::{At, Rules},
};

/// A controller that lives in this process. Clones are the same controller.
#[derive(Clone)]
pub struct Simulator {
    state: Arc<Mutex<State>>,
    /// What the requests of this handle go through, where they can be kept from arriving.
    cord: Option<Cord>,
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
    struck: BTreeMap<String, u64>,
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
            struck: BTreeMap::new(),
            clock: None,
        };
        Self { state: Arc::new(Mutex::new(state)), cord: None }
    }

    /// The same controller, through a line that can be pulled.
    #[must_use]
    pub fn through(&self, cord: Cord) -> Self {
        Self { state: Arc::clone(&self.state), cord: Some(cord) }
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

    /// How often each kind of fault struck, by `WHERE=WHAT`. WHERE is the request that it struck.
    pub fn struck(&self) -> BTreeMap<String, u64> {
        self.lock().struck.clone()
    }

    /// The names of all discoveries that there are, and were since the start, by id.
    pub fn names(&self) -> BTreeMap<String, String> {
        self.lock().world.names()
    }

    /// Ends the controller and starts it again from its world file, with no token that is good.
    pub fn restart(&self) -> Result<(), WorldError> {
        let text = self.world_json();
        let mut state = self.lock();
        let world = World::from_json(&text)?.with_memory_of(&state.world);
        state.world = world;
        state.tokens.expire_all();
        Ok(())
    }

    pub(super) fn has_cord(&self) -> bool {
        self.cord.is_some()
    }

    /// Whether a request arrives, as far as its line is concerned.
    pub(super) fn carries(&self, request: &Request<Bytes>) -> bool {
        let Some(cord) = &self.cord else { return true };
        cord.carries(place_of(request))
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

    /// Says what time it is, in milliseconds of the epoch, once the clock goes.
    pub(super) fn time(&self) -> Option<u64> {
        self.clock.map(|(start, epoch)| epoch + millis(Instant::now().duration_since(start)))
    }

    /// Counts a request.
    pub(super) fn count(&mut self, place: Option<Where>, line: String) {
        if let Some(place) = place {
            *self.requests.entry(place).or_default() += 1;
        }
        *self.requests.entry(Where::Any).or_default() += 1;
        self.log.push(line);
    }

    /// Notes which faults struck a request.
    pub(super) fn note_struck(&mut self, place: Option<Where>, whats: &[What]) {
        let strikes = |it: &&What| !it.needs_write() || place.is_some_and(Where::can_write);
        for what in whats.iter().filter(strikes) {
            let place = place.map_or_else(|| "nowhere".to_owned(), |it| it.to_string());
            *self.struck.entry(format!("{place}={}", what.kind())).or_default() += 1;
        }
    }

    fn start_clock(&mut self, now: Instant) -> (Instant, u64) {
        // A world that was saved later than this start goes on from where it was.
        let epoch = self.options.started.max(self.world.now());
        self.world.adopt_runs(At { now: epoch, rules: &self.rules });
        self.clock = Some((now, epoch));
        (now, epoch)
    }
}

/// The place of a request among faults, if it has one.
fn place_of(request: &Request<Bytes>) -> Option<Where> {
    let route = route::route(request.method(), request.uri().path()).ok()?;
    let body = serde_json::from_slice::<Value>(request.body()).ok();
    Some(route.place(body.as_ref().and_then(status_of)))
}

/// What a PUT is for, in its own word.
pub(super) fn status_of(body: &Value) -> Option<&str> {
    body.get("discoveryStatus")?.as_str()
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
