//! Plans that are compared with a commit: whose doing a change is, and what becomes of drift.

use std::{fs, path::Path, process::Command};

use serde_json::Value;
use tokio::time::{Duration, sleep};
use trueup::cli::Exit;

use crate::{
    bench::{Bench, Ran},
    other_user::{create_as_other_user, delete_as_other_user, edit_as_other_user},
};

pub(crate) const HEAD: &str = "version: 1
defaults: {credentials: {cli: [netops], snmp_v3: [core]}, timeout: 5s}
discoveries:
";

/// Declares discoveries of one address each, with more keys.
pub(crate) fn declared(discoveries: &[(&str, &str)]) -> String {
    let line = |(at, (name, more)): (usize, &(&str, &str))| {
        format!("  - {{name: {name}, address: 10.0.0.{}{more}}}\n", at + 1)
    };
    HEAD.to_owned() + &discoveries.iter().enumerate().map(line).collect::<String>()
}

/// Runs git in a folder, as somebody with no configuration.
pub(crate) fn git_in(dir: &Path, line: &str) -> String {
    let mut command = Command::new("git");
    command.current_dir(dir).args(line.split_whitespace());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "somebody").env(format!("GIT_{who}_EMAIL"), "a@b.c");
        command.env(format!("GIT_{who}_DATE"), "2026-01-01T00:00:00Z");
    }
    let ended = command.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "git {line}: {said}");
    String::from_utf8(ended.stdout).unwrap().trim().to_owned()
}

impl Bench {
    /// Returns the folder of the files.
    pub(crate) fn dir(&self) -> std::path::PathBuf {
        Path::new(&self.path("")).to_owned()
    }

    pub(crate) fn git(&self, line: &str) -> String {
        git_in(&self.dir(), line)
    }

    /// Makes the folder a repository whose branch `main` has the files as they are, carries them
    /// out, and begins a branch.
    pub(crate) async fn begun(&self) -> &Self {
        self.git("init --quiet --initial-branch main .");
        self.commit("files");
        drop(self.expect_applied().await);
        sleep(Duration::from_secs(30)).await;
        self.git("checkout --quiet -b topic");
        self
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git("add --all .");
        self.git(&format!("commit --quiet --allow-empty -m {message}"));
    }

    /// Has somebody give a discovery another timeout on the controller.
    pub(crate) async fn drift(&self, name: &str, seconds: u64) {
        let id = self.id(name);
        edit_as_other_user(&self.simulator, &id, |it| it["timeOut"] = seconds.into()).await;
        sleep(Duration::from_secs(30)).await;
    }

    fn live(&self) -> Vec<Value> {
        let world = serde_json::from_str::<Value>(&self.simulator.world_json()).unwrap();
        world["discoveries"].as_array().unwrap().clone()
    }

    pub(crate) fn id(&self, name: &str) -> String {
        let found = self.live().into_iter().find(|it| it["name"] == name).unwrap();
        found["id"].as_str().unwrap().to_owned()
    }

    /// Returns the names and timeouts on the controller, by name.
    fn timeouts(&self) -> String {
        let mut all = self
            .live()
            .iter()
            .map(|it| format!("{} {}", it["name"].as_str().unwrap(), it["timeOut"]))
            .collect::<Vec<_>>();
        all.sort();
        all.join(", ")
    }

    /// Plans, and returns name, origin and the origins of the fields of each change.
    pub(crate) async fn origins(&self, line: &str) -> String {
        let ran = self.run(&format!("plan --format json {line}")).await;
        assert!(ran.exit == Exit::Done, "{ran:#?}");
        origins(&ran)
    }
}

pub(crate) fn origins(ran: &Ran) -> String {
    let plan = serde_json::from_str::<Value>(&ran.out).unwrap();
    let word = |it: &Value| it["origin"].as_str().unwrap_or("none").to_owned();
    let changes = plan["changes"].as_array().unwrap().iter().map(|it| {
        let fields = it["fields"].as_array().unwrap().iter();
        let fields = fields.map(|it| format!("{} {}", it["path"].as_str().unwrap(), word(it)));
        let fields = fields.collect::<Vec<_>>().join(", ");
        let (name, action) = (it["name"].as_str().unwrap(), it["action"].as_str().unwrap());
        format!("{name} {action} {} ({fields})", word(it))
    });
    changes.collect::<Vec<_>>().join("\n")
}

