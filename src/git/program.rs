//! The `git` program: found, run with limits on time and output, and prevented from running anything
//! else.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, Metadata},
    io::{self, Read, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// The search path if the environment has no `PATH`.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The variables of our environment that git gets: they locate the user's configuration, which lists
/// the trusted repositories. Variables that point to another repository or index are not passed on.
const INHERITED: [&str; 8] = [
    "HOME",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_COUNT",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
];

/// Prefixes of variables that carry configuration, which are passed on as well.
const INHERITED_PREFIXES: [&str; 2] = ["GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"];

/// The variables that git always gets: it does not prompt, fetch or take a lock, and it reads the
/// objects that it is asked for, not their replacements.
const FIXED: [(&str, &str); 8] = [
    ("LC_ALL", "C"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_LITERAL_PATHSPECS", "1"),
    ("GIT_PAGER", "cat"),
];

/// Overrides what a repository's own configuration could make git run, follow or hide.
const OVERRIDES: [&str; 4] = [
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "core.warnAmbiguousRefs=true",
    "safe.bareRepository=explicit",
];

/// The maximum size of one answer: twice what all files together may have.
const MAX_OUTPUT: u64 = 128 << 20;

/// How much of stderr is read.
const MAX_STDERR: u64 = 64 << 10;

/// The timeout of one answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The oldest version that has all the commands that are run.
const OLDEST: &str = "2.15";

/// The program, and the environment that it runs in.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    path: PathBuf,
    env: BTreeMap<String, String>,
    timeout: Duration,
}

/// Why git did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GitError {
    #[error("`git` is needed and is not on the `PATH`")]
    Missing,
    #[error("git {OLDEST} or later is needed, but this is: {0}")]
    TooOld(String),
    #[error("`git` could not be run: {0}")]
    NotRun(String),
    #[error("`git {what}` took longer than {} seconds", TIMEOUT.as_secs())]
    TooSlow { what: String },
    #[error("`git {what}` printed more than {} MiB", MAX_OUTPUT >> 20)]
    TooLong { what: String },
    #[error("`git {what}` failed: {stderr}")]
    Failed { what: String, stderr: String },
    #[error("the output of `git {what}` was not understood")]
    Unexpected { what: String },
    #[error("{0} is in no git repository, and `--base` needs one")]
    NoRepository(String),
    #[error("the files are in two git repositories, {0} and {1}, and `--base` needs one")]
    TwoRepositories(String, String),
    #[error("the repository has no commit yet")]
    NoCommit,
    #[error("`{0}` cannot be the name of a commit")]
    BadReference(String),
    #[error("git knows no commit called `{0}`")]
    UnknownReference(String),
    #[error("this branch and `{0}` have no commit in common")]
    Unrelated(String),
    #[error("the merge base of this branch and `{0}` is not known: the clone is shallow")]
    Shallow(String),
    #[error("git does not have all files of {0}: the clone is partial")]
    Partial(String),
}

impl GitError {
    /// Returns what to do about it.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::Missing | Self::TooOld(_) | Self::NotRun(_) => {
                "install git, or plan without `--base`"
            }
            Self::TooSlow { .. } | Self::TooLong { .. } | Self::Unexpected { .. } => {
                "run it by hand in the folder of the files, or plan without `--base`"
            }
            Self::Failed { stderr, .. } if stderr.contains("safe.directory") => {
                "the repository belongs to another user; if you trust it, run `git config \
                 --global --add safe.directory FOLDER`"
            }
            Self::Failed { .. } => "fix what git reports, or plan without `--base`",
            Self::NoRepository(_) => "plan without `--base`, or name files of a clone",
            Self::TwoRepositories(..) => "plan the files of each repository on their own",
            Self::NoCommit => "commit the files first, or plan without `--base`",
            Self::BadReference(_) | Self::UnknownReference(_) => {
                "name a branch, a tag or a commit that is in this clone; a pipeline may have to \
                 fetch it first: `git fetch origin main`, and then `--base origin/main`"
            }
            Self::Unrelated(_) => "name the branch that this one started from",
            Self::Shallow(_) => {
                "fetch its history: `git fetch --unshallow`, or set `fetch-depth: 0` in the checkout of \
                 a pipeline"
            }
            Self::Partial(_) => "fetch them: `git fetch --refetch --no-filter`",
        }
    }
}

/// The answer of git.
#[derive(Debug)]
pub(super) struct Answer {
    /// `None` if a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) out: Vec<u8>,
    /// Its stderr, as one line.
    pub(super) stderr: String,
}

