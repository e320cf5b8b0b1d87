//! Plans from text: two states as the input, the printed plan and the diagnostics as the output.

use std::fmt::Write as _;

use super::testing::Scenario;
use crate::{
    model::SettingKey,
    render::{Show, plan_text},
    source::{Diagnostic, Severity, SourceMap},
};

/// Returns the printed plan, and then the diagnostics.
fn planned(scenario: &Scenario) -> String {
    let plan = scenario.plan();
    let mut text = plan_text(&plan, &scenario.sources, Show::Changes);
    for it in &plan.diagnostics {
        let refuses = if it.refuses { " (refuses)" } else { "" };
        text.push_str(&diagnostic(&it.diagnostic, refuses, &scenario.sources));
    }
    text
}

fn diagnostic(diagnostic: &Diagnostic, note: &str, sources: &SourceMap) -> String {
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
        let text_of_label = label.text.as_ref().map(|it| format!(" <- {it}")).unwrap_or_default();
        writeln!(text, "  at {line}: {underlined}{text_of_label}").unwrap();
    }
    if let Some(help) = help {
        writeln!(text, "  help: {help}").unwrap();
    }
    text
}

/// Returns the codes of the diagnostics, without their common prefix.
fn codes(scenario: &Scenario) -> String {
    let diagnostics = scenario.plan().diagnostics;
    let codes =
        diagnostics.iter().map(|it| it.diagnostic.code.trim_start_matches("trueup::plan::"));
    codes.collect::<Vec<_>>().join(" ")
}

