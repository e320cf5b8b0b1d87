//! What the README says, held against the program.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;
use trueup::cli::Exit;
use trueup_simulator::{Quirks, Simulator, World};

use crate::{bench::Bench, usage::COMMANDS};

const README: &str = include_str!("../../README.md");

const NOTHING: &str = "No changes. Your infrastructure matches the configuration.";

/// Returns the text of every fenced block in this language.
fn blocks(language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut current: Option<(String, bool)> = None;
    for line in README.lines() {
        match (&mut current, line.strip_prefix("```")) {
            (None, Some(of)) => current = Some((String::new(), of == language)),
            (Some((text, is_it)), Some("")) => {
                if *is_it {
                    found.push(std::mem::take(text));
                }
                current = None;
            }
            (Some((text, _)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => (),
            (Some(_), Some(_)) => panic!("a block in a block: {line}"),
        }
    }
    assert!(!found.is_empty(), "no block of {language:?}");
    found
}

/// Returns every command line for a shell.
fn commands() -> Vec<String> {
    blocks("sh").iter().flat_map(|it| it.lines()).map(str::to_owned).collect()
}

/// Returns the first command that begins like this, after its beginning.
fn command_after(beginning: &str) -> String {
    let found = commands().into_iter().find_map(|it| it.strip_prefix(beginning).map(str::to_owned));
    found.unwrap_or_else(|| panic!("no command begins with {beginning:?}"))
}

/// A folder that has what the first command needs of a clone.
fn clone() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("examples")).unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/first.yaml");
    fs::copy(example, dir.path().join("examples/first.yaml")).unwrap();
    dir
}

fn program(dir: &Path, args: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.current_dir(dir).args(args.split_whitespace()).env_clear();
    command.stdin(Stdio::null());
    command
}

#[test]
fn the_first_command_applies_and_the_second_time_there_is_nothing_to_do() {
    let dir = clone();
    let args = command_after("cargo run -- ");
    let run = || {
        let ran = program(dir.path(), &args).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        String::from_utf8(ran.stdout).unwrap()
    };
    let first = run();
    assert!(first.ends_with("\nApply complete! Resources: 3 added, 0 changed, 0 destroyed.\n"));
    assert!(run().starts_with(NOTHING));
    assert!(README.contains(NOTHING), "the README promises something else");
}

/// A server that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn the_server_prints_its_url_and_answers_there() {
    let dir = clone();
    let args = command_after("trueup simulator ").replace(":8080", ":0");
    let mut server = program(dir.path(), &format!("simulator {args}"));
    let mut server = Server(server.stdout(Stdio::piped()).spawn().unwrap());
    let mut url = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let (user, password) = ("admin", "simulator");
    assert!(README.contains(&format!("the user `{user}` with the password `{password}`")));
    let mut plan = program(dir.path(), "plan -f examples/first.yaml --detailed-exitcode");
    let plan = plan.env("CC_URL", url.trim()).env("CC_USERNAME", user).env("CC_PASSWORD", password);
    let plan = plan.output().unwrap();
    assert_eq!(plan.status.code(), Some(2), "{plan:?}");
}

/// What a command of the README is expected to come to.
fn expected(line: &str) -> &'static [Exit] {
    match line {
        // Nobody is there to ask.
        "trueup apply" => &[Exit::Invalid],
        // Nobody has changed it by hand.
        it if it.contains("--base HEAD") => &[Exit::Done],
        it if it.contains("--detailed-exitcode") => &[Exit::Changes],
        _ => &[Exit::Done],
    }
}

