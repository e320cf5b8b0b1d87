//! Complaints at their lines, for reviewers: GitHub's commands and SARIF.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use serde_json::Value;
use trueup::cli::Exit;

use crate::{
    bench::{Bench, Ran},
    machines::Format,
    other_user::edit_as_other_user,
    shell::{Ended, Shell},
    story::many,
};

/// A line that GitHub's runner obeys.
#[derive(Debug)]
struct Command {
    name: String,
    properties: BTreeMap<String, String>,
    data: String,
}

impl Command {
    /// Reads a line as the runner does: it takes one for a command that begins with `::` behind
    /// blanks, or that has `##[` anywhere.
    fn read(line: &str) -> Option<Self> {
        let unescaped = |text: &str| {
            let pairs = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
            pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
        };
        let (info, data) = match line.trim_start().strip_prefix("::") {
            Some(rest) => rest.split_once("::")?,
            None => line.split_once("##[")?.1.split_once(']')?,
        };
        let (name, properties) = info.split_once(' ').unwrap_or((info, ""));
        let properties = properties.split(',').filter_map(|it| it.split_once('='));
        let properties = properties.map(|(key, value)| (key.to_owned(), unescaped(value)));
        let properties = properties.collect();
        Some(Self { name: name.to_owned(), properties, data: unescaped(data) })
    }

    /// Reads everything that the runner obeys in a stream.
    fn all(stream: &str) -> Vec<Self> {
        stream.split(['\n', '\r']).filter_map(Self::read).collect()
    }

    fn get(&self, key: &str) -> &str {
        self.properties.get(key).map_or("", String::as_str)
    }

    /// Returns the file and the line.
    fn place(&self) -> (&str, usize) {
        (self.get("file"), self.get("line").parse().unwrap_or_default())
    }
}

/// A result of a SARIF document, as far as tests look at it.
#[derive(Debug)]
struct Finding {
    level: String,
    code: String,
    uri: String,
    line: u64,
    text: String,
    related: Vec<u64>,
}

/// Reads the results, and holds each against its rule.
fn findings(document: &str) -> Vec<Finding> {
    let document = Format::Sarif.checked(document);
    let run = &document["runs"][0];
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    let line = |it: &Value| it["physicalLocation"]["region"]["startLine"].as_u64().unwrap();
    let results = run["results"].as_array().unwrap().iter().map(|it| {
        let index = usize::try_from(it["ruleIndex"].as_u64().unwrap()).unwrap();
        let rule = &run["tool"]["driver"]["rules"][index];
        assert_eq!(rule["id"], it["ruleId"]);
        for member in ["shortDescription", "fullDescription", "help"] {
            assert!(!text(&rule[member]["text"]).is_empty(), "{rule}");
        }
        assert!(text(&rule["help"]["markdown"]).starts_with("# trueup::"), "{rule}");
        assert!(it["partialFingerprints"]["trueup/v1"].is_string(), "{it}");
        let first = &it["locations"][0];
        let related = it["relatedLocations"].as_array().into_iter().flatten();
        Finding {
            level: text(&it["level"]),
            code: text(&it["ruleId"]),
            uri: text(&first["physicalLocation"]["artifactLocation"]["uri"]),
            line: line(first),
            text: text(&it["message"]["text"]),
            related: related.map(line).collect(),
        }
    });
    results.collect()
}

/// Returns whether the document says that the command came to its end, and what it says that no
/// line is to blame for.
fn invocation(document: &str) -> (bool, Vec<String>) {
    let document = Format::Sarif.checked(document);
    let invocation = &document["runs"][0]["invocations"][0];
    let told = invocation["toolExecutionNotifications"].as_array().unwrap();
    let told = told.iter().map(|it| it["message"]["text"].as_str().unwrap().to_owned());
    (invocation["executionSuccessful"].as_bool().unwrap(), told.collect())
}

/// A bench whose folder is a repository.
fn repository(faults: &[&str]) -> Bench {
    let bench = Bench::like(faults, &[]);
    bench.git("init --quiet .");
    bench
}

