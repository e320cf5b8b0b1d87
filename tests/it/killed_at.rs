//! A controller in the process of the test that kills its client at a chosen request. It checks
//! nothing.

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

/// When the client process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KillAt {
    /// At this request, before the controller sees it.
    Before(usize),
    /// At this request, after the controller has processed it and before it responds.
    After(usize),
}

/// A controller on a loopback port, with its own thread so that a test that waits for a process
/// does not block it.
pub(crate) struct Controller {
    pub(crate) simulator: Simulator,
    pub(crate) url: String,
    kill_switch: Arc<KillSwitch>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Kills the client process at the chosen request.
#[derive(Default)]
struct KillSwitch(Mutex<KillState>);

#[derive(Default)]
struct KillState {
    n_seen: usize,
    kill: Option<KillAt>,
    client: Option<Child>,
}

impl Controller {
    /// Starts a controller with these options and this world.
    pub(crate) fn with(options: Options, world: &str) -> Self {
        let world = World::from_json(world).unwrap();
        let login = Login { username: "admin".to_owned(), password: PASSWORD.to_owned() };
        let simulator = Simulator::new(Options { login, ..options }, world);
        let kill_switch = Arc::new(KillSwitch::default());
        let (end, ended) = oneshot::channel();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (service, for_thread) = (simulator.service(), Arc::clone(&kill_switch));
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = serve(listener, service, for_thread) => (),
                    _ = ended => (),
                }
            });
        });
        Self { simulator, url, kill_switch, end: Some(end), thread: Some(thread) }
    }

    /// Runs a command line in a folder, and kills it at that request if it gets that far.
    pub(crate) fn run(&self, shell: &Shell, line: &str, kill: Option<KillAt>) -> Ended {
        self.run_command(shell.command(line), kill)
    }

    /// Runs a command, and kills it at that request if it gets that far.
    pub(crate) fn run_command(&self, mut command: Command, kill: Option<KillAt>) -> Ended {
        *self.kill_switch.0.lock().unwrap() = KillState { n_seen: 0, kill, client: None };
        let mut child = command.env("CC_URL", &self.url).spawn().unwrap();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        self.kill_switch.0.lock().unwrap().client = Some(child);
        let (out, err) = thread::scope(|scope| {
            let out = scope.spawn(|| io::read_to_string(out).unwrap());
            let err = io::read_to_string(err).unwrap();
            (out.join().unwrap(), err)
        });
        assert_eq!((leak(&out), leak(&err)), (None, None), "{command:?}: {out}\n{err}");
        let status = self.kill_switch.client(|it| it.wait().unwrap());
        Ended { code: status.code(), out, err }
    }

    /// Returns the number of requests of the last command.
    pub(crate) fn n_seen(&self) -> usize {
        self.kill_switch.0.lock().unwrap().n_seen
    }

    /// Returns the current world.
    pub(crate) fn world(&self) -> serde_json::Value {
        serde_json::from_str(&self.simulator.world_json()).unwrap()
    }

    /// Returns the number of writes of each kind that reached it.
    pub(crate) fn writes(&self) -> BTreeMap<String, u64> {
        let steps = ["create", "edit", "run", "stop", "delete"];
        let mut requests = self.simulator.requests();
        requests.retain(|place, n| *n != 0 && steps.contains(&place.as_str()));
        requests
    }

    /// Expects that it saw nothing that a careful client never does.
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

impl KillSwitch {
    fn client<T>(&self, act: impl FnOnce(&mut Child) -> T) -> T {
        act(self.0.lock().unwrap().client.as_mut().unwrap())
    }

    /// Counts a request, and returns the kill that is due at it, if any.
    fn count(&self) -> Option<KillAt> {
        let mut state = self.0.lock().unwrap();
        state.n_seen += 1;
        let n_seen = state.n_seen;
        state.kill.filter(|it| *it == KillAt::Before(n_seen) || *it == KillAt::After(n_seen))
    }

    /// Kills the process and waits until it is dead.
    async fn kill(&self) {
        // Its first request may come before the test has stored the child.
        while self.0.lock().unwrap().client.is_none() {
            sleep(Duration::from_millis(1)).await;
        }
        self.client(|it| {
            it.kill().unwrap();
            it.wait().unwrap();
        });
    }
}

async fn serve(listener: TcpListener, service: Service, kill_switch: Arc<KillSwitch>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.unwrap();
                let (service, kill_switch) = (service.clone(), Arc::clone(&kill_switch));
                connections.spawn(serve_connection(stream, service, kill_switch));
            }
            Some(_) = connections.join_next() => (),
        }
    }
}

async fn serve_connection(stream: TcpStream, service: Service, kill_switch: Arc<KillSwitch>) {
    let answer =
        service_fn(move |request| answer(service.clone(), Arc::clone(&kill_switch), request));
    // A connection to a killed client may end with any error.
    http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await.ok();
}

async fn answer(
    mut service: Service,
    kill_switch: Arc<KillSwitch>,
    request: Request<Incoming>,
) -> io::Result<Response<Full<Bytes>>> {
    let no_response = || io::Error::other("no answer");
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let kill = kill_switch.count();
    if let Some(KillAt::Before(_)) = kill {
        kill_switch.kill().await;
        return Err(no_response());
    }
    let answer = service.call(Request::from_parts(head, body)).await;
    if let Some(KillAt::After(_)) = kill {
        kill_switch.kill().await;
        return Err(no_response());
    }
    answer.map(|it| it.map(Full::new)).map_err(io::Error::other)
}
