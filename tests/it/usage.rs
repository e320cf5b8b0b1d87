//! The command line itself: help, versions and errors.

use crate::shell::{Shell, repository_file};

/// The commands of the program.
pub(crate) const COMMANDS: [&str; 12] = [
    "validate",
    "plan",
    "apply",
    "resume",
    "show",
    "status",
    "simulator",
    "explain",
    "reference",
    "man",
    "schema",
    "completions",
];

#[test]
fn without_a_command_the_help_is_printed_and_the_call_is_invalid() {
    let ended = Shell::empty().expect(4, "");
    assert!(ended.out.is_empty() && ended.err.contains("Usage: trueup"), "{ended:#?}");
}

#[test]
fn requested_help_and_versions_go_to_stdout() {
    for line in ["--help", "-h", "--version", "-V", "plan --help", "simulator -h"] {
        let ended = Shell::empty().expect(0, line);
        assert!(ended.err.is_empty() && ended.out.len() > 10, "{line}: {ended:#?}");
    }
}

#[test]
fn an_invalid_command_line_exits_with_4() {
    let lines = [
        "plann",
        "help",
        "--bogus",
        "plan --bogus",
        "plan extra",
        "plan --show some",
        "plan --format json",
        "plan --out x.json",
        "plan --allow-delete 3",
        "plan --prune --allow-delete many",
        "plan --color blue",
        "plan --api discoverys",
        "plan --only x[ --simulate",
        "plan --simulate w.json",
        "plan --simulate --fault nonsense",
        "plan --simulate --quirk put_persists=maybe",
        "plan --rer x",
        "apply --timeout 5",
        "apply --parallelism 0",
        "apply --max-pending -1",
        "apply --wait forever",
        "apply plan.json",
        "status --format yaml",
        "status --only x[ --simulate",
        "simulator --listen here",
        "simulator --rate 0/1",
        "explain large_range prefix_size",
        "reference",
        "reference codes",
        "man plan",
        "schema",
        "schema snapshot",
        "resume",
        "resume nothing.jsonl",
        "resume a.jsonl b.jsonl",
        "resume a.jsonl --auto-approve",
        "completions",
        "completions tcsh",
    ];
    let shell = Shell::new();
    for line in lines {
        let ended = shell.expect(4, line);
        assert!(ended.out.is_empty() && ended.err.starts_with("Error: "), "{line}: {ended:#?}");
    }
}

#[test]
fn simulator_flags_require_simulate() {
    let shell = Shell::new().with("CC_URL", "https://127.0.0.1:9");
    let flags = [
        "--seed 3",
        "--latency 1s",
        "--task-time 1s",
        "--run-time 1s",
        "--release 2.3.7.9",
        "--rate 1/1",
        "--fault list=500",
        "--quirk ipv6=fail",
    ];
    for flag in flags {
        for command in ["plan", "apply --auto-approve", "status"] {
            let ended = shell.expect(4, &format!("{command} {flag}"));
            assert!(ended.err.contains("--simulate"), "{command} {flag}: {ended:#?}");
        }
    }
}

#[test]
fn the_help_of_every_command_matches_its_snapshot() {
    let shell = Shell::empty();
    insta::assert_snapshot!("help", shell.expect(0, "--help").out);
    for command in COMMANDS {
        let help = shell.expect(0, &format!("{command} --help")).out;
        insta::assert_snapshot!(format!("help_{command}"), help);
    }
}

#[test]
fn the_printed_schema_is_the_committed_one() {
    let ended = Shell::empty().expect(0, "schema desired-state");
    assert_eq!(ended.out, repository_file("schemas/desired-state.schema.json"));
    assert!(ended.err.is_empty(), "{ended:#?}");
}

#[test]
fn every_shell_has_completions_for_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ended = Shell::empty().expect(0, &format!("completions {shell}"));
        for command in COMMANDS {
            assert!(ended.out.contains(command), "{shell} lacks {command}");
        }
        assert!(ended.err.is_empty(), "{shell}: {}", ended.err);
    }
}

#[test]
fn a_file_given_without_its_flag_gets_a_tip() {
    let shell = Shell::new();
    std::fs::create_dir(shell.path("sites")).unwrap();
    for command in ["plan", "validate", "status"] {
        for path in ["discoveries.yaml", "none.yml", "sites"] {
            let ended = shell.expect(4, &format!("{command} {path}"));
            let tip = format!("tip: to name files of the desired state, use `-f {path}`");
            assert!(ended.err.contains(&tip), "{command} {path}: {ended:#?}");
        }
    }
    assert!(!shell.expect(4, "plan extra").err.contains("tip"));
    assert!(!shell.expect(4, "plan --bogus").err.contains("-f"));
}

#[test]
fn a_number_of_requests_is_at_least_one() {
    for flag in ["--parallelism", "--max-pending"] {
        for value in ["0", "many", "1.5"] {
            let ended = Shell::empty().expect(4, &format!("apply {flag} {value}"));
            assert!(ended.err.contains("write a whole number, at least 1"), "{ended:#?}");
        }
    }
}

#[test]
fn output_never_overwrites_an_input_file() {
    let shell = Shell::new();
    let text = std::fs::read_to_string(shell.path("discoveries.yaml")).unwrap();
    std::fs::create_dir(shell.path("sites")).unwrap();
    shell.file("sites/oslo.yaml", &text);
    let lines = [
        "plan --simulate --events discoveries.yaml",
        "plan --simulate --out ./discoveries.yaml",
        "plan --simulate --events both --out both",
        "plan --simulate -f sites --events sites/oslo.yaml",
        "plan --simulate -f sites --policy discoveries.yaml --out discoveries.yaml",
        "validate -f sites --annotations sarif=sites/oslo.yaml",
        "apply --simulate --auto-approve --events ./sites/../discoveries.yaml",
        "apply --simulate --auto-approve -f sites --report sites/oslo.yaml",
        "apply --simulate --events discoveries.yaml discoveries.yaml",
    ];
    for line in lines {
        let ended = shell.expect(4, line);
        assert!(
            ended.out.is_empty() && ended.err.contains(" cannot be both "),
            "{line}: {ended:#?}"
        );
        for file in ["discoveries.yaml", "sites/oslo.yaml"] {
            assert_eq!(std::fs::read_to_string(shell.path(file)).unwrap(), text, "{line}");
        }
    }
    assert!(!shell.path("both").exists());
    // Other files in the same folder may be written, and an older plan is overwritten.
    for _ in 0..2 {
        let line = "plan --simulate -f sites --out sites/plan.json --events sites/events";
        assert!(shell.expect(0, line).err.contains("Saved the plan to sites/plan.json."));
    }
}
