//! Every diagnostic code: its page, and its example.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;
use trueup::{
    cli::Exit,
    testing::{Explained, explained},
};
use trueup_simulator::{Options, World};

use crate::bench::{Bench, Ran};

const ANNOTATIONS: &str = "tests/it/annotations.rs";

/// The codes that no single file and command line can produce, and the test that does.
const BY_NAMED_TEST: [(&str, &str, &str); 11] = [
    (
        "trueup::apply::conflict",
        ANNOTATIONS,
        "a_conflict_with_another_user_is_annotated_at_its_line",
    ),
    ("trueup::apply::failed", ANNOTATIONS, "a_failed_change_is_annotated_at_its_line"),
    ("trueup::apply::not_tried", ANNOTATIONS, "changes_that_were_not_tried_are_annotated_once"),
    ("trueup::apply::pending", ANNOTATIONS, "a_pending_change_is_annotated_at_its_line"),
    ("trueup::apply::stale", ANNOTATIONS, "a_stale_change_is_annotated_at_its_line"),
    ("trueup::apply::unknown", ANNOTATIONS, "an_unknown_outcome_is_annotated_at_its_line"),
    ("trueup::config::duplicate_policy", "tests/it/limits.rs", "only_one_file_may_have_limits"),
    ("trueup::plan::bug", "src/plan/messages.rs", "a_broken_rule_is_a_bug"),
    ("trueup::plan::drift", "tests/it/base.rs", "drift_can_be_refused_at_its_line"),
    (
        "trueup::plan::immutable_while_stopped",
        "src/plan/messages.rs",
        "a_stopped_discovery_is_not_replaced_for_an_immutable_setting",
    ),
    (
        "trueup::plan::unreadable_base",
        "tests/it/base.rs",
        "a_base_with_errors_in_its_files_is_reported",
    ),
];

/// Codes with an example that inevitably produces another code as well.
const COUPLED_CODES: [(&str, &str); 2] = [
    // It reports that there are many others.
    ("trueup::config::too_many", "trueup::config::bad_address"),
    // Eight ranges never fill the list, except IPv6 ranges, which have a warning of their own.
    ("trueup::config::long_address_list", "trueup::config::too_many_ranges"),
];

/// Severity and code of each diagnostic of a command.
type Codes = BTreeSet<(String, String)>;

fn severities_and_codes(diagnostics: &[Value]) -> Codes {
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    diagnostics.iter().map(|it| (text(&it["severity"]), text(&it["code"]))).collect()
}

/// Returns the discoveries on the controller of an example, as JSON.
fn live_discoveries(code: &str) -> String {
    let worlds: Value = serde_json::from_str(include_str!("codes_worlds.json")).unwrap();
    let short = code.rsplit("::").next().unwrap();
    worlds.get(short).map_or("[]".to_owned(), Value::to_string)
}

/// Returns the one example file that is too large for its page.
fn too_many_mistakes() -> String {
    let entry = |it: u32| format!("  - {{name: n{it}, address: \"300\"}}\n");
    let entries = (0..10_001).map(entry).collect::<String>();
    format!("version: 1\ndiscoveries:\n{entries}")
}

async fn validated(file: &[u8]) -> (Ran, Codes) {
    let bench = Bench::like(&[], &[]);
    let path = bench.path("discoveries.yaml");
    fs::write(&path, file).unwrap();
    let ran = bench.run_bare(&["validate", "--format", "json", "--file", &path]).await;
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    let codes = severities_and_codes(document["diagnostics"].as_array().unwrap());
    (ran, codes)
}

async fn planned(discoveries: &str, file: &str, line: &str) -> (Ran, Codes) {
    let world = World::from_json(&format!("{{\"discoveries\": {discoveries}}}")).unwrap();
    let bench = Bench::with(Options::default(), world);
    bench.files(file);
    let line = format!("{line} --events -");
    // Another controller is only named by its URL, and never contacted.
    let ran = if line.contains("--controller") {
        let path = bench.path("discoveries.yaml");
        let args = line.split_whitespace().chain(["--file", &path]).collect::<Vec<_>>();
        bench.run_exactly(&args, None).await
    } else {
        bench.run(&line).await
    };
    let events = ran.out.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
    let diagnostics = events.filter_map(|it| it.get("diagnostic").cloned()).collect::<Vec<_>>();
    assert_eq!(bench.writes(), 0);
    (ran, severities_and_codes(&diagnostics))
}

