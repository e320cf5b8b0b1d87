//! The part of GitHub Actions that the examples use: conditions, steps, outputs, artifacts, caches.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use super::site::Site;

/// A run of a workflow.
pub(super) struct Run<'a> {
    site: &'a Site,
    workflow: Value,
    /// The context that expressions read.
    context: Value,
    /// The caches by key, oldest first.
    caches: &'a mut Vec<(String, PathBuf)>,
}

/// The outcome of a job.
#[must_use = "check the outcome of the job"]
#[derive(Debug)]
pub(super) struct Job {
    /// `success`, `failure` or `skipped`.
    pub(super) result: &'static str,
    /// The output of its steps.
    pub(super) output: String,
    /// The summary on the page of the run.
    pub(super) summary: String,
    /// The steps that were run, with their outcomes.
    pub(super) steps: Vec<(String, &'static str)>,
}

impl Job {
    pub(super) fn outcome(&self, step: &str) -> Option<&'static str> {
        self.steps.iter().find(|(name, _)| name == step).map(|(_, outcome)| *outcome)
    }
}

impl<'a> Run<'a> {
    /// Starts a run for an event.
    pub(super) fn new(
        site: &'a Site,
        workflow: &str,
        id: u64,
        github: &Value,
        caches: &'a mut Vec<(String, PathBuf)>,
    ) -> Self {
        let workflow = serde_saphyr::from_str::<Value>(workflow).unwrap();
        assert_eq!(workflow["permissions"], json!({}), "permissions are granted per job");
        assert_eq!(workflow["defaults"]["run"]["shell"], "bash");
        let login = site.login();
        let mut github = github.clone();
        github["run_id"] = id.into();
        github["run_attempt"] = 1.into();
        github["token"] = "token-of-the-job".into();
        github["repository"] = super::gh::REPOSITORY.into();
        let context = json!({
            "github": github,
            "vars": {"CC_URL": login[0].1},
            // Set for each job, see `secrets`.
            "secrets": {},
            "runner": {"os": "Linux", "arch": "X64"},
            "inputs": github["event"]["inputs"],
            "steps": {},
            "needs": {},
        });
        Self { site, workflow, context, caches }
    }

    /// Sets the secrets of a job: those of the repository, or those of its environment.
    fn secrets(&mut self, job: &Value) {
        let login = self.site.login();
        let (username, password) = (&login[1].1, &login[2].1);
        self.context["secrets"] = match job["environment"].as_str() {
            Some("production") => json!({"CC_USERNAME": username, "CC_PASSWORD": password}),
            None => json!({"CC_READ_USERNAME": username, "CC_READ_PASSWORD": password}),
            Some(other) => panic!("no environment {other}"),
        };
    }

    /// Runs a job to its end.
    pub(super) fn job(&mut self, id: &str) -> Job {
        let job = self.workflow["jobs"][id].clone();
        assert!(job["permissions"].is_object() && job["timeout-minutes"].is_u64(), "{id}");
        let mut done =
            Job { result: "skipped", output: String::new(), summary: String::new(), steps: vec![] };
        let needs = job["needs"].as_str();
        let can_start = needs.is_none_or(|it| self.context["needs"][it]["result"] == "success");
        if can_start && job["if"].as_str().is_none_or(|it| self.holds(it, false)) {
            self.secrets(&job);
            self.context["steps"] = json!({});
            self.context["runner"]["temp"] =
                self.site.folder("temp").to_str().unwrap().to_owned().into();
            let mut has_failed = false;
            let mut checkout = None;
            for step in job["steps"].as_array().unwrap() {
                let outcome = self.step(step, has_failed, &mut checkout, &mut done);
                has_failed |= outcome == "failure";
            }
            done.result = if has_failed { "failure" } else { "success" };
        }
        let outputs = job["outputs"].as_object();
        let outputs = outputs.into_iter().flatten().map(|(name, it)| {
            (name.clone(), Value::from(self.filled(it.as_str().unwrap_or_default())))
        });
        let outputs = outputs.collect::<serde_json::Map<_, _>>();
        self.context["needs"][id] = json!({"result": done.result, "outputs": outputs});
        done
    }

