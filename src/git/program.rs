//! Runs the `git` program with limits on time and output, and prevents it from running anything
//! else.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs,
    io::{self, Read, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// The search path if the environment has none.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Variables that are passed to git: the location of the user's configuration, which decides whose
/// repositories are trusted. Variables that select another repository or index are not passed.
const PASSED_ON: [&str; 8] = [
    "HOME",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_COUNT",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
];

/// Prefixes of variables with configuration, which are passed too.
const CONFIGURATION: [&str; 2] = ["GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"];

/// Variables that are always set: no prompts, no fetches, no locks, no replaced objects.
const SET: [(&str, &str); 8] = [
    ("LC_ALL", "C"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_LITERAL_PATHSPECS", "1"),
    ("GIT_PAGER", "cat"),
];

/// Overrides configuration of a repository that could run programs, redirect git or hide files.
const CONFIGURED: [&str; 4] = [
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "core.warnAmbiguousRefs=true",
    "safe.bareRepository=explicit",
];

/// The most output of one command: twice the limit for all files together.
const MOST_BYTES: u64 = 128 << 20;

/// The most error output that is read.
const MOST_COMPLAINTS: u64 = 64 << 10;

/// The limit for one command.
const PATIENCE: Duration = Duration::from_secs(30);

/// The first version with all required features.
const OLDEST: &str = "2.15";

/// The program, its path and its environment.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    path: PathBuf,
    env: BTreeMap<String, String>,
    patience: Duration,
}

/// Why git failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GitError {
    #[error("the program `git` is needed and not on the `PATH`")]
    Missing,
    #[error("git {OLDEST} or later is needed; this is {0}")]
    TooOld(String),
    #[error("`git` could not be run: {0}")]
    NotRun(String),
    #[error("`git {what}` took longer than {} seconds", PATIENCE.as_secs())]
    TooSlow { what: String },
    #[error("the output of `git {what}` is larger than {} MiB", MOST_BYTES >> 20)]
    TooMuch { what: String },
    #[error("`git {what}` failed: {said}")]
    Failed { what: String, said: String },
    #[error("the output of `git {what}` cannot be read")]
    Strange { what: String },
    #[error("{0} is not in a git repository, which `--base` needs")]
    NoRepository(String),
    #[error("the files are in two git repositories, {0} and {1}; `--base` needs a single one")]
    TwoRepositories(String, String),
    #[error("the repository has no commit yet")]
    NoCommit,
    #[error("`{0}` is not a valid name of a commit")]
    BadReference(String),
    #[error("git finds no commit named `{0}`")]
    UnknownReference(String),
    #[error("this branch and `{0}` have no commit in common")]
    Unrelated(String),
    #[error("the merge base of this branch and `{0}` is not known: the clone is shallow")]
    Shallow(String),
    #[error("git does not have all files of {0}: the clone is partial")]
    Partial(String),
}

impl GitError {
    /// Returns the help: what to do.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::Missing | Self::TooOld(_) | Self::NotRun(_) => {
                "install git, or plan without `--base`"
            }
            Self::TooSlow { .. } | Self::TooMuch { .. } | Self::Strange { .. } => {
                "run it by hand in the folder of the files, or plan without `--base`"
            }
            Self::Failed { said, .. } if said.contains("safe.directory") => {
                "the repository has another owner; if you trust it, run `git config --global --add \
                 safe.directory FOLDER`"
            }
            Self::Failed { .. } => "fix the error that git reports, or plan without `--base`",
            Self::NoRepository(_) => "plan without `--base`, or name files of a clone",
            Self::TwoRepositories(..) => "plan the files of each repository separately",
            Self::NoCommit => "commit the files first, or plan without `--base`",
            Self::BadReference(_) | Self::UnknownReference(_) => {
                "name a branch, a tag or a commit in this clone; a pipeline may have to fetch it first: \
                 `git fetch origin main`, then `--base origin/main`"
            }
            Self::Unrelated(_) => "name the branch from which this one was created",
            Self::Shallow(_) => {
                "fetch its history: `git fetch --unshallow`, or `fetch-depth: 0` in a pipeline"
            }
            Self::Partial(_) => "fetch them: `git fetch --refetch --no-filter`",
        }
    }
}

