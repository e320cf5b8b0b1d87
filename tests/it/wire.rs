//! Connections over real sockets: certificates, redirects and proxies.

use std::sync::{Arc, Mutex};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd,
};
use rustls::{
    ServerConfig, SupportedProtocolVersion,
    crypto::ring,
    pki_types::PrivateKeyDer,
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::{JoinSet, spawn_blocking},
};
use tokio_rustls::TlsAcceptor;

use crate::shell::{Ended, Server, Shell};

/// The names of the local machine.
const HERE: [&str; 2] = ["localhost", "127.0.0.1"];

/// A self-signed certificate for the local machine in PEM, and an acceptor that presents it.
fn certificate() -> (String, TlsAcceptor) {
    self_signed(&HERE, |_| ())
}

/// A self-signed certificate for these names in PEM, and an acceptor that presents it.
fn self_signed(names: &[&str], alter: impl Fn(&mut CertificateParams)) -> (String, TlsAcceptor) {
    let key = KeyPair::generate().unwrap();
    let certificate = params(names, alter).self_signed(&key).unwrap();
    let tls = acceptor(&certificate, &key, &[&TLS13, &TLS12]);
    (certificate.pem(), tls)
}

/// The certificate of an authority in PEM, and an acceptor that presents a certificate signed by it
/// for these names.
fn signed(names: &[&str], alter: impl Fn(&mut CertificateParams)) -> (String, TlsAcceptor) {
    let authority_key = KeyPair::generate().unwrap();
    let authority = params(&[], |it| {
        it.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        it.distinguished_name.push(rcgen::DnType::CommonName, "an authority");
    });
    let pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let certificate = params(names, alter).signed_by(&key, &issuer).unwrap();
    (pem, acceptor(&certificate, &key, &[&TLS13, &TLS12]))
}

fn params(names: &[&str], alter: impl Fn(&mut CertificateParams)) -> CertificateParams {
    let names = names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let mut params = CertificateParams::new(names).unwrap();
    alter(&mut params);
    params
}

fn acceptor(
    certificate: &Certificate,
    key: &KeyPair,
    versions: &[&'static SupportedProtocolVersion],
) -> TlsAcceptor {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Puts TLS in front of a server until the `JoinSet` is dropped; returns the port.
async fn behind_tls(server: &Server, tls: TlsAcceptor) -> (u16, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let address = server.address().to_owned();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (tls, address) = (tls.clone(), address.clone());
            connections.spawn(async move {
                // A client that rejects the certificate disconnects.
                let Ok(mut outside) = tls.accept(stream).await else { return };
                let mut inside = TcpStream::connect(address).await.unwrap();
                copy_bidirectional(&mut outside, &mut inside).await.ok();
            });
        }
    });
    (port, tasks)
}

/// Answers one request with these bytes; returns the port, and a task that yields the request.
async fn canned(answer: &'static str) -> (u16, JoinSet<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4_096];
        let n = stream.read(&mut head).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.ok();
        String::from_utf8_lossy(&head[..n]).into_owned()
    });
    (port, tasks)
}

