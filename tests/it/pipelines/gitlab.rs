//! The pipeline for GitLab.

use std::{fs, path::PathBuf, process::Command};

use serde_json::{Value, json};

use super::{
    commands::expect_all_run,
    glab::{API, PROJECT, TOKEN},
    site::{POLICY, Site, discovery, example},
};
use crate::{base::git_in, shell::Ended};

fn pipeline() -> String {
    example("gitlab/.gitlab-ci.yml")
}

/// A running pipeline.
struct Pipeline {
    id: u64,
    commit: String,
    /// The variables that GitLab sets.
    env: Vec<(&'static str, String)>,
}

/// A project with the pipeline, and the state that GitLab keeps for it.
struct GitLab {
    site: Site,
    file: Value,
    n_pipelines: u64,
    /// The folder of the cache.
    cache: PathBuf,
}

impl GitLab {
    fn new() -> Self {
        let site = Site::new();
        site.forge.state().artifacts = site.path("artifacts");
        site.push("main", &[(".gitlab-ci.yml", &pipeline()), ("policy.yaml", POLICY)]);
        let other = json!({"id": 1, "author": {"id": 1}, "body": "<!-- trueup, please -->"});
        site.forge.state().comments.push(other);
        let cache = site.folder("cache");
        let file = serde_saphyr::from_str(&pipeline()).unwrap();
        Self { site, file, n_pipelines: 0, cache }
    }

