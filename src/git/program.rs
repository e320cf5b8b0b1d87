//! The `git` program: found, run, bounded in time and output, and kept from running anything else.

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

/// Where programs are looked for where the environment does not say.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The variables that git gets from ours: where the user's own configuration is, which says whose
/// repositories are trusted. Those that point at another repository or another index are not among
/// them.
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

/// How the variables begin that have configuration themselves, passed on as well.
const CONFIGURATION: [&str; 2] = ["GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"];

/// The variables that git gets whatever ours are: it asks nobody, fetches nothing, takes no lock,
/// and reads the objects that it was asked for and not what replaces them.
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

/// What a repository's own configuration could have git run, lead it to, or keep quiet about, is
/// overruled.
const CONFIGURED: [&str; 4] = [
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "core.warnAmbiguousRefs=true",
    "safe.bareRepository=explicit",
];

/// The most that git may say in one answer: twice what all files together may have.
const MOST_BYTES: u64 = 128 << 20;

/// The most that is read of what git complains of.
const MOST_COMPLAINTS: u64 = 64 << 10;

/// How long git may take for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The first version that knows all that is asked of it.
const OLDEST: &str = "2.15";

/// The program, where it is and with what it is run.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    path: PathBuf,
    env: BTreeMap<String, String>,
    patience: Duration,
}

/// Why git cannot say what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GitError {
    #[error("the program `git` is needed, and there is none on the `PATH`")]
    Missing,
    #[error("git {OLDEST} or later is needed, and this is: {0}")]
    TooOld(String),
    #[error("`git` could not be run: {0}")]
    NotRun(String),
    #[error("`git {what}` took longer than {} seconds", PATIENCE.as_secs())]
    TooSlow { what: String },
    #[error("`git {what}` says more than {} MiB", MOST_BYTES >> 20)]
    TooMuch { what: String },
    #[error("`git {what}` failed: {said}")]
    Failed { what: String, said: String },
    #[error("`git {what}` says what cannot be understood")]
    Strange { what: String },
    #[error("{0} is in no git repository, and `--base` compares with one")]
    NoRepository(String),
    #[error("the files are in two git repositories, {0} and {1}, and `--base` compares with one")]
    TwoRepositories(String, String),
    #[error("the repository has no commit yet")]
    NoCommit,
    #[error("`{0}` cannot be the name of a commit")]
    BadReference(String),
    #[error("git knows no commit called `{0}`")]
    UnknownReference(String),
    #[error("this branch and `{0}` have no commit in common")]
    Unrelated(String),
    #[error("where this branch and `{0}` parted is not known: the clone is shallow")]
    Shallow(String),
    #[error("git does not have all files of {0}: the clone is a partial one")]
    Partial(String),
}

impl GitError {
    /// Says what to do about it.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::Missing | Self::TooOld(_) | Self::NotRun(_) => {
                "install git, or plan without `--base`"
            }
            Self::TooSlow { .. } | Self::TooMuch { .. } | Self::Strange { .. } => {
                "run it by hand in the folder of the files, or plan without `--base`"
            }
            Self::Failed { said, .. } if said.contains("safe.directory") => {
                "the repository belongs to somebody else; if it is trusted, say so: `git config \
                 --global --add safe.directory FOLDER`"
            }
            Self::Failed { .. } => "mend what git complains of, or plan without `--base`",
            Self::NoRepository(_) => "plan without `--base`, or name files of a clone",
            Self::TwoRepositories(..) => "plan the files of each repository on their own",
            Self::NoCommit => "commit the files first, or plan without `--base`",
            Self::BadReference(_) | Self::UnknownReference(_) => {
                "name a branch, a tag or a commit that is in this clone; a pipeline may have to \
                 fetch it first: `git fetch origin main`, and then `--base origin/main`"
            }
            Self::Unrelated(_) => "name the branch that this one began from",
            Self::Shallow(_) => {
                "fetch its history: `git fetch --unshallow`, or `fetch-depth: 0` where a pipeline \
                 checks out"
            }
            Self::Partial(_) => "fetch them: `git fetch --refetch --no-filter`",
        }
    }
}

/// What git answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// Its exit code; `None` where a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) out: Vec<u8>,
    /// What it complains of, in one line.
    pub(super) said: String,
}

impl Program {
    /// Finds the program by the environment, and looks whether it is new enough.
    pub(crate) fn find(env: &BTreeMap<String, String>) -> Result<Self, GitError> {
        let path = env.get("PATH").map_or(USUAL_PATH, String::as_str);
        // What is found by way of the current folder may be a pull request's.
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

    /// Runs git in a folder, and returns its answer whatever its exit code is.
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
        // Ends by itself once the child does.
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
        // Both its streams are closed: it is at its end.
        let code = child.wait().map_err(not_run)?.code();
        Ok(Answer { code, out, said })
    }

    /// Runs git in a folder, and returns what it says on stdout.
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

/// How many lines of what git complains of are told.
const MOST_LINES: usize = 4;

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

/// Reads a stream to its end, or for one byte more than it may have.
fn reading(
    stream: Option<impl Read + Send + 'static>,
    most: u64,
) -> mpsc::Receiver<io::Result<Vec<u8>>> {
    let (tell, told) = mpsc::channel();
    drop(thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stream.map_or(Ok(0), |it| it.take(most + 1).read_to_end(&mut bytes));
        // Nobody listens any more where it took too long.
        drop(tell.send(read.map(|_| bytes)));
    }));
    told
}

/// Ends what is not waited for any more.
fn end(child: &mut Child) {
    // It may have ended by itself.
    drop(child.kill());
    drop(child.wait());
}

/// Returns an argument of two parts, each of which may be any bytes.
pub(super) fn joined(one: &str, other: &str) -> OsString {
    OsString::from(format!("{one}{other}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that does what a script says.
    fn program(script: &str, patience: Duration) -> (tempfile::TempDir, Program) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("git");
        // What is open for writing, be it in a child of another test, cannot be run.
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
        // What it has begun itself may hold the streams open.
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