/// Runs a command while the servers of the test continue.
async fn run(shell: &Arc<Shell>, line: String) -> Ended {
    let shell = Arc::clone(shell);
    spawn_blocking(move || shell.run(&line)).await.unwrap()
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused_with_two_remedies_that_work() {
    let shell = Shell::new();
    let server = shell.simulator("");
    let (pem, tls) = certificate();
    shell.file("ca.pem", &pem);
    let (port, _tasks) = behind_tls(&server, tls).await;
    let url = format!("https://localhost:{port}");
    let shell = Arc::new(shell.with("CC_URL", url.clone()));

    let refused = run(&shell, "plan".to_owned()).await;
    assert_eq!((refused.code, refused.out.as_str()), (Some(9), ""), "{refused:#?}");
    let words = [url.as_str(), "certificate", "--ca-cert", "--insecure"];
    assert!(words.iter().all(|it| refused.err.contains(it)), "{refused:#?}");
    assert_eq!(server.requests("any"), 0);

    let trusted = run(&shell, "plan --ca-cert ca.pem".to_owned()).await;
    assert_eq!(trusted.code, Some(0), "{trusted:#?}");
    assert!(!trusted.err.contains("Warning"), "{trusted:#?}");

    let warned = run(&shell, "plan --insecure".to_owned()).await;
    assert_eq!(warned.code, Some(0), "{warned:#?}");
    assert!(warned.err.starts_with("Warning: ") && warned.err.contains("not verified"));
}

#[tokio::test]
async fn a_certificate_error_names_the_problem_and_nothing_is_sent() {
    let elsewhere = ["catalyst.example.com", "10.0.0.1"];
    let expired = |it: &mut CertificateParams| {
        (it.not_before, it.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 2));
    };
    let future = |it: &mut CertificateParams| {
        (it.not_before, it.not_after) = (date_time_ymd(2090, 1, 2), date_time_ymd(2099, 1, 1));
    };
    let past = "it expired on 2020-01-02T00:00:00Z, and the local clock says 2";
    let early = "it is not valid before 2090-01-02T00:00:00Z";
    let other_names = "it is for catalyst.example.com, 10.0.0.1 and not for localhost";
    let unknown = "it is not signed by an authority that is trusted here";
    let self_signed_error = "it is self-signed and not trusted here";
    // The certificate, the expected errors, and the error that remains if it is given as trusted.
    let table: [(_, &[&str], Option<&str>); 8] = [
        (certificate(), &[self_signed_error], None),
        (self_signed(&HERE, expired), &[past], Some(past)),
        (self_signed(&HERE, future), &[early], Some(early)),
        (self_signed(&elsewhere, |_| ()), &[self_signed_error, other_names], Some(other_names)),
        (signed(&HERE, |_| ()), &[unknown], None),
        (signed(&HERE, expired), &[past], Some(past)),
        (signed(&HERE, future), &[early], Some(early)),
        (signed(&elsewhere, |_| ()), &[unknown, other_names], Some(other_names)),
    ];
    for ((pem, tls), errors, error_if_trusted) in table {
        let shell = Shell::new();
        let server = shell.simulator("");
        shell.file("ca.pem", &pem);
        let (port, _tasks) = behind_tls(&server, tls).await;
        let shell = Arc::new(shell.with("CC_URL", format!("https://localhost:{port}")));
        for line in ["status", "plan", "apply --auto-approve"] {
            let refused = run(&shell, line.to_owned()).await;
            assert_eq!((refused.code, refused.out.as_str()), (Some(9), ""), "{refused:#?}");
            assert!(errors.iter().all(|it| refused.err.contains(it)), "{errors:?}: {refused:#?}");
            let (ca_cert, insecure) =
                (refused.err.find("--ca-cert").unwrap(), refused.err.find("--insecure").unwrap());
            assert!(ca_cert < insecure && refused.err.contains("(1 attempt"), "{refused:#?}");
        }
        assert_eq!(server.requests("any"), 0);

        let trusted = run(&shell, "status --ca-cert ca.pem".to_owned()).await;
        match error_if_trusted {
            None => {
                assert!(trusted.code == Some(0) && !trusted.err.contains("Warn"), "{trusted:#?}");
            }
            Some(error) => {
                assert_eq!(trusted.code, Some(9), "{trusted:#?}");
                assert!(
                    trusted.err.contains(error) && !trusted.err.contains(self_signed_error),
                    "{trusted:#?}"
                );
                assert_eq!(server.requests("any"), 0);
            }
        }

        let warned = run(&shell, "status --insecure".to_owned()).await;
        assert_eq!(warned.code, Some(0), "{warned:#?}");
        assert!(warned.err.starts_with("Warning: "), "{warned:#?}");
    }
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_accepted() {
    for version in [&TLS12, &TLS13] {
        let key = KeyPair::generate().unwrap();
        let certificate = params(&HERE, |_| ()).self_signed(&key).unwrap();
        let shell = Shell::new();
        let server = shell.simulator("");
        shell.file("ca.pem", &certificate.pem());
        let (port, _tasks) = behind_tls(&server, acceptor(&certificate, &key, &[version])).await;
        let shell = Arc::new(shell.with("CC_URL", format!("https://localhost:{port}")));
        for flag in ["--ca-cert ca.pem", "--insecure"] {
            let ended = run(&shell, format!("status {flag}")).await;
            assert_eq!(ended.code, Some(0), "{version:?}: {ended:#?}");
        }
    }
}

/// The hello of a server that supports only this version of TLS.
fn server_hello(minor: u8) -> Vec<u8> {
    // Version, random, no session, a suite of all versions, no compression.
    let body = [&[3, minor][..], &[7; 32], &[0], &[0x00, 0x2f], &[0]].concat();
    let length = u8::try_from(body.len()).unwrap();
    [&[22, 3, minor, 0, length + 4, 2, 0, 0, length][..], &body].concat()
}

/// Answers every client with this hello; returns the port, and all bytes that each client sent.
async fn old_server(hello: Vec<u8>) -> (u16, Arc<Mutex<Vec<Vec<u8>>>>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let sent = Arc::new(Mutex::new(Vec::new()));
    let (all, mut tasks) = (Arc::clone(&sent), JoinSet::new());
    tasks.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = vec![0; 8_192];
            let n = stream.read(&mut read).await.unwrap();
            read.truncate(n);
            stream.write_all(&hello).await.ok();
            stream.read_to_end(&mut read).await.ok();
            all.lock().unwrap().push(read);
        }
    });
    (port, sent, tasks)
}