/// Runs a command line with both kinds of annotations; returns the document too.
async fn annotated(bench: &Bench, line: &str) -> (Ran, String) {
    let path = bench.path("trueup.sarif");
    let both = format!("{line} --annotations github --annotations sarif={path}");
    let folder = bench.path("");
    let mut args = both.split_whitespace().collect::<Vec<_>>();
    let ran = match args[0] {
        "validate" => bench.run_bare(&[&args[..], &["--file", &folder]].concat()).await,
        "apply" if args[1].starts_with('/') => {
            args.push("--simulate");
            bench.run_bare(&args).await
        }
        "resume" => {
            args.push("--simulate");
            bench.run_bare(&args).await
        }
        _ => bench.run_args(&args).await,
    };
    (ran, fs::read_to_string(path).unwrap())
}

/// Expects one result of this code, at this line, with these words in it, in both kinds.
fn expect_one(ran: &Ran, document: &str, code: &str, line: u64, words: &str) {
    let [finding] = findings(document).try_into().unwrap_or_else(|it| panic!("{it:#?}\n{ran:#?}"));
    let Finding { level, code: found, uri, line: at, text, related: _ } = &finding;
    assert_eq!((level.as_str(), found.as_str(), uri.as_str(), *at), ("error", code, FILE, line));
    assert!(text.contains(words), "{finding:#?}");
    let [command] = Command::all(&ran.err).try_into().unwrap_or_else(|it| panic!("{it:#?}"));
    assert_eq!((command.name.as_str(), command.get("title")), ("error", code));
    assert_eq!(command.place(), (FILE, usize::try_from(line).unwrap()));
    assert!(command.data.contains(words), "{command:#?}");
}

const FILE: &str = "discoveries.yaml";

const MISTAKES: &str = "version: 1
policy: {max_addresses_per_discovery: 100, rules: {prefix_size: error, duplicate_range: off}}
discoveries:
  - {name: a, cidr: 10.0.0.0/8, timout: 5s}
  - {name: a, ranges: [10.0.0.1-10.0.0.1, 10.0.0.1], retries: 9}
  - {name: w, ranges: [10.0.0.0-10.0.99.255]}
";

#[tokio::test(start_paused = true)]
async fn every_mistake_of_all_files_is_annotated_once_at_its_place() {
    let bench = repository(&[]);
    bench.files(MISTAKES).file("more.yaml", "version: 2\n").file("torn.yaml", "version: [\n");
    let json = bench.run_bare(&["validate", "--format", "json", "--file", &bench.path("")]).await;
    let json: Value = serde_json::from_str(&json.out).unwrap();
    let told = json["diagnostics"].as_array().unwrap();
    assert!(7 < told.len(), "{json:#}");
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    let want = told.iter().map(|it| {
        let place = &it["source"];
        let numbers = ["line", "column", "end_line", "end_column"].map(|key| place[key].as_u64());
        (text(&it["severity"]), text(&it["code"]), text(&place["file"]), numbers)
    });
    let want = want.collect::<BTreeSet<_>>();
    let (ran, document) = annotated(&bench, "validate").await;
    assert_eq!((ran.exit, ran.out.as_str()), (Exit::Invalid, ""), "{ran:#?}");
    let commands = Command::all(&ran.err);
    assert_eq!(commands.len(), told.len(), "{ran:#?}");
    let number = |it: &Command, key: &str| it.get(key).parse::<u64>().ok();
    let found = commands.iter().map(|it| {
        let numbers = ["line", "col", "endLine", "endColumn"].map(|key| number(it, key));
        (it.name.clone(), it.get("title").to_owned(), it.get("file").to_owned(), numbers)
    });
    assert_eq!(found.collect::<BTreeSet<_>>(), want);
    let found = findings(&document);
    assert_eq!(found.len(), told.len());
    let found = found.into_iter().map(|it| (it.level, it.code, it.uri, Some(it.line)));
    let want = want.into_iter().map(|(level, code, file, at)| (level, code, file, at[0]));
    assert_eq!(found.collect::<BTreeSet<_>>(), want.collect::<BTreeSet<_>>());
    // What was drawn for people is there all the same, before.
    let drawn = ran.err.find("[trueup::config::unknown_key]").unwrap();
    assert!(drawn < ran.err.find("::error file=").unwrap());
    // The errors first.
    let names = commands.iter().map(|it| it.name.as_str()).collect::<Vec<_>>();
    assert!(names.is_sorted() && names.contains(&"warning"), "{names:?}");
}

