//! HTML pages of plans and reports, from whole commands.

use std::{fmt::Write as _, fs, path::PathBuf, time::Duration};

use trueup::cli::Exit;

use crate::{
    bench::{Bench, Ran},
    story::many,
};

/// Declares `n` discoveries.
fn declared(n: usize) -> String {
    let mut yaml =
        "version: 1\ndefaults: {credentials: {cli: [netops], snmp_v3: [core]}}\n".to_owned();
    yaml.push_str("discoveries:\n");
    for it in 0..n {
        let target = format!("cidr: 10.{}.{}.0/24", it / 256, it % 256);
        writeln!(yaml, "  - {{name: '<b>{it:04}', {target}, timeout: 5s, retries: 2}}").unwrap();
    }
    yaml
}

const THREE: [(&str, &str); 3] =
    [("one", "cidr: 10.1.0.0/24"), ("two", "cidr: 10.2.0.0/24"), ("three", "cidr: 10.3.0.0/24")];

/// Applies with a report, which is returned if it was written.
async fn applied(bench: &Bench, line: &str) -> (Ran, Option<String>) {
    let path = bench.path("report.html");
    let ran = bench.run(&format!("{line} --report {path}")).await;
    (ran, fs::read_to_string(path).ok())
}

fn journals(bench: &Bench) -> Vec<PathBuf> {
    bench.disk.texts().into_keys().collect()
}