/// The types of the records that a client sent, and the versions offered by the first one.
fn records(mut sent: &[u8]) -> (Vec<u8>, Vec<u16>) {
    let hello = sent;
    let mut types = Vec::new();
    while let [kind, _, _, high, low, ..] = sent {
        types.push(*kind);
        sent = &sent[5 + (usize::from(*high) << 8 | usize::from(*low))..];
    }
    // The extension `supported_versions`: its number, its length, and the length of its list.
    let at = hello.windows(3).position(|it| it == [0, 43, 0]).unwrap();
    let n = usize::from(hello[at + 4]);
    let offered = hello[at + 5..at + 5 + n].chunks(2);
    let offered = offered.map(|it| u16::from(it[0]) << 8 | u16::from(it[1])).collect();
    (types, offered)
}

#[tokio::test]
async fn a_server_limited_to_tls_1_1_is_sent_no_request() {
    // SSL 3.0, TLS 1.0 and 1.1.
    for minor in [0, 1, 2] {
        let (port, sent, _tasks) = old_server(server_hello(minor)).await;
        let shell = Arc::new(Shell::new().with("CC_URL", format!("https://localhost:{port}")));
        for flag in ["", "--insecure"] {
            let refused = run(&shell, format!("status {flag}")).await;
            assert_eq!(refused.code, Some(9), "{refused:#?}");
            assert!(refused.err.contains("TLS 1.2 or newer"), "{refused:#?}");
        }
        let sent = sent.lock().unwrap();
        assert!(2 <= sent.len());
        for sent in &*sent {
            let (types, mut offered) = records(sent);
            offered.sort_unstable();
            // A hello and an alert.
            assert_eq!((types, offered), (vec![22, 21], vec![0x303, 0x304]));
        }
    }
}

#[tokio::test]
async fn the_environment_can_disable_certificate_checks() {
    let shell = Shell::new();
    let server = shell.simulator("");
    let (_, tls) = certificate();
    let (port, _tasks) = behind_tls(&server, tls).await;
    let shell = shell.with("CC_URL", format!("https://127.0.0.1:{port}"));
    let shell = Arc::new(shell.with("CC_INSECURE", "T"));
    let warned = run(&shell, "status".to_owned()).await;
    assert!(warned.code == Some(0) && warned.err.contains("CC_INSECURE"), "{warned:#?}");
}