    fn start(&mut self, commit: String, env: &[(&'static str, &str)]) -> Pipeline {
        self.n_pipelines += 1;
        let mut env =
            env.iter().map(|(name, value)| (*name, (*value).to_owned())).collect::<Vec<_>>();
        env.extend([
            ("CI_COMMIT_SHA", commit.clone()),
            ("CI_DEFAULT_BRANCH", "main".to_owned()),
            ("CI_API_V4_URL", API.to_owned()),
            ("CI_PROJECT_ID", PROJECT.to_string()),
        ]);
        Pipeline { id: self.n_pipelines, commit, env }
    }

    fn merge_request(&mut self, branch: &str) -> (Pipeline, Ended, Ended) {
        let head = self.site.git(&format!("rev-parse {branch}"));
        let merge_request = self.start(
            head.clone(),
            &[
                ("CI_PIPELINE_SOURCE", "merge_request_event"),
                ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
                ("CI_MERGE_REQUEST_IID", "7"),
            ],
        );
        let jobs = self.jobs(&merge_request);
        assert_eq!(jobs, ["validate", "plan"], "a merge request runs nothing else");
        let validate = self.job(&merge_request, "validate");
        let plan = self.job(&merge_request, "plan");
        let status = if plan.code == Some(0) { "success" } else { "failed" };
        let run = json!({"id": merge_request.id, "sha": head, "status": status});
        self.site.forge.state().runs.insert(0, run);
        (merge_request, validate, plan)
    }

    /// Merges a branch, as in a project with a semi-linear history.
    fn merge(&mut self, branch: &str) -> Pipeline {
        let before = self.site.git("rev-parse main");
        let head = self.site.git(&format!("rev-parse {branch}"));
        let merged = self.site.merge(branch, "refs/heads/main");
        let request = json!({
            "iid": 7, "state": "merged", "sha": head, "merge_commit_sha": merged,
            "squash_commit_sha": null, "source_project_id": PROJECT, "target_project_id": PROJECT,
        });
        self.site.forge.state().requests.push(request);
        let env = [
            ("CI_PIPELINE_SOURCE", "push"),
            ("CI_COMMIT_BRANCH", "main"),
            ("CI_COMMIT_BEFORE_SHA", before.as_str()),
        ];
        self.start(merged, &env)
    }

    fn on_main(&mut self, source: &str) -> Pipeline {
        let commit = self.site.git("rev-parse main");
        self.start(commit, &[("CI_PIPELINE_SOURCE", source), ("CI_COMMIT_BRANCH", "main")])
    }

    /// Returns the jobs of a pipeline that are selected by their rules, in the order of stages.
    fn jobs(&self, pipeline: &Pipeline) -> Vec<&str> {
        let stages = self.file["stages"].as_array().unwrap();
        let jobs = self.file.as_object().unwrap().iter().filter(|(_, it)| it["stage"].is_string());
        let mut found = jobs.filter(|(_, job)| rule(job, pipeline).is_some()).collect::<Vec<_>>();
        found.sort_by_key(|(_, job)| stages.iter().position(|it| *it == job["stage"]));
        found.into_iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Runs a job, as if its button was pressed.
    fn job(&self, pipeline: &Pipeline, name: &str) -> Ended {
        let job = &self.file[name];
        assert!(rule(job, pipeline).is_some(), "{name}");
        let is_whole = self.file["variables"]["GIT_DEPTH"] == 0;
        let dir = self.site.checkout(&pipeline.commit, is_whole);
        // GitLab fetches the ref of the pipeline, and no other branch.
        for branch in git_in(&dir, "branch --remotes --format %(refname)").lines() {
            git_in(&dir, &format!("update-ref -d {branch}"));
        }
        self.before(job, pipeline, &dir);
        let mut env = pipeline.env.clone();
        env.push(("CI", "true".to_owned()));
        env.push(("GITLAB_TOKEN", TOKEN.to_owned()));
        let [url, username, password] = self.site.login().map(|(_, value)| value);
        env.push(("CC_URL", url));
        let environment = &job["environment"];
        let production = *environment == "production";
        if production || environment["name"] == "catalyst-read" {
            assert!(production || environment["action"] == "access", "{name}");
            env.extend([("CC_USERNAME", username), ("CC_PASSWORD", password)]);
        }
        assert_eq!(job["resource_group"] == "production", production, "{name}");
        assert_eq!(job["interruptible"] == false, production, "{name}");
        let env = env.into_iter().map(|(name, value)| (name.to_owned(), value));
        let lines = job["script"].as_array().unwrap().iter().map(|it| it.as_str().unwrap());
        let script = lines.collect::<Vec<_>>().join("\n");
        let env = env.collect::<Vec<_>>();
        let ended = self.site.run("bash -eo pipefail", &script, &dir, &env);
        self.after(job, pipeline, &dir, ended.code == Some(0));
        ended
    }

    /// Restores the cache, and the artifacts of the needed jobs, into the checkout.
    fn before(&self, job: &Value, pipeline: &Pipeline, dir: &std::path::Path) {
        if job["cache"].is_object() {
            copy(&self.cache, dir);
        }
        for needed in job["needs"].as_array().into_iter().flatten() {
            let from = self.artifacts(pipeline, needed["job"].as_str().unwrap());
            if from.exists() {
                copy(&from, dir);
            }
        }
    }

    /// Saves the cache and the artifacts.
    fn after(&self, job: &Value, pipeline: &Pipeline, dir: &std::path::Path, is_done: bool) {
        if job["cache"].is_object() {
            assert_eq!(job["cache"]["paths"], json!([".trueup/"]));
            assert_eq!(job["cache"]["when"], "always");
            if dir.join(".trueup").exists() {
                copy_into(&dir.join(".trueup"), &self.cache);
            }
        }
        if is_done || job["artifacts"]["when"] == "always" {
            let name = self.file.as_object().unwrap().iter().find(|(_, it)| *it == job).unwrap().0;
            let to = self.artifacts(pipeline, name);
            for path in job["artifacts"]["paths"].as_array().into_iter().flatten() {
                let from = dir.join(path.as_str().unwrap().trim_end_matches('/'));
                if from.exists() {
                    fs::create_dir_all(&to).unwrap();
                    copy_into(&from, &to);
                }
            }
        }
    }

    fn artifacts(&self, pipeline: &Pipeline, job: &str) -> PathBuf {
        let id = if job == "plan" { pipeline.id * 10 + 1 } else { pipeline.id * 10 };
        let name = if job == "plan" { id.to_string() } else { format!("{id}-{job}") };
        self.site.path("artifacts").join(name)
    }

    /// Runs the job before the manual one on main, and then `apply`; returns both.
    fn apply(&self, pipeline: &Pipeline, before: &str) -> (Ended, Ended) {
        (self.job(pipeline, before), self.job(pipeline, "apply"))
    }
}

/// Returns the first rule of a job that matches.
fn rule<'a>(job: &'a Value, pipeline: &Pipeline) -> Option<&'a Value> {
    let value = |it: &str| match it.strip_prefix('$') {
        Some(name) => {
            let found = pipeline.env.iter().find(|(it, _)| *it == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        }
        None => it.trim_matches('"').to_owned(),
    };
    let holds = |it: &str| {
        it.split(" && ").all(|it| {
            let (a, b) = it.split_once(" == ").unwrap();
            value(a) == value(b)
        })
    };
    job["rules"].as_array().unwrap().iter().find(|it| holds(it["if"].as_str().unwrap()))
}

/// Copies the contents of a folder into another.
fn copy(from: &std::path::Path, to: &std::path::Path) {
    copy_into(&from.join("."), to);
}

fn copy_into(from: &std::path::Path, to: &std::path::Path) {
    assert!(Command::new("cp").arg("-R").arg(from).arg(to).status().unwrap().success());
}

#[test]
fn a_change_is_planned_reviewed_merged_applied_and_checked_for_drift() {
    let mut lab = GitLab::new();
    lab.site.branch("berlin");
    for (timeout, writes) in [(5, "note 101 created"), (9, "note 101 edited")] {
        let file = discovery("berlin", "10.1.0.0/24", timeout);
        lab.site.push("berlin", &[("discoveries/berlin.yaml", &file)]);
        let (_, validate, plan) = lab.merge_request("berlin");
        assert_eq!((validate.code, plan.code), (Some(0), Some(0)), "{validate:#?} {plan:#?}");
        assert_eq!(lab.site.forge.writes(), [writes]);
        assert!(plan.out.contains("There are changes"), "{plan:#?}");
    }
    let note = lab.site.forge.state().comments[1]["body"].as_str().unwrap().to_owned();
    assert!(note.contains("timeout             = \"9s\""), "{note}");
    assert_eq!(lab.site.live(), "");

    let merged = lab.merge("berlin");
    assert_eq!(lab.jobs(&merged), ["take-plan", "apply"]);
    assert_eq!(rule(&lab.file["apply"], &merged).unwrap()["when"], "manual");
    let (taken, applied) = lab.apply(&merged, "take-plan");
    assert_eq!((taken.code, applied.code), (Some(0), Some(0)), "{taken:#?} {applied:#?}");
    assert!(taken.out.contains("# berlin will be created"), "{taken:#?}");
    assert!(applied.out.contains("1 added, 0 changed, 0 destroyed."), "{applied:#?}");
    assert_eq!(lab.site.live(), "berlin");
    assert!(lab.artifacts(&merged, "apply").join("report.html").is_file());
    assert_eq!(fs::read_dir(lab.cache.join(".trueup")).unwrap().count(), 2);

    let night = lab.on_main("schedule");
    assert_eq!(lab.jobs(&night), ["drift"]);
    let ended = lab.job(&night, "drift");
    assert_eq!((ended.code, lab.site.forge.writes()), (Some(0), vec![]), "{ended:#?}");
    lab.site.inject_before_next_command("other-edit:berlin");
    for writes in ["issue 1 opened", "issue 1 edited"] {
        let ended = lab.job(&night, "drift");
        assert!(ended.code == Some(0) && ended.out.contains("### Drift on"), "{ended:#?}");
        assert_eq!(lab.site.forge.writes(), [writes]);
    }
    let by_hand = lab.on_main("web");
    assert_eq!(lab.jobs(&by_hand), ["plan-again", "apply", "resume"]);
    let (planned, applied) = lab.apply(&by_hand, "plan-again");
    assert_eq!((planned.code, applied.code), (Some(0), Some(0)), "{planned:#?} {applied:#?}");
    assert!(applied.out.contains("0 added, 1 changed, 0 destroyed."), "{applied:#?}");
    let ended = lab.job(&night, "drift");
    assert_eq!((ended.code, lab.site.forge.writes()), (Some(0), vec!["issue 1 closed".to_owned()]));
    let ended = lab.job(&by_hand, "resume");
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    lab.site.controller.expect_careful();
    expect_all_run(&pipeline(), 7, &lab.site.ran());
}

#[test]
fn a_refused_plan_is_shown_but_neither_stored_nor_applied() {
    let mut lab = GitLab::new();
    lab.site.branch("large");
    let (large, raised) = (discovery("large", "10.1.0.0/21", 5), POLICY.replace("600", "600000"));
    lab.site.push("large", &[("discoveries/large.yaml", &large), ("policy.yaml", &raised)]);
    let (merge_request, validate, plan) = lab.merge_request("large");
    assert_eq!((validate.code, plan.code), (Some(0), Some(5)), "{validate:#?} {plan:#?}");
    let note = lab.site.forge.state().comments[1]["body"].as_str().unwrap().to_owned();
    assert!(note.contains("`large`") && note.contains("max_new_addresses"), "{note}");
    assert!(!lab.artifacts(&merge_request, "plan").exists(), "a refused plan was kept");
    let merged = lab.merge("large");
    let taken = lab.job(&merged, "take-plan");
    assert!(taken.out.contains("Nothing was planned successfully"), "{taken:#?}");
    assert_eq!(taken.code, Some(1));

    for (branch, prefix) in [("berlin", "10.1.0.0/24"), ("oslo", "10.2.0.0/24")] {
        lab.site.branch(branch);
        let file = format!("discoveries/{branch}.yaml");
        lab.site.push(branch, &[(&file, &discovery(branch, prefix, 5))]);
        let (_, validate, plan) = lab.merge_request(branch);
        assert_eq!((validate.code, plan.code), (Some(0), Some(0)), "{plan:#?}");
    }
    drop(lab.merge("berlin"));
    let merged = lab.merge("oslo");
    let taken = lab.job(&merged, "take-plan");
    assert!(taken.out.contains("main is not what was planned"), "{taken:#?}");
    assert_eq!((taken.code, lab.site.live().as_str()), (Some(1), ""));
    // A committed journal is an error.
    lab.site.branch("journal");
    lab.site.push("journal", &[(".trueup/journal.jsonl", "{}\n")]);
    let (_, validate, _) = lab.merge_request("journal");
    assert_eq!(validate.code, Some(1), "{validate:#?}");
    // A commit without a merge request is an error.
    lab.site.forge.state().requests.clear();
    let taken = lab.job(&merged, "take-plan");
    assert!(taken.out.contains("No merge request of this project became"), "{taken:#?}");
    assert_eq!(taken.code, Some(1));
}

#[test]
fn an_interrupted_apply_is_resumed_by_its_job() {
    let mut lab = GitLab::new();
    let berlin = discovery("berlin", "10.1.0.0/24", 5);
    lab.site.push("main", &[("discoveries/berlin.yaml", &berlin)]);
    let by_hand = lab.on_main("web");
    lab.site.controller.inject("create=slow:3000");
    lab.site.kill();
    let (planned, killed) = lab.apply(&by_hand, "plan-again");
    lab.site.record();
    assert!(planned.code == Some(0) && killed.code != Some(0), "{planned:#?} {killed:#?}");
    let resumed = lab.job(&by_hand, "resume");
    assert_eq!(resumed.code, Some(0), "{resumed:#?}");
    assert!(resumed.out.contains("1 added"), "{resumed:#?}");
    lab.site.controller.expect_careful();
}
