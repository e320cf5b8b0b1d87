//! The workflows for GitHub Actions.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{
    actions::{Job, Run, used},
    commands::expect_all_run,
    gh::REPOSITORY,
    site::{POLICY, Site, discovery, example},
};

const FOLDER: &str = "github-actions/.github";

fn workflow(name: &str) -> String {
    example(&format!("{FOLDER}/workflows/{name}.yml"))
}

/// A repository with the workflows, and what GitHub keeps of it.
struct GitHub {
    site: Site,
    caches: Vec<(String, PathBuf)>,
    n_runs: u64,
}

impl GitHub {
    /// A repository whose first commit has the workflows and the limits.
    fn new() -> Self {
        let site = Site::new();
        site.forge.state().artifacts = site.path("artifacts");
        let action = "actions/install-trueup/action.yml";
        let mut files = vec![
            (format!(".github/{action}"), example(&format!("{FOLDER}/{action}"))),
            ("policy.yaml".to_owned(), POLICY.to_owned()),
        ];
        for name in ["pull-request", "apply", "drift"] {
            files.push((format!(".github/workflows/{name}.yml"), workflow(name)));
        }
        let files = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        site.push("main", &files.collect::<Vec<_>>());
        let other =
            json!({"id": 1, "user": {"login": "a-person"}, "body": "<!-- trueup, please -->"});
        site.forge.state().comments.push(other);
        Self { site, caches: Vec::new(), n_runs: 0 }
    }

    fn run<'a>(&'a mut self, name: &str, github: &Value) -> (u64, Run<'a>) {
        self.n_runs += 1;
        let id = self.n_runs;
        (id, Run::new(&self.site, &workflow(name), id, github, &mut self.caches))
    }

    /// Runs the workflow of a pull request of this branch, from this repository or another one.
    fn pull_request(&mut self, branch: &str, from: &str) -> (Job, Job) {
        let merged = self.site.merge(branch, "refs/pull/7/merge");
        let head = self.site.git(&format!("rev-parse {branch}"));
        let pull = json!({"number": 7, "head": {"sha": head, "repo": {"full_name": from}}});
        let github = json!({
            "event_name": "pull_request", "ref": "refs/pull/7/merge", "sha": merged,
            "event": {"pull_request": pull},
        });
        let (id, mut run) = self.run("pull-request", &github);
        let jobs = (run.job("validate"), run.job("plan"));
        let failed = [&jobs.0, &jobs.1].iter().any(|it| it.result == "failure");
        let conclusion = if failed { "failure" } else { "success" };
        let run = json!({"databaseId": id, "headSha": head, "conclusion": conclusion});
        self.site.forge.state().runs.insert(0, run);
        jobs
    }

    /// Merges a branch; returns what the workflow is started with, if its paths say so.
    fn merge(&mut self, branch: &str) -> Option<Value> {
        let before = self.site.git("rev-parse main");
        let head = self.site.git(&format!("rev-parse {branch}"));
        let merged = self.site.merge(branch, "refs/heads/main");
        let pull = json!({
            "merge_commit_sha": merged, "head": {"sha": head, "repo": {"full_name": REPOSITORY}},
        });
        self.site.forge.state().requests.push(pull);
        let apply = serde_saphyr::from_str::<Value>(&workflow("apply")).unwrap();
        assert_eq!(apply["on"]["push"], json!({"branches": ["main"], "paths": ["discoveries/**"]}));
        let changed = self.site.git(&format!("diff --name-only {before} {merged}"));
        let is_ours = changed.lines().any(|it| it.starts_with("discoveries/"));
        is_ours.then(|| {
            json!({
                "event_name": "push", "ref": "refs/heads/main", "sha": merged,
                "event": {"before": before},
            })
        })
    }

    /// What a workflow is started with by hand or by the clock, on main.
    fn on_main(&self, event: &str) -> Value {
        let sha = self.site.git("rev-parse main");
        json!({"event_name": event, "ref": "refs/heads/main", "sha": sha, "event": {}})
    }

    /// Runs the apply, approved at once where somebody is asked.
    fn apply(&mut self, github: &Value) -> (Job, Job) {
        let (_, mut run) = self.run("apply", github);
        (run.job("plan"), run.job("apply"))
    }

    fn drift(&mut self) -> Job {
        let github = self.on_main("schedule");
        self.run("drift", &github).1.job("drift")
    }
}

