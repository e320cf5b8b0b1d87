//! The pipeline for Jenkins.

use std::{fs, path::PathBuf};

use super::{
    commands::expect_all_run,
    site::{POLICY, Site, discovery, example},
};
use crate::shell::Ended;

fn file() -> String {
    example("jenkins/Jenkinsfile")
}

/// A script of a stage.
#[derive(Debug)]
struct Script {
    text: String,
    /// The credentials that are bound around it.
    credentials: Option<String>,
    /// Whether its exit code is taken instead of failing the stage.
    returns_status: bool,
}

#[derive(Debug)]
struct Stage {
    name: String,
    text: String,
    when: Vec<String>,
    scripts: Vec<Script>,
}

/// Returns what is between the brace that is the last of this beginning and the one that closes it.
fn block(text: &str) -> &str {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => (),
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    panic!("a brace is never closed: {text}");
}

fn stages() -> Vec<Stage> {
    let text = file();
    let code = text.lines().filter(|it| !it.trim_start().starts_with("//"));
    let code = code.map(|it| it.split(" // ").next().unwrap()).collect::<Vec<_>>().join("\n");
    let found = code.split("stage('").skip(1).map(|it| {
        let (name, rest) = it.split_once("') {").unwrap();
        let text = block(rest);
        let (_, when) = text.split_once("when {").unwrap();
        let when = block(when).lines().map(str::trim).filter(|it| !it.is_empty());
        let when = when.map(str::to_owned).collect();
        Stage { name: name.to_owned(), text: text.to_owned(), when, scripts: scripts(text) }
    });
    found.collect()
}

fn scripts(stage: &str) -> Vec<Script> {
    let quotes = stage.match_indices("'''").map(|(at, _)| at).collect::<Vec<_>>();
    let found = quotes.chunks(2).map(|it| {
        let &[from, to] = it else { panic!("a text has no end: {stage}") };
        let bound = stage.match_indices("withCredentials(").find_map(|(at, _)| {
            let (head, rest) = stage[at..].split_once(") {").unwrap();
            let begin = at + head.len();
            let is_inside = begin < from && from < begin + block(rest).len();
            let id = head.split_once("credentialsId: '").unwrap().1;
            is_inside.then(|| id.split('\'').next().unwrap().to_owned())
        });
        // What Groovy makes of a text in such quotes.
        let text = stage[from + 3..to].replace("\\\n", "");
        assert!(!text.contains('\\'), "{text}");
        let before = &stage[..from];
        let returns_status = before.trim_end().ends_with("sh(returnStatus: true, script:");
        assert!(returns_status || before.ends_with("sh "), "{before}");
        Script { text, credentials: bound, returns_status }
    });
    found.collect()
}

/// A repository with the pipeline, and the folder that outlives its builds.
struct Jenkins {
    site: Site,
    journals: PathBuf,
}

/// What came of a build: of each stage that was run, what its scripts came to.
#[derive(Debug)]
struct Build {
    stages: Vec<(String, Vec<Ended>)>,
    plan: PathBuf,
    report: Option<String>,
}

impl Build {
    fn names(&self) -> Vec<&str> {
        self.stages.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn last(&self) -> &Ended {
        self.stages.last().unwrap().1.last().unwrap()
    }
}

impl Jenkins {
    fn new() -> Self {
        let site = Site::new();
        site.push("main", &[("Jenkinsfile", &file()), ("policy.yaml", POLICY)]);
        let journals = site.path("kept");
        Self { site, journals }
    }

