//! The service: takes a request, and gives an answer or none.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, to_bytes},
};
use bytes::Bytes;
use http::{Request, Response, header::ALLOW};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{
    gateway::{Gateway, SentUri},
    router,
};

/// What no segment of a path needs to have encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Takes requests for a simulator, with or without a socket in between.
#[derive(Clone)]
pub struct Service {
    router: Router,
}

/// A request that gets no answer. Over a socket, the connection ends.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unanswered {
    /// It was not processed, which its sender cannot know.
    #[error("the connection was reset")]
    Reset,
    /// It was processed, which its sender cannot know.
    #[error("the answer was lost on its way")]
    Lost,
    /// It was processed, and only a part of this answer arrives.
    #[error("the connection ended within the answer")]
    Cut(Response<Bytes>),
}

impl Service {
    pub(super) fn new(gateway: Gateway) -> Self {
        Self { router: router::router().with_state(gateway) }
    }
}

impl tower::Service<Request<Bytes>> for Service {
    type Response = Response<Bytes>;
    type Error = Unanswered;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Unanswered>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unanswered>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Bytes>) -> Self::Future {
        // A path with one spelling: the router compares literally, and the controller does not.
        let segments = request.uri().path().split('/').filter(|it| !it.is_empty());
        let segments = segments.map(|it| {
            let decoded = percent_decode_str(it).decode_utf8_lossy();
            format!("/{}", utf8_percent_encode(&decoded, ENCODED))
        });
        let path = segments.collect::<String>().parse().unwrap_or_default();
        let sent = std::mem::replace(request.uri_mut(), path);
        request.extensions_mut().insert(SentUri(sent));
        let answer = tower::Service::call(&mut self.router, request.map(Body::from));
        Box::pin(async move {
            let Ok(answer) = answer.await;
            let (mut head, body) = answer.into_parts();
            if let Some(unanswered) = head.extensions.remove() {
                return Err(unanswered);
            }
            // axum adds it to a 405, and the controller does not.
            head.headers.remove(ALLOW);
            // Bodies are in memory already.
            let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
            Ok(Response::from_parts(head, body))
        })
    }
}