fn results((a, b): &(Job, Job)) -> [&'static str; 2] {
    [a.result, b.result]
}

#[test]
fn a_change_is_planned_reviewed_merged_applied_and_watched() {
    let mut hub = GitHub::new();
    hub.site.branch("berlin");
    hub.site.push("berlin", &[("discoveries/berlin.yaml", &discovery("berlin", "10.1.0.0/24", 5))]);
    let jobs = hub.pull_request("berlin", REPOSITORY);
    assert_eq!(results(&jobs), ["success"; 2], "{jobs:#?}");
    assert_eq!(hub.site.forge.writes(), ["comment 101 made"]);
    assert!(jobs.1.said.contains("There are changes"), "{jobs:#?}");
    // Every push replaces the one comment.
    hub.site.push("berlin", &[("discoveries/berlin.yaml", &discovery("berlin", "10.1.0.0/24", 9))]);
    let jobs = hub.pull_request("berlin", REPOSITORY);
    assert_eq!(results(&jobs), ["success"; 2], "{jobs:#?}");
    assert_eq!(hub.site.forge.writes(), ["comment 101 edited"]);
    let comment = hub.site.forge.state().comments[1]["body"].as_str().unwrap().to_owned();
    assert!(comment.contains("timeout             = \"9s\""), "{comment}");
    assert!(comment.contains("1 change from this branch"), "{comment}");
    assert_eq!(hub.site.live(), "");

    let merged = hub.merge("berlin").unwrap();
    let jobs = hub.apply(&merged);
    assert_eq!(results(&jobs), ["success"; 2], "{jobs:#?}");
    // The approver saw the plan of the comment, and that one was carried out.
    let digest = comment.lines().next().unwrap();
    assert!(jobs.0.summary.starts_with(digest), "{}", jobs.0.summary);
    assert!(jobs.1.said.contains("1 added, 0 changed, 0 destroyed."), "{jobs:#?}");
    assert_eq!(hub.site.live(), "berlin");
    assert_eq!(hub.caches.len(), 1);
    let kept = hub.site.path("artifacts/3/journals-1");
    assert!(kept.join("report.html").is_file(), "{}", kept.display());
    assert!(std::fs::read_dir(&kept).unwrap().count() > 2, "no journal is kept");

    let night = hub.drift();
    assert_eq!((night.result, hub.site.forge.writes()), ("success", vec![]), "{night:#?}");
    hub.site.somebody("other-edit:berlin");
    for writes in [["issue 1 opened"], ["issue 1 edited"]] {
        let night = hub.drift();
        assert_eq!(night.result, "success", "{night:#?}");
        assert!(night.summary.contains("### Drift on"), "{}", night.summary);
        assert_eq!(hub.site.forge.writes(), writes);
    }
    let issue = hub.site.forge.state().issues[0].clone();
    assert!(issue["body"].as_str().unwrap().contains("| `berlin` | timeout |"), "{issue}");

    // By hand, main is planned anew: that puts drift right.
    let jobs = hub.apply(&hub.on_main("workflow_dispatch"));
    assert_eq!(results(&jobs), ["success"; 2], "{jobs:#?}");
    assert!(jobs.1.said.contains("0 added, 1 changed, 0 destroyed."), "{jobs:#?}");
    let night = hub.drift();
    assert_eq!(night.result, "success", "{night:#?}");
    assert_eq!(hub.site.forge.writes(), ["issue 1 closed"]);
    // Nobody is asked to approve nothing.
    let jobs = hub.apply(&hub.on_main("workflow_dispatch"));
    assert_eq!(results(&jobs), ["success", "skipped"], "{jobs:#?}");
    // With nothing left, there is nothing to resume.
    let mut by_hand = hub.on_main("workflow_dispatch");
    by_hand["event"]["inputs"]["resume"] = true.into();
    assert_eq!(hub.run("apply", &by_hand).1.job("resume").result, "success");
    hub.site.controller.expect_careful();
    let ran = hub.site.ran();
    expect_all_run(&workflow("pull-request"), 2, &ran);
    expect_all_run(&workflow("apply"), 4, &ran);
    expect_all_run(&workflow("drift"), 1, &ran);
}

