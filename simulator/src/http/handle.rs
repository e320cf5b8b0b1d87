//! One request from its arrival to its answer, at one instant. Nothing waits here.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, Method, Request, Response,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    answer,
    dispatch::{Asked, dispatch},
    route::{self, Missed, Route},
    service::Unanswered,
    simulator::{Simulator, State, status_of},
    struck::{Barrier, Ending, Struck},
    throttle::Connection,
    token,
};
use crate::{
    quirk::{RetryAfter, Role},
    world::{At, Violation, redacted},
};

/// A request that was sent and not looked at yet.
pub(super) struct Arrived {
    route: Result<Route, Missed>,
    /// What is not JSON is none.
    body: Option<Value>,
    struck: Struck,
}

/// How a request ends, and how long after it was handled.
pub(super) struct Handled {
    pub(super) after: Duration,
    pub(super) end: End,
    /// How long the client is told to wait.
    pub(super) told: Option<Duration>,
}

pub(super) enum End {
    Answer(Response<Bytes>),
    Unanswered(Unanswered),
    Never,
}

/// The paths of the simulator itself, which the controller does not have.
pub(super) fn is_ours(path: &str) -> bool {
    path.starts_with("/simulator/")
}

/// Answers for the simulator itself: without a token, a delay or a count.
pub(super) fn handle_ours(simulator: &Simulator, request: &Request<Bytes>) -> Response<Bytes> {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/simulator/violations") => {
            answer::json(200, &json!(simulator.violations()))
        }
        (&Method::GET, "/simulator/requests") => answer::json(200, &json!(simulator.requests())),
        (&Method::POST, "/simulator/faults") => {
            match simulator.inject(&String::from_utf8_lossy(request.body())) {
                Ok(()) => answer::text(200, String::new()),
                Err(error) => answer::text(400, format!("{error}\n")),
            }
        }
        _ => answer::refused(404, "NOT_FOUND", "the simulator has no such path"),
    }
}

/// Counts a request for the controller, and sees what goes wrong with it.
///
/// Done when it is sent and not when it is looked at, so that the second create is the second that
/// a client sent, however the latency of several ends at one instant.
pub(super) fn arrive(
    state: &mut State,
    request: &Request<Bytes>,
    connection: Option<&Connection>,
) -> Arrived {
    let body: Option<Value> = serde_json::from_slice(request.body()).ok();
    let route = route::route(request.method(), request.uri().path());
    let status = body.as_ref().and_then(status_of);
    let place = route.as_ref().ok().map(|it| it.place(status));
    if state.throttle.is_early(Instant::now(), connection) {
        state.world.violate(Violation::EarlyRetry);
    }
    state.count(place, logged(request, body.as_ref()));
    let whats = state.armed.strike(place);
    state.note_struck(place, &whats);
    let struck = Struck::by(whats);
    Arrived { route, body, struck }
}

/// Answers for the controller.
pub(super) fn handle(state: &mut State, request: &Request<Bytes>, arrived: Arrived) -> Handled {
    let Arrived { route, body, struck } = arrived;
    let now = state.advance();
    if struck.spends_tokens {
        state.tokens.expire_all();
    }
    for (other, name) in &struck.others {
        let State { world, rules, .. } = &mut *state;
        world.somebody_else(*other, name, At { now, rules });
    }
    let after = Duration::from_millis(struck.slow);
    if let Some(barrier) = struck.barrier {
        return bar(state, barrier, now, after);
    }
    if let Err(seconds) = state.throttle.admit(Instant::now()) {
        let barrier = Barrier::TooMany { retry_after: Some(seconds) };
        return bar(state, barrier, now, after);
    }
    let answer = match route {
        Err(missed) => miss(state, request.headers(), missed, now),
        Ok(Route::Token) => log_in(state, request.headers(), &struck, now),
        Ok(route) => refuse(state, &route, request, now).unwrap_or_else(|| {
            let query = route::query(request.uri().query());
            let body = body.unwrap_or_default();
            let treatment = &struck.treatment;
            let asked = Asked { route: &route, query: &query, body: &body, treatment };
            answer::of_world(dispatch(state, &asked, now), &state.rules.quirks)
        }),
    };
    Handled { after, end: finish(answer, struck.ending), told: None }
}

