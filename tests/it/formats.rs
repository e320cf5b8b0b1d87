//! The machine-readable formats: their schemas, and that they are written however a command ends.

use serde_json::Value;
use trueup::cli::Exit;

use crate::{
    bench::Bench,
    machines::{Format, PASSWORD},
};

#[tokio::test(start_paused = true)]
async fn the_committed_schemas_match_the_program() {
    let bench = Bench::like(&[], &[]);
    for name in ["plan", "events", "journal", "report", "diagnostics"] {
        let ran = bench.run_bare(&["schema", name]).await;
        let path = format!("{}/schemas/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
        // This accepts a schema that was changed on purpose.
        if std::env::var_os("TRUEUP_BLESS").is_some() {
            std::fs::write(&path, &ran.out).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap();
        assert!(committed == ran.out, "run the tests once with TRUEUP_BLESS=1 and review {path}");
    }
}

/// The check for secrets that runs on every command of every test can fail.
#[tokio::test(start_paused = true)]
async fn a_leaked_secret_is_detected() {
    let mut bench = Bench::like(&[], &[]);
    bench.leaks = true;
    bench.files(&FILES.replace("name: a", &format!("name: {PASSWORD}")));
    let ran = bench.run("plan").await;
    assert_eq!(ran.exit, Exit::Done);
}

const FILES: &str = "
version: 1
defaults: {credentials: {cli: [netops], snmp_v3: [core]}}
discoveries: [{name: a, cidr: 10.1.0.0/24}, {name: b, ranges: [10.2.0.1-10.2.0.9, 10.3.0.1]}]
";

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|it| Format::Events.checked(it)).collect()
}

