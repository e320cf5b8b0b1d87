//! A plan as Terraform's plan JSON, for the policies and summaries that read that.
//!
//! Write-only: nothing reads it back. It has the changes, which such programs evaluate; it has no
//! state, configuration or provider, since there are none. Data that Terraform's format has no member
//! for is in `trueup`, which such programs ignore.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::saved::{ChangeImpactV1, change_impact, json_text, settings};
use crate::{
    model::{Interface, Name, RemoteId, Settings},
    plan::{Action, Change, Origin, Plan, Reason, Step},
};

/// The version of Terraform's format that is written.
const FORMAT_VERSION: &str = "1.2";

/// The one type of resource.
const TYPE: &str = "discovery";

/// Terraform's plan, as far as other programs read it.
#[derive(Debug, Serialize)]
struct PlanV1 {
    format_version: &'static str,
    applyable: bool,
    complete: bool,
    errored: bool,
    resource_changes: Vec<ResourceChangeV1>,
    output_changes: BTreeMap<String, Value>,
}

#[derive(Debug, Serialize)]
struct ResourceChangeV1 {
    address: String,
    mode: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    provider_name: &'static str,
    change: ChangeV1,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_reason: Option<&'static str>,
    trueup: OwnV1,
}

#[derive(Debug, Serialize)]
struct ChangeV1 {
    actions: &'static [&'static str],
    before: Option<Value>,
    after: Option<Value>,
    after_unknown: Value,
    before_sensitive: Value,
    after_sensitive: Value,
}

/// Data that Terraform's format has no member for, in the form of `--format json`.
#[derive(Debug, Serialize)]
struct OwnV1 {
    action: String,
    reason: &'static str,
    steps: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'static str>,
    impact: ChangeImpactV1,
}

/// Returns a plan as Terraform would show one, in a document that ends with a newline.
pub(crate) fn plan_terraform(plan: &Plan) -> String {
    let interface = plan.controller.interface;
    let document = PlanV1 {
        format_version: FORMAT_VERSION,
        applyable: plan.is_complete() && !plan.changes.is_empty(),
        complete: plan.is_complete(),
        errored: !plan.is_complete(),
        resource_changes: plan.changes.iter().map(|it| resource_change(it, interface)).collect(),
        output_changes: BTreeMap::new(),
    };
    json_text(&document)
}

fn resource_change(change: &Change, interface: Interface) -> ResourceChangeV1 {
    let Change { name, action, reason, id, steps, before, after, origin, impact, .. } = change;
    let before =
        before.as_ref().map(|it| resource(name, id.as_ref(), it, run_before(change).as_deref()));
    // A created discovery gets an id that is not known yet.
    let is_created = matches!(action, Action::Create | Action::Replace);
    let id_after = id.as_ref().filter(|_| !is_created);
    let run_after = run_after(change, interface);
    let after = after.as_ref().map(|it| resource(name, id_after, it, run_after.as_deref()));
    // Nothing is secret. Terraform writes `false` for a side that does not exist.
    let [before_sensitive, after_sensitive] =
        [&before, &after].map(|it| if it.is_some() { json!({}) } else { json!(false) });
    ResourceChangeV1 {
        address: address(name),
        mode: "managed",
        kind: TYPE,
        name: name.as_str().to_owned(),
        provider_name: "trueup",
        change: ChangeV1 {
            actions: actions(*action),
            before,
            after,
            after_unknown: if is_created { json!({ "id": true }) } else { json!({}) },
            before_sensitive,
            after_sensitive,
        },
        action_reason: action_reason(*reason),
        trueup: OwnV1 {
            action: action.to_string(),
            reason: reason.key(),
            steps: steps.iter().map(ToString::to_string).collect(),
            origin: origin.map(Origin::key),
            impact: change_impact(impact),
        },
    }
}

/// Returns Terraform's actions for an action. A stop and a restart are updates, because an entry
/// without an action would not be counted.
fn actions(action: Action) -> &'static [&'static str] {
    match action {
        Action::Create => &["create"],
        Action::Delete => &["delete"],
        Action::Replace => &["delete", "create"],
        Action::Update | Action::Stop | Action::Restart => &["update"],
    }
}

/// Returns Terraform's word for a reason, if it has one.
fn action_reason(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::ImmutableField => Some("replace_because_cannot_update"),
        Reason::ReplaceRequested => Some("replace_by_request"),
        Reason::DeclaredAbsent | Reason::NotDeclared | Reason::Removed | Reason::NeverDeclared => {
            Some("delete_because_no_resource_config")
        }
        Reason::New
        | Reason::SettingsChanged
        | Reason::Running
        | Reason::RerunIncomplete(_)
        | Reason::RerunAlways
        | Reason::RerunAge
        | Reason::RerunRequested
        | Reason::RerunOwed
        | Reason::ReplaceOwed => None,
    }
}

/// Returns Terraform's address of a resource. A name that is not an identifier becomes a key.
fn address(name: &Name) -> String {
    let name = name.as_str();
    let is_inner = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-');
    let begins = name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_');
    if begins && name.chars().all(is_inner) {
        format!("{TYPE}.{name}")
    } else {
        format!("{TYPE}[{}]", json!(name))
    }
}