    /// Runs a build of a commit, for a pull request, a merge or the clock.
    fn build(&self, commit: &str, cause: &str) -> Build {
        let mut env = vec![
            ("CC_URL".to_owned(), self.site.controller.url.clone()),
            ("TRUEUP_JOURNALS".to_owned(), self.journals.to_str().unwrap().to_owned()),
        ];
        if cause == "pull request" {
            env.push(("CHANGE_TARGET".to_owned(), "main".to_owned()));
        }
        let plan = self.site.folder("stash");
        let mut build = Build { stages: Vec::new(), plan: plan.clone(), report: None };
        for stage in stages() {
            if !stage.when.iter().all(|it| holds(it, cause, &env)) {
                continue;
            }
            // Each stage has an agent of its own, on which nothing of another one is.
            let checks_out = stage.text.contains("checkout scm");
            let dir = if checks_out {
                self.site.checkout(commit, true)
            } else {
                self.site.folder("workspace")
            };
            if stage.text.contains("unstash 'plan'") {
                fs::create_dir(dir.join("plan")).unwrap();
                fs::copy(plan.join("plan.json"), dir.join("plan/plan.json")).unwrap();
            }
            let mut ran = Vec::new();
            let mut is_done = true;
            for script in &stage.scripts {
                let mut env = env.clone();
                env.push(("WORKSPACE".to_owned(), dir.to_str().unwrap().to_owned()));
                if let Some(id) = &script.credentials {
                    let wanted =
                        if stage.name == "Apply" { "catalyst-write" } else { "catalyst-read" };
                    assert_eq!(id, wanted, "{}", stage.name);
                    env.extend_from_slice(&self.site.login()[1..]);
                }
                let ended = self.site.run("sh -xe", &script.text, &dir, &env);
                is_done = script.returns_status || ended.code == Some(0);
                ran.push(ended);
                if !is_done {
                    break;
                }
            }
            if stage.name == "Plan" && is_done {
                let status = ran.last().unwrap().code.unwrap().to_string();
                env.push(("PLAN_STATUS".to_owned(), status));
                assert!(stage.text.contains("stash name: 'plan', includes: 'plan/plan.json'"));
                fs::copy(dir.join("plan/plan.json"), plan.join("plan.json")).unwrap();
            }
            let report = ["report.html", "drift.html", "plan/plan.html"].map(|it| dir.join(it));
            build.report = report.iter().find_map(|it| fs::read_to_string(it).ok());
            build.stages.push((stage.name, ran));
            if !is_done {
                break;
            }
        }
        build
    }

    fn pull_request(&self, branch: &str) -> Build {
        let merged = self.site.merge(branch, "refs/pull/7/merge");
        self.build(&merged, "pull request")
    }