/// A line of the log: method, path and body, without secrets.
fn logged(request: &Request<Bytes>, body: Option<&Value>) -> String {
    let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
    let line = format!("{} {path}", request.method());
    match body {
        Some(body) => format!("{line} {}", redacted(body)),
        None if request.body().is_empty() => line,
        None => format!("{line} ({} bytes)", request.body().len()),
    }
}

fn bar(state: &mut State, barrier: Barrier, now: u64, after: Duration) -> Handled {
    let quirks = &state.rules.quirks;
    let mut told = None;
    let mut asking = |answer, seconds| {
        if quirks.retry_after != RetryAfter::Absent {
            told = Some(Duration::from_secs(seconds));
        }
        answer::asking_to_wait(answer, seconds, now, quirks)
    };
    let end = match barrier {
        Barrier::Reset => End::Unanswered(Unanswered::Reset),
        Barrier::Hang => End::Never,
        Barrier::Status(status) => End::Answer(answer::failed(status)),
        Barrier::TooMany { retry_after } => {
            state.throttle.n_refused += 1;
            End::Answer(match retry_after {
                None => answer::too_many(),
                Some(seconds) => asking(answer::too_many(), seconds),
            })
        }
        Barrier::Unavailable { retry_after } => {
            End::Answer(asking(answer::failed(503), retry_after))
        }
    };
    Handled { after, end, told }
}

fn finish(answer: Response<Bytes>, ending: Option<Ending>) -> End {
    match ending {
        None => End::Answer(answer),
        Some(Ending::Lost) => End::Unanswered(Unanswered::Lost),
        Some(Ending::Cut) => End::Unanswered(Unanswered::Cut(answer)),
        Some(Ending::Html) => End::Answer(answer::html()),
        Some(Ending::Null) => End::Answer(answer::found(&Value::Null)),
        Some(Ending::Empty) => End::Answer(answer::found(&json!([]))),
        Some(Ending::Status(status)) => End::Answer(answer::failed(status)),
    }
}

fn log_in(state: &mut State, headers: &HeaderMap, struck: &Struck, now: u64) -> Response<Bytes> {
    let given = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok()).unwrap_or_default();
    if !token::lets_in(given, &state.options.login) {
        return answer::refused(401, "UNAUTHORIZED", "Invalid Credentials");
    }
    let token = state.tokens.issue(&state.options.login, now);
    if struck.spends_tokens {
        state.tokens.expire_all();
    }
    answer::json(200, &json!({"Token": token}))
}

fn miss(state: &State, headers: &HeaderMap, missed: Missed, now: u64) -> Response<Bytes> {
    if !has_token(state, headers, now) {
        return answer::unauthorized("token expired");
    }
    match missed {
        Missed::Path => answer::refused(404, "NOT_FOUND", "there is no such path"),
        Missed::Method => answer::refused(405, "METHOD_NOT_ALLOWED", "not with this method"),
        Missed::Number => answer::refused(400, "BAD_REQUEST", "a number is not a number"),
    }
}

/// Why a request does not reach the world, if it does not.
fn refuse(
    state: &State,
    route: &Route,
    request: &Request<Bytes>,
    now: u64,
) -> Option<Response<Bytes>> {
    if !has_token(state, request.headers(), now) {
        return Some(answer::unauthorized("token expired"));
    }
    let is_read = request.method() == Method::GET;
    let may = match state.rules.quirks.role {
        Role::Admin => true,
        Role::Observer => is_read,
        Role::None => false,
    };
    if !may {
        let message = "Role does not have valid permissions to access the API";
        return Some(answer::refused(403, "FORBIDDEN", message));
    }
    let carries_body = matches!(*request.method(), Method::POST | Method::PUT);
    if !carries_body || *route == Route::Token {
        return None;
    }
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    if !content_type.is_some_and(|it| it.trim().to_lowercase().starts_with("application/json")) {
        let message = "Content-Type must be application/json";
        return Some(answer::refused(415, "UNSUPPORTED_MEDIA_TYPE", message));
    }
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(request.body()).is_ok();
    (!is_json).then(|| answer::refused(400, "BAD_REQUEST", "the body is not JSON"))
}

fn has_token(state: &State, headers: &HeaderMap, now: u64) -> bool {
    let token = headers.get("x-auth-token").and_then(|it| it.to_str().ok());
    token.is_some_and(|it| state.tokens.is_good(it, now))
}
