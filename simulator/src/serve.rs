//! The simulator behind a socket.

use std::{
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
use tokio::{net::TcpListener, task::JoinSet};
use tower::Service as _;

use super::{Service, Simulator, Unanswered};

/// Serves until `shutdown` completes. Connections that are open then are dropped.
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
                    let service = simulator.connection();
                    let answer = service_fn(move |request| answer(service.clone(), request));
                    let stream = TokioIo::new(stream);
                    let connection = http1::Builder::new().serve_connection(stream, answer);
                    // How a connection ends is up to the client, or a fault.
                    connections.spawn(async { drop(connection.await) });
                }
                // A client that disconnected before it was accepted is no reason to stop.
                Err(error) if is_client_error(&error) => (),
                Err(error) => return Err(error),
            },
            Some(_) = connections.join_next() => (),
        }
    }
}

fn is_client_error(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// An error ends the connection without an answer.
async fn answer(
    mut service: Service,
    request: Request<Incoming>,
) -> Result<Response<Payload>, NoAnswer> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| NoAnswer)?.to_bytes();
    match service.call(Request::from_parts(head, body)).await {
        Ok(answer) => Ok(answer.map(|it| Payload::new(it, false))),
        Err(Unanswered::Cut(answer)) => Ok(answer.map(|it| Payload::new(it, true))),
        Err(Unanswered::Lost | Unanswered::Reset) => Err(NoAnswer),
    }
}

/// A body that announces its whole length, and can end before.
struct Payload {
    length: u64,
    next: Option<Bytes>,
    is_cut: bool,
    has_paused: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("the connection ends here")]
struct NoAnswer;

impl Payload {
    fn new(mut body: Bytes, is_cut: bool) -> Self {
        let length = body.len() as u64;
        if is_cut {
            body.truncate(body.len() / 2);
        }
        Self { length, next: Some(body), is_cut, has_paused: false }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = NoAnswer;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, NoAnswer>>> {
        if let Some(bytes) = self.next.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if !self.is_cut {
            return Poll::Ready(None);
        }
        // hyper sends what it has only while the body is pending.
        if !self.has_paused {
            self.has_paused = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(NoAnswer)))
    }

    fn is_end_stream(&self) -> bool {
        self.next.is_none() && !self.is_cut
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

#[cfg(test)]
mod tests {
    use std::{future, net::SocketAddr, time::Duration};

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
        sync::oneshot,
        time,
    };

    use super::*;
    use crate::{Options, World};

    const LOGIN: &str = "POST /dna/system/api/v1/auth/token HTTP/1.1\r\nHost: x\r\n\
        Authorization: Basic YWRtaW46c2ltdWxhdG9y\r\nContent-Length: 0\r\n\r\n";

    /// Runs a story against a simulator with these faults that listens.
    async fn listening<T>(faults: &str, story: impl AsyncFnOnce(SocketAddr) -> T) -> T {
        let simulator = Simulator::new(Options::default(), World::default());
        simulator.inject(faults).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::select! {
            ended = serve(simulator, listener, future::pending()) => panic!("{ended:?}"),
            result = story(address) => result,
        }
    }

    /// Everything that comes back until the connection ends.
    async fn answers(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A reset after the last byte is an end too.
        stream.read_to_end(&mut answer).await.ok();
        String::from_utf8(answer).unwrap()
    }

    /// The promised and the real length of the body.
    fn lengths(answer: &str) -> (usize, usize) {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let length = head.lines().find_map(|it| it.strip_prefix("content-length: ")).unwrap();
        (length.parse().unwrap(), body.len())
    }

    #[tokio::test]
    async fn a_connection_is_kept_and_the_answer_is_whole() {
        let twice = format!("{LOGIN}{}", LOGIN.replace("Host: x", "Host: x\r\nConnection: close"));
        let answers = listening("", async |it| answers(it, &twice).await).await;
        assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2);
        let (_, second) = answers.split_at(answers.rfind("HTTP/1.1").unwrap());
        let (promised, real) = lengths(second);
        assert!(promised == real && real != 0);
    }

    #[tokio::test]
    async fn a_lost_or_reset_request_ends_the_connection_without_an_answer() {
        for fault in ["token=lost", "token=reset"] {
            assert_eq!(listening(fault, async |it| answers(it, LOGIN).await).await, "");
        }
    }

    #[tokio::test]
    async fn a_cut_answer_promises_more_than_it_gives() {
        let answer = listening("token=cut", async |it| answers(it, LOGIN).await).await;
        let (promised, real) = lengths(&answer);
        assert_eq!(real, promised / 2);
        assert_ne!(real, 0);
    }

    #[tokio::test]
    async fn the_end_does_not_wait_for_a_request_that_hangs() {
        let simulator = Simulator::new(Options::default(), World::default());
        simulator.inject("token=hang").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = oneshot::channel();
        let served = serve(simulator.clone(), listener, async {
            ended.await.unwrap();
        });
        let story = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(LOGIN.as_bytes()).await.unwrap();
            while simulator.requests()["token"] == 0 {
                tokio::task::yield_now().await;
            }
            end.send(()).unwrap();
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await.ok();
            rest
        };
        let both = async { tokio::join!(served, story) };
        let (served, rest) = time::timeout(Duration::from_secs(10), both).await.unwrap();
        assert!(served.is_ok() && rest.is_empty());
    }
}
