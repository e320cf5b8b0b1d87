//! From text to text: two states in, the printed plan and what is complained of out.

use std::fmt::Write as _;

use super::testing::Story;
use crate::{
    render::{Show, plan_text},
    source::{Diagnostic, Severity, SourceMap},
};

/// Returns the plan as it is printed, and then the diagnostics.
fn planned(story: &Story) -> String {
    let plan = story.plan();
    let mut text = plan_text(&plan, Show::Changes);
    for it in &plan.diagnostics {
        let refuses = if it.refuses { " (refuses)" } else { "" };
        text.push_str(&complaint(&it.diagnostic, refuses, &story.sources));
    }
    text
}

fn complaint(diagnostic: &Diagnostic, note: &str, sources: &SourceMap) -> String {
    let Diagnostic { severity, code, message, help, labels } = diagnostic;
    let severity = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut text = format!("{severity} {code}{note}: {message}\n");
    for label in labels {
        let source = sources.source(label.span.source);
        let underlined = source.text.get(label.span.range()).unwrap();
        let line = sources.locate(label.span).line;
        let said = label.text.as_ref().map(|it| format!(" <- {it}")).unwrap_or_default();
        writeln!(text, "  at {line}: {underlined}{said}").unwrap();
    }
    if let Some(help) = help {
        writeln!(text, "  help: {help}").unwrap();
    }
    text
}

/// Returns the codes of what is complained of, without their common start.
fn codes(story: &Story) -> String {
    let diagnostics = story.plan().diagnostics;
    let codes =
        diagnostics.iter().map(|it| it.diagnostic.code.trim_start_matches("trueup::plan::"));
    codes.collect::<Vec<_>>().join(" ")
}

/// Returns name, action, reason and steps of each change, one a line.
fn changes(story: &Story) -> String {
    let line = |it: &super::Change| {
        let steps = it.steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        format!("{} {} {}: {steps}", it.name, it.action, it.reason.key())
    };
    story.plan().changes.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn everything_at_once_reads_as_in_the_design() {
    let desired = "
        old-dc; state absent
        hq-core; cdp 10.0.0.1 3; exclude 10.0.9.0/24; timeout 10s
        lab; cidr 10.20.0.0/22; state stopped
        branch-oslo; cidr 10.30.0.0/24; rerun until_complete
        branch-berlin; ranges 10.10.0.1-10.10.0.254, 10.10.2.7; timeout 5s; cli netops; snmp_v3 core
    ";
    let live = "
        old-dc; cidr 10.20.0.0/22
        hq-core; cdp 10.0.0.1 3; exclude 10.0.8.0/24; timeout 5s; cli netops; retries 3; running
        lab; cidr 10.20.0.0/22; running
        branch-oslo; cidr 10.30.0.0/24; aborted
    ";
    insta::assert_snapshot!(planned(&Story::new(desired, live)), @"");
}