fn kinds(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|it| it["event"].as_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn events_cover_an_apply_from_plan_to_exit() {
    let bench = Bench::like(&["create@2=fail:Nope"], &[]);
    bench.files(FILES);
    let ran = bench.run("apply --auto-approve --events -").await;
    assert_eq!(ran.exit, Exit::Partial, "{ran:#?}");
    let lines = lines(&ran.out);
    let expected = [
        "plan_started",
        "plan_made",
        "apply_started",
        "submitting",
        "submitting",
        "accepted",
        "accepted",
        "claimed",
        "failed",
        "settled",
        "ended",
        "report",
        "exit",
    ];
    assert_eq!(kinds(&lines), expected);
    assert_eq!(lines[8]["words"], "Nope");
    assert_eq!(lines[12]["exit"]["name"], "partial");
    let seqs = lines.iter().map(|it| it["seq"].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(seqs, (1..=13).collect::<Vec<_>>());
    // The text for people is still printed, on stderr.
    assert!(
        ran.err.contains("Plan: 2 to add") && ran.err.contains("Apply incomplete."),
        "{ran:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn events_end_with_the_exit_on_every_path() {
    let cases = [
        ("version: 2", "plan", "invalid"),
        ("version: 2", "apply --auto-approve", "invalid"),
        (FILES, "plan", "done"),
        (FILES, "plan --detailed-exitcode", "changes"),
        (FILES, "apply", "invalid"),
        (FILES, "plan --rerun unknown", "invalid"),
    ];
    for (files, line, exit) in cases {
        let bench = Bench::like(&[], &[]);
        bench.files(files);
        let ran = bench.run(&format!("{line} --events -")).await;
        let lines = lines(&ran.out);
        let last = lines.last().unwrap();
        assert_eq!(
            (&last["event"], &last["exit"]["name"]),
            (&"exit".into(), &exit.into()),
            "{ran:#?}"
        );
        let n_errors = lines.iter().filter(|it| it["diagnostic"]["severity"] == "error").count();
        assert_eq!(n_errors != 0, exit == "invalid", "{ran:#?}");
    }
    for (fault, exit) in [("list@*=500", "failed"), ("any@*=reset", "unreachable")] {
        let bench = Bench::like(&[fault], &[]);
        bench.files(FILES);
        let ran = bench.run("plan --events -").await;
        assert_eq!(lines(&ran.out).last().unwrap()["exit"]["name"], exit, "{ran:#?}");
    }
}

/// A file size limit makes the disk appear full after the first lines.
#[test]
fn nothing_is_sent_if_the_events_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("discoveries.yaml"), FILES).unwrap();
    let line = format!(
        "trap '' XFSZ; ulimit -f 1; exec '{}' apply --simulate --auto-approve --events events",
        env!("CARGO_BIN_EXE_trueup")
    );
    let mut shell = std::process::Command::new("sh");
    let ran = shell.args(["-c", &line]).current_dir(folder.path()).output().unwrap();
    let out = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert_eq!(ran.status.code(), Some(1), "{out}");
    assert!(out.ends_with("0 done, 0 failed, 2 not tried, 0 still running.\n"), "{out}");
    let events = std::fs::read_to_string(folder.path().join("events")).unwrap();
    assert!(events.contains("apply_started") && !events.contains("accepted"), "{events}");
}

#[tokio::test(start_paused = true)]
async fn an_apply_reports_its_outcome_as_one_document() {
    let bench = Bench::like(&["create@2=fail:Nope"], &[]);
    bench.files(FILES);
    let ran = bench.run("apply --auto-approve --format json").await;
    let report = Format::Report.checked(&ran.out);
    assert_eq!((ran.exit, &report["complete"]), (Exit::Partial, &false.into()));
    let [done, failed] = [&report["changes"][0], &report["changes"][1]];
    assert_eq!((&done["outcome"], &done["id"]), (&"done".into(), &"1".into()));
    assert!(done["steps"][0]["task"].is_string() && done["steps"][0]["settled_at"].is_string());
    assert_eq!((&failed["outcome"], &failed["words"]), (&"failed".into(), &"Nope".into()));
    assert_eq!(failed["source"]["line"], 4);

    let ran = bench.run("apply --format json").await;
    assert_eq!(ran.exit, Exit::Invalid, "there is no terminal to ask on: {ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_apply_has_a_report() {
    let mut bench = Bench::like(&[], &[]);
    bench.answer = Some("y");
    bench.files(FILES);
    let ran = bench.run("apply --format json").await;
    let report = Format::Report.checked(&ran.out);
    assert_eq!((ran.exit, bench.writes()), (Exit::Failed, 0));
    assert_eq!(report["summary"]["not_tried"], 2);
    assert!(ran.err.contains("Apply cancelled."), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn validate_reports_its_diagnostics_as_one_document() {
    let bench = Bench::like(&[], &[]);
    bench.files("{version: 1, discoveries: [{name: a, cidr: x, retries: 9}]}");
    let ran = bench
        .run_bare(&["validate", "--format", "json", "-f", &bench.path("discoveries.yaml")])
        .await;
    let found = Format::Diagnostics.checked(&ran.out);
    assert_eq!((ran.exit, &found["valid"]), (Exit::Invalid, &false.into()), "{ran:#?}");
    let codes =
        found["diagnostics"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap());
    assert_eq!(
        codes.collect::<Vec<_>>(),
        ["trueup::config::bad_prefix", "trueup::config::out_of_range"]
    );
    bench.files(FILES);
    let ran = bench
        .run_bare(&["validate", "--format", "json", "-f", &bench.path("discoveries.yaml")])
        .await;
    assert_eq!(
        (ran.exit, &Format::Diagnostics.checked(&ran.out)["valid"]),
        (Exit::Done, &true.into())
    );
}

#[tokio::test(start_paused = true)]
async fn a_plan_printed_as_json_equals_the_saved_plan() {
    let bench = Bench::like(&[], &[]);
    bench.files(FILES);
    let path = bench.path("plan.json");
    let ran = bench.run(&format!("plan --format json --out {path}")).await;
    let saved = std::fs::read_to_string(&path).unwrap().replace(&bench.path(""), "");
    assert_eq!(ran.out, saved);
    let plan = Format::Plan.checked(&ran.out);
    assert_eq!(plan["changes"][1]["after"]["ranges"][0], "10.2.0.1-10.2.0.9");
    assert_eq!(plan["changes"][0]["fields"][0]["path"], "cidr");
    assert_eq!(plan["changes"][0]["source"]["line"], 4);
    assert_eq!(plan["applyable"], true);
}

/// Each event of an apply is the same record in the journal and in `--events`.
#[tokio::test(start_paused = true)]
async fn the_journal_and_the_events_have_the_same_records() {
    let bench = Bench::like(&["create@2=fail:Nope", "create@1=reset"], &[]);
    bench.files(FILES);
    let ran = bench.run("apply --auto-approve --events -").await;
    let records = |text: &str, format: Format| {
        let lines = text.lines().map(|it| format.checked(it));
        let command_events =
            ["plan", "plan_started", "plan_made", "waiting", "report", "finished", "exit"];
        let lines = lines.filter(|it| !command_events.contains(&it["event"].as_str().unwrap()));
        let record = |mut line: Value| {
            let envelope = line.as_object_mut().unwrap();
            assert_eq!(envelope.remove("format_version").unwrap(), "2.0");
            assert!(envelope.remove("seq").unwrap().is_u64());
            assert!(envelope.remove("time").unwrap().is_string());
            line
        };
        lines.map(record).collect::<Vec<_>>()
    };
    let journal = bench.disk.texts().into_values().next().unwrap();
    let events = records(&ran.out, Format::Events);
    assert_eq!(events, records(&journal, Format::Journal));
    let submitting = events.iter().find(|it| it["event"] == "submitting").unwrap();
    assert_eq!(submitting["change"]["position"], 0);
    assert!(submitting["controller_time"].is_string(), "{submitting}");
    assert!(events.iter().any(|it| it["event"] == "failed"), "{events:#?}");
}