    fn on_main(&self, cause: &str) -> Build {
        self.build(&self.site.git("rev-parse main"), cause)
    }
}

/// Whether a condition of a stage holds.
fn holds(condition: &str, cause: &str, env: &[(String, String)]) -> bool {
    if let Some(it) = condition.strip_prefix("not { ") {
        return !holds(it.strip_suffix(" }").unwrap(), cause, env);
    }
    match condition {
        "beforeInput true" | "beforeAgent true" => true,
        "changeRequest target: 'main'" => cause == "pull request",
        "branch 'main'" => cause != "pull request",
        "triggeredBy 'TimerTrigger'" => cause == "clock",
        "environment name: 'PLAN_STATUS', value: '0'" => {
            env.contains(&("PLAN_STATUS".to_owned(), "0".to_owned()))
        }
        other => panic!("nobody knows whether {other}"),
    }
}

#[test]
fn a_change_is_planned_reviewed_merged_applied_and_watched() {
    let jenkins = Jenkins::new();
    let site = &jenkins.site;
    site.branch("berlin");
    site.push("berlin", &[("discoveries/berlin.yaml", &discovery("berlin", "10.1.0.0/24", 5))]);
    let build = jenkins.pull_request("berlin");
    assert_eq!(build.names(), ["Pull request"]);
    assert_eq!(build.last().code, Some(0), "{build:#?}");
    assert!(build.last().out.contains("# berlin will be created"), "{build:#?}");
    assert!(build.report.as_ref().unwrap().starts_with("<!DOCTYPE html>"), "{build:#?}");
    assert_eq!(site.live(), "");

    site.merge("berlin", "refs/heads/main");
    let build = jenkins.on_main("merge");
    assert_eq!(build.names(), ["Plan", "Apply"]);
    assert_eq!(build.last().code, Some(0), "{build:#?}");
    assert!(build.last().out.contains("1 added, 0 changed, 0 destroyed."), "{build:#?}");
    assert_eq!(site.live(), "berlin");
    let plan = fs::read_to_string(build.plan.join("plan.json")).unwrap();
    let journals = fs::read_dir(jenkins.journals.join(".trueup")).unwrap();
    let paths = journals.map(|it| it.unwrap().path());
    let journal = paths.filter(|it| it.extension().is_some()).map(fs::read_to_string);
    let digest = plan.split('"').find(|it| it.starts_with("sha256:")).unwrap();
    assert!(journal.map(Result::unwrap).any(|it| it.contains(digest)), "another plan was applied");
    // Nobody is asked to approve nothing.
    assert_eq!(jenkins.on_main("merge").names(), ["Plan"]);

    let night = jenkins.on_main("clock");
    assert_eq!((night.names(), night.last().code), (vec!["Drift"], Some(0)), "{night:#?}");
    site.somebody("other-edit:berlin");
    let night = jenkins.on_main("clock");
    assert_eq!((night.names(), night.last().code), (vec!["Drift"], Some(3)), "{night:#?}");
    assert!(night.report.unwrap().contains("berlin"), "the report says nothing");
    assert!(stages()[3].text.contains("if (status == 2 || status == 3) {\n              unstable"));
    let build = jenkins.on_main("hand");
    assert!(build.last().out.contains("0 added, 1 changed, 0 destroyed."), "{build:#?}");
    assert_eq!(jenkins.on_main("clock").last().code, Some(0));
    site.controller.expect_careful();
    expect_all_run(&file(), 8, &site.ran());
}

#[test]
fn a_plan_over_a_limit_is_shown_and_fails_even_if_the_change_lifts_the_limit() {
    let jenkins = Jenkins::new();
    let site = &jenkins.site;
    site.branch("large");
    let (large, lifted) = (discovery("large", "10.1.0.0/21", 5), POLICY.replace("600", "600000"));
    site.push("large", &[("discoveries/large.yaml", &large), ("policy.yaml", &lifted)]);
    let build = jenkins.pull_request("large");
    assert_eq!(build.last().code, Some(5), "{build:#?}");
    assert!(build.last().out.contains("This plan cannot be applied: 1 refusal."), "{build:#?}");
}

#[test]
fn an_apply_that_was_cut_short_is_settled_by_the_next_one() {
    let jenkins = Jenkins::new();
    let site = &jenkins.site;
    site.push("main", &[("discoveries/berlin.yaml", &discovery("berlin", "10.1.0.0/24", 5))]);
    site.controller.inject("create=slow:3000");
    site.kill();
    let build = jenkins.on_main("merge");
    site.record();
    assert_ne!(build.last().code, Some(0), "{build:#?}");
    site.push("main", &[("discoveries/oslo.yaml", &discovery("oslo", "10.2.0.0/24", 5))]);
    let build = jenkins.on_main("merge");
    assert_eq!(build.last().code, Some(0), "{build:#?}");
    assert!(build.last().err.contains("An earlier apply was interrupted"), "{build:#?}");
    assert_eq!(site.live(), "berlin oslo");
    site.controller.expect_careful();
}

#[test]
fn nothing_is_put_into_a_script_and_one_build_of_main_runs_at_a_time() {
    let text = file();
    assert!(!text.contains("sh \"") && !text.contains("\"\"\""), "Groovy fills such texts");
    for words in ["disableConcurrentBuilds()", "agent none", "input {", "beforeInput true"] {
        assert!(text.contains(words), "{words}");
    }
    assert!(text.contains("cron(env.BRANCH_NAME == 'main' ? 'H 3 * * *' : '')"));
    let names = stages().into_iter().map(|it| it.name).collect::<Vec<_>>();
    assert_eq!(names, ["Pull request", "Plan", "Apply", "Drift"]);
}