#[test]
fn a_plan_over_a_limit_is_shown_and_fails_even_if_the_change_lifts_the_limit() {
    let mut hub = GitHub::new();
    hub.site.branch("large");
    let files = discovery("large", "10.1.0.0/21", 5);
    let lifted = POLICY.replace("600", "600000");
    hub.site.push("large", &[("discoveries/large.yaml", &files), ("policy.yaml", &lifted)]);
    let jobs = hub.pull_request("large", REPOSITORY);
    assert_eq!(results(&jobs), ["success", "failure"], "{jobs:#?}");
    assert_eq!(hub.site.forge.writes(), ["comment 101 made"]);
    let comment = hub.site.forge.state().comments[1]["body"].as_str().unwrap().to_owned();
    assert!(comment.contains("`large`") && comment.contains("max_new_addresses"), "{comment}");
    assert!(jobs.1.said.contains("::error::The plan is refused"), "{jobs:#?}");
    assert!(!hub.site.path("artifacts/1/plan").exists(), "a refused plan was kept");
    // Merged all the same, there is nothing to apply.
    let merged = hub.merge("large").unwrap();
    let jobs = hub.apply(&merged);
    assert_eq!(results(&jobs), ["failure", "skipped"], "{jobs:#?}");
    assert!(jobs.0.said.contains("Nothing was planned successfully"), "{jobs:#?}");
    assert_eq!(hub.site.live(), "");
}

#[test]
fn files_with_mistakes_and_a_controller_out_of_reach_are_said_in_the_comment() {
    let mut hub = GitHub::new();
    hub.site.branch("wrong");
    hub.site.push("wrong", &[("discoveries/wrong.yaml", "version: 1\ndiscoveries: [{name: a}]\n")]);
    let jobs = hub.pull_request("wrong", REPOSITORY);
    assert_eq!(results(&jobs), ["failure", "skipped"], "{jobs:#?}");
    let annotated = "::error file=discoveries/wrong.yaml,line=2,";
    assert!(jobs.0.said.contains(annotated), "{jobs:#?}");
    hub.site.push("wrong", &[("discoveries/wrong.yaml", &discovery("a", "10.1.0.0/24", 5))]);
    hub.site.user = "nobody";
    let jobs = hub.pull_request("wrong", REPOSITORY);
    assert_eq!(results(&jobs), ["success", "failure"], "{jobs:#?}");
    let comment = hub.site.forge.state().comments[1]["body"].as_str().unwrap().to_owned();
    assert!(comment.starts_with("<!-- trueup -->\n**No plan**, exit code 9"), "{comment}");
}

