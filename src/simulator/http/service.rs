//! The way in: a service that takes a request and gives an answer, or none. All waiting is here.

use std::{
    future::{self, Future},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use tokio::time;

use super::{
    handle::{End, Handled, arrive, handle, handle_ours, is_ours},
    simulator::Simulator,
};

/// A way to send requests to a simulator, with or without a socket in between.
#[derive(Clone)]
pub struct Service {
    simulator: Simulator,
}

/// A request that got no answer. Over a socket the connection ends.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unanswered {
    /// It was not taken on, which its sender cannot know.
    #[error("the connection was reset")]
    Reset,
    /// It was taken on, which its sender cannot know.
    #[error("the connection ended before an answer")]
    Lost,
    /// It was taken on, and only a part of this answer arrives.
    #[error("the connection ended within the answer")]
    Cut(Response<Bytes>),
}

impl Service {
    pub(super) fn new(simulator: Simulator) -> Self {
        Self { simulator }
    }
}

impl tower::Service<Request<Bytes>> for Service {
    type Response = Response<Bytes>;
    type Error = Unanswered;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Unanswered>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unanswered>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let simulator = self.simulator.clone();
        if is_ours(request.uri().path()) {
            return Box::pin(async move { Ok(handle_ours(&simulator, &request)) });
        }
        if !simulator.carries(&request) {
            return Box::pin(future::pending());
        }
        let has_cord = simulator.has_cord();
        let (latency, arrived) = {
            let mut state = simulator.lock();
            (state.options.latency, arrive(&mut state, &request))
        };
        Box::pin(async move {
            let handler = simulator.clone();
            let handling = async move {
                wait(latency).await;
                handle(&mut handler.lock(), &request, arrived)
            };
            let Handled { after, end } =
                if has_cord { on_its_way(handling).await } else { handling.await };
            wait(after).await;
            match end {
                End::Answer(answer) => Ok(answer),
                End::Wait(answer, until) => {
                    simulator.lock().throttle.tell(until);
                    Ok(answer)
                }
                End::Unanswered(unanswered) => Err(unanswered),
                End::Never => future::pending().await,
            }
        })
    }
}

/// Handles a request that may be on its way while whoever sent it comes to an end.
#[expect(clippy::disallowed_methods, reason = "what was sent arrives, whoever waits for an answer")]
async fn on_its_way(handling: impl Future<Output = Handled> + Send + 'static) -> Handled {
    let handled = tokio::spawn(handling).await;
    handled.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

async fn wait(duration: Duration) {
    if !duration.is_zero() {
        time::sleep(duration).await;
    }
}
