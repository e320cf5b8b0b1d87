//! Sends requests: one attempt, with a token, with safe retries.
//!
//! Each layer adds one thing: `send_once` the limits and the timeout, `send_authorized` the token
//! and one renewal, `send` the retries. Knows no endpoint but the token's.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{debug, trace};

use super::{
    address::ControllerUrl,
    budget::{Budget, Busy, Lane},
    clock::{ControllerClock, http_date_ms},
    error::{ApiError, RequestFailure, TOKEN_PATH},
    login::{Login, Token},
    response::{check, check_id, malformed, redacted},
    retry::{Attempts, RetryPolicy, pause_asked},
    transport::{BoxFuture, NoResponse, NoResponseKind, Processed, Transport},
};

/// Limits on requests in flight and on the time of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientLimits {
    pub(crate) reads: NonZeroUsize,
    pub(crate) writes: NonZeroUsize,
    pub(crate) request_timeout: Duration,
    /// The seed for jitter.
    pub(crate) seed: u64,
}

impl ClientLimits {
    pub(crate) const READS: NonZeroUsize = NonZeroUsize::new(8).expect("it is 8");
    pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

    /// The default limits, with this many writes in flight.
    pub(crate) fn new(writes: NonZeroUsize, seed: u64) -> Self {
        Self { reads: Self::READS, writes, request_timeout: Self::REQUEST_TIMEOUT, seed }
    }
}

/// A client of one controller. Clones share everything except deadline and halt.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) shared: Arc<Shared>,
    deadline: Option<Instant>,
    /// When cancelled, no more requests are sent.
    halt: Option<CancellationToken>,
}

/// The state that all clones share.
pub(crate) struct Shared {
    transport: Arc<dyn Transport>,
    base: ControllerUrl,
    login: Login,
    tokens: Tokens,
    budget: Budget,
    request_timeout: Duration,
    clock: ControllerClock,
    random: Mutex<fastrand::Rng>,
    /// The time of the first write by the controller's clock; `i64::MAX` before it.
    pub(crate) first_write_ms: AtomicI64,
    /// The last failure since the last success.
    noted: Mutex<Option<Noted>>,
    /// Whether the first generation of the task endpoints is gone.
    pub(crate) tasks_moved: AtomicBool,
}

/// The failure of a request that is retried.
#[derive(Clone)]
struct Noted {
    method: Method,
    path: String,
    failure: RequestFailure,
}

/// The token. The task that requests a new one holds the lock, so the others wait for it.
#[derive(Default)]
struct Tokens {
    held: tokio::sync::Mutex<Held>,
    /// The number of finished token requests.
    ended: AtomicU64,
}

#[derive(Default)]
struct Held {
    issued: Option<Issued>,
    /// The last failure, and the number of its token request.
    failure: Option<(u64, ApiError)>,
}

#[derive(Clone)]
struct Issued {
    generation: u64,
    token: Token,
}

/// One request, in any number of attempts.
#[derive(Debug)]
pub(crate) struct Call {
    method: Method,
    pub(crate) path: String,
    body: Bytes,
    lane: Lane,
    retry_policy: RetryPolicy,
}

impl Call {
    pub(crate) fn read(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            body: Bytes::new(),
            lane: Lane::Read,
            retry_policy: RetryPolicy::Always,
        }
    }

    pub(crate) fn write(method: Method, path: impl Into<String>, body: Option<&Value>) -> Self {
        let body = body.map_or_else(Bytes::new, |it| it.to_string().into());
        let (lane, retry_policy) = (Lane::Write, RetryPolicy::IfNotProcessed);
        Self { method, path: path.into(), body, lane, retry_policy }
    }

    /// A token request can be repeated, although it is a POST.
    fn login() -> Self {
        Self { method: Method::POST, lane: Lane::Login, ..Self::read(TOKEN_PATH) }
    }

    /// Returns this call if the id in its path is valid.
    pub(crate) fn with_valid(self, id: &str) -> Result<Self, ApiError> {
        let Err(failure) = check_id(id) else { return Ok(self) };
        let Self { method, path, body: _, lane: _, retry_policy: _ } = self;
        let failure = Box::new(failure);
        Err(ApiError { method, path, failure, tries: 0, took: Duration::ZERO })
    }

    fn request(&self, base: &ControllerUrl, key: HeaderValue) -> Request<Bytes> {
        let name = match self.lane {
            Lane::Login => header::AUTHORIZATION,
            Lane::Read | Lane::Write => header::HeaderName::from_static("x-auth-token"),
        };
        let request = Request::builder()
            .method(self.method.clone())
            .uri(base.uri(&self.path))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, concat!("trueup/", env!("CARGO_PKG_VERSION")))
            .header(name, key);
        request.body(self.body.clone()).expect("invariant: every part was checked before")
    }

    /// Whether its body may be logged, without secrets.
    fn may_be_traced(&self) -> bool {
        self.lane != Lane::Login && !self.path.contains("global-credential")
    }
}