#[tokio::test(start_paused = true)]
async fn every_page_is_small_and_show_prints_the_same_for_the_saved_plan() {
    for n in [1, 300, 5_000] {
        let bench = Bench::like(&[], &[]);
        bench.files(&declared(n));
        let plan = bench.path("plan.json");
        let ran = bench.run(&format!("plan --format html --out {plan}")).await;
        assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
        assert!(ran.out.len() < 5_000_000, "{n}: {} bytes", ran.out.len());
        assert!(ran.out.starts_with("<!DOCTYPE html>") && ran.out.ends_with("</html>\n"));
        assert_eq!(ran.out.matches("<details class=\"item create\"").count(), n);
        assert!(ran.out.contains("&lt;b&gt;0000") && !ran.out.contains("<b>0000"));
        let shown = bench.run_bare(&["show", &plan, "--format", "html"]).await;
        assert!(shown.out == ran.out, "{n}: the page of the saved plan differs");
        let again = bench.run("plan --format html --color always").await;
        let without_digest = |it: &str| it.split("sha256:").next().unwrap().to_owned();
        assert!(without_digest(&again.out) == without_digest(&ran.out), "{n}: not the same twice");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_shows_the_source_line_of_a_warning() {
    let bench = Bench::like(&[], &[]);
    bench.files(&many(&[("wide", "ranges: [10.0.0.0-10.0.99.255]")]));
    let ran = bench.run("plan --format html").await;
    assert!(ran.out.contains("<mark>10.0.0.0-10.0.99.255</mark>"), "{}", ran.out);
    assert!(ran.out.contains("discoveries.yaml:4:"), "{}", ran.out);
}

#[tokio::test(start_paused = true)]
async fn a_report_quotes_the_controllers_error_and_the_source_line() {
    let bench = Bench::like(&["create@2=fail:the pool <7> is full"], &[]);
    bench.files(&many(&THREE));
    let (ran, report) = applied(&bench, "apply --auto-approve").await;
    let report = report.unwrap();
    assert_eq!(ran.exit, Exit::Partial, "{ran:#?}");
    assert!(ran.err.contains("Wrote the report to "), "{}", ran.err);
    assert!(report.contains("Apply incomplete. 2 done, 1 failed, 0 not tried, 0 still running."));
    // In the summary, and next to its operation.
    assert_eq!(report.matches("the pool &lt;7&gt; is full").count(), 2, "{report}");
    assert!(report.contains("discoveries.yaml:6</code>"), "{report}");
    assert_eq!(report.matches("<td class=\"time\">").count(), 3, "{report}");
    assert_eq!(report.len(), report.trim().len() + 1);
}

#[tokio::test(start_paused = true)]
async fn a_report_is_written_however_an_apply_ends() {
    // A plan that was not approved, one that was applied, and one without changes.
    let mut bench = Bench::like(&[], &[]);
    bench.files(&many(&THREE));
    bench.answer = Some("no");
    let (ran, report) = applied(&bench, "apply").await;
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    let untouched = "Apply incomplete. 0 done, 0 failed, 3 not tried, 0 still running.";
    assert!(ran.out.contains("Apply cancelled.") && report.unwrap().contains(untouched));
    let (ran, report) = applied(&bench, "apply --auto-approve").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert!(report.unwrap().contains("Apply complete! Resources: 3 added"));
    let (ran, report) = applied(&bench, "apply --auto-approve").await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    assert!(report.unwrap().contains("Apply complete! Resources: 0 added"));
    // A plan with errors.
    bench.file("discoveries.yaml", "version: 1\ndiscoveries: [{name: x, address: 10.9.9.9}]\n");
    let (ran, report) = applied(&bench, "apply --auto-approve").await;
    let report = report.unwrap();
    assert_eq!(ran.exit, Exit::Failed, "{ran:#?}");
    assert!(report.contains("Nothing was applied: the plan has errors."), "{report}");
    assert!(report.contains("<mark>x</mark>") && !report.contains("Apply complete!"), "{report}");
    // Stopped by Ctrl-C, and ended at once by a second one.
    for interrupts in [vec![30], vec![30, 40]] {
        let mut bench = Bench::like(&["create@*=slow:200"], &[]);
        bench.interrupts = interrupts.into_iter().map(Duration::from_millis).collect();
        bench.files(&declared(40));
        let (ran, report) = applied(&bench, "apply --auto-approve").await;
        let summary = ran.out.lines().last().unwrap();
        assert!(summary.starts_with("Apply incomplete."), "{ran:#?}");
        assert!(report.unwrap().contains(summary), "{ran:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unwritable_report_is_an_error_before_anything_is_sent() {
    let bench = Bench::like(&[], &[]);
    bench.files(&many(&THREE));
    let nowhere = bench.path("none/report.html");
    for path in [nowhere.as_str(), "-", "/dev/null"] {
        let ran = bench.run(&format!("apply --auto-approve --report {path}")).await;
        assert_eq!(ran.exit, Exit::Failed, "{path}: {ran:#?}");
        assert!(ran.err.contains("Error: the report cannot be written to"), "{ran:#?}");
    }
    let plan = bench.path("plan.json");
    let ran = bench.run(&format!("plan --out {plan}")).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    let saved = fs::read_to_string(&plan).unwrap();
    let over: [&[&str]; 4] = [
        &["apply", &plan, "--simulate", "--report", &plan],
        &["apply", "--simulate", "--events", "x.html", "--report", "x.html"],
        &["apply", "--simulate", "--journal", "x.html", "--report", "x.html"],
        &["resume", "x.jsonl", "--simulate", "--report", "x.jsonl"],
    ];
    for args in over {
        let ran = bench.run_bare(args).await;
        assert_eq!(ran.exit, Exit::Invalid, "{args:?}: {ran:#?}");
        assert!(ran.err.contains(" cannot be both the report and "), "{ran:#?}");
    }
    assert_eq!(fs::read_to_string(&plan).unwrap(), saved);
    assert_eq!(bench.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_killed_apply_has_no_report_until_it_is_resumed() {
    let bench = Bench::like(&["create@*=slow:200"], &[]);
    bench.files(&declared(40));
    let path = bench.path("report.html");
    let line = format!("apply --auto-approve --report {path}");
    bench.run_and_kill(&line, Duration::from_millis(900)).await;
    assert!(fs::metadata(&path).is_err(), "the apply has not ended");
    let [journal] = &journals(&bench)[..] else { panic!() };
    let resume = ["resume", journal.to_str().unwrap(), "--simulate", "--report", &path];
    let ran = bench.run_bare(&resume).await;
    assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
    let report = fs::read_to_string(&path).unwrap();
    assert!(report.contains("Apply complete! Resources: 40 added"), "{ran:#?}");
    // It includes what was sent before the kill.
    assert_eq!(report.matches("<td class=\"time\">").count(), 40);
    fs::remove_file(&path).unwrap();
    let again = bench.run_bare(&resume).await;
    assert!(again.err.contains("Nothing left to do"), "{again:#?}");
    let again = fs::read_to_string(&path).unwrap();
    assert!(again.contains("Apply complete! Resources: 40 added"), "{again}");
}
