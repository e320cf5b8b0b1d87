//! The network transport: HTTP/1.1 over TCP and TLS, with reqwest.
//!
//! Follows no redirects, retries nothing, reads no environment variables, and uses a proxy only if
//! one is given and the controller is not on this machine.

use std::{
    error::Error,
    io,
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use reqwest::{NoProxy, redirect, retry};

use super::{
    address::ControllerUrl,
    login::Secret,
    tls::{self, Trust, provider, trusting},
    transport::{BoxFuture, NoResponse, NoResponseKind, Processed, Transport},
};

/// The limit for opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Shorter than the idle timeout of servers, so that a write rarely meets a closed connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// The largest response; real ones are much smaller.
const MOST_BYTES: usize = 64 << 20;

/// How to reach a controller.
#[derive(Clone, Debug, Default)]
pub(crate) struct WireOptions {
    /// Trust any certificate.
    pub(crate) insecure: bool,
    /// The certificates to trust, in PEM, in place of the system's.
    pub(crate) ca_cert: Option<Vec<u8>>,
    pub(crate) proxy: Option<Proxy>,
}

/// The proxy for controllers that are not on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    /// As in `HTTPS_PROXY`. It may hold a password.
    pub(crate) url: Secret,
    /// As in `NO_PROXY`.
    pub(crate) exceptions: Option<String>,
}

/// Options that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    #[error("the file of `--ca-cert` has no usable certificate in PEM format")]
    NoCertificate,
    #[error("the URL of the proxy is not valid")]
    Proxy,
    #[error("no connection can be set up: {0}")]
    Unusable(String),
}

/// A transport over sockets.
#[derive(Debug)]
pub(crate) struct Wire {
    client: reqwest::Client,
}

impl Wire {
    /// Prepares connections to one controller. Connects to nothing yet.
    pub(crate) fn new(controller: &ControllerUrl, options: WireOptions) -> Result<Self, WireError> {
        let WireOptions { insecure, ca_cert, proxy } = options;
        install_provider();
        let mut builder = reqwest::Client::builder()
            .http1_only()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            // Credentials for this machine must stay on it, so the resolver is not asked.
            .resolve_to_addrs(
                "localhost",
                &[(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()],
            )
            .no_proxy();
        let trust = match &ca_cert {
            // The system's authorities take time to load.
            _ if !controller.is_https() => Trust::None,
            _ if insecure => Trust::Any,
            Some(pem) => Trust::Given(pem),
            None => Trust::System,
        };
        let config = trusting(trust).ok_or(WireError::NoCertificate)?;
        builder = builder.tls_backend_preconfigured(config);
        if let Some(Proxy { url, exceptions }) = proxy
            && !controller.is_loopback()
        {
            let exceptions = exceptions.as_deref().and_then(NoProxy::from_string);
            let proxy = reqwest::Proxy::https(url.for_the_wire()).map_err(|_| WireError::Proxy)?;
            builder = builder.proxy(proxy.no_proxy(exceptions));
        }
        let client = builder.build().map_err(|it| WireError::Unusable(deepest(&it).to_string()))?;
        Ok(Self { client })
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, NoResponse> {
        let request = reqwest::Request::try_from(request).map_err(no_response)?;
        let mut answer = self.client.execute(request).await.map_err(no_response)?;
        let mut whole = Response::new(Bytes::new());
        *whole.status_mut() = answer.status();
        *whole.headers_mut() = std::mem::take(answer.headers_mut());
        let mut body = BytesMut::new();
        let cut_short = |it: reqwest::Error| {
            let reason = deepest(&it).to_string();
            NoResponse::new(Processed::Maybe, NoResponseKind::CutShort, reason)
        };
        while let Some(chunk) = answer.chunk().await.map_err(cut_short)? {
            if MOST_BYTES < body.len() + chunk.len() {
                let reason = format!("it is longer than {MOST_BYTES} bytes");
                let kind = NoResponseKind::TooLarge;
                return Err(NoResponse::new(Processed::Maybe, kind, reason));
            }
            body.extend_from_slice(&chunk);
        }
        *whole.body_mut() = body.freeze();
        Ok(whole)
    }
}

impl Transport for Wire {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, NoResponse>> {
        Box::pin(self.exchange(request))
    }
}

/// Installs the cryptography provider.
fn install_provider() {
    // It fails if one is installed already, which is the same one.
    drop(Arc::unwrap_or_clone(provider()).install_default());
}

/// Classifies a request without a response. Without a connection, it was certainly not processed.
fn no_response(error: reqwest::Error) -> NoResponse {
    let error = error.without_url();
    let reason = deepest(&error).to_string();
    if !error.is_connect() && !error.is_builder() {
        return NoResponse::new(Processed::Maybe, NoResponseKind::Lost, reason);
    }
    let (kind, reason) = match chain(&error).find_map(tls_error) {
        Some(rustls::Error::InvalidCertificate(why)) => {
            (NoResponseKind::Certificate, tls::distrust(why))
        }
        Some(other) => (NoResponseKind::Tls, tls::tls_failure(other)),
        None if error.is_timeout() => {
            let reason =
                format!("the connection did not open within {} s", CONNECT_TIMEOUT.as_secs());
            (NoResponseKind::Connect, reason)
        }
        None if chain(&error).any(|it| it.to_string() == "dns error") => {
            (NoResponseKind::Name, reason)
        }
        None => (NoResponseKind::Connect, reason),
    };
    NoResponse::new(Processed::No, kind, reason)
}

/// The TLS error in an error, if any.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    // `io::Error` hides its inner error from `source`.
    match error.downcast_ref::<io::Error>() {
        Some(wrapper) => tls_error(wrapper.get_ref()?),
        None => error.downcast_ref(),
    }
}

/// An error and its sources, outermost first.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&it| it.source())
}