impl Client {
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        base: ControllerUrl,
        login: Login,
        limits: ClientLimits,
    ) -> Self {
        let ClientLimits { reads, writes, request_timeout, seed } = limits;
        let shared = Shared {
            transport,
            base,
            login,
            tokens: Tokens::default(),
            budget: Budget::new(reads, writes),
            request_timeout,
            clock: ControllerClock::default(),
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
            first_write_ms: AtomicI64::new(i64::MAX),
            noted: Mutex::new(None),
            tasks_moved: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared), deadline: None, halt: None }
    }

    /// The same client with this deadline.
    ///
    /// After the deadline nothing is sent and reads are abandoned. A write in flight is still
    /// waited for, so that its outcome does not become unknown.
    pub(crate) fn until(&self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self.clone() }
    }

    /// The same client, which sends no more requests once `halt` is cancelled.
    ///
    /// Requests in flight are still waited for.
    pub(crate) fn unless(&self, halt: CancellationToken) -> Self {
        Self { halt: Some(halt), ..self.clone() }
    }

    /// The controller's time in milliseconds since 1970, known after the first response.
    pub(crate) fn server_time_ms(&self) -> Option<i64> {
        self.shared.clock.now_ms()
    }

    /// The last failure since the last success, for progress messages.
    pub(crate) fn last_failure(&self) -> Option<String> {
        let Noted { method, path, failure } = self.noted().clone()?;
        Some(format!("{method} {path}: {failure}"))
    }

    fn noted(&self) -> MutexGuard<'_, Option<Noted>> {
        self.shared.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends until `read` accepts a response, or no retry is left.
    pub(crate) async fn send<T>(
        &self,
        call: &Call,
        read: impl Fn(&Response<Bytes>) -> Result<T, RequestFailure>,
    ) -> Result<T, ApiError> {
        let began = Instant::now();
        let mut attempts = Attempts::new(call.retry_policy);
        let mut last = None;
        loop {
            let outcome = match self.send_authorized(call).await {
                Ok(answer) => read(&answer),
                Err(failure) => Err(failure),
            };
            let mut failure = match outcome {
                Ok(it) => {
                    *self.noted() = None;
                    return Ok(it);
                }
                Err(RequestFailure::NoToken(error)) => return Err(*error),
                Err(failure) => failure,
            };
            if let RequestFailure::DeadlineExceeded { .. } = failure {
                // A request that never got a slot reports the failure that blocked the others.
                let last = last.take().or_else(|| Some(self.noted().clone()?.failure));
                failure = RequestFailure::DeadlineExceeded { last: last.map(Box::new) };
            } else if let Some(wait) = attempts.after(&failure, self.jitter()) {
                debug!(method = %call.method, path = call.path, %failure, ?wait, "trying again");
                let (method, path) = (call.method.clone(), call.path.clone());
                *self.noted() = Some(Noted { method, path, failure: failure.clone() });
                last = Some(failure);
                // If the deadline passes during the wait, the next attempt reports it.
                self.before_deadline_or_halt(sleep(wait)).await.ok();
                continue;
            }
            let (method, path) = (call.method.clone(), call.path.clone());
            let (tries, took) = (attempts.sent(), began.elapsed());
            return Err(ApiError { method, path, failure: Box::new(failure), tries, took });
        }
    }

    /// Sends with the token, and once more with a new one after 401.
    async fn send_authorized(&self, call: &Call) -> Result<Response<Bytes>, RequestFailure> {
        if call.lane == Lane::Login {
            return self.send_once(call, self.shared.login.header()).await;
        }
        let issued = self.token(None).await?;
        match self.send_once(call, issued.token.header()).await {
            Err(RequestFailure::Refused { status: StatusCode::UNAUTHORIZED, .. }) => {
                let renewed = self.token(Some(issued.generation)).await?;
                self.send_once(call, renewed.token.header()).await
            }
            outcome => outcome,
        }
    }

    /// Sends once, as soon as the limits permit.
    async fn send_once(
        &self,
        call: &Call,
        key: HeaderValue,
    ) -> Result<Response<Bytes>, RequestFailure> {
        let Shared { transport, base, budget, clock, request_timeout, .. } = &*self.shared;
        let permit = self.before_deadline_or_halt(budget.acquire(call.lane)).await?;
        let request = call.request(base, key);
        if call.may_be_traced() && !call.body.is_empty() {
            trace!(path = call.path, body = redacted(&call.body), "request");
        }
        let began = Instant::now();
        let limit = match (self.deadline, call.lane) {
            (Some(deadline), Lane::Login | Lane::Read) => deadline.min(began + *request_timeout),
            (_, Lane::Login | Lane::Read | Lane::Write) => began + *request_timeout,
        };
        let answer = match timeout_at(limit, transport.send(request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(no_response)) => return Err(RequestFailure::NoResponse(no_response)),
            Err(_) if limit < began + *request_timeout => {
                return Err(RequestFailure::DeadlineExceeded { last: None });
            }
            Err(_) => {
                let reason = format!("no answer within {} s", request_timeout.as_secs());
                let kind = NoResponseKind::TimedOut;
                let no_response = NoResponse::new(Processed::Maybe, kind, reason);
                return Err(RequestFailure::NoResponse(no_response));
            }
        };
        let status = answer.status();
        debug!(method = %call.method, path = call.path, %status, ms = ms(began), "answered");
        if call.may_be_traced() {
            trace!(path = call.path, body = redacted(answer.body()), "answer");
        }
        clock.set(answer.headers());
        let busy = match status {
            StatusCode::TOO_MANY_REQUESTS => Some(Busy::TooMany),
            StatusCode::SERVICE_UNAVAILABLE => Some(Busy::Unavailable),
            _ => None,
        };
        match busy {
            Some(busy) => permit.busy(busy, longest_pause(answer.headers(), clock.now_ms())),
            None => permit.answered(),
        }
        check(answer)
    }

    /// The current token, or a new one if `spent` is the current one.
    async fn token(&self, spent: Option<u64>) -> Result<Issued, RequestFailure> {
        let Tokens { held, ended } = &self.shared.tokens;
        let ended_before = ended.load(Ordering::SeqCst);
        let mut held = self.before_deadline_or_halt(held.lock()).await?;
        let issued = held.issued.as_ref().filter(|it| Some(it.generation) != spent);
        if let Some(issued) = issued {
            return Ok(issued.clone());
        }
        // Requests that waited for a failed login share its error: a wrong password must not be
        // tried once for each of them.
        if let Some((number, error)) = &held.failure
            && ended_before < *number
        {
            return Err(RequestFailure::NoToken(Box::new(error.clone())));
        }
        let outcome = self.log_in().await;
        let number = ended.fetch_add(1, Ordering::SeqCst) + 1;
        match outcome {
            Ok(token) => {
                let issued = Issued { generation: number, token };
                *held = Held { issued: Some(issued.clone()), failure: None };
                Ok(issued)
            }
            Err(error) => {
                // Another request may have a later deadline.
                if !error.was_abandoned() {
                    held.failure = Some((number, error.clone()));
                }
                Err(RequestFailure::NoToken(Box::new(error)))
            }
        }
    }

    /// Boxed, because the login uses `send` recursively.
    fn log_in(&self) -> BoxFuture<'_, Result<Token, ApiError>> {
        Box::pin(async {
            let read = |answer: &Response<Bytes>| {
                // The response is not shown: it may have a token in another place.
                Token::from_answer(answer.body()).ok_or_else(|| {
                    malformed(answer.status(), "the answer has no token", String::new())
                })
            };
            self.send(&Call::login(), read).await
        })
    }

    /// Waits for a future, until the deadline or the halt.
    async fn before_deadline_or_halt<T>(
        &self,
        future: impl Future<Output = T>,
    ) -> Result<T, RequestFailure> {
        match &self.halt {
            None => self.before_deadline(future).await,
            Some(halt) => tokio::select! {
                biased;
                () = halt.cancelled() => Err(RequestFailure::Cancelled),
                outcome = self.before_deadline(future) => outcome,
            },
        }
    }

    async fn before_deadline<T>(
        &self,
        future: impl Future<Output = T>,
    ) -> Result<T, RequestFailure> {
        let deadline_exceeded = || RequestFailure::DeadlineExceeded { last: None };
        match self.deadline {
            None => Ok(future.await),
            Some(deadline) if deadline <= Instant::now() => Err(deadline_exceeded()),
            Some(deadline) => timeout_at(deadline, future).await.map_err(|_| deadline_exceeded()),
        }
    }

    /// Like [`Client::before_deadline_or_halt`], for pauses between requests.
    pub(crate) async fn wait(&self, wait: Duration) -> Result<(), RequestFailure> {
        self.before_deadline_or_halt(sleep(wait)).await
    }

    fn jitter(&self) -> f64 {
        self.shared.random.lock().unwrap_or_else(PoisonError::into_inner).f64()
    }
}

/// The longest of the pauses in `Retry-After` headers.
fn longest_pause(headers: &HeaderMap, controller_ms: Option<i64>) -> Option<Duration> {
    let asked = headers.get_all(header::RETRY_AFTER).iter();
    let asked = asked.filter_map(|it| it.to_str().ok());
    asked.filter_map(|it| pause_asked(it, controller_ms, http_date_ms)).max()
}

fn ms(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}
