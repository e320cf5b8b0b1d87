//! A simulated controller and a folder of files, against which commands run on a paused clock.

use std::{
    cell::Cell,
    io::{self, Write},
    iter,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use tempfile::TempDir;
use tokio::time::Instant;
use trueup::cli::{self, Exit, Host, Interrupts};
use trueup_simulator::{Login, Options, Simulator, World};

use crate::{
    disk::MemoryDisk,
    machines::{Format, PASSWORD, leak},
};

/// 2026-01-01T00:00:00Z, the start of each test.
const START_MS: i64 = 1_767_225_600_000;

/// A controller and the files that are planned against it.
pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    /// Holds the journals.
    pub(crate) disk: MemoryDisk,
    dir: TempDir,
    /// The folder of events files that no test asked for, and their number.
    events_folder: TempDir,
    n_events_files: Cell<u32>,
    began: Instant,
    /// Whether a leak is expected, to test the detection of leaks.
    pub(crate) leaks: bool,
    /// Skips events and the validation against schemas, which take longer than the rest.
    pub(crate) is_lean: bool,
    /// The times of Ctrl-C, from the start of each apply.
    pub(crate) interrupts: Vec<Duration>,
    /// The answer to the prompt of `apply`; without one there is no terminal.
    pub(crate) answer: Option<&'static str>,
}

/// The output of a command up to its kill.
#[derive(Debug)]
pub(crate) struct Killed {
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The outcome of a command.
#[must_use = "check the outcome of the command"]
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    pub(crate) err: String,
    /// The duration on the paused clock.
    pub(crate) took: Duration,
}

impl Bench {
    /// A controller with these options and this world.
    pub(crate) fn with(options: Options, world: World) -> Self {
        let started = START_MS.unsigned_abs();
        let options = Options { started, login: login(), ..options };
        Self {
            simulator: Simulator::new(options, world),
            disk: MemoryDisk::default(),
            dir: folder(),
            events_folder: folder(),
            n_events_files: Cell::new(0),
            began: Instant::now(),
            leaks: false,
            is_lean: false,
            interrupts: Vec::new(),
            answer: None,
        }
    }

    /// A controller with these faults and quirks, written as on the command line.
    pub(crate) fn like(faults: &[&str], quirks: &[&str]) -> Self {
        Self::with(options(faults, quirks), World::default())
    }

    /// Another user of the same controller, with separate files and disk.
    pub(crate) fn beside(&self) -> Self {
        let simulator = self.simulator.clone();
        let other = Self::with(Options::default(), World::default());
        Self { simulator, began: self.began, is_lean: self.is_lean, ..other }
    }

    /// Upgrades the controller to another release.
    pub(crate) fn upgrade(&mut self, release: &str) {
        let world = World::from_json(&self.simulator.world_json()).unwrap();
        self.replace(Options { release: release.to_owned(), ..Options::default() }, world);
    }

    /// Sets the duration of runs from now on.
    pub(crate) fn slow_runs(&mut self, run_time: Duration) {
        let world = World::from_json(&self.simulator.world_json()).unwrap();
        self.replace(Options { run_time, ..Options::default() }, world);
    }

    /// Replaces the controller by another one with the same time.
    pub(crate) fn replace(&mut self, options: Options, world: World) {
        let elapsed = u64::try_from(self.began.elapsed().as_millis()).unwrap();
        let started = START_MS.unsigned_abs() + elapsed;
        self.simulator = Simulator::new(Options { started, login: login(), ..options }, world);
    }