/// A branch that changes one discovery, on a controller where two others drifted, and a third in
/// the very field that the branch changes.
async fn moved() -> Bench {
    let bench = Bench::like(&[], &[]);
    bench.files(&declared(&[("a", ""), ("b", ""), ("c", ""), ("d", ""), ("e", "")]));
    bench.begun().await;
    for (name, seconds) in [("b", 7), ("c", 8), ("d", 9)] {
        bench.drift(name, seconds).await;
    }
    let more = ", timeout: 20s";
    bench.files(&declared(&[("a", more), ("b", ""), ("c", ""), ("d", more), ("e", "")]));
    bench.commit("slower");
    bench
}

#[tokio::test(start_paused = true)]
async fn a_change_is_told_from_drift_and_from_both() {
    let bench = moved().await;
    let ran = bench.run("plan --base main --detailed-exitcode").await;
    assert_eq!(ran.exit, Exit::Changes);
    let last = "Plan: 0 to add, 4 to change, 0 to destroy.\n\
                Runs: 4 to start. Addresses: 4 scanned, 0 of them new.\n\
                1 change from this branch, 2 corrections of drift, \
                1 change combines this branch and drift.\n";
    assert!(ran.out.ends_with(last), "{}", ran.out);
    for line in [
        "# (settings_changed; steps: edit, run; this change)",
        "~ timeout = \"5s\" -> \"20s\" # this change",
        "# (settings_changed; steps: edit, run; drift)",
        "~ timeout = \"7s\" -> \"5s\" # drift",
        "~ timeout = \"9s\" -> \"20s\" # both: this change, and drift",
    ] {
        assert!(ran.out.contains(line), "{line}: {}", ran.out);
    }
    let sha = bench.git("rev-parse --short=7 main");
    assert!(ran.err.contains(&format!("Comparison with main: merge-base {sha}, ")), "{}", ran.err);
    assert_eq!(
        bench.origins("--base main").await,
        "a update this_change (timeout this_change)\n\
         b update drift (timeout drift)\n\
         c update drift (timeout drift)\n\
         d update both (timeout both)"
    );
    let only = bench.origins("--base main --only c").await;
    assert_eq!(only, "c update drift (timeout drift)");
    let markdown = bench.run("plan --base main --format markdown").await.out;
    let rows = ["| update | `b` | drift |", "| update | `d` | both: this change, and drift |"];
    assert!(rows.iter().all(|it| markdown.contains(it)), "{markdown}");
    assert!(markdown.contains("### Plan for `simulator`"), "{markdown}");
    // Without a base nothing is said of origins.
    let ran = bench.run("plan --format json").await;
    assert!(!ran.out.contains("origin") && !ran.out.contains("\"git\""), "{}", ran.out);
}

#[tokio::test(start_paused = true)]
async fn the_origins_that_the_readme_shows_are_real_ones() {
    let bench = Bench::like(&[], &[]);
    let files = |timeout: &str| {
        let head = "version: 1\ndefaults: {credentials: {cli: [netops], snmp_v3: [core]}}\n";
        format!(
            "{head}discoveries:\n  - {{name: hq-core, cdp: {{seed: 10.0.0.1, hops: 3}}, \
             retries: 3, timeout: {timeout}}}\n"
        )
    };
    bench.files(&files("5s"));
    bench.begun().await;
    edit_as_other_user(&bench.simulator, &bench.id("hq-core"), |it| it["retryCount"] = 1.into())
        .await;
    sleep(Duration::from_secs(30)).await;
    bench.files(&files("10s"));
    let ran = bench.run("plan --base main").await;
    let readme = include_str!("../../README.md");
    let (_, shown) = readme.split_once("```text\n").unwrap();
    let (shown, _) = shown.split_once("```\n").unwrap();
    assert_eq!(ran.out.split("\nImpact").next().unwrap(), shown);
}