#[test]
fn a_plan_is_not_applied_to_files_that_it_was_not_made_of() {
    let mut hub = GitHub::new();
    for (branch, prefix) in [("berlin", "10.1.0.0/24"), ("oslo", "10.2.0.0/24")] {
        hub.site.branch(branch);
        let file = format!("discoveries/{branch}.yaml");
        hub.site.push(branch, &[(&file, &discovery(branch, prefix, 5))]);
        let jobs = hub.pull_request(branch, REPOSITORY);
        assert_eq!(results(&jobs), ["success"; 2], "{jobs:#?}");
    }
    let first = hub.merge("berlin").unwrap();
    let second = hub.merge("oslo").unwrap();
    let jobs = hub.apply(&first);
    assert_eq!(results(&jobs), ["success"; 2], "{jobs:#?}");
    // The plan of the second knows nothing of the file of the first.
    let jobs = hub.apply(&second);
    assert_eq!(results(&jobs), ["failure", "skipped"], "{jobs:#?}");
    assert!(jobs.0.said.contains("::error::Main is not what was planned"), "{jobs:#?}");
    assert_eq!(hub.site.live(), "berlin");
    let jobs = hub.apply(&hub.on_main("workflow_dispatch"));
    assert_eq!((results(&jobs), hub.site.live().as_str()), (["success"; 2], "berlin oslo"));
    hub.site.controller.expect_careful();
}

#[test]
fn merges_that_wait_for_approval_are_applied_one_after_the_other() {
    let mut hub = GitHub::new();
    let mut waiting = Vec::new();
    // The second is planned when the first is merged and not applied: to it, that is drift.
    for (branch, prefix) in [("berlin", "10.1.0.0/24"), ("oslo", "10.2.0.0/24")] {
        hub.site.branch(branch);
        let file = format!("discoveries/{branch}.yaml");
        hub.site.push(branch, &[(&file, &discovery(branch, prefix, 5))]);
        assert_eq!(results(&hub.pull_request(branch, REPOSITORY)), ["success"; 2]);
        waiting.push(hub.merge(branch).unwrap());
    }
    let comment = hub.site.forge.state().comments[1]["body"].as_str().unwrap().to_owned();
    assert!(comment.contains("1 change from this branch, 1 correction of drift."), "{comment}");
    for (github, live) in waiting.iter().zip(["berlin", "berlin oslo"]) {
        let jobs = hub.apply(github);
        assert_eq!((results(&jobs), hub.site.live().as_str()), (["success"; 2], live), "{jobs:#?}");
    }
    hub.site.controller.expect_careful();
}

#[test]
fn a_stale_plan_writes_nothing_and_says_what_to_do() {
    let mut hub = GitHub::new();
    hub.site.branch("berlin");
    hub.site.push("berlin", &[("discoveries/berlin.yaml", &discovery("berlin", "10.1.0.0/24", 5))]);
    drop(hub.pull_request("berlin", REPOSITORY));
    let merged = hub.merge("berlin").unwrap();
    hub.site.somebody("other-create:berlin");
    let jobs = hub.apply(&merged);
    assert_eq!(results(&jobs), ["success", "failure"], "{jobs:#?}");
    assert_eq!(hub.site.controller.requests("create"), 0);
    assert_eq!(jobs.1.outcome("Apply"), Some("failure"));
    assert!(jobs.1.summary.contains("6, stale"), "{}", jobs.1.summary);
}

