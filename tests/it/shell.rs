//! Runs the program as a process, in its own folder and environment.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use tempfile::TempDir;

use crate::machines::{Format, PASSWORD, leak};

/// A folder and an environment, initially empty, in which the program runs.
pub(crate) struct Shell {
    dir: TempDir,
    env: Vec<(&'static str, String)>,
}

/// The outcome of a process.
#[must_use = "check the outcome of the command"]
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Shell {
    /// An empty folder and an empty environment.
    pub(crate) fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), env: Vec::new() }
    }

    /// A folder with one discovery, and the login of the simulator.
    pub(crate) fn new() -> Self {
        let shell = Self::empty().with("CC_USERNAME", "admin").with("CC_PASSWORD", PASSWORD);
        shell.file("discoveries.yaml", &discoveries(1));
        shell
    }

    /// Sets an environment variable.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.retain(|(it, _)| *it != name);
        self.env.push((name, value.into()));
        self
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Returns the path of a file in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Prepares a command whose streams are not terminals.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
        command.args(line.split_whitespace()).current_dir(self.dir.path());
        command.env_clear().envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Prepares a command whose files are limited to this many blocks, as on a full disk.
    pub(crate) fn command_on_full_disk(&self, n_blocks: usize, line: &str) -> Command {
        let program = self.command(line);
        let mut command = Command::new("/bin/sh");
        // Without the trap the signal of the limit would kill it.
        command.args(["-c", "trap '' XFSZ; ulimit -f $0; exec \"$@\"", &n_blocks.to_string()]);
        command.arg(program.get_program()).args(program.get_args());
        command.current_dir(self.dir.path());
        command.env_clear().envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, line: &str) -> Ended {
        let output = self.command(line).output().unwrap();
        let text = |it: Vec<u8>| String::from_utf8(it).unwrap();
        let (out, err) = (text(output.stdout), text(output.stderr));
        assert_eq!((leak(&out), leak(&err)), (None, None), "{line}: {out}\n{err}");
        Ended { code: output.status.code(), out, err }
    }

    /// Runs a command, and expects this exit code.
    pub(crate) fn expect(&self, code: i32, line: &str) -> Ended {
        let ended = self.run(line);
        assert_eq!(ended.code, Some(code), "{line}: {ended:#?}");
        ended
    }

    /// Validates the journals in the default folder, and returns the event of the last line of each.
    pub(crate) fn journals(&self) -> BTreeMap<PathBuf, String> {
        let Ok(files) = fs::read_dir(self.path(".trueup")) else { return BTreeMap::new() };
        let paths = files.map(|it| it.unwrap().path());
        let paths = paths.filter(|it| it.extension().is_some_and(|it| it == "jsonl"));
        let with_a_line = paths.filter(|it| !whole_lines(it).is_empty());
        with_a_line.map(|path| (path.clone(), last_line(&path))).collect()
    }

    /// The open journal, if there is one.
    pub(crate) fn open_journal(&self) -> Option<PathBuf> {
        let mut open = self.journals().into_iter();
        open.find(|(_, last)| last != "finished" && last != "taken_over").map(|(path, _)| path)
    }

    /// Resumes the open journal, and expects this exit code.
    pub(crate) fn expect_resumed(&self, code: i32) -> Ended {
        let path = self.open_journal().expect("no journal is open");
        self.expect(code, &format!("resume {}", path.display()))
    }

    /// Starts the simulator as a server, with these flags.
    pub(crate) fn simulator(&self, flags: &str) -> Server {
        self.simulator_at("127.0.0.1:0", flags)
    }

    /// Starts the simulator as a server at this address.
    pub(crate) fn simulator_at(&self, address: &str, flags: &str) -> Server {
        let line = format!("simulator --listen {address} {flags}");
        let mut child = self.command(&line).spawn().unwrap();
        let mut url = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut url).unwrap();
        assert!(url.ends_with('\n'), "no URL: {url:?}");
        Server { child: Some(child), out, url: url.trim_end().to_owned() }
    }
}

