//! Limits of the CPU time of commands, which does not depend on the load of the machine.
//!
//! The limits are for a release build; a debug build may take several times as long.

use std::{
    fmt::Write as _,
    process::{Command, Stdio},
};

use serde_json::json;

use crate::shell::{Shell, discoveries};

/// The factor by which a debug build may be slower.
const SLACK: f64 = if cfg!(debug_assertions) { 8.0 } else { 1.0 };

/// Returns the CPU time of a command in seconds, the minimum of two runs.
fn cpu(shell: &Shell, line: &str) -> f64 {
    let once = || {
        let program = shell.command(line);
        // The shell's builtin `times` needs neither a crate nor privileges.
        let script = "\"$@\" >/dev/null 2>&1; times";
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(program.get_program()).args(program.get_args());
        command.current_dir(program.get_current_dir().unwrap());
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let of_children = text.lines().nth(1).unwrap_or_else(|| panic!("{text}"));
        of_children.split_whitespace().map(seconds).sum::<f64>()
    };
    (0..2).map(|_| once()).fold(f64::INFINITY, f64::min)
}

/// Parses a time such as `0m0.120000s`.
fn seconds(text: &str) -> f64 {
    let (minutes, rest) = text.split_once('m').unwrap();
    minutes.parse::<f64>().unwrap() * 60.0 + rest.trim_end_matches('s').parse::<f64>().unwrap()
}

#[test]
fn help_prints_within_twenty_milliseconds() {
    let took = cpu(&Shell::empty(), "--help");
    assert!(took < 0.020 * SLACK, "{took} s");
}

#[test]
fn a_plan_over_a_thousand_discoveries_is_quick() {
    let shell = Shell::new();
    shell.file("discoveries.yaml", &discoveries(1_000));
    let first = cpu(&shell, "plan --simulate");
    assert!(first < 0.150 * SLACK, "creates only: {first} s");

    let live = (0..1_000).map(|it| {
        json!({
            "id": it.to_string(),
            "name": format!("d-{it:05}"),
            "discoveryType": "CIDR",
            "ipAddressList": format!("10.{}.{}.0/24", it / 250, it % 250),
            "discoveryStatus": "Inactive",
            "discoveryCondition": "Complete",
        })
    });
    let world = json!({"discoveries": live.collect::<Vec<_>>()});
    shell.file("world.json", &world.to_string());
    let line = "plan --simulate=world.json";
    let plan = shell.expect(0, line);
    assert!(plan.out.contains("Plan: 0 to add, 1000 to change"), "{}", plan.err);
    let edits = cpu(&shell, line);
    assert!(edits < 0.150 * SLACK, "edits only: {edits} s");
}

#[test]
fn counting_the_addresses_of_forty_thousand_ranges_is_quick() {
    let shell = Shell::new();
    let mut text = discoveries(0);
    for it in 0..5_000 {
        // Every tenth one shares a range with its neighbour.
        let shared = it - usize::from(it % 10 == 9);
        let range = |n: usize, of: usize| {
            format!(
                "10.{}.{}.{}-10.{}.{}.{}",
                of / 250,
                of % 250,
                n * 30,
                of / 250,
                of % 250,
                n * 30 + 20
            )
        };
        let ranges = (0..8).map(|n| range(n, if n == 0 { shared } else { it }));
        let ranges = ranges.collect::<Vec<_>>().join(", ");
        writeln!(text, "  - {{name: d-{it:05}, ranges: [{ranges}]}}").unwrap();
    }
    shell.file("discoveries.yaml", &text);
    let plan = shell.expect(0, "plan --simulate");
    assert!(plan.out.contains("Overlaps:\n") && plan.out.contains("and 490 more"), "{}", plan.err);
    let (validated, planned) = (cpu(&shell, "validate"), cpu(&shell, "plan --simulate"));
    let both = format!("validate {validated} s, plan {planned} s");
    assert!(planned - validated < 0.5 * SLACK, "{both}");

    let forbidden = (0..1_000).map(|it| format!("10.{}.{}.255", it / 250, it % 250));
    let forbidden = forbidden.collect::<Vec<_>>().join(", ");
    let policy = format!(
        "version: 1\npolicy: {{max_new_addresses: 1000000, max_addresses_per_discovery: 4096, \
         forbid_ranges: [{forbidden}], allow_only_within: [10.0.0.0/8], allow_unbounded: [], \
         protected_names: [core-*], rules: {{long_address_list: error}}}}\n"
    );
    shell.file("limits.yaml", &policy);
    let ended = shell.expect(0, "plan --simulate --policy limits.yaml");
    assert!(ended.out == plan.out, "{}", ended.err);
    let limited = cpu(&shell, "plan --simulate --policy limits.yaml");
    assert!(limited - planned < 0.1 * SLACK, "{both}, with limits {limited} s");
}

#[test]
fn ten_thousand_discoveries_are_validated_quickly() {
    let shell = Shell::new();
    shell.file("discoveries.yaml", &discoveries(10_000));
    let took = cpu(&shell, "validate");
    assert!(took < 0.5 * SLACK, "validate: {took} s");
    let plan = shell.expect(0, "plan --simulate");
    assert!(plan.out.contains("Plan: 10000 to add"), "{}", plan.err);
}
