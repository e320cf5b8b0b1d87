//! A controller with given answers, and a clock that does not wait.

use std::{cell::RefCell, num::NonZeroUsize, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use tokio::{runtime::Runtime, time::Instant};

use crate::api::{BoxFuture, Client, ClientLimits, Login, NoResponse, Secret, Transport};

/// The path of the token.
pub(super) const TOKEN: &str = "/dna/system/api/v1/auth/token";

/// Answers each request with a function of its path and query.
struct Respond<F>(F);

impl<F> Transport for Respond<F>
where
    F: Fn(&str) -> Response<Bytes> + Send + Sync,
{
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, NoResponse>> {
        let uri = request.uri();
        let answer = (self.0)(uri.path_and_query().map_or("", |it| it.as_str()));
        Box::pin(async move { Ok(answer) })
    }
}

/// Returns a client of a controller with these answers. Requests for a token succeed.
pub(super) fn client(answer: impl Fn(&str) -> Response<Bytes> + Send + Sync + 'static) -> Client {
    let with_tokens = move |path: &str| match path {
        TOKEN => success(br#"{"Token": "abc"}"#),
        path => answer(path),
    };
    client_of(with_tokens)
}

/// The same, but the function also answers requests for a token.
pub(super) fn client_of(
    answer: impl Fn(&str) -> Response<Bytes> + Send + Sync + 'static,
) -> Client {
    let base = "https://catalyst.example.com".parse();
    let base = base.expect("invariant: it is a URL");
    let pace = ClientLimits::new(NonZeroUsize::MIN, 1);
    let client = Client::new(
        Arc::new(Respond(answer)),
        base,
        Login::new("user", Secret::new("password")),
        pace,
    );
    client.until(Instant::now() + Duration::from_hours(1))
}

pub(super) fn success(body: &[u8]) -> Response<Bytes> {
    Response::new(Bytes::copy_from_slice(body))
}

pub(super) fn refusal(status: u16) -> Response<Bytes> {
    let mut answer = success(b"");
    *answer.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    answer
}

thread_local! {
    static RUNTIME: RefCell<Option<Runtime>> = const { RefCell::new(None) };
}

/// Runs a future on a paused clock.
pub(super) fn run<T>(work: impl Future<Output = T>) -> T {
    RUNTIME.with_borrow_mut(|runtime| {
        let runtime = runtime.get_or_insert_with(|| {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            let built = builder.enable_time().start_paused(true).build();
            built.expect("invariant: a runtime without sockets can be built")
        });
        runtime.block_on(work)
    })
}
