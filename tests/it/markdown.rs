//! Plans as comments on a pull request, from whole command lines.

use std::fmt::Write as _;

use comrak::{
    Arena, Options,
    nodes::{Node, NodeValue},
    parse_document,
};
use trueup::cli::Exit;

use crate::{bench::Bench, machines::Format};

/// Declares `n` discoveries, of which only the first `n_present` are present.
fn declared(n: usize, n_present: usize) -> String {
    let mut yaml =
        "version: 1\ndefaults: {credentials: {cli: [netops], snmp_v3: [core]}}\n".to_owned();
    yaml.push_str("discoveries:\n");
    for it in 0..n {
        let state = if it < n_present { "present" } else { "absent" };
        let target = format!("cidr: 10.{}.{}.0/24", it / 256, it % 256);
        writeln!(yaml, "  - {{name: 'b|`{it:04}', {target}, state: {state}}}").unwrap();
    }
    yaml
}

/// Returns the text of the second cell of each row below the header.
fn names_in_table(markdown: &str) -> Vec<String> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    let arena = Arena::new();
    let document = parse_document(&arena, markdown, &options);
    let rows = document.descendants().filter(|it| is_row(it));
    rows.map(|it| it.children().nth(1).unwrap().descendants().map(code).collect()).collect()
}

fn is_row(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::TableRow(false))
}

fn code(node: Node<'_>) -> String {
    match &node.data().value {
        NodeValue::Code(it) => it.literal.clone(),
        _ => String::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn every_plan_fits_in_a_comment_and_show_prints_the_same_for_the_saved_plan() {
    for (n, step) in [(1, "step 1 of 4"), (300, "step 2 of 4"), (5_000, "step 4 of 4")] {
        let bench = Bench::like(&[], &[]);
        bench.files(&declared(n, n));
        let plan = bench.path("plan.json");
        let line = format!("plan --format markdown --out {plan}");
        let ran = bench.run(&line).await;
        assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
        assert!(ran.out.len() < 65_536 && ran.out.contains(step), "{n}: {} bytes", ran.out.len());
        assert!(ran.out.starts_with("<!-- trueup simulator sha256:"));
        assert!(ran.out.contains("`trueup apply plan.json --simulate`"));
        assert!(!ran.out.contains("\n\n\n"), "{}", ran.out);
        let rows = names_in_table(&ran.out);
        let names = (0..n).map(|it| format!("b|`{it:04}")).collect::<Vec<_>>();
        assert!(rows == names || 300 < n, "{rows:?}");
        assert!(ran.out.contains(&format!("Plan: {n} to add")));
        let shown = bench.run_bare(&["show", &plan, "--format", "markdown"]).await;
        assert_eq!(shown.out, ran.out);
        let shown = bench.run_bare(&["show", &plan]).await;
        assert_eq!(shown.out.matches(" will be created\n").count(), n);
        let shown = bench.run_bare(&["show", &plan, "--format", "json"]).await;
        assert_eq!(Format::Plan.checked(&shown.out)["changes"].as_array().unwrap().len(), n);
    }
}

#[tokio::test(start_paused = true)]
async fn a_comment_names_every_deleted_discovery() {
    let bench = Bench::like(&[], &[]);
    bench.files(&declared(300, 300));
    let applied = bench.expect_applied().await;
    assert!(applied.out.contains("300 added"), "{}", applied.err);
    bench.files(&declared(300, 0));
    let ran = bench.run("plan --format markdown --color always").await;
    assert!(ran.out.starts_with("<!-- trueup simulator sha256:"), "it has colours");
    let names = (0..300).map(|it| format!("b|`{it:04}")).collect::<Vec<_>>();
    assert_eq!(names_in_table(&ran.out), names);
    assert!(!ran.out.contains('\u{1b}') && ran.out.len() < 65_536);
}
