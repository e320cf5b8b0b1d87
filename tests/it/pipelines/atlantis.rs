//! The workflow of Atlantis, and the script beside its server.

use std::{fs, path::PathBuf};

use serde_json::Value;

use super::{
    commands::expect_all_run,
    site::{POLICY, Site, discovery, example},
};
use crate::{base::git_in, shell::Ended};

fn workflow() -> Value {
    serde_saphyr::from_str(&example("atlantis/repos.yaml")).unwrap()
}

/// A server with the workflow, and a journal folder that outlives its clones.
struct Atlantis {
    site: Site,
    journals: PathBuf,
}

/// A pull request, as Atlantis has cloned it.
struct Pull {
    clone: PathBuf,
    env: Vec<(String, String)>,
}

impl Atlantis {
    fn new() -> Self {
        let site = Site::new();
        let repository = example("atlantis/atlantis.yaml");
        site.push("main", &[("atlantis.yaml", &repository), ("policy.yaml", POLICY)]);
        let journals = site.path("kept").join("journals");
        Self { site, journals }
    }

    /// Clones main, and merges a branch into it, as its strategy `merge` does.
    fn pull(&self, branch: &str) -> Pull {
        let clone = self.site.folder("pull");
        let origin = self.site.origin();
        git_in(&clone, &format!("clone --quiet --branch main --single-branch {origin} ."));
        git_in(&clone, &format!("remote add head {origin}"));
        git_in(&clone, &format!("fetch --quiet head +refs/heads/{branch}:"));
        git_in(&clone, "merge -q --no-ff -m atlantis-merge FETCH_HEAD");
        let file = |name: &str| clone.join(name).to_str().unwrap().to_owned();
        let mut env = vec![
            ("BASE_BRANCH_NAME".to_owned(), "main".to_owned()),
            ("PLANFILE".to_owned(), file("discoveries-default.tfplan")),
            ("SHOWFILE".to_owned(), file("discoveries-default.json")),
            ("TRUEUP_JOURNALS".to_owned(), self.journals.to_str().unwrap().to_owned()),
        ];
        env.extend(self.site.login());
        Pull { clone, env }
    }

    /// Runs the steps of a stage of the workflow, up to the first that fails.
    fn stage(&self, name: &str, pull: &Pull) -> Ended {
        let steps = workflow()["workflows"]["trueup"][name]["steps"].clone();
        let mut ended = None;
        // Steps without `run` are built into Atlantis.
        for script in steps.as_array().unwrap().iter().filter_map(|it| it["run"].as_str()) {
            let ran = self.site.run("sh", script, &pull.clone, &pull.env);
            let is_done = ran.code == Some(0);
            ended = Some(ran);
            if !is_done {
                break;
            }
        }
        ended.expect("no step has a script")
    }

    fn drift(&self) -> Ended {
        let origin = self.site.origin();
        let dir = self.site.folder("cron");
        let script = dir.join("drift");
        fs::write(&script, example("atlantis/drift")).unwrap();
        let line = format!("exec sh '{}' '{origin}' main", script.display());
        self.site.run("sh", &line, &dir, &self.site.login())
    }
}

#[test]
fn a_change_is_planned_applied_merged_and_checked_for_drift() {
    let server = Atlantis::new();
    let site = &server.site;
    site.branch("berlin");
    site.push("berlin", &[("discoveries/berlin.yaml", &discovery("berlin", "10.1.0.0/24", 5))]);
    let pull = server.pull("berlin");
    // A second plan in the same clone replaces the first.
    for _ in 0..2 {
        let planned = server.stage("plan", &pull);
        assert_eq!(planned.code, Some(0), "{planned:#?}");
        assert!(planned.out.contains("Plan: 1 to add, 0 to change, 0 to destroy."), "{planned:#?}");
    }
    let shown = server.stage("policy_check", &pull);
    assert_eq!(shown.code, Some(0), "{shown:#?}");
    let json = fs::read_to_string(pull.clone.join("discoveries-default.json")).unwrap();
    let json = serde_json::from_str::<Value>(&json).unwrap();
    assert_eq!(json["resource_changes"][0]["name"], "berlin");
    assert_eq!(site.live(), "");
    let applied = server.stage("apply", &pull);
    assert_eq!(applied.code, Some(0), "{applied:#?}");
    assert!(applied.out.contains("1 added, 0 changed, 0 destroyed."), "{applied:#?}");
    assert_eq!(site.live(), "berlin");
    assert!(server.journals.join(".trueup").is_dir());
    assert!(!pull.clone.join(".trueup").exists());

    site.merge("berlin", "refs/heads/main");
    let night = server.drift();
    assert_eq!((night.code, night.out.as_str()), (Some(0), ""), "{night:#?}");
    site.inject_before_next_command("other-edit:berlin");
    let night = server.drift();
    assert_eq!(night.code, Some(3), "{night:#?}");
    assert!(night.out.contains("### Drift on"), "{night:#?}");
    // The next pull request shows the drift, and reverts it.
    site.branch("oslo");
    site.push("oslo", &[("discoveries/oslo.yaml", &discovery("oslo", "10.2.0.0/24", 5))]);
    let pull = server.pull("oslo");
    let planned = server.stage("plan", &pull);
    let origins = "1 change from this branch, 1 correction of drift.";
    assert!(planned.out.contains(origins), "{planned:#?}");
    assert_eq!(server.stage("apply", &pull).code, Some(0));
    site.merge("oslo", "refs/heads/main");
    let night = server.drift();
    assert_eq!((night.code, night.out.as_str()), (Some(0), ""), "{night:#?}");
    site.controller.expect_careful();
    expect_all_run(&example("atlantis/repos.yaml"), 4, &site.ran());
    expect_all_run(&example("atlantis/drift"), 1, &site.ran());
}

#[test]
fn a_plan_over_a_limit_fails_and_a_stale_plan_is_not_applied() {
    let server = Atlantis::new();
    let site = &server.site;
    site.branch("large");
    let (large, raised) = (discovery("large", "10.1.0.0/21", 5), POLICY.replace("600", "600000"));
    site.push("large", &[("discoveries/large.yaml", &large), ("policy.yaml", &raised)]);
    let planned = server.stage("plan", &server.pull("large"));
    assert_eq!(planned.code, Some(5), "{planned:#?}");
    assert!(planned.out.contains("This plan cannot be applied: 1 refusal."), "{planned:#?}");
    site.branch("berlin");
    site.push("berlin", &[("discoveries/berlin.yaml", &discovery("berlin", "10.1.0.0/24", 5))]);
    let pull = server.pull("berlin");
    assert_eq!(server.stage("plan", &pull).code, Some(0));
    site.inject_before_next_command("other-create:berlin");
    assert_eq!(server.stage("apply", &pull).code, Some(6));
    assert_eq!(site.controller.requests("create"), 0);
}

#[test]
fn a_pull_request_cannot_change_the_workflow() {
    let workflow = workflow();
    let repository = &workflow["repos"][0];
    assert_eq!(repository["allowed_overrides"], serde_json::json!([]));
    assert_eq!(repository["allow_custom_workflows"], false);
    assert_eq!(repository["workflow"], "trueup");
    let wanted = serde_json::json!(["approved", "mergeable", "undiverged"]);
    assert_eq!(repository["apply_requirements"], wanted);
    let own = serde_saphyr::from_str::<Value>(&example("atlantis/atlantis.yaml")).unwrap();
    assert!(own["version"] == 3 && own["workflows"].is_null(), "{own}");
    assert!(own["projects"][0]["workflow"].is_null(), "{own}");
}