/// Files with this many discoveries.
pub(crate) fn discoveries(n: usize) -> String {
    let head = "version: 1\ndefaults: {credentials: {cli: [netops], snmp_v3: [core]}}\n";
    let one =
        |it: usize| format!("  - {{name: d-{it:05}, cidr: 10.{}.{}.0/24}}\n", it / 250, it % 250);
    format!("{head}discoveries:\n{}", (0..n).map(one).collect::<String>())
}

/// A simulator process, which ends when this value is dropped.
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

    /// Returns how many requests of a kind it received.
    pub(crate) fn requests(&self, place: &str) -> u64 {
        let text = get(self.address(), "/simulator/requests");
        let counts: serde_json::Value = serde_json::from_str(&text).unwrap();
        counts.get(place).and_then(serde_json::Value::as_u64).unwrap_or_default()
    }

    /// Returns how often it counted each violation.
    pub(crate) fn violations(&self) -> BTreeMap<String, u64> {
        serde_json::from_str(&get(self.address(), "/simulator/violations")).unwrap()
    }

    /// Expects that it counted no violation.
    pub(crate) fn expect_careful(&self) {
        let violations = self.violations();
        assert!(violations.values().all(|it| *it == 0), "{violations:?}");
    }

    /// Injects a fault, written as for `--fault`.
    pub(crate) fn inject(&self, fault: &str) {
        let length = fault.len();
        let head = "POST /simulator/faults HTTP/1.1\r\nhost: x\r\nconnection: close";
        let answer =
            exchange(self.address(), &format!("{head}\r\ncontent-length: {length}\r\n\r\n{fault}"));
        assert!(answer.starts_with("HTTP/1.1 2"), "{answer}");
    }

    /// Waits until it has received such a request.
    pub(crate) fn wait_for(&self, place: &str) {
        let began = std::time::Instant::now();
        while self.requests(place) == 0 {
            assert!(began.elapsed() < std::time::Duration::from_mins(1), "no {place} was received");
            std::thread::yield_now();
        }
    }

    /// Ends it with a signal; returns its exit status and the rest of its output.
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

/// Returns the lines of a file that end with a newline.
pub(crate) fn whole_lines(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    assert_eq!(leak(&text), None, "{text}");
    text.split_inclusive('\n').filter(|it| it.ends_with('\n')).collect()
}

/// Validates every line of a journal, and returns the event of the last one.
pub(crate) fn last_line(journal: &Path) -> String {
    let text = whole_lines(journal);
    let mut lines = text.lines().map(|it| Format::Journal.checked(it));
    lines.next_back().unwrap()["event"].as_str().unwrap().to_owned()
}

/// Returns the system time in milliseconds since the epoch.
pub(crate) fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

/// Reads lines until one contains these words; returns all lines read.
pub(crate) fn read_until(stream: &mut impl BufRead, words: &str) -> String {
    let mut text = String::new();
    while !text.lines().next_back().is_some_and(|it| it.contains(words)) {
        assert_ne!(stream.read_line(&mut text).unwrap(), 0, "no `{words}`: {text}");
    }
    text
}

/// Waits for the end of a process, part of whose output was already read.
pub(crate) fn ended(mut child: Child, mut err: impl Read) -> Ended {
    let mut ended = Ended { code: None, out: String::new(), err: String::new() };
    err.read_to_string(&mut ended.err).unwrap();
    if let Some(mut out) = child.stdout.take() {
        out.read_to_string(&mut ended.out).unwrap();
    }
    ended.code = child.wait().unwrap().code();
    ended
}

/// Sends a signal to a process.
pub(crate) fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
}

/// Sends a GET request, and returns the body of the answer.
fn get(address: &str, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    exchange(address, &request).split_once("\r\n\r\n").unwrap().1.to_owned()
}

fn exchange(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Returns a file of the repository.
pub(crate) fn repository_file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}
