//! What happens to a request between its path and the world: it is counted, faults act on it, the
//! token and the role are checked, and the answer is delayed, replaced or lost.

use std::{future, future::Future, time::Duration};

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{
    HeaderMap, Method, Request, Response, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::{Value, json};
use tokio::time::{self, Instant};

use super::{
    active_faults::ActiveFaults,
    answer,
    rate_limit::Connection,
    service::Unanswered,
    simulator::{Simulator, State},
    token,
};
use crate::{
    fault::{AnswerFault, Rejection, RequestKind},
    quirk::{RetryAfter, Role},
    world::{Answer, At, Query, Refusal, World, redacted},
};

/// The state of the router: the simulator, and how requests reach it.
#[derive(Clone)]
pub(super) struct Gateway {
    pub(super) simulator: Simulator,
    /// The connection that they come by, if there is a socket.
    pub(super) connection: Option<Connection>,
}

type AnswerCall = dyn FnOnce(Call<'_>) -> Result<Answer, Refusal> + Send;

/// What the path and the method of a request stand for.
pub(super) enum Target {
    Login,
    World(RequestKind, Box<AnswerCall>),
    None(NotServed),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotServed {
    Path,
    Method,
    /// A segment of the path must be a number, and is not.
    Number,
}

/// What a function that answers for the world works with, besides the parameters of the path.
pub(super) struct Call<'a> {
    pub(super) world: &'a mut World,
    pub(super) at: At<'a>,
    pub(super) query: &'a Query,
    /// Null if the request has no JSON body.
    pub(super) body: &'a Value,
}

/// The URI as it was sent, before the service normalized its path for the router.
#[derive(Clone)]
pub(super) struct SentUri(pub(super) Uri);

/// How a processed request ends.
struct Outcome {
    end: End,
    /// How long the client is asked to wait before it sends again.
    retry_after: Option<Duration>,
}

enum End {
    Answer(Response<Bytes>),
    Unanswered(Unanswered),
    Never,
}

impl Gateway {
    /// Answers a request for the controller. All waiting is here.
    pub(super) async fn receive(self, request: Request<Body>, target: Target) -> Response<Body> {
        let (mut head, body) = request.into_parts();
        if let Some(SentUri(uri)) = head.extensions.remove() {
            head.uri = uri;
        }
        // Bodies are in memory already.
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let request = Request::from_parts(head, body);
        let body: Option<Value> = serde_json::from_slice(request.body()).ok();
        let kind = kind(&target, body.as_ref());
        if self.simulator.disconnect.as_ref().is_some_and(|it| !it.lets_through(kind)) {
            return future::pending().await;
        }
        // The request is counted when it is sent and not when it is processed: the second create is
        // the second that a client sent, whichever latency ends first.
        let (latency, faults) = {
            let mut state = self.simulator.lock();
            let faults = state.register(&request, kind, body.as_ref(), self.connection.as_ref());
            (state.options.latency, faults)
        };
        let delay = Duration::from_millis(faults.slow);
        let simulator = self.simulator.clone();
        let processing = async move {
            wait(latency).await;
            simulator.lock().process(&request, target, body, &faults)
        };
        let Outcome { end, retry_after } = if self.simulator.disconnect.is_some() {
            uncancelled(processing).await
        } else {
            processing.await
        };
        wait(delay).await;
        if let Some(wait) = retry_after {
            let rate_limiter = &mut self.simulator.lock().rate_limiter;
            rate_limiter.ask_to_wait(Instant::now(), wait, self.connection.as_ref());
        }
        match end {
            End::Answer(answer) => {
                answer::dated(answer, self.simulator.lock().time()).map(Body::from)
            }
            // Carried through the router, which knows responses only.
            End::Unanswered(unanswered) => {
                let mut response = Response::new(Body::empty());
                response.extensions_mut().insert(unanswered);
                response
            }
            End::Never => future::pending().await,
        }
    }
}

/// Processes a request that was sent, even if its sender ends and no longer waits for the answer.
#[expect(
    clippy::disallowed_methods,
    reason = "a request that was sent is processed even if its sender is gone"
)]
async fn uncancelled(processing: impl Future<Output = Outcome> + Send + 'static) -> Outcome {
    let outcome = tokio::spawn(processing).await;
    outcome.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

async fn wait(duration: Duration) {
    if !duration.is_zero() {
        time::sleep(duration).await;
    }
}

/// The kind of a request for faults and counts. A PUT is three kinds, by the status in its body.
fn kind(target: &Target, body: Option<&Value>) -> Option<RequestKind> {
    match target {
        Target::Login => Some(RequestKind::Token),
        Target::World(RequestKind::Edit, _) => {
            Some(match body.and_then(|it| it.get("discoveryStatus")?.as_str()) {
                Some("Active") => RequestKind::Run,
                Some("Inactive") => RequestKind::Stop,
                _ => RequestKind::Edit,
            })
        }
        Target::World(kind, _) => Some(*kind),
        Target::None(_) => None,
    }
}

impl State {
    /// Counts a request, and returns the faults that act on it.
    fn register(
        &mut self,
        request: &Request<Bytes>,
        kind: Option<RequestKind>,
        body: Option<&Value>,
        connection: Option<&Connection>,
    ) -> ActiveFaults {
        if self.rate_limiter.is_early(Instant::now(), connection) {
            self.world.violations.early_retry += 1;
        }
        let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
        let line = format!("{} {path}", request.method());
        let line = match body {
            Some(body) => format!("{line} {}", redacted(body)),
            None if request.body().is_empty() => line,
            None => format!("{line} ({} bytes)", request.body().len()),
        };
        self.log.push(line);
        for kind in kind.into_iter().chain([RequestKind::Any]) {
            *self.requests.entry(kind.to_string()).or_default() += 1;
        }
        let effects: Vec<_> = self.armed.iter_mut().filter_map(|it| it.effect_on(kind)).collect();
        let can_write = kind.is_some_and(RequestKind::can_write);
        let name = kind.map_or_else(|| "nowhere".to_owned(), |it| it.to_string());
        for effect in effects.iter().filter(|it| can_write || !it.needs_write()) {
            *self.fault_counts.entry(format!("{name}={}", effect.name())).or_default() += 1;
        }
        ActiveFaults::new(effects)
    }

    /// `body` is `None` if it is not JSON.
    fn process(
        &mut self,
        request: &Request<Bytes>,
        target: Target,
        body: Option<Value>,
        faults: &ActiveFaults,
    ) -> Outcome {
        let now = self.advance();
        if faults.expires_tokens {
            self.tokens.expire_all();
        }
        for (action, name) in &faults.other_users {
            let Self { world, rules, .. } = &mut *self;
            world.act_as_other_user(*action, name, At { now, rules });
        }
        if let Some(rejection) = faults.rejection {
            return self.reject(rejection, now);
        }
        if let Err(seconds) = self.rate_limiter.admit(Instant::now()) {
            return self.reject(Rejection::TooMany(Some(seconds)), now);
        }
        let answer = match target {
            Target::Login => self.log_in(request.headers(), faults, now),
            Target::None(_) if !self.has_valid_token(request.headers(), now) => {
                answer::unauthorized()
            }
            Target::None(NotServed::Path) => {
                answer::refused(404, "NOT_FOUND", "there is no such path")
            }
            Target::None(NotServed::Method) => {
                answer::refused(405, "METHOD_NOT_ALLOWED", "not with this method")
            }
            Target::None(NotServed::Number) => {
                answer::refused(400, "BAD_REQUEST", "a number is not a number")
            }
            Target::World(_, answer) => self.refusal(request, now).unwrap_or_else(|| {
                let Self { world, rules, .. } = &mut *self;
                let at = At { now, rules };
                let query = form_urlencoded::parse(request.uri().query().unwrap_or("").as_bytes());
                let query = Query(query.into_owned().collect());
                let body = body.unwrap_or_default();
                match answer(Call { world, at, query: &query, body: &body }) {
                    Ok(Answer::Found(response)) => answer::found(&response),
                    Ok(Answer::Write(operation)) => {
                        let task = world.accept(operation, &faults.treatment, at);
                        answer::accepted(&task, &rules.quirks)
                    }
                    Err(Refusal { status, code, message }) => {
                        answer::refused(status, code, &message)
                    }
                }
            }),
        };
        let end = match faults.answer_fault {
            None => End::Answer(answer),
            Some(AnswerFault::Lost) => End::Unanswered(Unanswered::Lost),
            Some(AnswerFault::Cut) => End::Unanswered(Unanswered::Cut(answer)),
            Some(AnswerFault::Html) => End::Answer(answer::html()),
            Some(AnswerFault::Null) => End::Answer(answer::found(&Value::Null)),
            Some(AnswerFault::Empty) => End::Answer(answer::found(&json!([]))),
            Some(AnswerFault::Status(status)) => End::Answer(answer::failed(status)),
        };
        Outcome { end, retry_after: None }
    }

    fn reject(&mut self, rejection: Rejection, now: u64) -> Outcome {
        let quirks = &self.rules.quirks;
        let mut wait = None;
        let mut asking = |answer, seconds| {
            if quirks.retry_after != RetryAfter::Absent {
                wait = Some(Duration::from_secs(seconds));
            }
            answer::with_retry_after(answer, seconds, now, quirks)
        };
        let end = match rejection {
            Rejection::Reset => End::Unanswered(Unanswered::Reset),
            Rejection::Hang => End::Never,
            Rejection::Status(status) => End::Answer(answer::failed(status)),
            Rejection::TooMany(seconds) => {
                self.rate_limiter.n_rejected += 1;
                let answer = answer::refused(429, "TOO_MANY_REQUESTS", "Rate Limit exceeded");
                End::Answer(match seconds {
                    None => answer,
                    Some(seconds) => asking(answer, seconds),
                })
            }
            Rejection::Unavailable(seconds) => End::Answer(asking(answer::failed(503), seconds)),
        };
        Outcome { end, retry_after: wait }
    }

    fn log_in(&mut self, headers: &HeaderMap, faults: &ActiveFaults, now: u64) -> Response<Bytes> {
        let given = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok()).unwrap_or_default();
        if !token::is_login(given, &self.options.login) {
            return answer::refused(401, "UNAUTHORIZED", "Invalid Credentials");
        }
        let token = self.tokens.issue(&self.options.login, now);
        if faults.expires_tokens {
            self.tokens.expire_all();
        }
        answer::json(200, &json!({"Token": token}))
    }

    /// The answer to a request that does not reach the world.
    fn refusal(&self, request: &Request<Bytes>, now: u64) -> Option<Response<Bytes>> {
        if !self.has_valid_token(request.headers(), now) {
            return Some(answer::unauthorized());
        }
        let is_read = request.method() == Method::GET;
        let is_allowed = match self.rules.quirks.role {
            Role::Admin => true,
            Role::Observer => is_read,
            Role::None => false,
        };
        if !is_allowed {
            let message = "Role does not have valid permissions to access the API";
            return Some(answer::refused(403, "FORBIDDEN", message));
        }
        if !matches!(*request.method(), Method::POST | Method::PUT) {
            return None;
        }
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
        if !content_type.is_some_and(|it| it.trim().to_lowercase().starts_with("application/json"))
        {
            let message = "Content-Type must be application/json";
            return Some(answer::refused(415, "UNSUPPORTED_MEDIA_TYPE", message));
        }
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(request.body()).is_ok();
        (!is_json).then(|| answer::refused(400, "BAD_REQUEST", "the body is not JSON"))
    }

    fn has_valid_token(&self, headers: &HeaderMap, now: u64) -> bool {
        let token = headers.get("x-auth-token").and_then(|it| it.to_str().ok());
        token.is_some_and(|it| self.tokens.is_valid(it, now))
    }
}
