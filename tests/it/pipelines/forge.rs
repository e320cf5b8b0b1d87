//! The forge that `gh` and `curl` talk to; calls of `jq` arrive on the same connection.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
    thread::{self, JoinHandle},
};

use serde_json::Value;

use super::{gh, glab, jq};
use crate::machines::leak;

/// How a program was called.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) program: String,
    pub(super) dir: PathBuf,
    pub(super) args: Vec<String>,
    pub(super) input: String,
}

impl Call {
    /// Returns the value of a flag.
    pub(super) fn flag(&self, name: &str) -> Option<&str> {
        let at = self.args.iter().position(|it| it == name)?;
        self.args.get(at + 1).map(String::as_str)
    }

    /// Reads a file in the folder of the call.
    pub(super) fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.join(name)).unwrap()
    }

    pub(super) fn line(&self) -> String {
        self.args.join(" ")
    }
}

/// The state of the forge.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The comments on the pull request, including those of other users.
    pub(super) comments: Vec<Value>,
    pub(super) issues: Vec<Value>,
    /// Merged pull requests or merge requests.
    pub(super) requests: Vec<Value>,
    /// Runs of the pull request workflow, or pipelines; newest first.
    pub(super) runs: Vec<Value>,
    /// The folder of the artifacts of all runs.
    pub(super) artifacts: PathBuf,
    /// A short description of each write.
    pub(super) writes: Vec<String>,
}

impl State {
    /// Returns the comment with this id.
    pub(super) fn comment(&mut self, id: &str) -> &mut Value {
        let id = id.parse::<u64>().unwrap();
        self.comments.iter_mut().find(|it| it["id"] == id).unwrap()
    }
}

pub(super) struct Forge {
    state: Arc<Mutex<State>>,
    port: u16,
    thread: Option<JoinHandle<()>>,
}

impl Forge {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let thread = thread::spawn(move || {
            while let Some((call, mut stream)) = listener.accept().ok().and_then(|it| read(it.0)) {
                let (status, answer) = answered(&mut shared.lock().unwrap(), &call);
                stream.write_all(format!("{status}\n{answer}").as_bytes()).unwrap();
            }
        });
        Self { state, port, thread: Some(thread) }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Returns the writes since the last call.
    pub(super) fn writes(&self) -> Vec<String> {
        std::mem::take(&mut self.state().writes)
    }
}

impl Drop for Forge {
    fn drop(&mut self) {
        // An empty call ends the thread.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(thread::panicking() || ended.is_some_and(|it| it.is_ok()), "the forge panicked");
    }
}

/// Reads a call: the name of the program, its folder, standard input, and counted arguments.
fn read(stream: TcpStream) -> Option<(Call, TcpStream)> {
    let mut reader = BufReader::new(stream);
    let mut field = || {
        let mut bytes = Vec::new();
        reader.read_until(0, &mut bytes).unwrap();
        bytes.pop().map(|_| String::from_utf8(bytes).unwrap())
    };
    let program = field()?;
    let (dir, input) = (PathBuf::from(field()?), field()?);
    let n_args = field()?.parse().unwrap();
    let args = (0..n_args).map(|_| field().unwrap()).collect();
    Some((Call { program, dir, args, input }, reader.into_inner()))
}

fn answered(state: &mut State, call: &Call) -> (i32, String) {
    assert_eq!(leak(&format!("{call:?}")), None, "{call:?}");
    match call.program.as_str() {
        "gh" => (0, gh::answer(state, call)),
        "curl" => match glab::answer(state, call) {
            Some(answer) => (0, answer),
            None => (22, String::new()),
        },
        "jq" => {
            let (filter, variables) = jq::called(call);
            (0, jq::filtered(filter, &variables, &call.input))
        }
        other => panic!("{other}"),
    }
}