/// Returns name, action, reason and steps of each change, one a line.
fn changes(scenario: &Scenario) -> String {
    let line = |it: &super::Change| {
        let steps = it.steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        format!("{} {} {}: {steps}", it.name, it.action, it.reason.key())
    };
    scenario.plan().changes.iter().map(line).collect::<Vec<_>>().join("\n")
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
    insta::assert_snapshot!(planned(&Scenario::new(desired, live)), @r#"
      # old-dc will be destroyed
      # (declared_absent)
      - resource "discovery" "old-dc" {
          - cidr = "10.20.0.0/22"
        }

      # hq-core will be updated in-place
      # (settings_changed; steps: stop, edit, run)
      ~ resource "discovery" "hq-core" {
          ~ timeout = "5s" -> "10s"
          ~ exclude = [
              - "10.0.8.0/24",
              + "10.0.9.0/24",
            ]
            # (4 unchanged settings hidden)
        }

      # lab will be stopped
      # (running)
      . lab

      # branch-oslo will be restarted
      # (rerun_incomplete: aborted)
      ! branch-oslo

      # branch-berlin will be created
      # (new)
      + resource "discovery" "branch-berlin" {
          + ranges              = ["10.10.0.1-10.10.0.254", "10.10.2.7"]
          + credentials.cli     = ["netops (netops)"]
          + credentials.snmp_v3 = ["core (monitor)"]
          + timeout             = "5s"
        }

    Impact:
      branch-berlin: 255 addresses, 255 new, 2,040 logins at most
      hq-core: 1 address, 4 logins at most, unbounded

    Plan: 1 to add, 3 to change, 1 to destroy.
    Runs: 3 to start, 2 to stop. Addresses: 512 scanned, 255 of them new. Unbounded: hq-core.
    "#);
}

const CREDENTIALS: &str = "cli netops; snmp_v3 core";

/// A declared and a live discovery with the same name and target.
fn pair(desired: &str, live: &str) -> Scenario {
    let desired = format!("lab; cidr 10.0.0.0/24; {desired}").replace("; ;", ";");
    let live = format!("lab; cidr 10.0.0.0/24; {live}");
    Scenario::new(desired.trim_end_matches("; "), live.trim_end_matches("; "))
}

fn new(keys: &str) -> Scenario {
    Scenario::new(&format!("lab; cidr 10.0.0.0/24; {CREDENTIALS}{keys}"), "")
}

// The table of actions.

#[test]
fn a_missing_discovery_is_created_only_if_it_is_declared_present() {
    assert_eq!(changes(&new("")), "lab create new: create");
    for state in ["stopped", "absent"] {
        let scenario = new(&format!("; state {state}"));
        assert_eq!(changes(&scenario), "");
        assert_eq!(scenario.plan().unchanged.len(), 1);
    }
}

#[test]
fn an_unchanged_discovery_is_left_alone() {
    let scenario = pair("retries 3", "retries 3; timeout 5s");
    assert_eq!(changes(&scenario), "");
    assert_eq!(scenario.plan().unchanged.len(), 1);
}

#[test]
fn a_changed_setting_is_an_edit_and_a_run() {
    assert_eq!(changes(&pair("retries 3", "retries 2")), "lab update settings_changed: edit, run");
    assert_eq!(
        changes(&pair("retries 3", "retries 2; running")),
        "lab update settings_changed: stop, edit, run"
    );
    assert_eq!(
        changes(&pair("retries 3; rerun never", "retries 2; running")),
        "lab update settings_changed: stop, edit"
    );
    assert_eq!(
        changes(&pair("retries 3; rerun never", "retries 2").rerunning(&["lab"])),
        "lab update settings_changed: edit, run"
    );
}

#[test]
fn a_replace_deletes_before_it_creates() {
    let replace =
        |live: &str| changes(&pair(&format!("retries 3; on_change replace; {CREDENTIALS}"), live));
    assert_eq!(replace("retries 2"), "lab replace replace_requested: delete, create");
    assert_eq!(
        replace("retries 2; running"),
        "lab replace replace_requested: stop, delete, create"
    );
    assert_eq!(replace("retries 3; cli netops; snmp_v3 core; running"), "");
}

#[test]
fn a_discovery_declared_stopped_is_stopped_or_edited_and_never_run() {
    let stopped = |keys: &str, live: &str| changes(&pair(&format!("state stopped{keys}"), live));
    assert_eq!(stopped("", "running"), "lab stop running: stop");
    assert_eq!(stopped("", "aborted"), "");
    assert_eq!(stopped("; rerun always", "complete"), "");
    let edited = "lab update settings_changed: edit";
    assert_eq!(stopped("; retries 3", "retries 2"), edited);
    assert_eq!(stopped("; retries 3; on_change replace", "retries 2"), edited);
    assert_eq!(
        stopped("; retries 3; rerun always", "retries 2; running"),
        "lab update settings_changed: stop, edit"
    );
}

#[test]
fn a_discovery_declared_absent_is_deleted_and_its_other_keys_are_ignored() {
    let scenario = pair("state absent; retries 3; cli nobody; rerun always", "running");
    assert_eq!(changes(&scenario), "lab delete declared_absent: delete");
    assert_eq!(codes(&scenario), "");
}

#[test]
fn a_duplicate_live_name_is_always_an_error() {
    for state in ["present", "stopped", "absent"] {
        let scenario =
            Scenario::new(&format!("lab; cidr 10.0.0.0/24; state {state}"), "lab\nlab\nhq");
        assert_eq!(changes(&scenario), "");
        assert_eq!(codes(&scenario), "duplicate_live_name");
    }
    let scenario = Scenario::new("lab; cidr 10.0.0.0/24", "lab\nlab");
    insta::assert_snapshot!(planned(&scenario), @"
    This plan cannot be applied: 1 error. The discoveries with errors are left out of it.
    error trueup::plan::duplicate_live_name: the controller has 2 discoveries named `lab`: ids 1, 2
      at 1: lab
      help: only the name identifies a discovery: delete all but one on the controller
    ");
}

#[test]
fn a_moved_line_is_not_a_change() {
    let scenario = Scenario::new("\n\n  lab;   cidr   10.0.0.0/24", "lab; cidr 10.0.0.0/24");
    assert_eq!(changes(&scenario), "");
}

// When a discovery is run again.

#[test]
fn an_unchanged_discovery_is_run_again_by_its_policy() {
    let rerun = |policy: &str, live: &str| changes(&pair(&format!("rerun {policy}"), live));
    assert_eq!(rerun("until_complete", "aborted"), "lab restart rerun_incomplete: run");
    assert_eq!(rerun("always", "complete"), "lab restart rerun_always: run");
    assert_eq!(rerun("older_than 1d", "ended 1799913599999"), "lab restart rerun_age: run");
    assert_eq!(rerun("older_than 1d", "ended 1799913600000"), "");
    assert_eq!(rerun("always", "running"), "");
}

#[test]
fn a_requested_name_is_run_again_unless_it_runs() {
    let scenario = pair("rerun never", "unknown").rerunning(&["lab"]);
    assert_eq!(changes(&scenario), "lab restart rerun_requested: run");
    let scenario = pair("", "running").rerunning(&["lab"]);
    insta::assert_snapshot!(planned(&scenario), @"
    No changes. Your infrastructure matches the configuration.
    warning trueup::plan::already_running: `lab` is already running: `--rerun` is ignored
      at 1: lab
    ");
}

#[test]
fn an_unknown_run_state_is_reported_if_it_matters() {
    insta::assert_snapshot!(planned(&pair("rerun until_complete", "unknown")), @"
    No changes. Your infrastructure matches the configuration.
    warning trueup::plan::run_state_unknown: it is not known whether `lab` runs (Inactive, Complete): it is not run again
      at 1: lab
      help: look at it on the controller, or run it with `--rerun`
    ");
    assert_eq!(codes(&pair("rerun older_than 1d", "unknown")), "run_state_unknown");
    assert_eq!(codes(&pair("state stopped", "unknown")), "run_state_unknown");
    assert_eq!(codes(&pair("", "unknown")), "");
}

#[test]
fn a_run_with_an_unknown_end_is_not_run_again() {
    insta::assert_snapshot!(planned(&pair("rerun older_than 1d", "failed")), @"
    No changes. Your infrastructure matches the configuration.
    warning trueup::plan::run_age_unknown: it is not known when the last run of `lab` ended: it is not run again
      at 1: older_than 1d
      help: run it once with `--rerun`
    ");
}

#[test]
fn the_end_of_a_run_is_needed_only_if_it_decides() {
    let asked = |scenario: Scenario| {
        let ids = super::needs_run_age_against(
            None,
            &scenario.desired,
            &scenario.live,
            &scenario.options,
        );
        ids.len()
    };
    assert_eq!(asked(pair("rerun older_than 1d", "")), 1);
    assert_eq!(asked(pair("rerun older_than 1d; cli netops", "cli netops; failed")), 1);
    assert_eq!(asked(pair("rerun older_than 1d", "running")), 0);
    assert_eq!(asked(pair("rerun older_than 1d; retries 1", "")), 0);
    assert_eq!(asked(pair("rerun older_than 1d; state stopped", "")), 0);
    assert_eq!(asked(pair("rerun older_than 1d", "").rerunning(&["lab"])), 0);
    assert_eq!(asked(pair("rerun older_than 1d", "").except(&["lab"])), 0);
    assert_eq!(asked(pair("rerun always", "")), 0);
}

// Credentials.

#[test]
fn every_reference_that_does_not_resolve_is_an_error_at_its_place() {
    let desired = "lab; cidr 10.0.0.0/24; cli netopz, legacy, core; snmp_v2_read id s1; netconf x";
    insta::assert_snapshot!(planned(&Scenario::new(desired, "")), @"
    This plan cannot be applied: 5 errors. The discoveries with errors are left out of it.
    error trueup::plan::credential_missing: the controller has no cli credential `netopz`
      at 1: netopz
      help: the controller's cli credentials: legacy (admin), id c2; legacy (root), id c3; netops (netops), id c1; twin (twin), id c4; twin (twin), id c5
    error trueup::plan::credential_ambiguous: `legacy` matches 2 cli credentials
      at 1: legacy
      help: choose one by its `username` or its `id`: legacy (admin), id c2; legacy (root), id c3
    error trueup::plan::credential_of_another_kind: `core` is a credential of kind `snmp_v3`, not `cli`
      at 1: core
      help: list it under `snmp_v3`, or name one of kind `cli` here
    error trueup::plan::credential_of_another_kind: `id s1` is a credential of kind `snmp_v3`, not `snmp_v2_read`
      at 1: id s1
      help: list it under `snmp_v3`, or name one of kind `snmp_v2_read` here
    error trueup::plan::credential_missing: the controller has no netconf credential `x`
      at 1: x
      help: the controller's netconf credentials: netconf-830, id n1
    ");
}

#[test]
fn a_credential_is_named_by_description_or_username_or_id() {
    for reference in ["netops", "netops (netops)", "(netops)", "id c1"] {
        let scenario = pair(&format!("cli {reference}"), "cli netops");
        assert_eq!(
            (changes(&scenario), codes(&scenario)),
            (String::new(), String::new()),
            "{reference}"
        );
    }
    assert_eq!(codes(&pair("cli Netops", "cli netops")), "credential_missing");
}

#[test]
fn the_same_credential_twice_is_a_warning() {
    let scenario = pair("cli netops, id c1", "cli netops");
    assert_eq!(changes(&scenario), "");
    insta::assert_snapshot!(planned(&scenario), @"
    No changes. Your infrastructure matches the configuration.
    warning trueup::plan::credential_twice: the cli credential `netops (netops)` is listed twice
      at 1: id c1 <- here
      at 1: netops <- and here
    ");
}

#[test]
fn an_error_in_the_defaults_of_a_file_is_reported_once() {
    let mut scenario = Scenario::new("a; cidr 10.0.0.0/24; cli nobody\nb; cidr 10.0.1.0/24", "");
    let credentials = scenario.desired.discoveries[0].wanted.credentials.clone();
    scenario.desired.discoveries[1].wanted.credentials = credentials;
    assert_eq!(codes(&scenario), "no_snmp_credential credential_missing no_snmp_credential");
}

#[test]
fn an_error_of_a_credential_does_not_hide_other_errors() {
    let scenario = pair("cli nobody; retries 3", "retries 2; own userNameList; edited");
    assert_eq!(codes(&scenario), "being_edited own_credentials credential_missing");
    assert_eq!(changes(&scenario), "");
}

#[test]
fn an_error_keeps_its_own_change_out_and_no_other() {
    let desired = "lab; cidr 10.0.0.0/24\nhq; address 10.0.0.1; cli netops; snmp_v3 core";
    insta::assert_snapshot!(planned(&Scenario::new(desired, "")), @r#"
      # hq will be created
      # (new)
      + resource "discovery" "hq" {
          + address             = "10.0.0.1"
          + credentials.cli     = ["netops (netops)"]
          + credentials.snmp_v3 = ["core (monitor)"]
        }

    Impact:
      hq: 1 address, 1 new, 8 logins at most

    Overlaps:
      hq (discoveries.yaml:2) and lab (discoveries.yaml:1): 10.0.0.1 (1 address)

    This plan cannot be applied: 1 error. The discoveries with errors are left out of it.
    Plan: 1 to add, 0 to change, 0 to destroy.
    Runs: 1 to start. Addresses: 1 scanned, 1 of them new.
    error trueup::plan::no_cli_credential: `lab` would be created without a `cli` credential
      at 1: lab
      help: add one: `credentials: {cli: [DESCRIPTION]}`, here or in `defaults`
    warning trueup::plan::no_snmp_credential: `lab` would be created without an SNMP credential
      at 1: lab
      help: the controller may reject it, or find less: add `snmp_v3` or `snmp_v2_read`
    "#);
}

#[test]
fn a_credential_that_is_gone_differs_if_any_kind_is_managed() {
    assert_eq!(changes(&pair("", "cli netops; gone 17")), "");
    insta::assert_snapshot!(planned(&pair("cli netops", "cli netops; gone 17")), @r#"
      # lab will be updated in-place
      # (settings_changed; steps: edit, run)
      ~ resource "discovery" "lab" {
          ~ credentials = [
              - (gone) 17,
            ]
            # (2 unchanged settings hidden)
        }

    Impact:
      lab: 256 addresses, 1,024 logins at most

    Plan: 0 to add, 1 to change, 0 to destroy.
    Runs: 1 to start. Addresses: 256 scanned, 0 of them new.
    "#);
}

#[test]
fn a_replace_never_keeps_a_credential_that_is_gone() {
    let scenario = pair("retries 3; on_change replace", "cli netops; snmp_v3 core; gone 17");
    insta::assert_snapshot!(planned(&scenario), @r#"
      # lab must be replaced
      # (replace_requested; steps: delete, create)
    -/+ resource "discovery" "lab" {
          + retries     = 3
          ~ credentials = [
              - (gone) 17,
            ]
            # (3 unchanged settings hidden)
        }

    Impact:
      lab: 256 addresses, 2,048 logins at most

    Plan: 1 to add, 0 to change, 1 to destroy.
    Runs: 1 to start. Addresses: 256 scanned, 0 of them new.
    "#);
    let plan = scenario.plan();
    assert!(plan.changes[0].after.as_ref().unwrap().get(SettingKey::GoneCredentials).is_none());
}

#[test]
fn nothing_is_created_without_a_cli_credential() {
    let codes_of = |keys: &str| codes(&Scenario::new(&format!("lab; cidr 10.0.0.0/24{keys}"), ""));
    assert_eq!(codes_of("; snmp_v2_read public-read"), "no_cli_credential");
    assert_eq!(codes_of("; cli ; snmp_v3 core"), "no_cli_credential");
    assert_eq!(codes_of("; cli netops; snmp_v3 "), "no_snmp_credential");
    assert_eq!(codes_of("; cli netops; snmp_v2_write private-write"), "");
    let scenario = pair("retries 3; on_change replace", "retries 2");
    assert_eq!(codes(&scenario), "no_cli_credential no_snmp_credential");
    assert_eq!(changes(&scenario), "");
}

// Warnings and protections.

#[test]
fn a_create_starts_a_run_even_if_none_is_wanted() {
    let scenario = new("; rerun never");
    insta::assert_snapshot!(planned(&scenario), @r#"
      # lab will be created
      # (new)
      + resource "discovery" "lab" {
          + cidr                = "10.0.0.0/24"
          + credentials.cli     = ["netops (netops)"]
          + credentials.snmp_v3 = ["core (monitor)"]
        }

    Impact:
      lab: 256 addresses, 256 new, 2,048 logins at most

    Plan: 1 to add, 0 to change, 0 to destroy.
    Runs: 1 to start. Addresses: 256 scanned, 256 of them new.
    warning trueup::plan::create_starts_a_run: creating `lab` starts a run in spite of `rerun: never`
      at 1: never
      help: the classic interface cannot create a discovery without running it
    "#);
    assert_eq!(codes(&new("; rerun never").rerunning(&["lab"])), "");
    let replace = format!("retries 3; rerun never; on_change replace; {CREDENTIALS}");
    assert_eq!(codes(&pair(&replace, "")), "create_starts_a_run");
}

#[test]
fn a_discovery_with_its_own_credentials_is_never_edited() {
    let scenario = pair("retries 3", "retries 2; own userNameList");
    insta::assert_snapshot!(planned(&scenario), @"
    This plan cannot be applied: 1 refusal. The discoveries with errors are left out of it.
    error trueup::plan::own_credentials (refuses): `lab` has its own credentials (`userNameList`), which cannot be read; an edit would lose them
      at 1: lab
      help: set `state: present` and `on_change: replace` to recreate it without them, or change it on the controller by hand
    ");
    for keys in ["retries 2", "state stopped", "state absent", "rerun always"] {
        assert_eq!(codes(&pair(keys, "retries 2; own userNameList")), "", "{keys}");
    }
}

#[test]
fn a_replace_is_the_consent_to_lose_credentials() {
    let keys = format!("retries 3; on_change replace; {CREDENTIALS}");
    let scenario = pair(&keys, "retries 2; own userNameList");
    insta::assert_snapshot!(planned(&scenario), @r#"
      # lab must be replaced
      # (replace_requested; steps: delete, create)
    -/+ resource "discovery" "lab" {
          + credentials.cli     = ["netops (netops)"]
          + credentials.snmp_v3 = ["core (monitor)"]
          ~ retries             = 2 -> 3
            # (1 unchanged setting hidden)
        }

    Impact:
      lab: 256 addresses, 2,048 logins at most

    Plan: 1 to add, 0 to change, 1 to destroy.
    Runs: 1 to start. Addresses: 256 scanned, 0 of them new.
    warning trueup::plan::own_credentials_lost: replacing `lab` loses its own credentials (`userNameList`): they cannot be read
      at 1: replace
    "#);
    let stopped = pair(&format!("{keys}; state stopped"), "retries 2; own userNameList");
    assert_eq!((changes(&stopped), codes(&stopped)), (String::new(), "own_credentials".into()));
}

#[test]
fn an_edit_does_not_send_masked_secrets() {
    let scenario = pair("retries 3", "retries 2; cli netops; masked snmpRoCommunity");
    insta::assert_snapshot!(planned(&scenario), @r#"
      # lab will be updated in-place
      # (settings_changed; steps: edit, run)
      ~ resource "discovery" "lab" {
          ~ retries = 2 -> 3
            # (2 unchanged settings hidden)
        }

    Impact:
      lab: 256 addresses, 1,024 logins at most

    Plan: 0 to add, 1 to change, 0 to destroy.
    Runs: 1 to start. Addresses: 256 scanned, 0 of them new.
    warning trueup::plan::secrets_not_sent: `lab` has masked secrets (`snmpRoCommunity`): an edit does not send them
      at 1: lab
      help: its global credentials are kept; check its runs after the edit
    "#);
    assert_eq!(codes(&pair("", "cli netops; masked snmpRoCommunity")), "");
}

#[test]
fn an_edit_by_another_user_is_reported() {
    insta::assert_snapshot!(planned(&pair("", "edited")), @"
    No changes. Your infrastructure matches the configuration.
    warning trueup::plan::being_edited: another user may be editing `lab`: its status is `Edit`
      at 1: lab
      help: what the user saves after this plan is applied overwrites it
    ");
}

#[test]
fn a_similar_name_is_reported() {
    let scenario = Scenario::new("HQ Core; cidr 10.0.0.0/24; state stopped", "hqcore");
    insta::assert_snapshot!(planned(&scenario), @"
    No changes. Your infrastructure matches the configuration.
    warning trueup::plan::similar_name: `HQ Core` does not exist on the controller, but `hqcore` does
      at 1: HQ Core
      help: they differ only in letter case or spaces, and are two discoveries to the controller
    ");
    let renamed = Scenario::new("HQ; cidr 10.0.0.0/24; state stopped\nhq; state absent", "hq");
    assert_eq!(codes(&renamed), "");
}

#[test]
fn hops_that_cannot_be_compared_are_reported() {
    let hops = |want: &str, have: &str| {
        let live = format!("hq; cdp 10.0.0.1 {have}");
        Scenario::new(&format!("hq; cdp 10.0.0.1 {want}"), &live)
    };
    insta::assert_snapshot!(planned(&hops("3", "?")), @"
    No changes. Your infrastructure matches the configuration.
    warning trueup::plan::hops_not_reported: the controller does not report the hops of `hq`
      at 1: 10.0.0.1 3
      help: they cannot be compared, so a difference is not noticed
    ");
    assert_eq!(codes(&hops("16", "?")), "");
    assert_eq!(codes(&hops("3", "3")), "");
    assert_eq!(changes(&hops("3", "4")), "hq update settings_changed: edit, run");
}

#[test]
fn an_unreadable_discovery_is_an_error_only_if_it_matters() {
    let odd = "odd; unreadable discoveryType \"Foo\"";
    insta::assert_snapshot!(planned(&Scenario::new("odd; state absent", odd)), @r#"
    This plan cannot be applied: 1 error. The discoveries with errors are left out of it.
    error trueup::plan::unreadable: the live discovery `odd` cannot be read: `discoveryType` is "Foo"
      at 1: odd
      help: it is left alone until then: look at it on the controller
    "#);
    insta::assert_snapshot!(planned(&Scenario::new("lab; state absent", odd)), @r#"
    No changes. Your infrastructure matches the configuration.
    warning trueup::plan::unreadable: 1 unmanaged live discovery cannot be read: `odd` (`discoveryType` is "Foo")
      help: the plan leaves them alone and does not count their addresses
    "#);
    let pruned = Scenario::new("lab; state absent", odd).pruning(&["*"]);
    assert_eq!(codes(&pruned), "unreadable");
    assert!(!pruned.plan().is_complete());
    assert_eq!(pruned.plan().unmanaged.len(), 1);
    assert_eq!(codes(&Scenario::new("odd; state absent", odd).except(&["odd"])), "");
}

#[test]
fn many_unreadable_discoveries_are_one_warning() {
    let odd = (0..12).map(|it| format!("odd-{it:02}; unreadable id null"));
    let scenario = Scenario::new("", &odd.collect::<Vec<_>>().join("\n"));
    assert_eq!(codes(&scenario), "unreadable");
    let plan = scenario.plan();
    assert!(
        plan.diagnostics[0].diagnostic.message.ends_with("`odd-09` (`id` is null), and 2 more")
    );
}

// Pruning and narrowing.

#[test]
fn prune_deletes_managed_undeclared_discoveries() {
    let live = "lab; cidr 10.0.0.0/24\nbranch-a\nbranch-b; cidr 10.1.0.0/24\nother";
    let scenario = Scenario::new("lab; cidr 10.0.0.0/24", live);
    assert_eq!(changes(&scenario.clone().managing(&["branch-*"])), "");
    let scenario = scenario.pruning(&["branch-*"]);
    assert_eq!(
        changes(&scenario),
        "branch-a delete not_declared: delete\nbranch-b delete not_declared: delete"
    );
    let plan = scenario.plan();
    assert_eq!(plan.unmanaged.iter().map(ToString::to_string).collect::<Vec<_>>(), ["other"]);
    assert_eq!(
        changes(&scenario.clone().only(&["branch-b"])),
        "branch-b delete not_declared: delete"
    );
    assert_eq!(changes(&scenario.except(&["*-b"])), "branch-a delete not_declared: delete");
}

#[test]
fn a_pattern_that_matches_nothing_is_reported() {
    let scenario = Scenario::new("lab; cidr 10.0.0.0/24", "lab; cidr 10.0.0.0/24\nother");
    assert_eq!(codes(&scenario.clone().only(&["l*", "other"])), "");
    assert_eq!(codes(&scenario.only(&["l*", "zzz*"])), "matches_nothing");
}

/// Ten or more managed live discoveries, the last of them undeclared.
fn guarded(n_managed: usize, n_deletions: usize) -> Scenario {
    let names = (0..n_managed).map(|it| format!("b-{it:02}; cidr 10.0.{it}.0/24\n"));
    let names = names.collect::<Vec<_>>();
    let kept = names.iter().take(n_managed - n_deletions).cloned().collect::<String>();
    Scenario::new(&kept, &names.concat()).pruning(&["b-*"])
}

#[test]
fn prune_is_refused_beyond_two_and_a_fifth() {
    assert_eq!(codes(&guarded(3, 2)), "");
    assert_eq!(codes(&guarded(15, 3)), "");
    assert_eq!(codes(&guarded(14, 3)), "too_many_deletions");
    assert_eq!(codes(&guarded(14, 3).allowing(2)), "too_many_deletions");
    assert_eq!(codes(&guarded(14, 3).allowing(3)), "");
    insta::assert_snapshot!(planned(&guarded(4, 3)), @r#"
      # b-01 will be destroyed
      # (not_declared)
      - resource "discovery" "b-01" {
          - cidr = "10.0.1.0/24"
        }

      # b-02 will be destroyed
      # (not_declared)
      - resource "discovery" "b-02" {
          - cidr = "10.0.2.0/24"
        }

      # b-03 will be destroyed
      # (not_declared)
      - resource "discovery" "b-03" {
          - cidr = "10.0.3.0/24"
        }

    Impact:
      b-01: 256 addresses before, none after, 256 dropped
      b-02: 256 addresses before, none after, 256 dropped
      b-03: 256 addresses before, none after, 256 dropped

    This plan cannot be applied: 1 refusal.
    Plan: 0 to add, 0 to change, 3 to destroy.
    Addresses: 768 dropped.
    error trueup::plan::too_many_deletions (refuses): `--prune` would delete 3 of the 4 discoveries that `manage.names` covers
      help: to delete all of them, pass `--allow-delete 3`
    "#);
}

#[test]
fn prune_does_not_change_duplicate_names() {
    let scenario = Scenario::new("lab; state absent", "b-1\nb-1").pruning(&["b-*"]);
    assert_eq!(
        (changes(&scenario), codes(&scenario)),
        (String::new(), "duplicate_live_name".into())
    );
}

#[test]
fn a_plan_counts_excluded_discoveries() {
    let desired =
        "a; address 10.0.0.1; state stopped\nb; state absent; cli nobody\nc; state absent";
    let scenario = Scenario::new(desired, "a; address 10.0.0.1; running\nb\nc\nd");
    let scenario = scenario.only(&["a", "b"]).except(&["b"]).rerunning(&["c"]);
    insta::assert_snapshot!(planned(&scenario), @"
      # a will be stopped
      # (running)
      . a

    Limited by --only a --only b --except b: 3 discoveries ignored.
    Plan: 0 to add, 1 to change, 0 to destroy.
    Runs: 1 to stop.
    warning trueup::plan::rerun_narrowed_away: `--rerun` names `c`, which `--only` or `--except` excludes
      at 3: c
    ");
}

#[test]
fn options_that_contradict_the_files_are_errors_before_any_request() {
    let check = |scenario: &Scenario| {
        let found = super::check_options(&scenario.desired, &scenario.options);
        found.iter().map(|it| diagnostic(it, "", &scenario.sources)).collect::<String>()
    };
    assert_eq!(check(&Scenario::new("a; state absent", "").pruning(&["*"])), "");
    let mut scenario = Scenario::new("", "");
    scenario.options.prune = true;
    insta::assert_snapshot!(check(&scenario), @r#"
    error trueup::plan::prune_without_names: `--prune` needs `manage.names` in a file, which says which names it may delete
      help: add `manage: {names: ["branch-*"]}` to a file, with your own patterns
    error trueup::plan::prune_without_discoveries: `--prune` needs at least one discovery in the files
      help: without one, everything that `manage.names` covers would be deleted
    "#);
    let scenario = Scenario::new("a; state absent\nb; state stopped\nc; address 10.0.0.1", "");
    insta::assert_snapshot!(check(&scenario.rerunning(&["c", "b", "nobody", "b", "a"])), @"
    error trueup::plan::rerun_not_present: `--rerun` names `a`, which is declared absent
      at 1: absent <- it is not present
    error trueup::plan::rerun_not_present: `--rerun` names `b`, which is declared stopped
      at 2: stopped <- it is not present
    error trueup::plan::rerun_not_present: `--rerun` names `nobody`, which no file declares
      help: only a discovery that a file declares as present is run again
    ");
}

// The impact of a plan.

#[test]
fn addresses_are_counted_once_and_without_excluded_ones() {
    let desired = "
        a; cidr 10.0.0.0/24; exclude 10.0.0.0/25; rerun always
        b; ranges 10.0.0.200-10.0.1.5; exclude 10.0.1.0/24; rerun always
        c; lldp 10.9.0.1; rerun always
        d; state absent
    ";
    let live = "
        a; cidr 10.0.0.0/24; exclude 10.0.0.0/25
        b; ranges 10.0.0.200-10.0.1.5; exclude 10.0.1.0/24
        c; lldp 10.9.0.1
        d; cidr 10.0.0.0/24
        e; address 10.0.0.3
    ";
    let impact = Scenario::new(desired, live).plan().impact;
    assert_eq!(impact.scanned.to_string(), (128 + 6 + 1).to_string());
    assert_eq!(impact.new.to_string(), "0");
    assert_eq!(impact.dropped.to_string(), (128 - 1).to_string());
    assert_eq!(impact.unbounded.len(), 1);
}

#[test]
fn an_edit_without_a_run_scans_nothing() {
    let scenario = Scenario::new("a; cidr 10.0.0.0/24; rerun never", "a; cidr 10.0.0.0/23");
    insta::assert_snapshot!(planned(&scenario), @r#"
      # a will be updated in-place
      # (settings_changed; steps: edit)
      ~ resource "discovery" "a" {
          ~ cidr = "10.0.0.0/23" -> "10.0.0.0/24"
        }

    Impact:
      a: 512 addresses before, 256 after, 256 dropped

    Plan: 0 to add, 1 to change, 0 to destroy.
    Addresses: 256 dropped.
    "#);
}

#[test]
fn each_field_has_the_key_that_causes_it() {
    let scenario = pair(
        "exclude 10.0.0.1; cli netops; protocols ssh; retries 1; timeout 1s; \
         management_ip loopback; netconf_port 830",
        "gone 17",
    );
    let mut scenario = scenario;
    scenario.live.discoveries[0].read.as_mut().unwrap().settings.remove(SettingKey::Target);
    let text = scenario.sources.sources()[0].text.clone();
    let plan = scenario.plan();
    let keys = plan.changes[0].fields.iter().map(|it| {
        let key = text.get(it.key.unwrap().range()).unwrap();
        format!("{} <- {key}", it.path)
    });
    let keys = keys.collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(keys, @"
    cidr <- cidr
    exclude <- exclude
    credentials.cli <- cli
    protocols <- protocols
    retries <- retries
    timeout <- timeout
    management_ip <- management_ip
    netconf_port <- netconf_port
    credentials <- cli
    ");
}