#[tokio::test]
async fn a_trusted_certificate_does_not_cover_another_one() {
    let shell = Shell::new();
    let server = shell.simulator("");
    shell.file("ca.pem", &certificate().0);
    let (port, _tasks) = behind_tls(&server, certificate().1).await;
    let shell = Arc::new(shell.with("CC_URL", format!("https://localhost:{port}")));
    let refused = run(&shell, "status --ca-cert ca.pem".to_owned()).await;
    assert_eq!(refused.code, Some(9), "{refused:#?}");
    for file in ["none.pem", "discoveries.yaml"] {
        let invalid = run(&shell, format!("status --ca-cert {file}")).await;
        assert_eq!(invalid.code, Some(4), "{invalid:#?}");
    }
    assert_eq!(server.requests("any"), 0);
}

#[tokio::test]
async fn a_redirect_is_an_error_that_shows_its_target() {
    let answer = "HTTP/1.1 302 Found\r\nlocation: https://login.example.com/sso\r\n\
                  content-length: 0\r\n\r\n";
    let (port, _tasks) = canned(answer).await;
    let shell = Arc::new(Shell::new().with("CC_URL", format!("http://127.0.0.1:{port}")));
    let ended = run(&shell, "status".to_owned()).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.err.contains("https://login.example.com/sso"), "{ended:#?}");
}

#[tokio::test]
async fn a_remote_controller_is_reached_through_the_proxy() {
    let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
    for name in ["HTTPS_PROXY", "https_proxy"] {
        let (port, mut tasks) = canned(refusal).await;
        let shell = Shell::new().with("CC_URL", "https://catalyst.example.invalid:8443");
        let shell = Arc::new(shell.with(name, format!("http://127.0.0.1:{port}")));
        let shell_of_run = Arc::clone(&shell);
        let request = async move { tasks.join_next().await.unwrap().unwrap() };
        // Only the request to the proxy matters: the command is not waited for.
        let mut child = shell_of_run.command("status").spawn().unwrap();
        let request = request.await;
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(request.starts_with("CONNECT catalyst.example.invalid:8443 "), "{name}: {request}");
        assert!(!request.contains("admin") && !request.contains("Basic"), "{request}");
    }
}

#[tokio::test]
async fn localhost_is_never_reached_through_a_proxy() {
    let shell = Shell::new();
    let server = shell.simulator("");
    let (pem, tls) = certificate();
    shell.file("ca.pem", &pem);
    let (port, _tasks) = behind_tls(&server, tls).await;
    // No server listens there.
    let shell = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"]
        .into_iter()
        .fold(shell, |shell, name| shell.with(name, "http://127.0.0.1:9"));
    let shell = Arc::new(shell);
    let urls = [
        format!("https://localhost:{port}"),
        format!("https://127.0.0.1:{port}"),
        server.url.clone(),
        server.url.replace("127.0.0.1", "localhost"),
    ];
    for url in urls {
        let ended = run(&shell, format!("status --ca-cert ca.pem --controller {url}")).await;
        assert_eq!(ended.code, Some(0), "{url}: {ended:#?}");
    }
}

#[tokio::test]
async fn a_no_proxy_host_is_reached_directly() {
    let (port, mut tasks) = canned("HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n").await;
    let shell = Shell::new().with("CC_URL", "https://catalyst.example.invalid");
    let shell = shell.with("NO_PROXY", "example.invalid");
    let shell = Arc::new(shell.with("HTTPS_PROXY", format!("http://127.0.0.1:{port}")));
    let ended = run(&shell, "status".to_owned()).await;
    assert_eq!(ended.code, Some(9), "{ended:#?}");
    assert!(tasks.try_join_next().is_none(), "the proxy received a request");
}
