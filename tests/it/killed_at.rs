//! A controller in the test's process that kills whoever asks it, at a request that the test
//! chooses. It checks nothing.

use std::{
    collections::BTreeMap,
    fmt, io,
    process::{Child, Command},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinSet,
    time::sleep,
};
use tower::Service as _;
use trueup_simulator::{Login, Options, Service, Simulator, World};

use crate::{
    machines::{PASSWORD, leak},
    shell::{Ended, Shell},
};

/// When the process that asks is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// At the request so many, which the controller never sees.
    Before(usize),
    /// At the request so many, which the controller has taken on and not answered.
    After(usize),
}

/// A controller on a loopback port, with a thread of its own so that a test that waits for a
/// process does not starve it.
pub(crate) struct Controller {
    pub(crate) simulator: Simulator,
    pub(crate) url: String,
    plot: Arc<Plot>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What is to happen to the process that asks.
#[derive(Default)]
struct Plot(Mutex<Plotted>);

#[derive(Default)]
struct Plotted {
    n_seen: usize,
    kill: Option<When>,
    victim: Option<Child>,
}

impl Controller {
    /// A controller that behaves like this and has this world.
    pub(crate) fn with(options: Options, world: &str) -> Self {
        let world = World::from_json(world).unwrap();
        let login = Login { username: "admin".to_owned(), password: PASSWORD.to_owned() };
        let simulator = Simulator::new(Options { login, ..options }, world);
        let plot = Arc::new(Plot::default());
        let (end, ended) = oneshot::channel();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (service, of_thread) = (simulator.service(), Arc::clone(&plot));
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = serve(listener, service, of_thread) => (),
                    _ = ended => (),
                }
            });
        });
        Self { simulator, url, plot, end: Some(end), thread: Some(thread) }
    }

    /// Runs a command line in a folder, and kills it at that request, if it comes so far.
    pub(crate) fn run(&self, shell: &Shell, line: &str, kill: Option<When>) -> Ended {
        self.run_command(shell.command(line), kill)
    }

    /// Runs a command, and kills it at that request, if it comes so far.
    pub(crate) fn run_command(&self, mut command: Command, kill: Option<When>) -> Ended {
        *self.plot.0.lock().unwrap() = Plotted { n_seen: 0, kill, victim: None };
        let mut child = command.env("CC_URL", &self.url).spawn().unwrap();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        self.plot.0.lock().unwrap().victim = Some(child);
        let (out, err) = thread::scope(|scope| {
            let out = scope.spawn(|| io::read_to_string(out).unwrap());
            let err = io::read_to_string(err).unwrap();
            (out.join().unwrap(), err)
        });
        assert_eq!((leak(&out), leak(&err)), (None, None), "{command:?}: {out}\n{err}");
        let status = self.plot.victim(|it| it.wait().unwrap());
        Ended { code: status.code(), out, err }
    }

    /// Returns how many requests the last command has sent.
    pub(crate) fn n_seen(&self) -> usize {
        self.plot.0.lock().unwrap().n_seen
    }

    /// Returns the world as it is now.
    pub(crate) fn world(&self) -> serde_json::Value {
        serde_json::from_str(&self.simulator.world_json()).unwrap()
    }

    /// Returns how many writes of each kind came to it.
    pub(crate) fn writes(&self) -> BTreeMap<String, u64> {
        let steps = ["create", "edit", "run", "stop", "delete"];
        let mut requests = self.simulator.requests();
        requests.retain(|place, n| *n != 0 && steps.contains(&place.as_str()));
        requests
    }

    /// Expects that nothing was done to it that a careful client never does.
    pub(crate) fn expect_careful(&self, about: &dyn fmt::Debug) {
        let violations = self.simulator.violations();
        let all = violations.iter().filter(|(_, n)| **n != 0).collect::<Vec<_>>();
        assert!(all.is_empty(), "{about:?}: {all:?} {:#?}", self.simulator.request_log());
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        drop(self.end.take());
        drop(self.thread.take().map(JoinHandle::join));
    }
}

impl Plot {
    fn victim<T>(&self, act: impl FnOnce(&mut Child) -> T) -> T {
        act(self.0.lock().unwrap().victim.as_mut().unwrap())
    }

    /// Counts a request, and returns when it is to be its sender's last one, if it is.
    fn count(&self) -> Option<When> {
        let mut plotted = self.0.lock().unwrap();
        plotted.n_seen += 1;
        let n_seen = plotted.n_seen;
        plotted.kill.filter(|it| *it == When::Before(n_seen) || *it == When::After(n_seen))
    }

    /// Kills the process, and returns when it is dead.
    async fn kill(&self) {
        // It may ask before the test knows it.
        while self.0.lock().unwrap().victim.is_none() {
            sleep(Duration::from_millis(1)).await;
        }
        self.victim(|it| {
            it.kill().unwrap();
            it.wait().unwrap();
        });
    }
}

async fn serve(listener: TcpListener, service: Service, plot: Arc<Plot>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.unwrap();
                connections.spawn(converse(stream, service.clone(), Arc::clone(&plot)));
            }
            Some(_) = connections.join_next() => (),
        }
    }
}

async fn converse(stream: TcpStream, service: Service, plot: Arc<Plot>) {
    let answer = service_fn(move |request| answer(service.clone(), Arc::clone(&plot), request));
    // A connection whose other end was killed ends as it ends.
    http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await.ok();
}

async fn answer(
    mut service: Service,
    plot: Arc<Plot>,
    request: Request<Incoming>,
) -> io::Result<Response<Full<Bytes>>> {
    let silence = || io::Error::other("no answer");
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let last = plot.count();
    if let Some(When::Before(_)) = last {
        plot.kill().await;
        return Err(silence());
    }
    let answer = service.call(Request::from_parts(head, body)).await;
    if let Some(When::After(_)) = last {
        plot.kill().await;
        return Err(silence());
    }
    answer.map(|it| it.map(Full::new)).map_err(io::Error::other)
}