/// Returns a discovery as a resource: its settings by the keys of the files, its name, its id, and the
/// state of its run.
fn resource(name: &Name, id: Option<&RemoteId>, settings: &Settings, run: Option<&str>) -> Value {
    let mut members = Map::new();
    members.insert("name".to_owned(), json!(name.as_str()));
    if let Some(id) = id {
        members.insert("id".to_owned(), json!(id.0));
    }
    let settings = serde_json::to_value(self::settings(settings));
    if let Ok(Value::Object(settings)) = settings {
        members.extend(settings);
    }
    members.insert("run".to_owned(), json!(run));
    Value::Object(members)
}

/// Returns the state of the run before the change, if the plan has it.
fn run_before(change: &Change) -> Option<String> {
    match change.reason {
        Reason::RerunIncomplete(run) => Some(run.to_string()),
        _ if change.steps.contains(&Step::Stop) => Some("running".to_owned()),
        _ => None,
    }
}

/// Returns the state of the run after the change.
fn run_after(change: &Change, interface: Interface) -> Option<String> {
    if change.starts_a_run(interface) {
        Some("started".to_owned())
    } else if change.steps.contains(&Step::Stop) {
        Some("stopped".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Drift, testing::Scenario};

    fn planned(desired: &str, live: &str) -> Value {
        let text = plan_terraform(&Scenario::new(desired, live).plan());
        serde_json::from_str(&text).unwrap()
    }

    /// Returns the actions, the reason and the run of each change, by address.
    fn shape(plan: &Value) -> Vec<String> {
        let changes = plan["resource_changes"].as_array().unwrap();
        let shape = |it: &Value| {
            let change = &it["change"];
            let (before, after) = (&change["before"]["run"], &change["after"]["run"]);
            let (actions, reason) = (&change["actions"], &it["action_reason"]);
            format!("{} {actions} {reason} {before} {after}", it["address"].as_str().unwrap())
        };
        changes.iter().map(shape).collect()
    }

    #[test]
    fn each_action_is_what_terraform_calls_it() {
        let plan = planned(
            "new; address 10.0.0.1; cli netops\ngone; state absent\n\
             edited; address 10.0.0.2; retries 1\n\
             recreated; address 10.0.0.3; retries 1; cli netops; on_change replace\n\
             stopped; address 10.0.0.4; state stopped\nagain; address 10.0.0.5; rerun always\n\
             same; address 10.0.0.6",
            "gone; address 10.0.0.9\nedited; address 10.0.0.2; retries 2\n\
             recreated; address 10.0.0.3; retries 2\nstopped; address 10.0.0.4; running\n\
             again; address 10.0.0.5\nsame; address 10.0.0.6",
        );
        insta::assert_snapshot!(shape(&plan).join("\n"), @r#"
        discovery.gone ["delete"] "delete_because_no_resource_config" null null
        discovery.recreated ["delete","create"] "replace_by_request" null "started"
        discovery.edited ["update"] null null "started"
        discovery.stopped ["update"] null "running" "stopped"
        discovery.again ["update"] null null "started"
        discovery.new ["create"] null null "started"
        "#);
        assert_eq!(plan["errored"], false);
    }

    #[test]
    fn what_is_made_has_no_id_yet() {
        let plan = planned("a b; address 10.0.0.1; cli netops", "");
        let change = &plan["resource_changes"][0];
        insta::assert_snapshot!(serde_json::to_string_pretty(change).unwrap(), @r#"
        {
          "address": "discovery[\"a b\"]",
          "mode": "managed",
          "type": "discovery",
          "name": "a b",
          "provider_name": "trueup",
          "change": {
            "actions": [
              "create"
            ],
            "before": null,
            "after": {
              "name": "a b",
              "address": "10.0.0.1",
              "credentials": {
                "cli": [
                  {
                    "description": "netops",
                    "username": "netops",
                    "id": "c1"
                  }
                ]
              },
              "run": "started"
            },
            "after_unknown": {
              "id": true
            },
            "before_sensitive": false,
            "after_sensitive": {}
          },
          "trueup": {
            "action": "create",
            "reason": "new",
            "steps": [
              "create"
            ],
            "impact": {
              "addresses_before": 0,
              "addresses_after": 1,
              "addresses_new": 1,
              "addresses_dropped": 0,
              "login_attempts": 4,
              "unbounded": false
            }
          }
        }
        "#);
    }

    #[test]
    fn a_policy_can_tell_drift() {
        let scenario =
            Scenario::new("a; address 10.0.0.1; retries 2", "a; address 10.0.0.1; retries 1");
        let origin = |before: &str| {
            let text = plan_terraform(&scenario.plan_against(before, Drift::Revert));
            let plan = serde_json::from_str::<Value>(&text).unwrap();
            plan["resource_changes"][0]["trueup"]["origin"].clone()
        };
        assert_eq!(origin("a; address 10.0.0.1; retries 2"), "drift");
        assert_eq!(origin("a; address 10.0.0.1; retries 1"), "this_change");
    }

    #[test]
    fn nothing_to_do_is_no_change() {
        let plan = planned("a; address 10.0.0.1", "a; address 10.0.0.1");
        assert_eq!((&plan["resource_changes"], &plan["applyable"]), (&json!([]), &json!(false)));
    }

    #[test]
    fn a_plan_with_an_error_says_so() {
        let plan = planned("a; address 10.0.0.1", "");
        assert_eq!((&plan["errored"], &plan["complete"]), (&json!(true), &json!(false)));
    }
}
