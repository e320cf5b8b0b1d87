//! The simulator behind a socket. It answers nothing itself.

use std::{
    fmt,
    future::Future,
    io,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::{
    body::{Body, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tower::Service as _;

use super::{Service, Simulator, Unanswered};

/// Serves until `shutdown` is there. Connections that are open then are dropped, not waited for.
pub async fn serve(
    simulator: Simulator,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut shutdown = pin!(shutdown);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = &mut shutdown => return Ok(()),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(simulator.service(), stream));
                }
                // A client that was gone before it was accepted is no reason to stop.
                Err(error) if is_of_the_client(&error) => (),
                Err(error) => return Err(error),
            },
            Some(_) = connections.join_next() => (),
        }
    }
}

fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

async fn converse(service: Service, stream: TcpStream) {
    let answer = service_fn(move |request| answer(service.clone(), request));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
    // How a connection ends is the client's business, and often the point of a fault.
    connection.await.ok();
}

/// An error ends the connection without an answer.
async fn answer(
    mut service: Service,
    request: Request<Incoming>,
) -> Result<Response<Sent>, Silence> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Silence)?.to_bytes();
    match service.call(Request::from_parts(head, body)).await {
        Ok(answer) => Ok(answer.map(Sent::whole)),
        Err(Unanswered::Cut(answer)) => Ok(answer.map(Sent::half)),
        Err(Unanswered::Lost | Unanswered::Reset) => Err(Silence),
    }
}

/// A body that promises its whole length and may end before.
struct Sent {
    length: u64,
    next: Option<Bytes>,
    is_cut: bool,
    has_paused: bool,
}

#[derive(Debug)]
struct Silence;

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is to end here")
    }
}

impl std::error::Error for Silence {}

impl Sent {
    fn whole(body: Bytes) -> Self {
        Self { length: body.len() as u64, next: Some(body), is_cut: false, has_paused: false }
    }

    fn half(mut body: Bytes) -> Self {
        let length = body.len() as u64;
        body.truncate(body.len() / 2);
        Self { length, next: Some(body), is_cut: true, has_paused: false }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Silence;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Silence>>> {
        if let Some(bytes) = self.next.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if !self.is_cut {
            return Poll::Ready(None);
        }
        // What was given is sent only while there is nothing more to give.
        if !self.has_paused {
            self.has_paused = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Silence)))
    }

    fn is_end_stream(&self) -> bool {
        self.next.is_none() && !self.is_cut
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