#[tokio::test(start_paused = true)]
async fn every_other_command_does_what_it_is_there_for() {
    let bench = Bench::like(&[], &[]);
    let mut n_run = 0;
    let first = fs::read_to_string("examples/first.yaml").unwrap();
    bench.files(&first).git("init --quiet --initial-branch main .");
    bench.commit("files");
    bench.git("update-ref refs/remotes/origin/main HEAD");
    let committed = bench.path("discoveries.yaml");
    for line in commands() {
        let bare = line.strip_prefix("TRUEUP_LOG=debug ").unwrap_or(&line);
        let bare = bare.split(" > ").next().unwrap();
        let Some(args) = bare.strip_prefix("trueup ") else { continue };
        let mut args = args.split_whitespace().collect::<Vec<_>>();
        let command = args[0];
        if command == "simulator" {
            continue;
        }
        // The default file stands in the folder of the reader, and the controller is a real one.
        let mut simulator = None::<Simulator>;
        let saved = bench.path("plan.json");
        let manuals = bench.path("man");
        if command == "man" {
            args[2] = &manuals;
        }
        let carries_out_a_saved_one = args.get(1) == Some(&"plan.json");
        if let Some(at) = args.iter().position(|it| *it == "plan.json") {
            args[at] = &saved;
        }
        // Any that was written will do: nothing is left to do of it.
        let journals = bench.disk.texts();
        let journal = journals.keys().next().map(|it| it.to_str().unwrap());
        if command == "resume" {
            args[1] = journal.unwrap();
            args.push("--simulate");
        }
        let takes_files = matches!(command, "validate" | "plan" | "apply" | "status");
        if let Some(at) = args.iter().position(|it| *it == "discoveries.yaml") {
            args[at] = "examples/first.yaml";
        } else if args.contains(&"--base") {
            args.extend(["-f", &committed]);
        } else if takes_files && !carries_out_a_saved_one && !args.contains(&"-f") {
            args.extend(["-f", "examples/first.yaml"]);
        }
        if takes_files && command != "validate" && !args.contains(&"--simulate") {
            args.push("--simulate");
            simulator = Some(bench.simulator.clone());
        }
        let ran = bench.run_exactly(&args, simulator).await;
        assert!(expected(bare).contains(&ran.exit), "{line}: {ran:#?}");
        n_run += 1;
    }
    assert_eq!(n_run, 19, "a command was added or is not found any more");
}

#[tokio::test(start_paused = true)]
async fn the_complete_example_is_true_once_it_is_applied() {
    let bench = Bench::like(&[], &[]);
    let [example] = blocks("yaml").try_into().unwrap();
    bench.files(&example);
    let ran = bench.expect_applied().await;
    assert!(ran.out.contains("4 added, 0 changed, 0 destroyed."), "{ran:#?}");
    bench.expect_no_changes().await;
}

#[test]
fn the_complete_example_has_every_key() {
    let [example] = blocks("yaml").try_into().unwrap();
    let schema = include_str!("../../schemas/desired-state.schema.json");
    let mut keys = BTreeSet::new();
    collect_keys(&serde_json::from_str(schema).unwrap(), &mut keys);
    assert!(30 < keys.len(), "the schema has next to no keys");
    // An id is of one controller: the text tells how to give one.
    for key in keys.iter().filter(|it| *it != "id") {
        assert!(example.contains(&format!("{key}:")), "{key}");
    }
}

/// Collects the names of all properties.
fn collect_keys(schema: &Value, keys: &mut BTreeSet<String>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        keys.extend(properties.keys().cloned());
    }
    match schema {
        Value::Object(it) => it.values().for_each(|it| collect_keys(it, keys)),
        Value::Array(it) => it.iter().for_each(|it| collect_keys(it, keys)),
        _ => (),
    }
}