#[test]
fn an_apply_that_was_cut_short_is_carried_on_with_or_settled_by_the_next_one() {
    for resumes in [true, false] {
        let mut hub = GitHub::new();
        hub.site.branch("berlin");
        let berlin = ("discoveries/berlin.yaml", discovery("berlin", "10.1.0.0/24", 5));
        hub.site.push("berlin", &[(berlin.0, &berlin.1)]);
        drop(hub.pull_request("berlin", REPOSITORY));
        let merged = hub.merge("berlin").unwrap();
        hub.site.controller.inject("create=slow:3000");
        hub.site.kill();
        let jobs = hub.apply(&merged);
        hub.site.record();
        assert_eq!(results(&jobs), ["success", "failure"], "{jobs:#?}");
        assert_eq!((jobs.1.outcome("Apply"), hub.caches.len()), (Some("failure"), 1), "{jobs:#?}");
        let mut by_hand = hub.on_main("workflow_dispatch");
        if resumes {
            by_hand["event"]["inputs"]["resume"] = true.into();
            assert_eq!(results(&hub.apply(&by_hand)), ["skipped"; 2]);
            for n_left in [1, 0] {
                let job = hub.run("apply", &by_hand).1.job("resume");
                assert_eq!(job.result, "success", "{job:#?}");
                assert_eq!(job.said.matches("1 added").count(), n_left, "{job:#?}");
            }
            let ran = hub.site.ran();
            let resume = |it: &&Vec<String>| it[0] == "resume";
            assert_eq!(ran.iter().filter(resume).count(), 2, "{ran:?}");
        } else {
            let oslo = discovery("oslo", "10.2.0.0/24", 5);
            hub.site.push("main", &[("discoveries/oslo.yaml", &oslo)]);
            let jobs = hub.apply(&hub.on_main("workflow_dispatch"));
            assert_eq!(results(&jobs), ["success"; 2], "{jobs:#?}");
            assert!(jobs.1.said.contains("An earlier apply was interrupted"), "{jobs:#?}");
            assert_eq!(hub.site.live(), "berlin oslo");
        }
        hub.site.controller.expect_careful();
    }
}

#[test]
fn a_fork_is_checked_and_gets_no_login() {
    let mut hub = GitHub::new();
    hub.site.branch("fork");
    hub.site.push("fork", &[("discoveries/a.yaml", &discovery("a", "10.1.0.0/24", 5))]);
    let jobs = hub.pull_request("fork", "somebody/network");
    assert_eq!(results(&jobs), ["success", "skipped"], "{jobs:#?}");
    assert_eq!(hub.site.forge.writes(), [""; 0]);
    // What is merged of a fork was planned by nobody.
    let merged = hub.merge("fork").unwrap();
    hub.site.forge.state().requests[0]["head"]["repo"]["full_name"] = "somebody/network".into();
    let jobs = hub.apply(&merged);
    assert_eq!(results(&jobs), ["failure", "skipped"], "{jobs:#?}");
    assert!(jobs.0.said.contains("No pull request of this repository became"), "{jobs:#?}");
}

#[test]
fn each_job_has_the_secrets_and_the_rights_that_it_needs_and_no_others() {
    let names = |workflow: &str, what: &str| {
        let all = used(&super::github::workflow(workflow), what).into_iter();
        all.map(|(job, names)| format!("{job}: {}", names.join(" "))).collect::<Vec<_>>()
    };
    let read = "CC_READ_PASSWORD CC_READ_USERNAME";
    assert_eq!(
        names("pull-request", "secrets."),
        [format!("plan: {read}"), "validate: ".to_owned()]
    );
    assert_eq!(
        names("apply", "secrets."),
        [
            "apply: CC_PASSWORD CC_USERNAME".to_owned(),
            format!("plan: {read}"),
            "resume: CC_PASSWORD CC_USERNAME".to_owned(),
        ]
    );
    assert_eq!(names("drift", "secrets."), [format!("drift: {read}")]);
    let mut writes = Vec::new();
    for name in ["pull-request", "apply", "drift"] {
        let text = workflow(name);
        assert!(!text.contains("\n  pull_request_target:") && !text.contains(" set -x"), "{name}");
        let workflow = serde_saphyr::from_str::<Value>(&text).unwrap();
        for (id, job) in workflow["jobs"].as_object().unwrap() {
            for (right, level) in job["permissions"].as_object().unwrap() {
                if level != "read" {
                    writes.push(format!("{name} {id}: {right} {level}"));
                }
            }
        }
        let cancels = &workflow["concurrency"]["cancel-in-progress"];
        assert_eq!(*cancels, name == "pull-request", "{name}");
    }
    let wanted = ["pull-request plan: pull-requests \"write\"", "drift drift: issues \"write\""];
    assert_eq!(writes, wanted);
}
