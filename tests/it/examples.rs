//! Every example is validated by the schema and the program, and applied.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use trueup::cli::Exit;

use crate::bench::{Bench, Ran};

/// Returns each file and folder directly in `examples/`. Each is one desired state, except those
/// for other programs.
fn examples() -> Vec<PathBuf> {
    let mut found = children(&root().join("examples"));
    found.retain(|it| !["pipelines", "policies"].iter().any(|other| it.ends_with(other)));
    found.sort();
    assert!(5 <= found.len(), "the walk found next to nothing: {found:?}");
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn children(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect()
}

fn files_below(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() {
        children(path).iter().flat_map(|it| files_below(it)).collect()
    } else {
        vec![path.to_owned()]
    }
}

async fn run(bench: &Bench, line: &str, files: &Path) -> Ran {
    let mut args = line.split_whitespace().collect::<Vec<_>>();
    args.extend(["--file", files.to_str().unwrap()]);
    bench.run_exactly(&args, Some(bench.simulator.clone())).await
}

async fn expect_applied(bench: &Bench, files: &Path) -> Ran {
    let applied = run(bench, "apply --auto-approve --simulate", files).await;
    assert_eq!(applied.exit, Exit::Done, "{}: {applied:#?}", files.display());
    let again = run(bench, "plan --detailed-exitcode --simulate", files).await;
    assert_eq!(again.exit, Exit::Done, "{}: {again:#?}", files.display());
    assert!(again.out.starts_with("No changes."), "{}: {again:#?}", files.display());
    applied
}

#[tokio::test(start_paused = true)]
async fn every_example_is_valid_and_converges() {
    for path in examples() {
        let bench = Bench::like(&[], &[]);
        let ran = run(&bench, "validate", &path).await;
        assert!(ran.exit == Exit::Done && ran.err.ends_with(": no errors.\n"), "{ran:#?}");
        let ran = run(&bench, "plan --detailed-exitcode --simulate", &path).await;
        let is_without_diagnostics = ran
            .err
            .lines()
            .eq(["Read 0 discoveries from simulator (release 2.3.7.9, classic interface)."]);
        assert!(ran.exit == Exit::Changes && is_without_diagnostics, "{ran:#?}");
        assert_eq!(bench.writes(), 0);
        let ran = expect_applied(&bench, &path).await;
        let n_created = ran.out.matches("\n  + ").count();
        assert!(ran.out.contains("Apply complete!") && 0 < n_created, "{ran:#?}");
        let violations = bench.simulator.violations();
        assert!(violations.values().all(|it| *it == 0), "{}: {violations:?}", path.display());
    }
}

#[test]
fn every_example_file_names_the_schema_and_conforms_to_it() {
    let schema_path = root().join("schemas/desired-state.schema.json").canonicalize().unwrap();
    let schema = fs::read_to_string(&schema_path).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    for path in examples().iter().flat_map(|it| files_below(it)) {
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap();
        let named = first.strip_prefix("# yaml-language-server: $schema=");
        let named = path.parent().unwrap().join(named.unwrap_or_else(|| panic!("{path:?}")));
        assert_eq!(named.canonicalize().unwrap(), schema_path, "{}", path.display());
        let value = serde_saphyr::from_str::<Value>(&text).unwrap();
        let mistakes = schema.iter_errors(&value).map(|it| it.to_string()).collect::<Vec<_>>();
        assert!(mistakes.is_empty(), "{}: {mistakes:?}", path.display());
    }
}

#[tokio::test(start_paused = true)]
async fn the_migration_example_deletes_replaces_edits_and_creates() {
    let bench = Bench::like(&[], &[]);
    let first = root().join("examples/first.yaml");
    let ran = expect_applied(&bench, &first).await;
    assert!(ran.out.contains("3 added, 0 changed, 0 destroyed."), "{ran:#?}");
    let ran = expect_applied(&bench, &root().join("examples/migration.yaml")).await;
    for title in [
        "# hq-core will be destroyed",
        "# lab must be replaced",
        "# branch-berlin will be updated in-place",
        "# hq-core-west will be created",
    ] {
        assert!(ran.out.contains(title), "{title}: {ran:#?}");
    }
    assert!(ran.out.contains("2 added, 1 changed, 2 destroyed."), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_site_removed_from_the_folder_is_pruned() {
    let bench = Bench::like(&[], &[]);
    let sites = root().join("examples/sites");
    let ran = expect_applied(&bench, &sites).await;
    assert!(ran.out.contains("4 added, 0 changed, 0 destroyed."), "{ran:#?}");
    let only = |name: &str| sites.join(name).to_str().unwrap().to_owned();
    let (owned, berlin) = (only("owned.yaml"), only("berlin.yaml"));
    let line = ["plan", "--simulate", "--prune", "--file", &owned, "--file", &berlin];
    let ran = bench.run_exactly(&line, Some(bench.simulator.clone())).await;
    assert!(ran.out.contains("# site-oslo-offices will be destroyed"), "{ran:#?}");
    assert!(ran.out.contains("Plan: 0 to add, 0 to change, 2 to destroy."), "{ran:#?}");
}