#[tokio::test(start_paused = true)]
async fn the_place_that_a_complaint_rests_on_is_told_too() {
    let bench = repository(&[]);
    bench.files(MISTAKES);
    let (ran, document) = annotated(&bench, "validate").await;
    let findings = findings(&document);
    let twice = findings.iter().find(|it| it.code == "trueup::config::duplicate_name").unwrap();
    assert_eq!((twice.line, twice.related.as_slice()), (5, [4].as_slice()), "{twice:#?}");
    let commands = Command::all(&ran.err);
    let twice = commands.iter().find(|it| it.data.contains("given twice")).unwrap();
    assert!(twice.data.contains("\nfirst given here: discoveries.yaml:4:12\nhelp: "), "{twice:#?}");
}

#[tokio::test(start_paused = true)]
async fn there_is_a_valid_document_however_a_command_ends() {
    let good = many(&[("a", "cidr: 10.1.0.0/24")]);
    let wide = "version: 1\npolicy: {max_addresses_per_discovery: 9}\n\
        defaults: {credentials: {cli: [netops], snmp_v3: [core]}}\n\
        discoveries: [{name: a, cidr: 10.1.0.0/24}]\n";
    let no_cli = "version: 1\ndiscoveries: [{name: a, cidr: 10.1.0.0/24}]\n";
    let owned = "version: 1\ncontroller: https://other.example\ndiscoveries: []\n";
    // The files, what goes wrong, the exit code, whether it came to its end, how many results and
    // how many notifications.
    let table = [
        (good.as_str(), "", Exit::Done, true, 0, 0),
        (MISTAKES, "", Exit::Invalid, true, 5, 0),
        (wide, "", Exit::Refused, true, 1, 0),
        (no_cli, "", Exit::Failed, true, 2, 0),
        (&good, "list@*=500", Exit::Failed, false, 0, 1),
        (&good, "token@*=reset", Exit::Unreachable, false, 0, 1),
        (&good, "credentials@*=html", Exit::Failed, false, 0, 1),
        ("", "", Exit::Invalid, false, 0, 1),
        (owned, "", Exit::Done, true, 0, 0),
    ];
    for (files, fault, exit, is_successful, n_results, n_notifications) in table {
        for line in ["plan", "apply --auto-approve"] {
            let faults = [fault];
            let bench = repository(if fault.is_empty() { &[] } else { &faults });
            bench.files(files);
            let (ran, document) = annotated(&bench, line).await;
            assert_eq!(ran.exit, exit, "{line} {fault}: {ran:#?}");
            let (is_done, told) = invocation(&document);
            let n_found = findings(&document).len();
            assert_eq!(
                (is_done, n_found, told.len()),
                (is_successful, n_results, n_notifications),
                "{line} {fault}: {document}"
            );
            let commands = Command::all(&ran.err);
            assert_eq!(commands.len(), n_found + told.len(), "{ran:#?}");
            let placed = commands.iter().filter(|it| !it.get("file").is_empty());
            assert_eq!(placed.count(), n_found);
            // On stdout it is the same, and alone.
            let bench = repository(if fault.is_empty() { &[] } else { &faults });
            bench.files(files);
            let ran = bench.run(&format!("{line} --annotations sarif")).await;
            assert_eq!((ran.exit, ran.out), (exit, document), "{line} {fault}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_in_a_file_leaves_stdout_as_it_is() {
    let bench = repository(&[]);
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24")]));
    let path = bench.path("trueup.sarif");
    for line in ["plan", "plan --format json", "plan --format markdown", "plan --events -"] {
        let plain = bench.run(line).await;
        let ran = bench.run(&format!("{line} --annotations sarif={path}")).await;
        let without_times = |it: &str| it.lines().filter(|it| !it.contains("time")).count();
        assert_eq!(without_times(&ran.out), without_times(&plain.out), "{line}");
        assert!(findings(&fs::read_to_string(&path).unwrap()).is_empty());
        fs::remove_file(&path).unwrap();
    }
    let ran = bench.run("plan --annotations github").await;
    assert_eq!(ran.out, bench.run("plan").await.out);
}

#[tokio::test(start_paused = true)]
async fn what_both_want_stdout_is_not_understood_and_the_way_out_is_named() {
    let bench = repository(&[]);
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24")]));
    let lines = [
        ("plan --format json", "--format json"),
        ("plan --format markdown", "--format markdown"),
        ("plan --format html", "--format html"),
        ("plan --format terraform-json", "--format terraform-json"),
        ("plan --events -", "--events -"),
        ("apply --auto-approve --format json", "--format json"),
        ("apply --auto-approve --events -", "--events -"),
    ];
    for (line, flag) in lines {
        for sarif in ["sarif", "sarif=-"] {
            let ran = bench.run(&format!("{line} --annotations {sarif}")).await;
            assert!(ran.exit == Exit::Invalid && ran.out.is_empty(), "{line}: {ran:#?}");
            let said = format!("`--annotations sarif` and `{flag}` both want stdout");
            assert!(ran.err.contains(&said) && ran.err.contains("sarif=FILE"), "{ran:#?}");
        }
    }
    let args = ["validate", "--format", "json", "--annotations", "sarif"];
    let ran = bench.run_bare(&args).await;
    assert!(ran.exit == Exit::Invalid && ran.err.contains("sarif=FILE"), "{ran:#?}");
    let ran = bench.run("plan --annotations sarif --annotations sarif=x").await;
    assert!(ran.exit == Exit::Invalid && ran.err.contains("is given twice"), "{ran:#?}");
    for (value, said) in [("gitlab", "`sarif=FILE`"), ("sarif=", "name the file"), ("", "`github`")]
    {
        let ran = bench.run_args(&["plan", "--annotations", value]).await;
        assert!(ran.exit == Exit::Invalid && ran.err.contains(said), "{ran:#?}");
    }
    assert_eq!(bench.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_document_that_could_not_be_written_is_noticed_before_anything_is_sent() {
    let bench = repository(&[]);
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24")]));
    fs::create_dir(bench.path("folder")).unwrap();
    for place in ["none/trueup.sarif", "folder"] {
        let path = bench.path(place);
        for line in ["plan", "apply --auto-approve"] {
            let line = format!("{line} --annotations github --annotations sarif={path}");
            let ran = bench.run(&line).await;
            assert_eq!((ran.exit, bench.writes()), (Exit::Failed, 0), "{ran:#?}");
            assert_eq!(ran.err.matches("cannot be written to").count(), 2, "{ran:#?}");
            let [command] = Command::all(&ran.err).try_into().unwrap();
            assert_eq!(command.get("title"), "trueup::command");
        }
    }
    // Nor is it written over another file of the command line.
    let (yaml, report) = (bench.path(FILE), bench.path("report.html"));
    let sarif = format!("sarif={yaml}");
    let ran = bench.run_bare(&["validate", "-f", &yaml, "--annotations", &sarif]).await;
    assert!(ran.exit == Exit::Invalid && ran.err.contains("cannot be both"), "{ran:#?}");
    let line = format!("apply --auto-approve --report {report} --annotations sarif={report}");
    let ran = bench.run(&line).await;
    assert!(ran.exit == Exit::Invalid && ran.err.contains("cannot be both"), "{ran:#?}");
    assert!(fs::read_to_string(yaml).unwrap().contains("version: 1") && bench.writes() == 0);
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_at_the_line_that_is_over_it_and_grades_are_as_the_policy_has_them() {
    let policy = |it: &str| {
        format!(
            "version: 1\npolicy: {{{it}}}\ndefaults: {{credentials: {{cli: [netops], snmp_v3: \
             [core]}}}}\ndiscoveries:\n  - name: a\n    cidr: 10.1.0.0/31\n    timeout: 5s\n"
        )
    };
    let table = [
        ("max_new_addresses: 1", "error trueup::policy::max_new_addresses", Exit::Refused),
        ("max_login_attempts: 1", "error trueup::policy::max_login_attempts", Exit::Refused),
        ("rules: {prefix_size: error}", "error trueup::config::prefix_size", Exit::Refused),
        ("rules: {prefix_size: warn}", "warning trueup::config::prefix_size", Exit::Done),
        ("rules: {prefix_size: off}", "", Exit::Done),
    ];
    for (rule, want, exit) in table {
        let bench = repository(&[]);
        bench.files(&policy(rule));
        let (ran, document) = annotated(&bench, "plan").await;
        assert_eq!(ran.exit, exit, "{ran:#?}");
        let found = findings(&document);
        let at_line = found.iter().filter(|it| it.line == 6);
        let told = at_line.map(|it| format!("{} {}", it.level, it.code)).collect::<Vec<_>>();
        assert_eq!(told.contains(&want.to_owned()), !want.is_empty(), "{rule}: {found:#?}");
        let is_graded = |it: &&Finding| it.code == "trueup::config::prefix_size";
        assert_eq!(found.iter().filter(is_graded).count(), usize::from(!rule.contains("off")));
    }
}

#[tokio::test(start_paused = true)]
async fn drift_that_is_refused_is_at_the_line_of_its_field() {
    let bench = repository(&[]);
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24, timeout: 5s")]));
    bench.commit("files");
    drop(bench.expect_applied().await);
    tokio::time::sleep(Duration::from_secs(30)).await;
    let id = bench.id("a");
    edit_as_other_user(&bench.simulator, &id, |it| it["timeOut"] = 9.into()).await;
    let (ran, document) = annotated(&bench, "plan --base HEAD --drift fail").await;
    assert_eq!(ran.exit, Exit::Refused, "{ran:#?}");
    expect_one(&ran, &document, "trueup::plan::drift", 4, "was changed on the controller");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_failed_is_at_its_line_in_the_controllers_words() {
    let bench = repository(&["create@2=fail:the pool <7> is full"]);
    bench.files(&many(&[("one", "cidr: 10.1.0.0/24"), ("two", "cidr: 10.2.0.0/24")]));
    let (ran, document) = annotated(&bench, "apply --auto-approve").await;
    assert_eq!(ran.exit, Exit::Partial, "{ran:#?}");
    expect_one(&ran, &document, "trueup::apply::failed", 5, "the pool <7> is full");
    assert!(!invocation(&document).0);
}

#[tokio::test(start_paused = true)]
async fn a_discovery_that_is_gone_is_said_to_be() {
    let bench = repository(&["create@2=fail:no"]);
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24")]));
    drop(bench.expect_applied().await);
    tokio::time::sleep(Duration::from_secs(30)).await;
    bench.files(&many(&[("a", "cidr: 10.2.0.0/24, on_change: replace")]));
    let (ran, document) = annotated(&bench, "apply --auto-approve").await;
    assert_eq!(ran.exit, Exit::Partial, "{ran:#?}");
    expect_one(&ran, &document, "trueup::apply::failed", 4, "was deleted and not created again");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_has_made_is_at_the_line_of_ours() {
    let bench = repository(&["create=other-create:a"]);
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24")]));
    let (ran, document) = annotated(&bench, "apply --auto-approve").await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    expect_one(&ran, &document, "trueup::apply::conflict", 4, "another user created a discovery");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_stale_is_at_its_line() {
    let bench = repository(&[]);
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24, timeout: 5s")]));
    drop(bench.expect_applied().await);
    tokio::time::sleep(Duration::from_secs(30)).await;
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24, timeout: 9s")]));
    let plan = bench.path("plan.json");
    let ran = bench.run(&format!("plan --out {plan}")).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    let id = bench.id("a");
    edit_as_other_user(&bench.simulator, &id, |it| it["timeOut"] = 7.into()).await;
    let (ran, document) = annotated(&bench, &format!("apply {plan}")).await;
    assert_eq!(ran.exit, Exit::Stale, "{ran:#?}");
    let [stale] = findings(&document).try_into().unwrap();
    assert_eq!((stale.code.as_str(), stale.line), ("trueup::apply::stale", 4));
    assert!(stale.text.contains("planned against 5s, found 7s, wanted 9s"), "{stale:#?}");
    // That nothing was written is no line's doing.
    let (is_done, told) = invocation(&document);
    assert!(!is_done && told[0].contains("nothing was written"), "{told:?}");
    assert_eq!(Command::all(&ran.err).len(), 2, "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_pending_is_at_its_line() {
    let bench = repository(&["create=stuck"]);
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24")]));
    let (ran, document) = annotated(&bench, "apply --auto-approve --timeout 1m").await;
    assert_eq!(ran.exit, Exit::Pending, "{ran:#?}");
    expect_one(
        &ran,
        &document,
        "trueup::apply::pending",
        4,
        "the create of `a` has not ended: task ",
    );
    // It is pending still.
    let journal = bench.disk.texts().into_keys().next().unwrap();
    let line = format!("resume {} --timeout 1m", journal.display());
    let (ran, document) = annotated(&bench, &line).await;
    assert_eq!(ran.exit, Exit::Pending, "{ran:#?}");
    expect_one(
        &ran,
        &document,
        "trueup::apply::pending",
        4,
        "the create of `a` has not ended: task ",
    );
}

#[tokio::test(start_paused = true)]
async fn what_nobody_knows_of_is_at_its_line() {
    let bench = repository(&["create=lost", "list@3-9999=500"]);
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24")]));
    let (ran, document) = annotated(&bench, "apply --auto-approve --timeout 5m").await;
    assert_eq!(ran.exit, Exit::Pending, "{ran:#?}");
    expect_one(&ran, &document, "trueup::apply::unknown", 4, "outcome unknown: ");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_tried_is_told_once() {
    let mut bench = repository(&["create@*=slow:200"]);
    bench.interrupts = vec![Duration::from_millis(300)];
    let names = ["a", "b", "c", "d", "e"];
    bench.files(&many(&names.map(|it| (it, "cidr: 10.1.0.0/24"))));
    let (ran, document) = annotated(&bench, "apply --auto-approve --parallelism 1").await;
    assert_eq!(ran.exit, Exit::Partial, "{ran:#?}");
    assert_eq!(findings(&document).len(), 0, "{document}");
    let (is_done, told) = invocation(&document);
    let [told] = told.try_into().unwrap();
    assert!(!is_done && told.contains("changes were not tried: interrupted"), "{told}");
    let [command] = Command::all(&ran.err).try_into().unwrap();
    assert_eq!(command.get("title"), "trueup::apply::not_tried");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_nobody_approved_has_nothing_at_its_lines() {
    let mut bench = repository(&[]);
    bench.answer = Some("no");
    bench.files(&many(&[("a", "cidr: 10.1.0.0/24")]));
    let (ran, document) = annotated(&bench, "apply").await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    assert!(findings(&document).is_empty() && Command::all(&ran.err).is_empty(), "{ran:#?}");
    assert!(!invocation(&document).0);
}

#[tokio::test(start_paused = true)]
async fn a_saved_plan_that_is_refused_is_annotated_from_what_it_knows() {
    let bench = repository(&[]);
    bench.files(
        "version: 1\npolicy: {max_addresses_per_discovery: 9}\ndefaults: {credentials: {cli: \
         [netops], snmp_v3: [core]}}\ndiscoveries:\n  - {name: a, cidr: 10.1.0.0/24}\n",
    );
    let plan = bench.path("plan.json");
    let _ran = bench.run(&format!("plan --out {plan}")).await;
    let (ran, document) = annotated(&bench, &format!("apply {plan}")).await;
    assert_eq!(ran.exit, Exit::Refused, "{ran:#?}");
    let [refusal] = findings(&document).try_into().unwrap();
    assert_eq!((refusal.uri.as_str(), refusal.line), (FILE, 5), "{refusal:#?}");
    assert_eq!(refusal.related, [2]);
}

#[tokio::test(start_paused = true)]
async fn more_than_github_shows_are_counted() {
    let bench = repository(&[]);
    let entries = (0..25).map(|it| format!("  - {{name: d{it}, address: 10.0.0.300}}\n"));
    bench.files(&format!("version: 1\ndiscoveries:\n{}", entries.collect::<String>()));
    let (ran, document) = annotated(&bench, "validate").await;
    let commands = Command::all(&ran.err);
    assert_eq!(commands.iter().filter(|it| it.name == "error").count(), 25);
    let last = commands.last().unwrap();
    assert!(last.name == "notice" && last.data.contains("15 more errors"), "{last:#?}");
    assert_eq!(findings(&document).len(), 25);
}

/// A file in which everything that can be wrong has a text that is meant to be a command.
fn hostile(text: &str) -> String {
    let text = serde_json::to_string(text).unwrap();
    format!(
        "version: 1\nmanage: {{names: [{text}, '[']}}\n{text}: 1\ndefaults: {{credentials: {{cli: \
         [{text}]}}, {text}: 2}}\ndiscoveries:\n  - {{name: {text}, address: {text}, timeout: \
         {text}}}\n  - {{name: {text}, cidr: 10.0.0.0/8}}\n  - {{name: a, cidr: 10.1.0.0/24, \
         credentials: {{cli: [{text}]}}}}\n"
    )
}

const COMMANDS: [&str; 9] = [
    "::error::forged",
    "x\n::error::forged",
    "x\r\n::add-mask::forged",
    "x%0A::error::forged",
    "##[error]forged",
    "x ##[add-mask]forged",
    "\u{2028}::stop-commands::forged",
    "\u{202e}::error file=a,line=1::forged",
    "a,line=99,title=forged::forged",
];

/// Expects that the runner obeys nothing of these streams but our own commands.
fn expect_not_forged(streams: &[&str], text: &str) {
    for command in streams.iter().flat_map(|it| Command::all(it)) {
        let Command { name, properties, data: _ } = &command;
        assert!(["error", "warning", "notice"].contains(&name.as_str()), "{text:?}: {command:#?}");
        let title = properties.get("title").unwrap_or_else(|| panic!("{text:?}: {command:#?}"));
        assert!(title.starts_with("trueup"), "{text:?}: {command:#?}");
        let known = ["file", "line", "endLine", "col", "endColumn", "title"];
        assert!(properties.keys().all(|it| known.contains(&it.as_str())), "{command:#?}");
        let line = properties.get("line").map_or("1", String::as_str).parse::<u64>();
        assert!(line.is_ok_and(|it| it < 20), "{text:?}: {command:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_in_a_file_can_forge_a_command() {
    for text in COMMANDS {
        let bench = repository(&[]);
        bench.files(&hostile(text));
        let (ran, _) = annotated(&bench, "validate").await;
        assert!(5 < Command::all(&ran.err).len(), "{text:?}: {ran:#?}");
        expect_not_forged(&[&ran.out, &ran.err], text);
        // Neither in a plan, nor in what comes of it.
        let name = text.replace(['\n', '\r', '\u{2028}'], "_");
        let fault = format!("create@2=fail:{name}");
        let bench = repository(&[&fault]);
        let name = serde_json::to_string(&name).unwrap();
        let wide = many(&[(&name, "cidr: 10.1.0.0/16"), ("b", "cidr: 10.2.0.0/24")]);
        bench.files(&wide);
        let formats = ["text --show all", "markdown", "json", "html", "terraform-json"];
        for line in formats.map(|it| format!("plan --format {it}")) {
            let (ran, _) = annotated(&bench, &line).await;
            assert_eq!(ran.exit, Exit::Done, "{text:?}: {ran:#?}");
            expect_not_forged(&[&ran.out, &ran.err], text);
        }
        let (ran, document) = annotated(&bench, "apply --auto-approve").await;
        assert_eq!(ran.exit, Exit::Partial, "{text:?}: {ran:#?}");
        expect_not_forged(&[&ran.out, &ran.err, &document], text);
    }
}

/// Runs a command line in a folder of a shell's folder.
fn run_in(shell: &Shell, folder: &str, line: &str) -> Ended {
    let output = shell.command(line).current_dir(shell.path(folder)).output().unwrap();
    let text = |it: Vec<u8>| String::from_utf8(it).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A folder `checkout` that is a repository, with a file with a mistake in `sites/a b`.
fn checkout(shell: &Shell) {
    fs::create_dir_all(shell.path("checkout/.git")).unwrap();
    fs::create_dir_all(shell.path("checkout/sites/a b")).unwrap();
    shell.file("checkout/sites/a b/d:ü,1.yaml", MISTAKES);
}

#[test]
fn a_file_is_named_as_the_repository_has_it_wherever_the_program_runs() {
    let shell = Shell::empty();
    checkout(&shell);
    let here = shell.path("").canonicalize().unwrap();
    let shells = [
        (Shell::empty(), "sites/a b/d:ü,1.yaml"),
        (Shell::empty().with("GITHUB_WORKSPACE", ""), "sites/a b/d:ü,1.yaml"),
        (workspace(&here.join("checkout")), "sites/a b/d:ü,1.yaml"),
        // Where several are checked out, the runner knows them by their folders.
        (workspace(&here), "checkout/sites/a b/d:ü,1.yaml"),
        (workspace(&here.join("elsewhere")), "sites/a b/d:ü,1.yaml"),
    ];
    for (runner, want) in shells {
        let file = here.join("checkout/sites/a b");
        for folder in ["", "checkout", "checkout/sites", "checkout/sites/a b"] {
            let folder = here.join(folder);
            let paths = [file.clone(), relative(&folder, &file)];
            for path in paths {
                let mut command =
                    runner.command("validate --annotations github --annotations sarif");
                command.current_dir(&folder).arg("--file").arg(path);
                let ended = command.output().unwrap();
                let (out, err) =
                    (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr));
                let commands = Command::all(&err.unwrap());
                assert!(commands.iter().all(|it| it.get("file") == want), "{commands:#?}");
                let uri = want.replace(' ', "%20").replace(':', "%3A").replace('ü', "%C3%BC");
                let uri = uri.replace(',', "%2C");
                assert!(findings(&out).iter().all(|it| it.uri == uri), "{out}");
                // Where it is on this machine is nobody's business, wherever it is said.
                assert!(!out.contains(here.to_str().unwrap()), "{out}");
                let said = commands.iter().map(|it| &it.data).collect::<Vec<_>>();
                assert!(!said.iter().any(|it| it.contains(here.to_str().unwrap())), "{said:?}");
            }
        }
    }
}

fn workspace(path: &Path) -> Shell {
    Shell::empty().with("GITHUB_WORKSPACE", path.to_str().unwrap())
}

/// Returns the way from a folder to a file, both below the same one.
fn relative(from: &Path, to: &Path) -> std::path::PathBuf {
    let n_common = from.iter().zip(to).take_while(|(one, other)| one == other).count();
    let up = from.iter().skip(n_common).map(|_| "..");
    let way = up.chain(to.iter().skip(n_common).map(|it| it.to_str().unwrap()));
    let way = way.collect::<std::path::PathBuf>();
    if way.as_os_str().is_empty() { ".".into() } else { way }
}

#[test]
fn a_link_to_a_folder_leads_to_where_the_files_are() {
    let shell = Shell::empty();
    checkout(&shell);
    std::os::unix::fs::symlink("../checkout/sites", shell.path("checkout/link")).unwrap();
    let ended = run_in(&shell, "checkout/link", "validate --file . --annotations github");
    let commands = Command::all(&ended.err);
    assert!(!commands.is_empty(), "{ended:#?}");
    assert!(commands.iter().all(|it| it.get("file") == "sites/a b/d:ü,1.yaml"), "{commands:#?}");
}

#[test]
fn outside_of_every_repository_a_file_is_named_as_it_was_given() {
    let shell = Shell::empty();
    shell.file("discoveries.yaml", MISTAKES);
    let ended = shell.expect(4, "validate --annotations github --annotations sarif");
    assert!(Command::all(&ended.err).iter().all(|it| it.get("file") == FILE), "{ended:#?}");
    assert!(findings(&ended.out).iter().all(|it| it.uri == FILE), "{ended:#?}");
    assert!(!ended.out.contains("uriBaseId\""), "{ended:#?}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let shell = Shell::new();
    let mut child = shell.command("plan --simulate --annotations sarif").spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success() && !said.contains("Error"), "{said}");
}

#[test]
fn on_the_runner_nothing_is_a_command_even_without_annotations() {
    let shell = Shell::new().with("GITHUB_ACTIONS", "true");
    let text = hostile("##[add-mask]x");
    shell.file("discoveries.yaml", &text);
    let ended = shell.expect(4, "validate");
    assert!(Command::all(&ended.err).is_empty(), "{ended:#?}");
    shell.file("discoveries.yaml", &many(&[("'##[add-mask]x'", "cidr: 10.1.0.0/24")]));
    for format in ["json", "markdown", "html", "terraform-json"] {
        let ended = shell.expect(0, &format!("plan --simulate --format {format}"));
        assert!(Command::all(&ended.out).is_empty(), "{ended:#?}");
    }
    let ended = shell.expect(0, "plan --simulate");
    assert!(Command::all(&ended.out).is_empty(), "{ended:#?}");
    assert!(ended.out.contains("\\u0023#[add-mask]x will be created"), "{ended:#?}");
    // Anywhere else names are what they are.
    let shell = shell.with("GITHUB_ACTIONS", "");
    let ended = shell.expect(0, "plan --simulate");
    assert!(ended.out.contains("# ##[add-mask]x will be created"), "{ended:#?}");
}

#[test]
fn a_document_is_there_whole_or_not_at_all() {
    let shell = Shell::new();
    let path = shell.file("trueup.sarif", "from before");
    let apply = "apply --auto-approve --simulate --task-time 1ms";
    // What was written to a controller matters more than a document.
    for (line, code, word) in [("validate", 1, "Error: "), (apply, 0, "Warning: ")] {
        let line = format!("{line} --annotations sarif=trueup.sarif");
        let output = shell.command_on_full_disk(0, &line).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        let why = format!("{word}the SARIF document cannot be written to `trueup.sarif`: ");
        assert!(said.contains(&why), "{said}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "from before");
    }
    let _ended = shell.expect(0, "validate --annotations sarif=trueup.sarif");
    assert!(findings(&fs::read_to_string(&path).unwrap()).is_empty());
}
