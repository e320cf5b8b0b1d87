//! An empty repository, a controller, and a shell in a checkout.

use std::{
    cell::Cell,
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use super::forge::Forge;
use crate::{
    base::git_in,
    machines::{PASSWORD, leak},
    shell::{Ended, Server, Shell, repository_file},
};

/// The limits of the repository. A pull request cannot change them for its own plan.
pub(super) const POLICY: &str = "version: 1\npolicy: {max_new_addresses: 600}\n";

/// Returns a file with one discovery of a prefix, with a timeout.
pub(super) fn discovery(name: &str, prefix: &str, timeout: u32) -> String {
    format!(
        "version: 1\ndefaults: {{credentials: {{cli: [netops], snmp_v3: [core]}}}}\n\
         discoveries:\n  - {{name: {name}, cidr: {prefix}, timeout: {timeout}s}}\n"
    )
}

/// Reads one of the examples.
pub(super) fn example(path: &str) -> String {
    repository_file(&format!("examples/pipelines/{path}"))
}

/// Replaces a program that talks to a forge: forwards the call to this process.
const FORWARDING: &str = r#"#!/bin/bash
set -euo pipefail
input=
if [ "${0##*/}" = jq ]; then input=$(cat); fi
exec 3<>"/dev/tcp/127.0.0.1/$FORGE"
printf '%s\0' "${0##*/}" "$PWD" "$input" "$#" "$@" >&3
IFS= read -r status <&3
cat <&3
exit "$status"
"#;

/// Records its arguments, and executes the program.
const RECORDING: &str = r#"#!/bin/bash
( IFS=$'\x1f'; printf '%s\n' "$*" >>"RECORD" )
exec "PROGRAM" "$@"
"#;

/// Runs the program, and kills it as soon as the controller has received a create.
const KILLING: &str = r#"#!/bin/bash
"PROGRAM" "$@" &
has_create() {
  exec 3<>"/dev/tcp/CONTROLLER"
  printf 'GET /simulator/requests HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n' >&3
  grep -Eq '"create": ?[1-9]' <&3
}
until has_create || ! kill -0 $!; do sleep 0.02; done
kill -s KILL $!
wait $!
"#;

pub(super) struct Site {
    dir: TempDir,
    n_folders: Cell<u32>,
    pub(super) controller: Server,
    pub(super) forge: Forge,
    /// The user name of the login.
    pub(super) user: &'static str,
}

impl Site {
    /// Creates an empty repository on a forge, and a controller without discoveries.
    pub(super) fn new() -> Self {
        let login = Shell::empty().with("CC_USERNAME", "admin").with("CC_PASSWORD", PASSWORD);
        let controller = login.simulator("--task-time 10ms --run-time 10ms");
        let site = Self {
            dir: tempfile::tempdir().unwrap(),
            n_folders: Cell::new(0),
            controller,
            forge: Forge::start(),
            user: "admin",
        };
        for folder in ["bin", "tmp", "origin", "mine", "kept"] {
            fs::create_dir(site.path(folder)).unwrap();
        }
        for name in ["gh", "curl", "jq"] {
            site.program(name, FORWARDING);
        }
        site.record();
        let origin = site.path("origin");
        git_in(&origin, "init --quiet --bare --initial-branch main .");
        git_in(&origin, "config uploadpack.allowAnySHA1InWant true");
        site.git("init --quiet --initial-branch main .");
        site.git(&format!("remote add origin {}", site.origin()));
        site
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Installs a `trueup` that records its calls.
    pub(super) fn record(&self) {
        let record = RECORDING.replace("RECORD", self.path("record").to_str().unwrap());
        self.program("trueup", &record.replace("PROGRAM", env!("CARGO_BIN_EXE_trueup")));
    }

    /// Installs a `trueup` that kills each apply once a create has been sent.
    pub(super) fn kill(&self) {
        let address = self.controller.address().replace(':', "/");
        let program = env!("CARGO_BIN_EXE_trueup");
        let killing = KILLING.replace("CONTROLLER", &address).replace("PROGRAM", program);
        let other = format!("if [ \"$1\" != apply ]; then exec \"{program}\" \"$@\"; fi\n");
        self.program("trueup", &killing.replacen('\n', &format!("\n{other}"), 1));
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Creates a new empty folder with this prefix.
    pub(super) fn folder(&self, name: &str) -> PathBuf {
        self.n_folders.set(self.n_folders.get() + 1);
        let path = self.path(&format!("{name}-{}", self.n_folders.get()));
        fs::create_dir(&path).unwrap();
        path
    }

    pub(super) fn origin(&self) -> String {
        format!("file://{}", self.path("origin").display())
    }

    /// Runs git in the author's clone.
    pub(super) fn git(&self, line: &str) -> String {
        git_in(&self.path("mine"), line)
    }

    /// Commits these files on a branch, which is created if it does not exist, and pushes it.
    pub(super) fn push(&self, branch: &str, files: &[(&str, &str)]) -> String {
        if self.git("branch --show-current") != branch {
            let is_there = !self.git(&format!("branch --list {branch}")).is_empty();
            let how = if is_there { "" } else { "-b" };
            self.git(&format!("checkout --quiet {how} {branch}"));
        }
        for (path, text) in files {
            let path = self.path("mine").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        self.git("add --all .");
        self.git("commit --quiet -m files");
        self.git(&format!("push --quiet origin {branch}"));
        self.git("rev-parse HEAD")
    }

    /// Creates a branch at main.
    pub(super) fn branch(&self, name: &str) {
        self.git(&format!("checkout --quiet -b {name} main"));
    }

    /// Merges a branch into main, and pushes the merge commit to a reference.
    pub(super) fn merge(&self, branch: &str, reference: &str) -> String {
        self.git("checkout --quiet --detach main");
        self.git(&format!("merge --quiet --no-ff -m merged {branch}"));
        self.git(&format!("push --quiet origin +HEAD:{reference}"));
        let merged = self.git("rev-parse HEAD");
        if reference == "refs/heads/main" {
            self.git("checkout --quiet main");
            self.git(&format!("merge --quiet --ff-only {merged}"));
        }
        merged
    }

    /// Checks out a commit into a new folder, with all history and branches, or on its own.
    pub(super) fn checkout(&self, commit: &str, is_whole: bool) -> PathBuf {
        let dir = self.folder("checkout");
        git_in(&dir, "init --quiet .");
        git_in(&dir, &format!("remote add origin {}", self.origin()));
        let everything = "+refs/heads/*:refs/remotes/origin/* +refs/pull/*:refs/remotes/pull/*";
        let what = if is_whole { everything } else { commit };
        let depth = if is_whole { "" } else { "--depth 1" };
        git_in(&dir, &format!("fetch --quiet {depth} origin {what}"));
        git_in(&dir, &format!("checkout --quiet --detach {commit}"));
        dir
    }

    /// Runs a script with a shell in a folder, with only these variables.
    pub(super) fn run(
        &self,
        shell: &str,
        script: &str,
        dir: &Path,
        env: &[(String, String)],
    ) -> Ended {
        // Otherwise the login would be sent to the controller that the files name.
        let connects = ["plan", "apply", "resume"].iter().any(|it| {
            let command = format!("trueup {it} ");
            script.contains(&command)
        });
        assert!(!connects || script.contains(": \"${CC_URL:?is not set"), "{script}");
        let file = self.folder("script").join("script");
        fs::write(&file, script).unwrap();
        let mut words = shell.split(' ');
        let mut command = Command::new(words.next().unwrap());
        command.args(words).arg(&file).current_dir(dir).stdin(Stdio::null());
        let mut path = OsString::from(self.path("bin"));
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        command.env_clear().env("PATH", path);
        command.env("HOME", self.dir.path()).env("TMPDIR", self.path("tmp"));
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.env("FORGE", self.forge.port().to_string());
        command.envs(env.iter().map(|(name, value)| (name, value)));
        let output = command.output().unwrap();
        let text = |it: Vec<u8>| String::from_utf8(it).unwrap();
        let (out, err) = (text(output.stdout), text(output.stderr));
        assert_eq!((leak(&out), leak(&err)), (None, None), "{script}: {out}\n{err}");
        Ended { code: output.status.code(), out, err }
    }

    /// Returns the controller and the login, as variables and secrets of the CI.
    pub(super) fn login(&self) -> [(String, String); 3] {
        let url = self.controller.url.clone();
        [("CC_URL", url.as_str()), ("CC_USERNAME", self.user), ("CC_PASSWORD", PASSWORD)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    }

    /// Returns the names on the controller.
    pub(super) fn live(&self) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
        command.args(["status", "--format", "json", "-f"]).arg(self.path("mine/discoveries"));
        command.current_dir(self.dir.path()).env_clear().envs(self.login());
        let output = command.output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        let live = serde_json::from_slice::<Value>(&output.stdout).expect(&err);
        let all = live["discoveries"].as_array().unwrap().iter();
        let all = all.map(|it| it["name"].as_str().unwrap().to_owned());
        all.collect::<Vec<_>>().join(" ")
    }

    /// Lets another user change something as soon as the next command logs in.
    pub(super) fn inject_before_next_command(&self, fault: &str) {
        self.controller.inject(&format!("token={fault}"));
    }

    /// Returns the arguments of each recorded call of the program.
    pub(super) fn ran(&self) -> Vec<Vec<String>> {
        let record = fs::read_to_string(self.path("record")).unwrap_or_default();
        record.lines().map(|it| it.split('\x1f').map(str::to_owned).collect()).collect()
    }
}
