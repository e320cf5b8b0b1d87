//! The paths below `/simulator`, which no controller has. They need no token, and are not delayed
//! or counted.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    routing,
};
use http::Response;
use serde_json::json;

use super::{answer, gateway::Gateway};

pub(super) fn router() -> Router<Gateway> {
    Router::new()
        .route("/violations", routing::get(violations))
        .route("/requests", routing::get(requests))
        .route("/faults", routing::post(faults))
        .method_not_allowed_fallback(unknown_path)
        .fallback(unknown_path)
}

async fn violations(State(Gateway { simulator, .. }): State<Gateway>) -> Response<Body> {
    answer::json(200, &json!(simulator.violations())).map(Body::from)
}

async fn requests(State(Gateway { simulator, .. }): State<Gateway>) -> Response<Body> {
    answer::json(200, &json!(simulator.requests())).map(Body::from)
}

async fn faults(State(Gateway { simulator, .. }): State<Gateway>, lines: Bytes) -> Response<Body> {
    let injected = simulator.inject(&String::from_utf8_lossy(&lines));
    let answer = match injected {
        Ok(()) => answer::text(200, String::new()),
        Err(error) => answer::text(400, format!("{error}\n")),
    };
    answer.map(Body::from)
}

async fn unknown_path() -> Response<Body> {
    answer::refused(404, "NOT_FOUND", "the simulator has no such path").map(Body::from)
}