fn deepest<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    chain(error).last().unwrap_or(error)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use http::Method;
    use rcgen::{CertificateParams, IsCa, KeyPair};
    use tokio::{
        io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
        net::TcpListener,
        task::JoinSet,
    };
    use tokio_rustls::TlsAcceptor;

    use super::*;

    const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine";

    /// A server that sends the same bytes to every client, while it is held.
    struct Server {
        port: u16,
        n_requests: Arc<AtomicUsize>,
        _tasks: JoinSet<()>,
    }

    async fn serve(answer: &'static str, tls: Option<TlsAcceptor>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let n_requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&n_requests);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                match &tls {
                    None => reply(stream, answer, &counter).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            reply(stream, answer, &counter).await;
                        }
                    }
                }
            }
        });
        Server { port, n_requests, _tasks: tasks }
    }

    async fn reply(
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
        answer: &str,
        counter: &AtomicUsize,
    ) {
        let mut read = Vec::new();
        let mut buffer = [0; 1_024];
        while !read.ends_with(b"\r\n\r\n") {
            match stream.read(&mut buffer).await {
                Ok(n) if 0 < n => read.extend_from_slice(&buffer[..n]),
                _ => return,
            }
        }
        counter.fetch_add(1, Ordering::SeqCst);
        // The client may have disconnected.
        stream.write_all(answer.as_bytes()).await.ok();
        stream.shutdown().await.ok();
    }

    async fn get(base: &str, options: WireOptions) -> Result<Response<Bytes>, NoResponse> {
        let controller: ControllerUrl = base.parse().unwrap();
        let wire = Wire::new(&controller, options).unwrap();
        let request = Request::builder().method(Method::GET).uri(controller.uri("/x"));
        wire.send(request.body(Bytes::new()).unwrap()).await
    }

    fn plain() -> WireOptions {
        WireOptions::default()
    }

    /// A self-signed certificate for this name, and a TLS server that uses it.
    fn certificate(name: &str, is_ca: IsCa) -> (Vec<u8>, TlsAcceptor) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.is_ca = is_ca;
        let certificate = params.self_signed(&key).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        (certificate.pem().into_bytes(), TlsAcceptor::from(Arc::new(config)))
    }

    #[tokio::test]
    async fn an_answer_comes_back_whole() {
        let server = serve(FINE, None).await;
        for host in ["127.0.0.1", "localhost"] {
            let answer = get(&format!("http://{host}:{}", server.port), plain()).await.unwrap();
            assert_eq!((answer.status().as_u16(), &answer.body()[..]), (200, &b"fine"[..]));
        }
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        let found = "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
        let server = serve(found, None).await;
        let answer = get(&format!("http://127.0.0.1:{}", server.port), plain()).await.unwrap();
        assert_eq!(answer.status().as_u16(), 302);
        assert_eq!(answer.headers()["location"], "/elsewhere");
        assert_eq!(server.n_requests.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_request_without_a_connection_was_not_processed() {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let error = get(&format!("http://{closed}"), plain()).await.unwrap_err();
        assert_eq!((error.processed, error.kind), (Processed::No, NoResponseKind::Connect));
        assert!(error.reason.contains("refused"), "{error}");
    }

    #[tokio::test]
    async fn an_unknown_host_name_is_reported() {
        struct Nowhere;
        impl reqwest::dns::Resolve for Nowhere {
            fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
                Box::pin(async { Err("no such host".into()) })
            }
        }
        install_provider();
        let builder = reqwest::Client::builder().no_proxy().dns_resolver(Arc::new(Nowhere));
        let builder = builder.tls_backend_preconfigured(trusting(Trust::None).unwrap());
        let outcome = builder.build().unwrap().get("http://catalyst.example.com").send().await;
        let error = no_response(outcome.unwrap_err());
        assert_eq!(error, NoResponse::new(Processed::No, NoResponseKind::Name, "no such host"));
    }

    #[tokio::test]
    async fn an_interrupted_request_may_have_been_processed() {
        let table = [
            ("", NoResponseKind::Lost),
            ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", NoResponseKind::CutShort),
        ];
        for (answer, kind) in table {
            let server = serve(answer, None).await;
            let error = get(&format!("http://127.0.0.1:{}", server.port), plain()).await;
            let error = error.unwrap_err();
            assert_eq!((error.processed, error.kind), (Processed::Maybe, kind));
            assert_eq!(server.n_requests.load(Ordering::SeqCst), 1);
        }
    }

    #[tokio::test]
    async fn an_endless_answer_is_abandoned() {
        const FIRST: &str = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n";
        let endless: &'static str =
            Box::leak(format!("{FIRST}{}", "x".repeat(MOST_BYTES + 1)).into());
        let server = serve(endless, None).await;
        let error = get(&format!("http://127.0.0.1:{}", server.port), plain()).await.unwrap_err();
        assert_eq!(error.kind, NoResponseKind::TooLarge);
    }

    #[tokio::test]
    async fn an_unknown_certificate_is_rejected_unless_it_is_given_or_nothing_is_checked() {
        // Many appliances use a self-signed certificate that is marked as an authority.
        let ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa, ca] {
            let (pem, acceptor) = certificate("localhost", is_ca);
            let server = serve(FINE, Some(acceptor)).await;
            let base = format!("https://localhost:{}", server.port);
            let error = get(&base, plain()).await.unwrap_err();
            let what = (error.processed, error.kind);
            assert_eq!(what, (Processed::No, NoResponseKind::Certificate), "{error}");
            assert!(error.to_string().contains("--ca-cert"), "{error}");
            assert_eq!(server.n_requests.load(Ordering::SeqCst), 0);

            let given = WireOptions { ca_cert: Some(pem), ..plain() };
            assert!(get(&base, given.clone()).await.is_ok(), "{is_ca:?}");
            assert!(get(&base, WireOptions { insecure: true, ..plain() }).await.is_ok());

            // Its name has to match all the same, and no other certificate is accepted.
            let by_address = format!("https://127.0.0.1:{}", server.port);
            let error = get(&by_address, given).await.unwrap_err();
            assert_eq!(error.kind, NoResponseKind::Certificate, "{error}");
            let (other, _) = certificate("localhost", is_ca);
            let error = get(&base, WireOptions { ca_cert: Some(other), ..plain() }).await;
            assert_eq!(error.unwrap_err().kind, NoResponseKind::Certificate);
        }
    }

    #[tokio::test]
    async fn a_certificate_signed_by_a_given_authority_is_trusted() {
        let ca_key = KeyPair::generate().unwrap();
        let mut ca = CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let pem = ca.self_signed(&ca_key).unwrap().pem().into_bytes();
        let issuer = rcgen::Issuer::new(ca, ca_key);
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let signed = params.signed_by(&key, &issuer).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![signed.der().clone()],
                rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let server = serve(FINE, Some(TlsAcceptor::from(Arc::new(config)))).await;
        let options = WireOptions { ca_cert: Some(pem), ..plain() };
        assert!(get(&format!("https://localhost:{}", server.port), options).await.is_ok());
    }

    #[tokio::test]
    async fn a_loopback_address_never_goes_through_a_proxy() {
        let (pem, acceptor) = certificate("localhost", IsCa::NoCa);
        let server = serve(FINE, Some(acceptor)).await;
        let sorry = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";
        let proxy = serve(sorry, None).await;
        let through = |exceptions: Option<&str>| WireOptions {
            ca_cert: Some(pem.clone()),
            proxy: Some(Proxy {
                url: Secret::new(format!("http://127.0.0.1:{}", proxy.port)),
                exceptions: exceptions.map(str::to_owned),
            }),
            ..plain()
        };
        let here = format!("https://localhost:{}", server.port);
        assert!(get(&here, through(None)).await.is_ok());
        assert_eq!(proxy.n_requests.load(Ordering::SeqCst), 0);

        // Any other goes through it, unless it is an exception.
        let error = get("https://catalyst.invalid", through(None)).await.unwrap_err();
        assert_eq!((error.processed, error.kind), (Processed::No, NoResponseKind::Connect));
        assert_eq!(proxy.n_requests.load(Ordering::SeqCst), 1);
        // A test cannot observe the rest, so it does not wait.
        let direct = get("https://catalyst.invalid", through(Some(".invalid")));
        tokio::time::timeout(Duration::from_millis(200), direct).await.ok();
        assert_eq!(proxy.n_requests.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn unusable_options_are_rejected() {
        let controller: ControllerUrl = "https://catalyst.example.com".parse().unwrap();
        for pem in
            ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
        {
            let options = WireOptions { ca_cert: Some(pem.into()), ..plain() };
            let outcome = Wire::new(&controller, options);
            assert!(matches!(outcome, Err(WireError::NoCertificate)), "{pem}");
        }
        let proxy = Proxy { url: Secret::new("http://user:secret@:99999999"), exceptions: None };
        let options = WireOptions { proxy: Some(proxy), ..plain() };
        assert!(!format!("{options:?}").contains("secret"));
        assert!(matches!(Wire::new(&controller, options), Err(WireError::Proxy)));
    }
}