    fn step(
        &mut self,
        step: &Value,
        has_failed: bool,
        checkout: &mut Option<PathBuf>,
        done: &mut Job,
    ) -> &'static str {
        let name = step["name"].as_str().or(step["uses"].as_str()).unwrap();
        let condition = step["if"].as_str().unwrap_or("success()");
        let is_about_failure = ["always()", "failure()"].iter().any(|it| condition.contains(it));
        if has_failed && !is_about_failure || !self.holds(condition, has_failed) {
            return "skipped";
        }
        let is_done = match step["uses"].as_str() {
            Some(action) => self.action(action, &step["with"], checkout),
            None => self.script(step, checkout.as_deref(), done),
        };
        let outcome = if is_done { "success" } else { "failure" };
        if let Some(id) = step["id"].as_str() {
            self.context["steps"][id]["outcome"] = outcome.into();
        }
        done.steps.push((name.to_owned(), outcome));
        outcome
    }

    /// Runs a script as the runner does.
    fn script(&mut self, step: &Value, checkout: Option<&Path>, done: &mut Job) -> bool {
        let script = step["run"].as_str().unwrap();
        // User input must reach a script through the environment, and never by interpolation.
        assert!(!script.contains("${{"), "{script}");
        let files = self.site.folder("step");
        let temp = self.context["runner"]["temp"].as_str().unwrap().to_owned();
        let file = |name: &str| files.join(name).to_str().unwrap().to_owned();
        let mut env = vec![
            ("CI".to_owned(), "true".to_owned()),
            ("GITHUB_ACTIONS".to_owned(), "true".to_owned()),
            ("RUNNER_TEMP".to_owned(), temp),
            ("GITHUB_OUTPUT".to_owned(), file("output")),
            ("GITHUB_STEP_SUMMARY".to_owned(), file("summary")),
        ];
        for (name, key) in [("GITHUB_REPOSITORY", "repository"), ("GITHUB_SHA", "sha")] {
            env.push((name.to_owned(), self.context["github"][key].as_str().unwrap().to_owned()));
        }
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            env.push((name.clone(), self.filled(value.as_str().unwrap())));
        }
        let workspace = checkout.unwrap().to_str().unwrap().to_owned();
        env.push(("GITHUB_WORKSPACE".to_owned(), workspace));
        let dir = step["working-directory"].as_str().map(|it| PathBuf::from(self.filled(it)));
        let dir = dir.or(checkout.map(Path::to_owned)).unwrap();
        let shell = "bash --noprofile --norc -eo pipefail";
        let ended = self.site.run(shell, script, &dir, &env);
        done.output.extend([ended.out, ended.err]);
        done.summary.push_str(&fs::read_to_string(file("summary")).unwrap_or_default());
        let outputs = fs::read_to_string(file("output")).unwrap_or_default();
        for (name, value) in outputs.lines().map(|it| it.split_once('=').unwrap()) {
            self.context["steps"][step["id"].as_str().unwrap()]["outputs"][name] = value.into();
        }
        ended.code == Some(0)
    }

    /// Simulates an action.
    fn action(&mut self, action: &str, with: &Value, checkout: &mut Option<PathBuf>) -> bool {
        let given = |name: &str| with[name].as_str().map(|it| self.filled(it));
        let temp = PathBuf::from(self.context["runner"]["temp"].as_str().unwrap());
        let artifacts =
            self.site.path("artifacts").join(self.context["github"]["run_id"].to_string());
        match action {
            "actions/checkout@v6" => {
                assert_eq!(with["persist-credentials"], false);
                let commit = self.context["github"]["sha"].as_str().unwrap();
                *checkout = Some(self.site.checkout(commit, with["fetch-depth"] == 0));
            }
            "./.github/actions/install-trueup" => {
                let file = checkout.as_ref().unwrap().join(action).join("action.yml");
                let file = serde_saphyr::from_str::<Value>(&fs::read_to_string(file).unwrap());
                assert_eq!(file.unwrap()["runs"]["using"], "composite");
            }
            "actions/upload-artifact@v6" => {
                let to = artifacts.join(given("name").unwrap());
                drop(fs::remove_dir_all(&to));
                fs::create_dir_all(&to).unwrap();
                let hidden = with["include-hidden-files"] == true;
                let paths = given("path").unwrap();
                let n = paths.lines().filter(|it| keep(Path::new(it), &to, hidden)).count();
                return n != 0 || with["if-no-files-found"] == "ignore";
            }
            "actions/download-artifact@v7" => {
                let to = PathBuf::from(given("path").unwrap());
                assert!(keep(&artifacts.join(given("name").unwrap()), &to, true));
            }
            "actions/cache/restore@v5" => {
                let (key, others) = (given("key").unwrap(), given("restore-keys").unwrap());
                assert!(self.caches.iter().all(|(it, _)| *it != key), "{key} is from another run");
                let found = self.caches.iter().rev().find(|(it, _)| it.starts_with(&others));
                if let Some((_, from)) = found {
                    assert!(keep(from, &PathBuf::from(given("path").unwrap()), true));
                }
            }
            "actions/cache/save@v5" => {
                let from = PathBuf::from(given("path").unwrap());
                assert!(from.starts_with(temp));
                let to = self.site.folder("cache");
                if keep(&from, &to, true) {
                    self.caches.push((given("key").unwrap(), to));
                }
            }
            other => panic!("unknown action {other}"),
        }
        true
    }

    /// Replaces the expressions in a text by their values.
    fn filled(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{ ") {
            let (expression, after) = after.split_once(" }}").unwrap();
            filled.push_str(before);
            filled.push_str(&self.value(expression));
            rest = after;
        }
        filled + rest
    }

    /// Returns the value of a name or of a quoted string; an unknown name is empty.
    fn value(&self, expression: &str) -> String {
        if let Some(text) = expression.strip_prefix('\'') {
            return text.strip_suffix('\'').unwrap().to_owned();
        }
        let mut at = &self.context;
        for part in expression.split('.') {
            at = &at[part];
        }
        match at {
            Value::String(it) => it.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        }
    }

    /// Returns whether a condition holds.
    fn holds(&self, condition: &str, has_failed: bool) -> bool {
        condition.split(" && ").all(|it| {
            let list = it.strip_prefix("contains(fromJSON('").and_then(|it| it.strip_suffix(')'));
            let is_true = |it: &str| self.value(it) == "true";
            match (it, list, it.split_once(" == "), it.split_once(" != ")) {
                ("always()", ..) => true,
                ("success()", ..) => !has_failed,
                ("failure()", ..) => has_failed,
                (_, Some(list), ..) => {
                    let (list, value) = list.split_once("'), ").unwrap();
                    let list = serde_json::from_str::<Vec<String>>(list).unwrap();
                    list.contains(&self.value(value))
                }
                (_, None, Some((a, b)), _) => self.value(a) == self.value(b),
                (_, None, None, Some((a, b))) => self.value(a) != self.value(b),
                _ => it.strip_prefix('!').map_or_else(|| is_true(it), |it| !is_true(it)),
            }
        })
    }
}

/// Copies a file, or the contents of a folder, into a folder; returns whether there was anything.
fn keep(from: &Path, to: &Path, hidden: bool) -> bool {
    let is_hidden = from.file_name().is_some_and(|it| it.to_string_lossy().starts_with('.'));
    if !from.exists() || is_hidden && !hidden {
        return false;
    }
    fs::create_dir_all(to).unwrap();
    let mut copy = Command::new("cp");
    copy.arg("-R");
    if from.is_dir() {
        copy.arg(from.join("."))
    } else {
        copy.arg(from)
    };
    copy.arg(to).status().unwrap().success()
}

/// Returns the names that the expressions of a workflow use, by job.
pub(super) fn used(workflow: &str, what: &str) -> BTreeMap<String, Vec<String>> {
    let workflow = serde_saphyr::from_str::<Value>(workflow).unwrap();
    let jobs = workflow["jobs"].as_object().unwrap().iter().map(|(id, job)| {
        let text = job.to_string();
        let found = text.split(what).skip(1).map(|it| {
            let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '_';
            it.split(is_end).next().unwrap().to_owned()
        });
        let mut names = found.collect::<Vec<_>>();
        names.sort();
        names.dedup();
        (id.clone(), names)
    });
    jobs.collect()
}