#[tokio::test(start_paused = true)]
async fn drift_that_is_kept_is_not_written() {
    let bench = moved().await;
    let before = bench.requests("edit");
    let ran = bench.run("apply --base main --drift keep --auto-approve").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    let left = "Drift left alone:\n  b: timeout is 7s, but the files say 5s\n  \
                c: timeout is 8s, but the files say 5s\n";
    assert!(ran.out.contains(left), "{}", ran.out);
    assert_eq!(bench.timeouts(), "a 20, b 7, c 8, d 20, e 5");
    assert_eq!(bench.requests("edit") - before, 2);
    // Nothing is left but drift: kept, or to be put right.
    for drift in ["keep", "revert"] {
        let line = format!("plan --base main --drift {drift} --detailed-exitcode");
        let ran = bench.run(&line).await;
        assert_eq!(ran.exit, Exit::Drift, "{ran:#?}");
    }
    let ran = bench.run("plan --base main --drift keep").await;
    let nothing = "No changes. The only differences are drift, which is left alone.";
    assert!(ran.out.contains(nothing) && ran.exit == Exit::Done, "{}", ran.out);
    let ran = bench.run("apply --base main --auto-approve").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert_eq!(bench.timeouts(), "a 20, b 5, c 5, d 20, e 5");
    let ran = bench.run("plan --base main --detailed-exitcode").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_saved_plan_keeps_whose_doing_it_is_and_what_is_left_alone() {
    let bench = moved().await;
    let plan = bench.path("kept.json");
    let saved = bench.run(&format!("plan --base main --drift keep --out {plan}")).await;
    let shown = bench.run_bare(&["show", &plan, "--detailed-exitcode"]).await;
    assert_eq!((shown.exit, &shown.out), (Exit::Changes, &saved.out));
    let shown = bench.run_bare(&["show", &plan, "--format", "json"]).await;
    trueup::testing::read_plan(shown.out.as_bytes());
    let document = serde_json::from_str::<Value>(&shown.out).unwrap();
    assert_eq!(document["options"]["base"], "main");
    assert_eq!(document["options"]["drift"], "keep");
    assert_eq!(document["git"]["merge_base"], bench.git("rev-parse main"));
    assert_eq!(document["git"]["head"], bench.git("rev-parse HEAD"));
    assert_eq!(document["kept_drift"][0]["name"], "b");
    assert_eq!(document["kept_drift"][1]["fields"][0]["before"], "8s");
    let ran = bench.run_bare(&["apply", &plan, "--simulate"]).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert_eq!(bench.timeouts(), "a 20, b 7, c 8, d 20, e 5");
    for flag in ["--base main", "--base main --drift keep"] {
        let line = format!("apply {plan} --simulate {flag}");
        let ran = bench.run_bare(&line.split(' ').collect::<Vec<_>>()).await;
        assert!(ran.exit == Exit::Invalid && ran.err.contains("`--base`"), "{ran:#?}");
    }
    fs::remove_file(plan).unwrap();
}

#[tokio::test(start_paused = true)]
async fn drift_can_be_refused_at_its_line() {
    let bench = moved().await;
    let ran = bench.run("plan --base main --drift fail --detailed-exitcode").await;
    assert_eq!(ran.exit, Exit::Refused);
    assert!(ran.out.contains("Plan: 0 to add, 4 to change, 0 to destroy."), "{}", ran.out);
    assert!(ran.out.contains("This plan cannot be applied: 3 refusals.\n"), "{}", ran.out);
    assert_eq!(ran.err.matches("[trueup::plan::drift]").count(), 3, "{}", ran.err);
    assert!(ran.err.contains("`timeout` of `d` was changed on the controller: it is 9s"));
    assert!(ran.err.contains("discoveries.yaml:7:"), "{}", ran.err);
    let before = bench.writes();
    let ran = bench.run("apply --base main --drift fail --auto-approve").await;
    assert_eq!((ran.exit, bench.writes()), (Exit::Refused, before), "{ran:#?}");
    let ran = bench.run("plan --base main --drift fail --format json").await;
    assert!(ran.out.contains("\"applyable\": false"), "{}", ran.out);
    // Without drift there is nothing to refuse.
    let ran = bench.run("plan --base main --drift fail --only a --detailed-exitcode").await;
    assert_eq!(ran.exit, Exit::Changes, "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn the_nightly_check_reads_as_a_report_of_drift() {
    let bench = moved().await;
    bench.git("checkout --quiet main");
    let ran = bench.run("plan --base HEAD --detailed-exitcode --format markdown").await;
    assert_eq!(ran.exit, Exit::Drift, "{ran:#?}");
    let sha = bench.git("rev-parse --short=7 HEAD");
    let page = ran.out.replace(&sha, "SHA");
    let page =
        page.lines().skip(1).take_while(|it| !it.starts_with("| Action")).collect::<Vec<_>>();
    insta::assert_snapshot!(page.join("\n"), @r"
    ### Drift on `simulator`

    **Plan: 0 to add, 3 to change, 0 to destroy.**
    Runs: 3 to start. Addresses: 3 scanned, 0 of them new.
    3 corrections of drift.

    Impact:

    - `b`: 1 address, 8 logins at most
    - `c`: 1 address, 8 logins at most
    - `d`: 1 address, 8 logins at most

    | Discovery | Setting | Found | The files say | Source |
    |---|---|---|---|---|
    | `b` | timeout | `7s` | `5s` | `discoveries.yaml:2` |
    | `c` | timeout | `8s` | `5s` | `discoveries.yaml:2` |
    | `d` | timeout | `9s` | `5s` | `discoveries.yaml:2` |
    ");
    // A saved one is the same, and `show` says so, too.
    let plan = bench.path("drift.json");
    let saved = bench.run(&format!("plan --base HEAD --out {plan} --format markdown")).await;
    let shown = ["show", &plan, "--detailed-exitcode", "--format", "markdown"];
    let shown = bench.run_bare(&shown).await;
    assert_eq!((saved.exit, shown.exit), (Exit::Done, Exit::Drift), "{shown:#?}");
    assert!(shown.out.contains("### Drift on `simulator`"), "{}", shown.out);
    delete_as_other_user(&bench.simulator, &bench.id("e")).await;
    create_as_other_user(&bench.simulator, "stray", "10.9.0.0/24").await;
    let ran = bench.run("plan --base HEAD --detailed-exitcode --format markdown").await;
    assert!(
        ran.out.contains("| `e` |  | not there | present | `discoveries.yaml:8` |"),
        "{}",
        ran.out
    );
    drop(bench.expect_applied().await);
    let ran = bench.run("plan --base HEAD --detailed-exitcode --format markdown").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert!(ran.out.contains("### Drift on `simulator`\n\n**No changes.**"), "{}", ran.out);
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_made_or_started_by_hand_is_drift() {
    let bench = Bench::like(&[], &["name_release=0s"]);
    let old = ", state: absent";
    bench.files(&declared(&[("a", ""), ("gone", ""), ("old", old), ("lab", ", state: stopped")]));
    create_as_other_user(&bench.simulator, "lab", "10.9.0.0/24").await;
    sleep(Duration::from_secs(30)).await;
    bench.begun().await;
    delete_as_other_user(&bench.simulator, &bench.id("gone")).await;
    create_as_other_user(&bench.simulator, "old", "10.9.0.0/24").await;
    let id = bench.id("lab");
    let run = serde_json::json!({"id": id, "discoveryStatus": "Active"});
    crate::other_user::send_as_other_user(&bench.simulator, http::Method::PUT, "v1/discovery", run)
        .await;
    let drifted = bench.origins("--base main").await;
    let actions = drifted.lines().map(|it| it.split(" (").next().unwrap()).collect::<Vec<_>>();
    assert_eq!(actions, ["old delete drift", "lab stop drift", "gone create drift"]);
    let before = bench.writes();
    let ran = bench.run("apply --base main --drift keep --auto-approve").await;
    assert_eq!((ran.exit, bench.writes()), (Exit::Done, before), "{ran:#?}");
    let left = "Drift left alone:\n  gone: it is missing, but the files declare it\n  \
                lab: it is running, but the files declare it stopped\n  \
                old: it exists, but the files declare it absent\n";
    assert!(ran.out.contains(left), "{}", ran.out);
    let ran = bench.run("plan --base main --drift fail").await;
    for said in ["`gone` was deleted", "`old` was created", "`lab` was started"] {
        assert!(ran.err.contains(&format!("{said} on the controller")), "{said}: {}", ran.err);
    }
    assert_eq!(ran.exit, Exit::Refused);
}

#[tokio::test(start_paused = true)]
async fn what_the_branch_removed_is_told_from_what_never_was_in_the_files() {
    let bench = Bench::like(&[], &[]);
    let owned = "manage: {names: [\"*\"]}\n";
    bench.files(&(declared(&[("a", ""), ("b", "")]) + owned));
    bench.begun().await;
    create_as_other_user(&bench.simulator, "stray", "10.9.0.0/24").await;
    bench.files(&(declared(&[("a", "")]) + owned));
    let ran = bench.run("plan --base main --prune").await;
    for line in [
        "# (not_declared: removed from the files by this branch; this change)",
        "# (not_declared: never was in the files; drift)",
    ] {
        assert!(ran.out.contains(line), "{}", ran.out);
    }
    let json = bench.run("plan --base main --prune --format json").await.out;
    trueup::testing::read_plan(json.as_bytes());
    assert!(json.contains("\"reason_detail\": \"never was in the files\""), "{json}");
    let plan = bench.path("pruned.json");
    let saved = bench.run(&format!("plan --base main --prune --out {plan}")).await;
    assert_eq!(bench.run_bare(&["show", &plan]).await.out, saved.out);
    fs::remove_file(plan).unwrap();
    let ran = bench.run("plan --base main --prune --drift keep").await;
    assert!(ran.out.contains("stray: it exists, but no file declares it\n"), "{}", ran.out);
    assert!(ran.out.contains("1 to destroy."), "{}", ran.out);
    // Not pruned, it stays, and that is said.
    let ran = bench.run("plan --base main").await;
    let title = "Removed from the files by this branch, and left on the controller:\n  b\n";
    assert!(ran.out.contains(title) && ran.out.contains("No changes."), "{}", ran.out);
}

#[tokio::test(start_paused = true)]
async fn files_are_followed_to_where_they_were() {
    let bench = Bench::like(&[], &[]);
    bench.files(&declared(&[("a", ""), ("b", ""), ("c", "")]));
    bench.begun().await;
    bench.drift("b", 7).await;
    let drift = "b update drift (timeout drift)";
    // A folder, its file moved and renamed.
    bench.git("mv discoveries.yaml other.yml");
    assert_eq!(bench.origins("--base main").await, drift);
    bench.commit("renamed");
    assert_eq!(bench.origins("--base main").await, drift);
    fs::create_dir(bench.path("below")).unwrap();
    bench.git("mv other.yml below/more.yaml");
    bench.commit("moved");
    assert_eq!(bench.origins("--base main").await, drift);
    // By its name, and a folder that was not there.
    for path in ["below/more.yaml", "below", "below/"] {
        let args = ["plan", "--simulate", "--base", "main", "--format", "json", "--file"];
        let path = bench.path(path);
        let ran = bench.run_bare(&[&args[..], &[&path]].concat()).await;
        assert_eq!(origins(&ran), drift, "{path}: {ran:#?}");
        assert!(ran.err.contains("below/more.yaml was discoveries.yaml."), "{}", ran.err);
        assert!(ran.out.contains("\"was\": \"discoveries.yaml\""), "{}", ran.out);
    }
    // A block that moves to a new file is no change of the branch.
    let text = fs::read_to_string(bench.path("below/more.yaml")).unwrap();
    let (first, last) = text.split_at(text.find("  - {name: c").unwrap());
    bench.file("below/more.yaml", first).file("below/c.yaml", &format!("{HEAD}{last}"));
    assert_eq!(bench.origins("--base main").await, drift);
    // One that is new is all this change.
    bench.file("new.yaml", &format!("{HEAD}  - {{name: new, address: 10.0.1.1}}\n"));
    let ran = bench.run("plan --base main").await;
    assert!(ran.out.contains("# (new; this change)"), "{}", ran.out);
    let dirty =
        "Uncommitted changes count as this branch: below/c.yaml, below/more.yaml, new.yaml.";
    assert!(ran.err.contains(dirty), "{}", ran.err);
}

#[tokio::test(start_paused = true)]
async fn what_was_in_a_folder_that_was_moved_is_told_from_what_never_was_in_the_files() {
    let bench = Bench::like(&[], &[]);
    let file =
        |n: usize, more: &str| format!("{HEAD}  - {{name: d{n}, address: 10.0.{n}.1}}\n{more}");
    fs::create_dir_all(bench.path("old/below")).unwrap();
    bench.file("old/a.yaml", &file(1, "manage: {names: [\"*\"]}\n"));
    bench.file("old/b.yaml", &file(2, "")).file("old/below/c.yaml", &file(3, ""));
    bench.begun().await;
    bench.git("mv old new");
    fs::remove_file(bench.path("new/b.yaml")).unwrap();
    bench.commit("moved");
    let folder = bench.path("new");
    let args = ["plan", "--simulate", "--prune", "--base", "main", "--file", &folder];
    let ran = bench.run_bare(&args).await;
    let removed = "d2 will be destroyed\n  # (not_declared: removed from the files by this branch; \
                   this change)\n";
    assert!(ran.out.contains(removed), "{ran:#?}");
    // What is there still may be for another command.
    fs::create_dir(bench.path("old")).unwrap();
    bench.file("old/b.yaml", &file(2, ""));
    bench.commit("back");
    let ran = bench.run_bare(&args).await;
    assert!(ran.out.contains("(not_declared: never was in the files; drift)"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn files_that_were_for_another_controller_asked_nothing_of_this_one() {
    let bench = Bench::like(&[], &[]);
    let files = |host: &str| format!("controller: {host}\n") + &declared(&[("a", ""), ("b", "")]);
    bench.files(&files("https://old.example.com"));
    bench.git("init --quiet --initial-branch main .");
    bench.commit("files");
    bench.git("checkout --quiet -b topic");
    bench.files(&files("HTTPS://old.example.com:443"));
    let ran = bench.run("plan --base main").await;
    assert!(ran.out.contains("2 corrections of drift."), "{ran:#?}");
    bench.files(&files("https://new.example.com"));
    let ran = bench.run("plan --base main --drift keep").await;
    assert!(ran.out.contains("2 changes from this branch."), "{ran:#?}");
    let said = "the files were for https://old.example.com: everything counts as this branch.";
    assert!(ran.err.contains(said), "{}", ran.err);
}

#[tokio::test(start_paused = true)]
async fn a_name_of_several_things_is_said_to_be_one() {
    let bench = Bench::like(&[], &[]);
    bench.files(&declared(&[("a", "")]));
    bench.begun().await;
    bench.git("config core.warnAmbiguousRefs false");
    let several = "main is ambiguous: ";
    let ran = bench.run("plan --base main").await;
    assert!(ran.exit == Exit::Done && !ran.err.contains(several), "{}", ran.err);
    bench.git("tag main");
    let ran = bench.run("plan --base main").await;
    assert!(ran.exit == Exit::Done && ran.err.contains(several), "{}", ran.err);
    let ran = bench.run("plan --base refs/heads/main").await;
    assert!(ran.exit == Exit::Done && !ran.err.contains("ambiguous"), "{}", ran.err);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_committed_is_this_change_and_line_ends_are_nothing() {
    let bench = Bench::like(&[], &[]);
    let text = declared(&[("a", ""), ("b", "")]);
    bench.files(&text);
    bench.begun().await;
    bench.drift("b", 7).await;
    bench.files(&("\u{feff}".to_owned() + &text.replace('\n', "\r\n")));
    let ran = bench.run("plan --base main").await;
    assert!(!ran.err.contains("Uncommitted"), "{}", ran.err);
    bench.files(&declared(&[("a", ", timeout: 9s"), ("b", "")]));
    let ran = bench.run("plan --base main --format json").await;
    assert!(
        ran.err.contains("Uncommitted changes count as this branch: discoveries.yaml."),
        "{}",
        ran.err
    );
    let plan = serde_json::from_str::<Value>(&ran.out).unwrap();
    assert_eq!(
        plan["git"]["dirty"][0].as_str().map(|it| it.ends_with("discoveries.yaml")),
        Some(true)
    );
    let both = "a update this_change (timeout this_change)\nb update drift (timeout drift)";
    assert_eq!(origins(&ran), both);
    // Also where the base is what is checked out, and where nothing of git's knows of it yet.
    assert_eq!(bench.origins("--base HEAD").await, both);
    bench.git("commit --quiet -am slower");
    assert_eq!(bench.origins("--base main").await, both);
    assert_eq!(bench.origins("--base topic~1").await, both);
    assert_eq!(bench.origins("--base HEAD --only b").await, "b update drift (timeout drift)");
    // What main did meanwhile is not this branch's.
    bench.git("checkout --quiet main");
    bench.files(&declared(&[("a", ""), ("b", ", timeout: 30s")]));
    bench.commit("meanwhile");
    bench.git("checkout --quiet topic");
    assert_eq!(bench.origins("--base main").await, both);
}

#[tokio::test(start_paused = true)]
async fn files_of_no_repository_are_taken_as_they_are() {
    let bench = Bench::like(&[], &[]);
    bench.files(&declared(&[("a", "")]));
    bench.begun().await;
    bench.drift("a", 7).await;
    let away = tempfile::tempdir().unwrap();
    let file = away.path().join("away.yaml");
    fs::write(&file, format!("{HEAD}  - {{name: away, address: 10.0.1.1}}\n")).unwrap();
    let file = file.to_str().unwrap();
    let ran = bench.run(&format!("plan --base main --format json --file {file}")).await;
    let origins = origins(&ran);
    assert!(
        origins.contains("a update drift") && origins.contains("away create drift"),
        "{origins}"
    );
    assert!(ran.err.contains("In no repository, so assumed to be the same at "), "{}", ran.err);
    // Alone there is nothing to compare with.
    let alone = ["plan", "--simulate", "--base", "main", "--file", file];
    let ran = bench.run_bare(&alone).await;
    assert_eq!(ran.exit, Exit::Invalid);
    assert!(ran.err.contains("is in no git repository"), "{}", ran.err);
    git_in(away.path(), "init --quiet --initial-branch main .");
    let ran = bench.run_bare(&alone).await;
    assert!(ran.exit == Exit::Invalid && ran.err.contains("has no commit yet"), "{ran:#?}");
    let ran = bench.run(&format!("plan --base main --file {file}")).await;
    assert!(ran.exit == Exit::Invalid && ran.err.contains("in two git repositories"), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_base_whose_files_have_mistakes_is_said_to_have_them() {
    let bench = Bench::like(&[], &[]);
    bench.git("init --quiet --initial-branch main .");
    bench.files("version: 1\ndiscoveries:\n  - {name: a, adress: 10.0.0.1}\n  - [\n");
    bench.commit("broken");
    bench.git("checkout --quiet -b topic");
    bench.files(&declared(&[("a", "")]));
    bench.commit("mended");
    let ran = bench.run("plan --base main").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    let sha = bench.git("rev-parse --short=7 main");
    let warning = format!("Warning: the files at {sha}, the base, have errors: ");
    assert!(ran.err.contains(&warning) && ran.err.contains("discoveries.yaml:"), "{}", ran.err);
    assert!(ran.out.contains("1 change from this branch."), "{}", ran.out);
    for drift in ["keep", "fail"] {
        let ran = bench.run(&format!("plan --base main --drift {drift}")).await;
        assert!(ran.exit == Exit::Refused && ran.out.contains("Plan: 1 to add"), "{ran:#?}");
        assert!(ran.err.contains("trueup::plan::unreadable_base"), "{}", ran.err);
    }
}