/// The result of a command.
#[derive(Debug)]
pub(super) struct Answer {
    /// Its exit code; `None` if a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) out: Vec<u8>,
    /// Its error message, in one line.
    pub(super) said: String,
}

impl Program {
    /// Finds the program on the search path, and checks its version.
    pub(crate) fn find(env: &BTreeMap<String, String>) -> Result<Self, GitError> {
        let path = env.get("PATH").map_or(USUAL_PATH, String::as_str);
        // A program in the current folder may come from a pull request.
        let folders = std::env::split_paths(path).filter(|it| it.is_absolute());
        let path = folders.map(|it| it.join("git")).find(|it| is_program(it));
        let is_passed = |name: &str| {
            PASSED_ON.contains(&name) || CONFIGURATION.iter().any(|it| name.starts_with(it))
        };
        let passed = env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let passed = passed.filter(|(name, _)| is_passed(name));
        let set = passed.chain(SET).chain([("PATH", env.get("PATH").map_or(USUAL_PATH, |it| it))]);
        let env = set.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let program = Self { path: path.ok_or(GitError::Missing)?, env, patience: PATIENCE };
        program.check_version()?;
        Ok(program)
    }

    fn check_version(&self) -> Result<(), GitError> {
        let answer = self.run(Path::new("/"), &["version".as_ref()], Vec::new())?;
        let text = String::from_utf8_lossy(&answer.out).trim().to_owned();
        let version = text.strip_prefix("git version ").and_then(numbers);
        match version {
            Some(version) if numbers(OLDEST) <= Some(version) => Ok(()),
            Some(_) => Err(GitError::TooOld(text)),
            None => Err(GitError::Strange { what: "version".to_owned() }),
        }
    }

    /// Runs git in a folder, and returns its result, whatever the exit code.
    pub(super) fn run(
        &self,
        dir: &Path,
        args: &[&OsStr],
        input: Vec<u8>,
    ) -> Result<Answer, GitError> {
        let what = args.first().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        let not_run = |error: io::Error| GitError::NotRun(error.to_string());
        let mut child = self.command(dir, args).spawn().map_err(not_run)?;
        let stdin = child.stdin.take();
        // It ends when the child does.
        drop(thread::spawn(move || stdin.map(|mut it| it.write_all(&input))));
        let out = reading(child.stdout.take(), MOST_BYTES);
        let said = reading(child.stderr.take(), MOST_COMPLAINTS);
        let answers = out.recv_timeout(self.patience).and_then(|out| {
            let said = said.recv_timeout(self.patience)?;
            Ok((out, said))
        });
        let Ok((out, said)) = answers else {
            end(&mut child);
            return Err(GitError::TooSlow { what });
        };
        let out = out.map_err(not_run)?;
        if MOST_BYTES < u64::try_from(out.len()).unwrap_or(u64::MAX) {
            end(&mut child);
            return Err(GitError::TooMuch { what });
        }
        let said = said.map_err(not_run)?;
        let said = String::from_utf8_lossy(&said);
        let said = said.lines().map(str::trim).filter(|it| !it.is_empty());
        let said = said.take(MOST_LINES).collect::<Vec<_>>().join("; ");
        // Both streams are closed: the child has ended.
        let code = child.wait().map_err(not_run)?.code();
        Ok(Answer { code, out, said })
    }

    /// Runs git in a folder, and returns its stdout.
    pub(super) fn ask(
        &self,
        dir: &Path,
        args: &[&OsStr],
        input: Vec<u8>,
    ) -> Result<Vec<u8>, GitError> {
        let what = args.first().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        let Answer { code, out, said } = self.run(dir, args, input)?;
        if code != Some(0) {
            return Err(GitError::Failed { what, said });
        }
        Ok(out)
    }