#[tokio::test(start_paused = true)]
async fn the_plan_that_is_explained_is_a_real_one() {
    let bench = Bench::like(&[], &[]);
    let head = "version: 1\ndefaults: {credentials: {cli: [netops], snmp_v3: [core]}}\n";
    let files = |discoveries: &str| format!("{head}discoveries:\n{discoveries}");
    let before = [
        "  - {name: branch-oslo, cidr: 10.20.0.0/22}\n  - {name: old-dc, address: 10.30.0.1}\n",
        "  - {name: branch-oslo, state: stopped, cidr: 10.20.0.0/22}\n  \
           - {name: hq-core, cdp: {seed: 10.0.0.1, hops: 3}, timeout: 5s}\n",
    ];
    for discoveries in before {
        bench.files(&files(discoveries));
        assert_eq!(bench.run("apply --auto-approve").await.exit, Exit::Done);
    }
    bench.files(&files(
        "  - {name: branch-oslo, cidr: 10.20.0.0/22, rerun: until_complete}\n  \
           - {name: hq-core, cdp: {seed: 10.0.0.1, hops: 3}, timeout: 10s, exclude: [10.0.9.0/24]}\n  \
           - {name: old-dc, state: absent}\n  \
           - {name: branch-berlin, ranges: [10.10.0.1-10.10.0.254, 10.10.2.7], timeout: 5s}\n",
    ));
    let ran = bench.run("plan").await;
    let [plan] = blocks("").try_into().unwrap();
    assert_eq!(plan, ran.out);
}

#[tokio::test(start_paused = true)]
async fn every_flag_and_command_is_in_the_readme_and_no_other() {
    let bench = Bench::like(&[], &[]);
    let mut flags = BTreeSet::new();
    for command in COMMANDS {
        assert!(README.contains(&format!("| `trueup {command}` |")), "{command}");
        let help = bench.run_exactly(&[command, "--help"], None).await.out;
        flags.extend(flags_in(&help));
    }
    let help = bench.run_exactly(&["--help"], None).await.out;
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    let listed = listed.split("\n\n").next().unwrap();
    assert_eq!(listed.lines().count(), COMMANDS.len(), "{help}");
    assert!(20 < flags.len(), "the help has next to no flags");
    let ours = README.lines().filter(|it| !it.starts_with("cargo install"));
    let mentioned = ours.flat_map(flags_in).collect::<BTreeSet<_>>();
    assert_eq!(mentioned, flags);
}

#[tokio::test(start_paused = true)]
async fn the_help_lists_all_faults_and_quirks_as_the_readme_says() {
    assert!(README.contains("`trueup simulator --help` lists all of both"));
    let bench = Bench::like(&[], &[]);
    let help = bench.run_exactly(&["simulator", "--help"], None).await.out;
    for quirk in Quirks::ALL {
        assert!(help.contains(&format!("{}=", quirk.name)), "{}", quirk.name);
    }
    for fault in ["release any", "stuck-done", "other-run:NAME", "late:MS"] {
        assert!(help.contains(fault), "{fault}");
    }
}

/// Returns what begins with two dashes.
fn flags_in(text: &str) -> Vec<String> {
    let is_part = |it: char| it.is_ascii_lowercase() || it == '-';
    let words = text.split(|it: char| !is_part(it));
    let flags = words.filter(|it| it.starts_with("--") && 2 < it.len() && !it.starts_with("---"));
    flags.map(str::to_owned).collect()
}

#[test]
fn every_exit_code_is_in_the_table() {
    let (_, section) = README.split_once("## Exit codes").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows = section.lines().filter_map(|it| it.strip_prefix("| ")?.split(' ').next());
    let codes = rows.filter_map(|it| it.parse::<u8>().ok()).collect::<Vec<_>>();
    let all = [
        Exit::Done,
        Exit::Failed,
        Exit::Changes,
        Exit::Drift,
        Exit::Invalid,
        Exit::Refused,
        Exit::Stale,
        Exit::Partial,
        Exit::Pending,
        Exit::Unreachable,
    ];
    assert_eq!(codes, all.map(Exit::code));
}

#[test]
fn every_credential_of_a_new_world_is_named() {
    let world = serde_json::from_str::<Value>(&World::default().to_json()).unwrap();
    let kinds = world["credentials"].as_object().unwrap();
    let all = kinds.values().flat_map(|it| it.as_array().unwrap()).collect::<Vec<_>>();
    assert_eq!(all.len(), 9);
    for credential in all {
        let description = credential["description"].as_str().unwrap();
        let username = credential["username"].as_str();
        let username = username.map(|it| format!(" ({it})")).unwrap_or_default();
        assert!(README.contains(&format!("`{description}`{username}")), "{credential}");
    }
}