    /// Writes `discoveries.yaml`.
    pub(crate) fn files(&self, yaml: &str) -> &Self {
        self.file("discoveries.yaml", yaml)
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> &Self {
        std::fs::write(self.dir.path().join(name), text).unwrap();
        self
    }

    /// Runs a command with every file of the folder, against the controller.
    pub(crate) async fn run(&self, line: &str) -> Ran {
        self.run_args(&line.split_whitespace().collect::<Vec<_>>()).await
    }

    /// Returns the path of a file in the folder.
    pub(crate) fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.dir.path().to_str().unwrap())
    }

    /// Like `run`, for arguments that may contain spaces.
    pub(crate) async fn run_args(&self, args: &[&str]) -> Ran {
        let folder = self.dir.path().to_str().unwrap();
        self.run_bare(&[args, &["--simulate", "--file", folder]].concat()).await
    }

    /// Runs a command, and kills it after this time unless it has ended.
    pub(crate) async fn run_and_kill(&self, line: &str, after: Duration) {
        let killed = tokio::time::timeout(after, self.run(line)).await;
        drop(killed);
    }

    /// Runs a command without adding arguments; `--simulate` means this simulator.
    pub(crate) async fn run_bare(&self, args: &[&str]) -> Ran {
        self.run_exactly(args, Some(self.simulator.clone())).await
    }

    /// Runs a command without adding arguments; `--simulate` means the given simulator, or a new
    /// one.
    pub(crate) async fn run_exactly(&self, args: &[&str], simulator: Option<Simulator>) -> Ran {
        let until = std::future::pending();
        match self.run_until(args, simulator, until).await {
            Ok(ran) => ran,
            Err(killed) => panic!("it was killed: {killed:?}"),
        }
    }

    /// Like `run_exactly`, until the command ends or is killed.
    pub(crate) async fn run_until(
        &self,
        args: &[&str],
        simulator: Option<Simulator>,
        kill: impl Future<Output = ()>,
    ) -> Result<Ran, Killed> {
        let (out, err) = (Shared::default(), Shared::default());
        let began = Instant::now();
        let elapsed = i64::try_from(self.began.elapsed().as_millis()).unwrap();
        let mut host = Host {
            out: Box::new(out.clone()),
            err: Box::new(err.clone()),
            ask: self.answer.map(|answer| -> Box<dyn FnMut() -> io::Result<String> + Send> {
                Box::new(move || Ok(format!("{answer}\n")))
            }),
            env: [("CC_USERNAME", "admin"), ("CC_PASSWORD", PASSWORD)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            now_ms: START_MS + elapsed,
            out_is_terminal: false,
            err_is_terminal: false,
            width: 100,
            interrupts: Interrupts::After(self.interrupts.clone()),
            simulator,
            journals: Arc::new(self.disk.clone()),
            asks_git: false,
        };
        self.n_events_files.update(|it| it + 1);
        let events = format!("{}.jsonl", self.n_events_files.get());
        let events = self.events_folder.path().join(events);
        let mut all = [&["trueup"], args].concat();
        let has_events = matches!(args, ["plan" | "apply" | "resume", ..]);
        let adds_events = has_events && !self.is_lean && !args.contains(&"--events");
        if adds_events {
            all.extend(["--events", events.to_str().unwrap()]);
        }
        let exit = tokio::select! {
            biased;
            () = kill => None,
            exit = cli::run(all, &mut host) => Some(exit),
        };
        let dir = self.dir.path().to_str().unwrap();
        let text = |it: &Shared| it.text().replace(&format!("{dir}/"), "");
        let (out, err) = (text(&out), text(&err));
        let Some(exit) = exit else {
            let lines = std::fs::read_to_string(&events).unwrap_or_default();
            let journals = self.disk.texts().into_values();
            let output = [out.clone(), err.clone(), lines].into_iter();
            self.expect_no_leak(&output.chain(journals).collect::<Vec<_>>());
            return Err(Killed { out, err });
        };
        let ran = Ran { exit, out, err, took: began.elapsed() };
        self.expect_sound(&ran, args, &events);
        Ok(ran)
    }

    /// Validates the machine-readable output against its schema, and searches all output for secrets.
    fn expect_sound(&self, ran: &Ran, args: &[&str], events: &Path) {
        let mut all = vec![ran.out.clone(), ran.err.clone()];
        // An invalid command line, or one without events, leaves no file.
        if let Ok(lines) = std::fs::read_to_string(events) {
            let documents = lines.lines().map(|it| Format::Events.checked(it)).collect::<Vec<_>>();
            let last = documents.last().unwrap();
            assert_eq!(last["exit"]["code"], ran.exit.code(), "{last}");
            std::fs::remove_file(events).unwrap();
            all.push(lines);
        }
        let is_json = !self.is_lean && args.windows(2).any(|it| it == ["--format", "json"]);
        if is_json && !ran.out.is_empty() && !args.contains(&"-") {
            let format = match args {
                ["plan" | "show", ..] => Some(Format::Plan),
                ["apply" | "resume", ..] => Some(Format::Report),
                ["validate", ..] => Some(Format::Diagnostics),
                _ => None,
            };
            let _checked = format.map(|it| it.checked(&ran.out));
        }
        let values = args.windows(2).filter(|it| it[0] == "--annotations").map(|it| it[1]);
        for value in values.filter(|it| it.starts_with("sarif")) {
            // An invalid command line leaves no document.
            let document = match value.strip_prefix("sarif=") {
                Some(path) => std::fs::read_to_string(path).unwrap_or_default(),
                None => ran.out.clone(),
            };
            if document.starts_with('{') {
                let _checked = Format::Sarif.checked(&document);
            }
            all.push(document);
        }
        let mut flags = args.iter().skip_while(|it| **it != "--out").skip(1);
        if let Some(Ok(plan)) = flags.next().map(std::fs::read_to_string) {
            if !self.is_lean {
                let _checked = Format::Plan.checked(&plan);
            }
            all.push(plan);
        }
        // A test may put other files there.
        let journals = self.disk.texts().into_values().filter(|it| it.contains("\"plan\""));
        for journal in journals {
            if !self.is_lean {
                // A power failure may have torn the last line.
                let whole = journal.rsplit_once('\n').map_or("", |(whole, _)| whole);
                whole.lines().for_each(|it| drop(Format::Journal.checked(it)));
            }
            all.push(journal);
        }
        self.expect_no_leak(&all);
    }

    fn expect_no_leak(&self, all: &[String]) {
        let leaks = all.iter().filter_map(|it| leak(it)).collect::<Vec<_>>();
        assert_eq!(leaks.is_empty(), !self.leaks, "{leaks:?} in {all:#?}");
    }

    /// Plans, and expects no changes.
    pub(crate) async fn expect_no_changes(&self) {
        let ran = self.run("plan --detailed-exitcode").await;
        let nothing = "No changes. Your infrastructure matches the configuration.";
        assert!(ran.exit == Exit::Done && ran.out.contains(nothing), "{ran:#?}");
    }

    /// Applies, and expects success.
    pub(crate) async fn expect_applied(&self) -> Ran {
        let ran = self.run("apply --auto-approve").await;
        assert!(ran.exit == Exit::Done && ran.out.contains("Apply complete!"), "{ran:#?}");
        ran
    }

    /// How often the controller counted this violation.
    pub(crate) fn violations(&self, name: &str) -> u64 {
        let violations = self.simulator.violations();
        *violations.get(name).unwrap_or_else(|| panic!("no violation `{name}`: {violations:?}"))
    }

    /// How many requests of this kind the controller received.
    pub(crate) fn requests(&self, place: &str) -> u64 {
        self.simulator.requests().get(place).copied().unwrap_or_default()
    }

    /// How many writes the controller received.
    pub(crate) fn writes(&self) -> u64 {
        ["create", "edit", "run", "stop", "delete"].iter().map(|it| self.requests(it)).sum()
    }
}

/// Creates a folder whose random name does not look like a secret.
fn folder() -> TempDir {
    let mut folders = iter::repeat_with(|| tempfile::tempdir().unwrap());
    folders.find(|it| leak(it.path().to_str().unwrap()).is_none()).unwrap()
}

fn login() -> Login {
    Login { username: "admin".to_owned(), password: PASSWORD.to_owned() }
}

/// Parses faults and quirks as the command line does.
pub(crate) fn options(faults: &[&str], quirks: &[&str]) -> Options {
    let faults = faults.iter().map(|it| it.parse().unwrap()).collect();
    let mut options = Options { faults, ..Options::default() };
    for quirk in quirks {
        options.quirks.set(quirk.parse().unwrap());
    }
    options
}

/// An output stream that the test can read.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