    fn command(&self, dir: &Path, args: &[&OsStr]) -> Command {
        let mut command = Command::new(&self.path);
        command.env_clear().envs(&self.env).arg("-C").arg(dir);
        command.args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"]);
        for it in CONFIGURED {
            command.args(["-c", it]);
        }
        command.args(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// Reads the first two numbers of a version.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// The most lines of error output to show.
const MOST_LINES: usize = 4;

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

/// Reads a stream to its end, or one byte beyond the limit.
fn reading(
    stream: Option<impl Read + Send + 'static>,
    most: u64,
) -> mpsc::Receiver<io::Result<Vec<u8>>> {
    let (tell, told) = mpsc::channel();
    drop(thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stream.map_or(Ok(0), |it| it.take(most + 1).read_to_end(&mut bytes));
        // The receiver is gone after a timeout.
        drop(tell.send(read.map(|_| bytes)));
    }));
    told
}

/// Kills a child that is no longer waited for.
fn end(child: &mut Child) {
    // It may have ended already.
    drop(child.kill());
    drop(child.wait());
}

/// Joins two parts of any bytes into one argument.
pub(super) fn joined(one: &str, other: &str) -> OsString {
    OsString::from(format!("{one}{other}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that runs a script.
    fn program(script: &str, patience: Duration) -> (tempfile::TempDir, Program) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("git");
        // A file that is open for writing, also in a child of another test, cannot be executed.
        let mut write = Command::new("/bin/sh");
        write.args(["-c", "printf '#!/bin/sh\\n%s\\n' \"$0\" > \"$1\"; chmod 755 \"$1\"", script]);
        assert!(write.arg(&path).status().unwrap().success());
        let env = BTreeMap::from([("PATH".to_owned(), USUAL_PATH.to_owned())]);
        (dir, Program { path, env, patience })
    }

    fn ran(script: &str, patience: Duration) -> Result<Answer, GitError> {
        let (_dir, program) = program(script, patience);
        program.run(Path::new("/"), &["status".as_ref()], vec![b'x'; 1 << 20])
    }

    #[test]
    fn one_that_hangs_is_not_waited_for() {
        let slow = ran("exec sleep 60", Duration::from_millis(50)).unwrap_err();
        assert_eq!(slow, GitError::TooSlow { what: "status".to_owned() });
        // Its own children may hold the streams open.
        let slow = ran("sleep 2 & exit 0", Duration::from_millis(50)).unwrap_err();
        assert_eq!(slow, GitError::TooSlow { what: "status".to_owned() });
    }

    #[test]
    fn what_it_says_is_read_while_it_is_told_something() {
        let script = "head -c 1000000 /dev/zero; echo one >&2; echo two >&2; exit 3";
        let Answer { code, out, said } = ran(script, PATIENCE).unwrap();
        assert_eq!((code, out.len(), said.as_str()), (Some(3), 1_000_000, "one; two"));
        let Answer { code, out, .. } = ran("wc -c", PATIENCE).unwrap();
        assert_eq!((code, out.trim_ascii()), (Some(0), b"1048576".as_slice()));
        assert_eq!(ran("kill -9 $$", PATIENCE).unwrap().code, None);
    }

    #[test]
    fn nothing_of_the_environment_leads_elsewhere() {
        let mut env =
            BTreeMap::from([("PATH".to_owned(), std::env::temp_dir().display().to_string())]);
        let names = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_EXEC_PATH", "CC_PASSWORD"];
        env.extend(names.map(|it| (it.to_owned(), "elsewhere".to_owned())));
        env.insert("HOME".to_owned(), "/nowhere".to_owned());
        env.insert("GIT_CONFIG_KEY_0".to_owned(), "safe.directory".to_owned());
        assert_eq!(Program::find(&env).unwrap_err(), GitError::Missing);
        env.insert("PATH".to_owned(), USUAL_PATH.to_owned());
        let program = Program::find(&env).unwrap();
        assert!(names.iter().all(|it| !program.env.contains_key(*it)), "{:?}", program.env);
        assert!(["HOME", "GIT_CONFIG_KEY_0"].iter().all(|it| program.env.contains_key(*it)));
    }
}
