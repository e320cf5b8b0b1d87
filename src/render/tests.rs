//! Plans as a reviewer reads them.

use super::{Show, plan_text};
use crate::plan::testing::Scenario;

fn shown(desired: &str, live: &str) -> String {
    let scenario = Scenario::new(desired, live);
    plan_text(&scenario.plan(), &scenario.sources, Show::Changes)
}

#[test]
fn terminal_control_characters_are_escaped() {
    let scenario = Scenario::new("keep; state absent", "\u{1b}[31m\"x\\; cdp 10.0.0.1\nkeep");
    let scenario = scenario.pruning(&["*"]);
    insta::assert_snapshot!(plan_text(&scenario.plan(), &scenario.sources, Show::Changes), @r#"
      # "\u001b[31m\"x\\" will be destroyed
      # (not_declared)
      - resource "discovery" "\u001b[31m\"x\\" {
          - cdp.seed = "10.0.0.1"
          - cdp.hops = 16
        }

      # keep will be destroyed
      # (declared_absent)
      - resource "discovery" "keep" {
        }

    Impact:
      "\u001b[31m\"x\\": 1 address before, none after, 1 dropped

    Plan: 0 to add, 0 to change, 2 to destroy.
    Addresses: 1 dropped.
    "#);
    let desired = "say \"hi\"; lldp 10.0.0.1 2; rerun always";
    insta::assert_snapshot!(shown(desired, desired.trim_end_matches("; rerun always")), @r#"
      # "say \"hi\"" will be restarted
      # (rerun_always)
      ! "say \"hi\""

    Impact:
      "say \"hi\"": 1 address, unbounded

    Plan: 0 to add, 1 to change, 0 to destroy.
    Runs: 1 to start. Addresses: 1 scanned, 0 of them new. Unbounded: "say \"hi\"".
    "#);
}

#[test]
fn a_long_list_shows_its_changes_and_counts_the_rest() {
    let ranges = |more: &str| {
        let ranges = (1..=9).map(|it| format!("10.0.0.{it}")).collect::<Vec<_>>();
        format!("a; ranges {}, {more}", ranges.join(", "))
    };
    let text = shown(&ranges("10.0.0.20, 10.0.0.22-10.0.0.30"), &ranges("10.0.0.20, 10.0.0.21"));
    insta::assert_snapshot!(text, @r#"
      # a will be updated in-place
      # (settings_changed; steps: edit, run)
      ~ resource "discovery" "a" {
          ~ ranges = [
                # (10 unchanged elements hidden)
              - "10.0.0.21",
              + "10.0.0.22-10.0.0.30",
            ]
        }

    Impact:
      a: 11 addresses before, 19 after, 9 new, 1 dropped

    Plan: 0 to add, 1 to change, 0 to destroy.
    Runs: 1 to start. Addresses: 19 scanned, 9 of them new, 1 dropped.
    "#);
}

#[test]
fn a_moved_element_is_marked() {
    let text = shown(
        "a; address 10.0.0.1; protocols telnet, ssh; exclude ; netconf_port 830",
        "a; address 10.0.0.1; protocols ssh, telnet; exclude 10.0.0.0/30; management_ip default",
    );
    insta::assert_snapshot!(text, @r#"
      # a will be updated in-place
      # (settings_changed; steps: edit, run)
      ~ resource "discovery" "a" {
          + netconf_port = 830
          ~ exclude      = [
              - "10.0.0.0/30",
            ]
          ~ protocols    = [
              + "telnet", # moved
                "ssh",
              - "telnet", # moved
            ]
            # (2 unchanged settings hidden)
        }

    Plan: 0 to add, 1 to change, 0 to destroy.
    Runs: 1 to start. Addresses: 1 scanned, 0 of them new.
    "#);
}

#[test]
fn a_changed_kind_of_target_shows_both_targets() {
    let text = shown("a; cidr 10.0.0.0/24; timeout 90s", "a; cdp 10.0.0.1 3; timeout 1m");
    insta::assert_snapshot!(text, @r#"
      # a will be updated in-place
      # (settings_changed; steps: edit, run)
      ~ resource "discovery" "a" {
          - cdp.seed = "10.0.0.1"
          - cdp.hops = 3
          + cidr     = "10.0.0.0/24"
          ~ timeout  = "1m" -> "90s"
        }

    Impact:
      a: 1 address before, 256 after, 255 new

    Plan: 0 to add, 1 to change, 0 to destroy.
    Runs: 1 to start. Addresses: 256 scanned, 255 of them new.
    "#);
}

#[test]
fn a_long_list_has_a_line_for_each_element() {
    let text = shown(
        "a; ranges 10.0.0.1-10.0.0.100, 10.1.0.1-10.1.0.100, 10.2.0.1-10.2.0.100, 10.3.0.1; \
         cli netops; snmp_v3 core; exclude ",
        "",
    );
    insta::assert_snapshot!(text, @r#"
      # a will be created
      # (new)
      + resource "discovery" "a" {
          + ranges              = [
              + "10.0.0.1-10.0.0.100",
              + "10.1.0.1-10.1.0.100",
              + "10.2.0.1-10.2.0.100",
              + "10.3.0.1",
            ]
          + exclude             = []
          + credentials.cli     = ["netops (netops)"]
          + credentials.snmp_v3 = ["core (monitor)"]
        }

    Impact:
      a: 301 addresses, 301 new, 2,408 logins at most

    Plan: 1 to add, 0 to change, 0 to destroy.
    Runs: 1 to start. Addresses: 301 scanned, 301 of them new.
    "#);
}

#[test]
fn credentials_that_look_alike_are_distinguished_by_their_ids() {
    let text = shown("a; address 10.0.0.1; cli id c4, netops", "a; address 10.0.0.1; cli id c5");
    insta::assert_snapshot!(text, @r#"
      # a will be updated in-place
      # (settings_changed; steps: edit, run)
      ~ resource "discovery" "a" {
          ~ credentials.cli = [
              - "twin (twin)" (id c5),
              + "netops (netops)",
              + "twin (twin)" (id c4),
            ]
            # (1 unchanged setting hidden)
        }

    Impact:
      a: 1 address, 8 logins at most

    Plan: 0 to add, 1 to change, 0 to destroy.
    Runs: 1 to start. Addresses: 1 scanned, 0 of them new.
    "#);
}

#[test]
fn a_delete_shows_all_settings() {
    let live = "a; cdp 10.0.0.1 3; cli netops, id c4, id c5; exclude ; retries 0; gone 17";
    insta::assert_snapshot!(shown("a; state absent", live), @r#"
      # a will be destroyed
      # (declared_absent)
      - resource "discovery" "a" {
          - cdp.seed        = "10.0.0.1"
          - cdp.hops        = 3
          - credentials.cli = ["netops (netops)", "twin (twin)" (id c4), "twin (twin)" (id c5)]
          - credentials     = [(gone) 17]
          - retries         = 0
        }

    Impact:
      a: 1 address before, none after, 1 dropped

    Plan: 0 to add, 0 to change, 1 to destroy.
    Addresses: 1 dropped.
    "#);
}

#[test]
fn unchanged_discoveries_are_listed_on_request() {
    let scenario =
        Scenario::new("a; state absent\nb; address 10.0.0.1\nc; state absent", "b\nz\ny");
    let plan =
        Scenario::new("a; state absent\nc; address 10.0.0.1", "c; address 10.0.0.1\nz").plan();
    insta::assert_snapshot!(plan_text(&plan, &scenario.sources, Show::All), @"
      # 2 discoveries are unchanged
        a
        c

      # 1 live discovery is in no file
        z

    No changes. Your infrastructure matches the configuration.
    ");
    insta::assert_snapshot!(plan_text(&scenario.plan(), &scenario.sources, Show::All), @r#"
      # b will be updated in-place
      # (settings_changed; steps: edit, run)
      ~ resource "discovery" "b" {
          + address = "10.0.0.1"
        }

      # 2 discoveries are unchanged
        a
        c

      # 2 live discoveries are in no file
        y
        z

    Impact:
      b: 0 addresses before, 1 after, 1 new

    Plan: 0 to add, 1 to change, 0 to destroy.
    Runs: 1 to start. Addresses: 1 scanned, 1 of them new.
    "#);
}

#[test]
fn a_plan_with_errors_and_no_changes_does_not_claim_a_match() {
    let text = shown("a; address 10.0.0.1; cli nobody", "a; address 10.0.0.1");
    assert!(!text.contains("No changes."), "{text}");
    assert!(text.starts_with("This plan cannot be applied: 1 error."), "{text}");
}

#[test]
fn a_long_plan_ends_with_its_summary() {
    let desired = (0..300).map(|it| {
        format!("b-{it:03}; cidr 10.{}.{}.0/24; cli netops; snmp_v3 core\n", it / 250, it % 250)
    });
    let text = shown(&desired.collect::<String>(), "");
    assert_eq!(text.lines().filter(|it| it.ends_with("will be created")).count(), 300);
    let ending = text.rsplit("\n\n").next().unwrap();
    insta::assert_snapshot!(ending, @"
    Plan: 300 to add, 0 to change, 0 to destroy.
    Runs: 300 to start. Addresses: 76,800 scanned, 76,800 of them new.
    ");
}
