//! The way in: a service that takes a request and gives an answer, or none. All waiting is here.

use std::{
    future::{self, Future},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use tokio::time::{self, Instant};

use super::{
    answer,
    handle::{End, Handled, arrive, handle, handle_ours, is_ours},
    simulator::Simulator,
    throttle::Connection,
};

/// A way to send requests to a simulator, with or without a socket in between.
#[derive(Clone)]
pub struct Service {
    simulator: Simulator,
    /// Where there is a socket in between.
    connection: Option<Connection>,
}

/// A request that got no answer. Over a socket the connection ends.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unanswered {
    /// It was not taken on, which its sender cannot know.
    #[error("the connection was reset")]
    Reset,
    /// It was taken on, which its sender cannot know.
    #[error("the answer was lost on its way")]
    Lost,
    /// It was taken on, and only a part of this answer arrives.
    #[error("the connection ended within the answer")]
    Cut(Response<Bytes>),
}

impl Service {
    pub(super) fn new(simulator: Simulator) -> Self {
        Self { simulator, connection: None }
    }

    /// The same way, as the end of a connection of its own.
    pub(crate) fn connected(self) -> Self {
        Self { connection: Some(Connection::default()), ..self }
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
            let arrived = arrive(&mut state, &request, self.connection.as_ref());
            (state.options.latency, arrived)
        };
        let connection = self.connection.clone();
        Box::pin(async move {
            let handler = simulator.clone();
            let handling = async move {
                wait(latency).await;
                handle(&mut handler.lock(), &request, arrived)
            };
            let Handled { after, end, told } =
                if has_cord { on_its_way(handling).await } else { handling.await };
            wait(after).await;
            if let Some(told) = told {
                let throttle = &mut simulator.lock().throttle;
                throttle.tell(Instant::now(), told, connection.as_ref());
            }
            match end {
                End::Answer(answer) => Ok(answer::dated(answer, simulator.lock().time())),
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