#[tokio::test(start_paused = true)]
async fn every_example_produces_its_code_and_documented_exit_code() {
    let mut n_run = 0;
    let mut wrong = Vec::new();
    for Explained { code, exits, warns, file, line, .. } in explained() {
        let Some(line) = line else { continue };
        let file = file.unwrap_or_else(too_many_mistakes);
        let (ran, codes) = match &*line {
            "validate" => validated(file.as_bytes()).await,
            line => planned(&live_discoveries(code), &file, line).await,
        };
        let severity = if warns { "warning" } else { "error" };
        let is_reported = codes.contains(&(severity.to_owned(), code.to_owned()));
        // Other diagnostics would distract from the example.
        let mut others = codes.iter().filter(|(_, it)| it != code).map(|(_, it)| (code, &**it));
        let is_alone = others.all(|it| COUPLED_CODES.contains(&it));
        if !is_reported || !is_alone || !exits.contains(&ran.exit.code()) {
            wrong.push(format!("{code}: {codes:?}\n{ran:#?}"));
        }
        n_run += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(50 < n_run, "next to no example was run");
}

#[test]
fn every_code_without_an_example_has_a_named_test() {
    let all = explained();
    let codes = all.iter().filter(|it| it.line.is_none()).map(|it| it.code);
    assert_eq!(codes.collect::<Vec<_>>(), BY_NAMED_TEST.map(|(code, _, _)| code));
    for (code, file, test) in BY_NAMED_TEST {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = fs::read_to_string(path).unwrap();
        let (_, body) = text.split_once(&format!("fn {test}()")).unwrap();
        // The body of a test extends to the next test.
        let body = body.split("#[test]").next().unwrap().split("#[tokio::test").next().unwrap();
        // The test has to check the code, and not only the message.
        assert!(body.contains(code), "{code}: {file}: {test}");
    }
}

/// The pages of these warnings document this.
#[tokio::test(start_paused = true)]
async fn a_policy_can_turn_a_warning_into_a_refusal_or_silence_it() {
    let mut n_run = 0;
    let mut wrong = Vec::new();
    for Explained { code, warns, is_gradable, file, line, .. } in explained() {
        let (Some(file), Some(line)) = (file, line) else { continue };
        let Some(rest) = file.strip_prefix("version: 1\n").filter(|_| warns && is_gradable) else {
            continue;
        };
        if line == "validate" {
            continue;
        }
        let short = code.rsplit("::").next().unwrap();
        for (grade, exit) in [("error", Exit::Refused), ("off", Exit::Done)] {
            let file = format!("version: 1\npolicy: {{rules: {{{short}: {grade}}}}}\n{rest}");
            let (ran, codes) = planned(&live_discoveries(code), &file, &line).await;
            let is_reported = codes.contains(&("error".to_owned(), code.to_owned()));
            if ran.exit != exit || is_reported != (grade == "error") {
                wrong.push(format!("{code}: {grade}: {codes:?}\n{ran:#?}"));
            }
        }
        n_run += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(10 < n_run, "next to no warning was graded");
}

/// A code written as a literal where it is used would have no page.
#[test]
fn no_code_is_written_outside_the_registry() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut pending = vec![root.clone()];
    let mut n_files = 0;
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(fs::read_dir(path).unwrap().map(|it| it.unwrap().path()));
            continue;
        }
        let is_free = ["codes", "testing"].iter().any(|it| path.starts_with(root.join(it)));
        let is_test = ["tests.rs", "properties.rs"].iter().any(|it| path.ends_with(it));
        if is_free || is_test || path.extension().is_none_or(|it| it != "rs") {
            continue;
        }
        n_files += 1;
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let at = code.lines().position(|it| it.contains("\"trueup::"));
        let place = at.map(|it| format!("{}:{}", path.display(), it + 1));
        assert_eq!(place, None, "give the code an entry in src/codes, and name that");
    }
    assert!(100 < n_files, "the walk found next to nothing");
}

async fn explain(args: &[&str]) -> Ran {
    Bench::like(&[], &[]).run_bare(&[&["explain"], args].concat()).await
}

#[tokio::test(start_paused = true)]
async fn every_code_is_explained_by_its_full_or_short_name() {
    for Explained { code, .. } in explained() {
        let ran = explain(&[code]).await;
        assert_eq!(ran.exit, Exit::Done, "{ran:#?}");
        assert!(ran.out.starts_with(&format!("{code} (")) && ran.err.is_empty(), "{ran:#?}");
        let short = code.rsplit("::").next().unwrap();
        assert_eq!(explain(&[short]).await.out, ran.out);
        assert_eq!(explain(&[&format!("[{code}]")]).await.out, ran.out);
        let parts = ["What it means", "Why it matters", "What was done", "Example", "What to do"];
        for part in parts {
            assert!(ran.out.contains(&format!("\n\n{part}\n  ")), "{ran:#?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_page_of_a_code_matches_the_snapshot() {
    insta::assert_snapshot!("explain", explain(&["own_credentials"]).await.out);
}

#[tokio::test(start_paused = true)]
async fn without_a_code_all_codes_are_listed() {
    let ran = explain(&[]).await;
    let all = explained();
    let listed = ran.out.lines().map(|it| it.split_whitespace().next().unwrap());
    assert_eq!(listed.collect::<Vec<_>>(), all.iter().map(|it| it.code).collect::<Vec<_>>());
    assert!(ran.out.lines().all(|it| it.chars().count() <= 100), "{}", ran.out);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_code_is_invalid_and_similar_codes_are_suggested() {
    for (code, hint) in [
        ("large_rang", "did you mean `large_range`?"),
        ("trueup::config::bad_adress", "did you mean `bad_address`?"),
        ("reverse", "did you mean `reversed_range`?"),
        ("prune", "did you mean `prune_without_discoveries` or `prune_without_names`?"),
        ("E0308", "`trueup explain` lists all codes"),
        ("", "`trueup explain` lists all codes"),
        ("\u{1b}[31m", "`trueup explain` lists all codes"),
    ] {
        let ran = explain(&[code]).await;
        assert!(ran.exit == Exit::Invalid && ran.out.is_empty(), "{ran:#?}");
        assert!(ran.err.contains("there is no code") && ran.err.contains(hint), "{ran:#?}");
        assert!(!ran.err.contains('\u{1b}'), "{ran:#?}");
    }
}