impl Program {
    /// Finds the program on the `PATH`, and checks its version.
    pub(crate) fn find(env: &BTreeMap<String, String>) -> Result<Self, GitError> {
        let path = env.get("PATH").map_or(USUAL_PATH, String::as_str);
        // A program in the current folder could come from a pull request.
        let folders = std::env::split_paths(path).filter(|it| it.is_absolute());
        let path = folders.map(|it| it.join("git")).find(|path| {
            let is_program = |it: Metadata| it.is_file() && it.permissions().mode() & 0o111 != 0;
            fs::metadata(path).is_ok_and(is_program)
        });
        let is_passed = |name: &str| {
            INHERITED.contains(&name) || INHERITED_PREFIXES.iter().any(|it| name.starts_with(it))
        };
        let passed = env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let passed = passed.filter(|(name, _)| is_passed(name));
        let set =
            passed.chain(FIXED).chain([("PATH", env.get("PATH").map_or(USUAL_PATH, |it| it))]);
        let env = set.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let program = Self { path: path.ok_or(GitError::Missing)?, env, timeout: TIMEOUT };
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
            None => Err(GitError::Unexpected { what: "version".to_owned() }),
        }
    }

    /// Runs git in a folder, and returns its answer for any exit code.
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
        // This thread ends with the child.
        drop(thread::spawn(move || stdin.map(|mut it| it.write_all(&input))));
        let out = read_limited(child.stdout.take(), MAX_OUTPUT);
        let stderr = read_limited(child.stderr.take(), MAX_STDERR);
        let answers = out.recv_timeout(self.timeout).and_then(|out| {
            let stderr = stderr.recv_timeout(self.timeout)?;
            Ok((out, stderr))
        });
        let Ok((out, stderr)) = answers else {
            kill(&mut child);
            return Err(GitError::TooSlow { what });
        };
        let out = out.map_err(not_run)?;
        if MAX_OUTPUT < u64::try_from(out.len()).unwrap_or(u64::MAX) {
            kill(&mut child);
            return Err(GitError::TooLong { what });
        }
        let stderr = stderr.map_err(not_run)?;
        let stderr = String::from_utf8_lossy(&stderr);
        let stderr = stderr.lines().map(str::trim).filter(|it| !it.is_empty());
        let stderr = stderr.take(MAX_LINES).collect::<Vec<_>>().join("; ");
        // Both streams are closed, so the child is about to exit.
        let code = child.wait().map_err(not_run)?.code();
        Ok(Answer { code, out, stderr })
    }

    /// Runs git in a folder, and returns its stdout.
    pub(super) fn ask(&self, dir: &Path, args: &[&OsStr]) -> Result<Vec<u8>, GitError> {
        let what = args.first().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        let Answer { code, out, stderr } = self.run(dir, args, Vec::new())?;
        if code == Some(0) { Ok(out) } else { Err(GitError::Failed { what, stderr }) }
    }

    /// Like [`Program::ask`], but returns `None` for a folder that is in no repository.
    pub(super) fn ask_if_repository(
        &self,
        dir: &Path,
        args: &[&OsStr],
    ) -> Result<Option<Vec<u8>>, GitError> {
        match self.ask(dir, args) {
            Err(GitError::Failed { stderr, .. }) if stderr.contains("not a git repository") => {
                Ok(None)
            }
            answer => answer.map(Some),
        }
    }

    fn command(&self, dir: &Path, args: &[&OsStr]) -> Command {
        let mut command = Command::new(&self.path);
        command.env_clear().envs(&self.env).arg("-C").arg(dir);
        command.args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"]);
        for it in OVERRIDES {
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

/// How many lines of stderr are shown.
const MAX_LINES: usize = 4;

/// Reads a stream to its end, or one byte past its maximum.
fn read_limited(
    stream: Option<impl Read + Send + 'static>,
    max: u64,
) -> mpsc::Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    drop(thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stream.map_or(Ok(0), |it| it.take(max + 1).read_to_end(&mut bytes));
        // After a timeout the receiver is gone.
        drop(sender.send(read.map(|_| bytes)));
    }));
    receiver
}

/// Kills a child that exceeded a limit.
fn kill(child: &mut Child) {
    // It may have exited already.
    drop(child.kill());
    drop(child.wait());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stand-in for git that runs a script.
    fn program(script: &str, timeout: Duration) -> (tempfile::TempDir, Program) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("git");
        // A file that is open for writing, even in a child of another test, cannot be executed.
        let mut write = Command::new("/bin/sh");
        write.args(["-c", "printf '#!/bin/sh\\n%s\\n' \"$0\" > \"$1\"; chmod 755 \"$1\"", script]);
        assert!(write.arg(&path).status().unwrap().success());
        let env = BTreeMap::from([("PATH".to_owned(), USUAL_PATH.to_owned())]);
        (dir, Program { path, env, timeout })
    }

    fn ran(script: &str, timeout: Duration) -> Result<Answer, GitError> {
        let (_dir, program) = program(script, timeout);
        program.run(Path::new("/"), &["status".as_ref()], vec![b'x'; 1 << 20])
    }

    #[test]
    fn a_hanging_git_times_out() {
        let slow = ran("exec sleep 60", Duration::from_millis(50)).unwrap_err();
        assert_eq!(slow, GitError::TooSlow { what: "status".to_owned() });
        // A child of git may hold the streams open.
        let slow = ran("sleep 2 & exit 0", Duration::from_millis(50)).unwrap_err();
        assert_eq!(slow, GitError::TooSlow { what: "status".to_owned() });
    }

    #[test]
    fn output_is_read_while_input_is_written() {
        let script = "head -c 1000000 /dev/zero; echo one >&2; echo two >&2; exit 3";
        let Answer { code, out, stderr } = ran(script, TIMEOUT).unwrap();
        assert_eq!((code, out.len(), stderr.as_str()), (Some(3), 1_000_000, "one; two"));
        let Answer { code, out, .. } = ran("wc -c", TIMEOUT).unwrap();
        assert_eq!((code, out.trim_ascii()), (Some(0), b"1048576".as_slice()));
        assert_eq!(ran("kill -9 $$", TIMEOUT).unwrap().code, None);
    }

    #[test]
    fn the_environment_cannot_point_to_another_repository() {
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
