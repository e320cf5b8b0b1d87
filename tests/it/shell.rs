//! The program as a process: a folder, an environment, and what comes out.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use tempfile::TempDir;

use crate::machines::{PASSWORD, leak};

/// A folder in which the program is run, with nothing in its environment but what is put there.
pub(crate) struct Shell {
    dir: TempDir,
    env: Vec<(&'static str, String)>,
}

/// What a process came to.
#[must_use = "look at what the command came to"]
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Shell {
    /// An empty folder and an empty environment.
    pub(crate) fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), env: Vec::new() }
    }

    /// A folder with one discovery, and the simulator's login.
    pub(crate) fn new() -> Self {
        let shell = Self::empty().with("CC_USERNAME", "admin").with("CC_PASSWORD", PASSWORD);
        shell.file("discoveries.yaml", &discoveries(1));
        shell
    }

    /// Sets a variable.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.retain(|(it, _)| *it != name);
        self.env.push((name, value.into()));
        self
    }

    /// Writes a file.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Returns the path of a file in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Prepares a command line; nothing is a terminal.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
        command.args(line.split_whitespace()).current_dir(self.dir.path());
        command.env_clear().envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command line to its end.
    pub(crate) fn run(&self, line: &str) -> Ended {
        let output = self.command(line).output().unwrap();
        let text = |it: Vec<u8>| String::from_utf8(it).unwrap();
        let (out, err) = (text(output.stdout), text(output.stderr));
        assert_eq!((leak(&out), leak(&err)), (None, None), "{line}: {out}\n{err}");
        Ended { code: output.status.code(), out, err }
    }

    /// Runs a command line, and expects this exit code.
    pub(crate) fn expect(&self, code: i32, line: &str) -> Ended {
        let ended = self.run(line);
        assert_eq!(ended.code, Some(code), "{line}: {ended:#?}");
        ended
    }

    /// Starts the built-in controller as a server, with these flags.
    pub(crate) fn simulator(&self, flags: &str) -> Server {
        let mut child =
            self.command(&format!("simulator --listen 127.0.0.1:0 {flags}")).spawn().unwrap();
        let mut url = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut url).unwrap();
        assert!(url.ends_with('\n'), "no URL: {url:?}");
        Server { child: Some(child), out, url: url.trim_end().to_owned() }
    }
}

/// So many discoveries.
pub(crate) fn discoveries(n: usize) -> String {
    let head = "version: 1\ndefaults: {credentials: {cli: [netops], snmp_v3: [core]}}\n";
    let one =
        |it: usize| format!("  - {{name: d-{it:05}, cidr: 10.{}.{}.0/24}}\n", it / 250, it % 250);
    format!("{head}discoveries:\n{}", (0..n).map(one).collect::<String>())
}

/// A server, ended with this value.
pub(crate) struct Server {
    child: Option<Child>,
    out: BufReader<std::process::ChildStdout>,
    pub(crate) url: String,
}

impl Server {
    /// Returns host and port.
    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// Returns how many requests of a kind it has seen.
    pub(crate) fn requests(&self, place: &str) -> u64 {
        let text = get(self.address(), "/simulator/requests");
        let counts: serde_json::Value = serde_json::from_str(&text).unwrap();
        counts.get(place).and_then(serde_json::Value::as_u64).unwrap_or_default()
    }

    /// Returns how often it was wronged, in each way.
    pub(crate) fn violations(&self) -> BTreeMap<String, u64> {
        serde_json::from_str(&get(self.address(), "/simulator/violations")).unwrap()
    }

    /// Waits until it has seen such a request.
    pub(crate) fn wait_for(&self, place: &str) {
        while self.requests(place) == 0 {
            std::thread::yield_now();
        }
    }

    /// Ends it with a signal; returns how it ended and what else it printed.
    pub(crate) fn end(mut self, name: &str) -> (ExitStatus, String) {
        let mut child = self.child.take().unwrap();
        signal(&child, name);
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (child.wait().unwrap(), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

/// Sends a signal to a process.
pub(crate) fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
}

/// Asks a server for a path, and returns the body of its answer.
fn get(address: &str, path: &str) -> String {
    use std::{io::Write as _, net::TcpStream};
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// Returns a file of the repository.
pub(crate) fn repository_file(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}
