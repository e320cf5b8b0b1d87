//! The way over real sockets: certificates, redirects, proxies.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::{JoinSet, spawn_blocking},
};
use tokio_rustls::TlsAcceptor;

use crate::shell::{Ended, Server, Shell};

/// A self-signed certificate for this machine, in PEM, and a server's side of TLS that shows it.
fn certificate() -> (String, TlsAcceptor) {
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    (certificate.pem(), TlsAcceptor::from(Arc::new(config)))
}

/// Puts TLS before a server, for as long as the value is held; returns the port.
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
                // Who refuses the certificate is gone.
                let Ok(mut outside) = tls.accept(stream).await else { return };
                let mut inside = TcpStream::connect(address).await.unwrap();
                copy_bidirectional(&mut outside, &mut inside).await.ok();
            });
        }
    });
    (port, tasks)
}

/// Gives everybody the same bytes, and tells what the first one asked; returns the port.
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

/// Runs a command line while the servers of the test go on.
async fn run(shell: &Arc<Shell>, line: String) -> Ended {
    let shell = Arc::clone(shell);
    spawn_blocking(move || shell.run(&line)).await.unwrap()
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused_with_the_ways_out_which_work() {
    let shell = Shell::new();
    let server = shell.simulator("");
    let (pem, tls) = certificate();
    shell.file("ca.pem", &pem);
    let (port, _tasks) = behind_tls(&server, tls).await;
    let url = format!("https://localhost:{port}");
    let shell = Arc::new(shell.with("CC_URL", url.clone()));

    let refused = run(&shell, "plan".to_owned()).await;
    assert_eq!((refused.code, refused.out.as_str()), (Some(9), ""), "{refused:#?}");
    let said = [url.as_str(), "certificate", "--ca-cert", "--insecure"];
    assert!(said.iter().all(|it| refused.err.contains(it)), "{refused:#?}");
    assert_eq!(server.requests("any"), 0);

    let given = run(&shell, "plan --ca-cert ca.pem".to_owned()).await;
    assert_eq!(given.code, Some(0), "{given:#?}");
    assert!(!given.err.contains("Warning"), "{given:#?}");

    let warned = run(&shell, "plan --insecure".to_owned()).await;
    assert_eq!(warned.code, Some(0), "{warned:#?}");
    assert!(warned.err.starts_with("Warning: ") && warned.err.contains("not verified"));
}

#[tokio::test]
async fn the_environment_can_say_that_certificates_do_not_matter() {
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
async fn a_certificate_of_somebody_else_is_not_the_one_that_was_given() {
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
async fn a_redirect_is_an_error_that_shows_where_it_pointed() {
    let answer = "HTTP/1.1 302 Found\r\nlocation: https://login.example.com/sso\r\n\
                  content-length: 0\r\n\r\n";
    let (port, _tasks) = canned(answer).await;
    let shell = Arc::new(Shell::new().with("CC_URL", format!("http://127.0.0.1:{port}")));
    let ended = run(&shell, "status".to_owned()).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.err.contains("https://login.example.com/sso"), "{ended:#?}");
}

#[tokio::test]
async fn a_proxy_is_for_controllers_that_are_elsewhere() {
    let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
    for name in ["HTTPS_PROXY", "https_proxy"] {
        let (port, mut tasks) = canned(refusal).await;
        let shell = Shell::new().with("CC_URL", "https://catalyst.example.invalid:8443");
        let shell = Arc::new(shell.with(name, format!("http://127.0.0.1:{port}")));
        let shell_of_run = Arc::clone(&shell);
        let asked = async move { tasks.join_next().await.unwrap().unwrap() };
        // What the proxy was asked is enough: what becomes of the command is not waited for.
        let mut child = shell_of_run.command("status").spawn().unwrap();
        let asked = asked.await;
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(asked.starts_with("CONNECT catalyst.example.invalid:8443 "), "{name}: {asked}");
        assert!(!asked.contains("admin") && !asked.contains("Basic"), "{asked}");
    }
}

#[tokio::test]
async fn this_machine_is_never_asked_through_a_proxy() {
    let shell = Shell::new();
    let server = shell.simulator("");
    let (pem, tls) = certificate();
    shell.file("ca.pem", &pem);
    let (port, _tasks) = behind_tls(&server, tls).await;
    // Nobody listens there.
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
async fn an_exception_is_not_asked_through_the_proxy() {
    let (port, mut tasks) = canned("HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n").await;
    let shell = Shell::new().with("CC_URL", "https://catalyst.example.invalid");
    let shell = shell.with("NO_PROXY", "example.invalid");
    let shell = Arc::new(shell.with("HTTPS_PROXY", format!("http://127.0.0.1:{port}")));
    let ended = run(&shell, "status".to_owned()).await;
    assert_eq!(ended.code, Some(9), "{ended:#?}");
    assert!(tasks.try_join_next().is_none(), "the proxy was asked");
}
