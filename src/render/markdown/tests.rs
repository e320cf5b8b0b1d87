//! Comments as the renderers read them.

use std::{collections::BTreeSet, fmt::Write as _};

use proptest::prelude::*;

use super::{
    PlanAbout, plan_markdown,
    reading::{Seen, seen},
};
use crate::{
    codes,
    model::Name,
    plan::{Action, Plan, testing::Scenario},
    render::{About, Saved, Show, digest_of, plan_json, plan_text, saved_plan},
    source::{Diagnostic, SourceMap, Span},
};

const MIXED: &str = "\
old-dc; state absent
hq-core; cdp 10.0.0.1 3; exclude 10.0.9.0/24; timeout 10s; on_change replace; cli netops
branch; ranges 10.10.0.1-10.10.0.254, 10.10.2.7, 10.10.3.0-10.10.3.9, 10.10.4.0-10.10.4.9, 10.0.0.1
lab; cidr 10.20.0.0/22; state stopped; timeout 7s
idle; cidr 10.30.0.0/22; state stopped
again; address 10.0.0.9; rerun until_complete
new; ranges 10.11.0.1-10.11.0.254; timeout 5s; cli netops; snmp_v3 core; retries 3
";

const MIXED_LIVE: &str = "\
old-dc; cidr 10.20.0.0/22; cli netops; retries 3
hq-core; cdp 10.0.0.1 3; exclude 10.0.8.0/24; timeout 5s; running; cli netops
branch; ranges 10.10.0.1-10.10.0.254, 10.10.2.7, 10.10.3.0-10.10.3.9, 10.10.4.0-10.10.4.9; retries 2
lab; cidr 10.20.0.0/22; running; timeout 5s
idle; cidr 10.30.0.0/22; running
again; address 10.0.0.9; aborted
";

/// Returns the plan of a scenario as a comment.
fn comment(plan: &Plan, sources: &SourceMap) -> String {
    with_warnings(plan, sources, &[])
}

fn with_warnings(plan: &Plan, sources: &SourceMap, warnings: &[Diagnostic]) -> String {
    let about = PlanAbout {
        digest: "sha256:00ff",
        files: &["discoveries.yaml".to_owned()],
        sources,
        warnings,
        saved_to: Some("plan.json".to_owned()),
        show: Show::Changes,
    };
    let markdown = plan_markdown(plan, &about);
    assert!(markdown.len() < 65_536, "{} bytes", markdown.len());
    markdown
}

/// A plan with these numbers of deletes, replaces and creates, and these names.
fn plan_of(n: [usize; 3], name: impl Fn(usize) -> String) -> (Plan, SourceMap) {
    let mut lines = Vec::new();
    let mut live = String::new();
    let [n_deleted, n_replaced, n_created] = n;
    for it in 0..n_deleted + n_replaced + n_created {
        let target = format!("cidr 10.{}.{}.0/24", it / 256, it % 256);
        if it < n_deleted {
            lines.push(format!("n{it}; state absent"));
            writeln!(live, "n{it}; {target}").unwrap();
        } else if it < n_deleted + n_replaced {
            lines.push(format!("n{it}; {target}; timeout 9s; on_change replace; cli netops"));
            writeln!(live, "n{it}; {target}; timeout 5s; cli netops").unwrap();
        } else {
            lines.push(format!("n{it}; {target}; timeout 9s; cli netops; snmp_v3 core"));
        }
    }
    let scenario = Scenario::new(&lines.join("\n"), &live);
    let mut plan = scenario.plan();
    plan.diagnostics.clear();
    for change in &mut plan.changes {
        let number = change.name.as_str().trim_start_matches('n').parse().unwrap();
        change.name = Name::as_read(name(number));
    }
    plan.changes.sort_by(|a, b| (a.action, &a.name).cmp(&(b.action, &b.name)));
    plan.impact.unbounded.clear();
    (plan, scenario.sources)
}

/// Returns the name behind a label.
fn unlabelled(shown: &str) -> String {
    if shown.starts_with('"') {
        return serde_json::from_str(shown).unwrap();
    }
    shown.to_owned()
}

/// Asserts that the table names each change, and that the diffs have their signs first.
fn expect_rows(plan: &Plan, seen: &Seen) {
    assert_eq!(seen.tables.len(), 1);
    let (head, rows) = seen.tables[0].split_first().unwrap();
    assert_eq!(head, &["Action", "Discovery", "Reason", "Steps", "Source"]);
    let rows = rows.iter().map(|it| (it[0].clone(), unlabelled(&it[1]), it[2].clone()));
    let changes = plan
        .changes
        .iter()
        .map(|it| (it.action.to_string(), it.name.as_str().to_owned(), it.reason.to_string()));
    assert_eq!(rows.collect::<Vec<_>>(), changes.collect::<Vec<_>>());
    for (language, text) in &seen.fences {
        let is_sign = |it: char| "+-~.!# ".contains(it);
        let has_signs = text.lines().all(|it| it.is_empty() || it.starts_with(is_sign));
        assert!(language != "diff" || has_signs, "{text}");
    }
}

/// Asserts that no renderer finds markup in the prose.
fn expect_dull(seen: &Seen) {
    let (marker, folds) = seen.html.split_first().unwrap();
    assert!(marker.starts_with("<!-- trueup ") && marker.ends_with(" -->"), "{marker}");
    assert_eq!(marker.matches("--").count(), 2, "{marker}");
    for line in folds {
        let is_title = |it: &str| it.chars().all(|it| it.is_alphanumeric() || it == ' ');
        let open = line.strip_prefix("<details>").or(line.strip_prefix("<details open>"));
        let title = open.and_then(|it| it.strip_prefix("<summary>"));
        let title = title.and_then(|it| it.strip_suffix("</summary>"));
        assert!(line == "</details>" || title.is_some_and(is_title), "{line}");
    }
    let n_opened = folds.iter().filter(|it| it.starts_with("<details")).count();
    assert_eq!(n_opened * 2, folds.len());
    let is_dull = |it: char| it.is_alphanumeric() || " .,:;()_…-".contains(it);
    assert!(seen.prose.chars().all(is_dull), "{}", seen.prose);
}

fn expect_names(plan: &Plan, markdown: &str) {
    let mut n_destroyed = 0;
    let lines = markdown.split('\n').collect::<BTreeSet<_>>();
    for change in &plan.changes {
        if matches!(change.action, Action::Delete | Action::Replace) {
            n_destroyed += 1;
            let name = change.name.as_str();
            let in_table = format!("| `{name}` |");
            assert!(lines.contains(name) || markdown.contains(&in_table), "{name}");
        }
    }
    assert_ne!(n_destroyed, 0);
}

#[test]
fn a_plan_is_a_comment() {
    let scenario = Scenario::new(MIXED, MIXED_LIVE);
    let plan = scenario.plan();
    let markdown = comment(&plan, &scenario.sources);
    let seen = seen(&markdown);
    expect_rows(&plan, &seen);
    expect_dull(&seen);
    insta::assert_snapshot!(markdown);
}

#[test]
fn a_plan_without_changes_has_a_message() {
    let scenario = Scenario::new("a; address 10.0.0.1", "a; address 10.0.0.1");
    insta::assert_snapshot!(comment(&scenario.plan(), &scenario.sources), @"
    <!-- trueup catalyst.example.com sha256:00ff -->
    ### Plan for `catalyst.example.com`

    **No changes.** Your infrastructure matches the configuration.

    ---

    - Controller: `https://catalyst.example.com`, classic interface, 1 discovery
    - Release: `2.3.7.9`
    - Files: `discoveries.yaml`
    - Digest: `sha256:00ff`
    - Shown: everything (step 1 of 4)
    - Apply: nothing to do
    ");
}

#[test]
fn errors_and_warnings_have_file_and_line_and_errors_remove_the_command() {
    let scenario = Scenario::new(
        "z; state absent\na; address 10.0.0.1; cli nobody\nb; address 10.0.0.2; cli netops",
        "z; address 10.0.0.3",
    );
    let plan = scenario.plan();
    let source = scenario.sources.ids().next().unwrap();
    let span = Span { source, start: 16, end: 17 };
    let warning = Diagnostic::warning(&codes::ANY, "`@a` </details>\n```\n# b").at(span);
    let markdown = with_warnings(&plan, &scenario.sources, &[warning.help("no\u{202e}ne")]);
    expect_dull(&seen(&markdown));
    insta::assert_snapshot!(markdown, @r#"
    <!-- trueup catalyst.example.com sha256:00ff -->
    ### Plan for `catalyst.example.com`

    **Plan: 1 to add, 0 to change, 1 to destroy.**
    Runs: 1 to start. Addresses: 1 scanned, 1 of them new, 1 dropped.

    Impact:

    - `b`: 1 address, 1 new, 4 logins at most
    - `z`: 1 address before, none after, 1 dropped

    **This plan cannot be applied: 1 error. The discoveries with errors are left out of it.**

    | Action | Discovery | Reason | Steps | Source |
    |---|---|---|---|---|
    | **delete** | `z` | declared_absent | delete | `discoveries.yaml:1` |
    | create | `b` | new | create | `discoveries.yaml:3` |

    <details open><summary>1 error and 3 warnings</summary>

    ````text
    error[trueup::plan::credential_missing]: the controller has no cli credential `nobody`
      --> discoveries.yaml:2:26
      help: the controller's cli credentials: legacy (admin), id c2; legacy (root), id c3; netops (netops), id c1; twin (twin), id c4; twin (twin), id c5
    warning[trueup::config::x]: `@a` </details>\u000a```\u000a# b
      --> discoveries.yaml:2:1
      help: no\u202ene
    warning[trueup::plan::no_snmp_credential]: `a` would be created without an SNMP credential
      --> discoveries.yaml:2:1
      help: the controller may reject it, or find less: add `snmp_v3` or `snmp_v2_read`
    warning[trueup::plan::no_snmp_credential]: `b` would be created without an SNMP credential
      --> discoveries.yaml:3:1
      help: the controller may reject it, or find less: add `snmp_v3` or `snmp_v2_read`
    ````

    </details>

    <details open><summary>1 to delete</summary>

    ```diff
    # z will be destroyed
    # (declared_absent)
    - resource "discovery" "z" {
    -     address = "10.0.0.3"
      }
    ```

    </details>

    <details><summary>1 to create</summary>

    ```diff
    # b will be created
    # (new)
    + resource "discovery" "b" {
    +     address         = "10.0.0.2"
    +     credentials.cli = ["netops (netops)"]
      }
    ```

    </details>

    ---

    - Controller: `https://catalyst.example.com`, classic interface, 1 discovery
    - Release: `2.3.7.9`
    - Files: `discoveries.yaml`
    - Digest: `sha256:00ff`
    - Shown: everything (step 1 of 4)
    - Apply: not possible because of the errors
    "#);
}

/// Names that look like markup.
const HOSTILE: &[&str] = &[
    "a|b",
    "|",
    "\\|",
    "a\\",
    "`",
    "``",
    "`a`",
    "a```b",
    "~~~",
    "<b>x</b>",
    "</details>",
    "<!-- x",
    "-->",
    "&amp;",
    "&#64;x",
    "@team",
    "#123",
    "!7",
    "~label",
    "GH-1",
    "0123456789abcdef0123456789abcdef01234567",
    "https://x.example/a?b=c",
    "www.x.example",
    "me@x.example",
    "*a*",
    "_a_",
    "**",
    "- a",
    "1. a",
    "# a",
    "> a",
    "+ a",
    "---",
    "===",
    "[a](b)",
    "![a](b)",
    "[[a]]",
    "[^1]",
    "[x] a",
    "$a$",
    "$`a`$",
    ":smile:",
    "a  b",
    " a ",
    "\u{a0}",
    "",
    "a\nb",
    "a\r\n| b |",
    "\t",
    "\u{1b}[31m",
    "\u{0}",
    "\u{202e}a",
    "\u{200b}",
    "\u{61c}a",
    "\u{2028}",
    "\u{feff}a",
    "日本語",
    "🦀",
    "\"a\"",
    "'a'",
    "+ \"x\",",
    "%",
    "$x",
    "^a^",
    "]]>",
    "<?php",
    "::: a",
    "a\\|b|c",
    "`|`",
    "\\`|`\\",
];

#[test]
fn hostile_names_are_only_names() {
    for n in [[HOSTILE.len(), 0, 0], [0, HOSTILE.len(), 0], [0, 0, HOSTILE.len()]] {
        let (plan, sources) = plan_of(n, |it| HOSTILE[it].to_owned());
        let markdown = comment(&plan, &sources);
        let seen = seen(&markdown);
        expect_rows(&plan, &seen);
        expect_dull(&seen);
        assert_eq!(seen.fences.len(), 1);
        let n_blocks = seen.fences[0].1.lines().filter(|it| it.starts_with("# (")).count();
        assert_eq!(n_blocks, HOSTILE.len());
        let is_seen =
            |it: char| it == '\n' || !it.is_control() && it != '\u{202e}' && it != '\u{61c}';
        assert!(markdown.chars().all(is_seen));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_name_is_rendered_as_markup(
        names in prop::collection::vec("[`|\\\\<>&@#*_~!\\[\\]()$:;.+\"'\\- \\n\\ta1é\u{202e}-]{0,12}|.{0,9}", 3..9),
    ) {
        let n = names.len();
        let (mut plan, sources) = plan_of([n, 0, 1], |it| {
            names.get(it).cloned().unwrap_or_else(|| format!("o{it}"))
        });
        plan.impact.unbounded = names.iter().map(Name::as_read).collect();
        let seen = seen(&comment(&plan, &sources));
        expect_rows(&plan, &seen);
        expect_dull(&seen);
    }

}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 8,
        max_shrink_iters: 8,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_list_of_names_is_rendered_as_markup(
        name in "[`|\\\\<>&@#*_~!\\[\\]()$:;.+\"' \\n\\ta1é\u{202e}-]{0,300}",
        n in 700..1_200_usize,
    ) {
        let (plan, sources) = plan_of([n, 3, 0], |it| format!("{name}{it}"));
        let markdown = comment(&plan, &sources);
        let seen = seen(&markdown);
        expect_dull(&seen);
        prop_assert_eq!(seen.tables.len(), usize::from(!markdown.contains("step 4 of 4")));
    }
}

/// Returns the level of shortening, and the content of the comment.
fn step(plan: &Plan, sources: &SourceMap) -> (String, Seen, String) {
    let markdown = comment(plan, sources);
    let seen = seen(&markdown);
    expect_dull(&seen);
    let step = markdown.lines().find_map(|it| it.strip_prefix("- Shown: ")).unwrap();
    let is_said = markdown.contains("Shortened to fit");
    assert_eq!(is_said, !step.contains("step 1"), "{step}");
    (step.to_owned(), seen, markdown)
}

#[test]
fn a_comment_is_shortened_in_steps_that_it_names() {
    let name = |it: usize| format!("branch-{it:04}");
    let steps =
        [[1, 0, 0], [30, 40, 200], [50, 50, 400], [300, 300, 100], [400, 400, 4_200]].map(|n| {
            let (plan, sources) = plan_of(n, name);
            let (step, seen, markdown) = step(&plan, &sources);
            expect_names(&plan, &markdown);
            if !step.contains("step 4") {
                expect_rows(&plan, &seen);
            }
            format!("{step}: {} diffs", seen.fences.iter().filter(|it| it.0 == "diff").count())
        });
    insta::assert_snapshot!(steps.join("\n"), @"
    everything (step 1 of 4): 1 diffs
    changed fields only (step 2 of 4): 1 diffs
    changed fields only (step 2 of 4): 1 diffs
    the table only (step 3 of 4): 0 diffs
    counts, and the names of deleted and replaced discoveries (step 4 of 4): 0 diffs
    ");
}

#[test]
fn five_thousand_changes_keep_the_names_of_deletes_and_replaces() {
    let (plan, sources) = plan_of([4_000, 1_000, 0], |it| format!("branch-{it:04}"));
    let (_, seen, markdown) = step(&plan, &sources);
    expect_names(&plan, &markdown);
    let n_lines = seen.fences.iter().map(|it| it.1.lines().count()).collect::<Vec<_>>();
    assert_eq!(n_lines, [4_000, 1_000]);
}

#[test]
fn a_common_prefix_of_names_is_written_once() {
    let city = |it: usize| ["berlin", "oslo", "new york"][it / 2_000];
    let (plan, sources) = plan_of([5_000, 0, 0], |it| format!("branch-{}-floor-{it:04}", city(it)));
    let (_, seen, markdown) = step(&plan, &sources);
    assert!(markdown.contains("A common prefix of names is written once"), "{markdown}");
    let mut beginning = "";
    let mut names = Vec::new();
    for line in seen.fences[0].1.lines() {
        match line.strip_prefix(' ') {
            Some(rest) => names.push(format!("{beginning}{rest}")),
            None => beginning = line,
        }
    }
    let wanted = plan.changes.iter().map(|it| it.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names, wanted);
}

#[test]
fn the_longest_names_are_shortened_and_stay_distinguishable() {
    let (plan, sources) = plan_of([5_000, 0, 0], |it| format!("{it:04}{}", "🦀".repeat(251)));
    let (_, seen, markdown) = step(&plan, &sources);
    assert!(markdown.contains("start of the SHA-256 of the name"), "{markdown}");
    let names = seen.fences[0].1.lines().collect::<BTreeSet<_>>();
    assert_eq!(names.len(), 5_000);
    let (plan, sources) = plan_of([500, 0, 0], |it| format!("{it:04}{}", "🦀".repeat(251)));
    let (_, seen, _) = step(&plan, &sources);
    let names = seen.fences[0].1.lines().collect::<Vec<_>>();
    assert!(names[7].starts_with("0007🦀") && names[7].ends_with('🦀'), "{}", names[7]);
}

#[test]
fn names_that_do_not_fit_are_counted() {
    let (plan, sources) = plan_of([6_000, 2_000, 10], |it| format!("{it:04}{}", "é".repeat(100)));
    let (_, seen, markdown) = step(&plan, &sources);
    let n_named = seen.fences.iter().map(|it| it.1.lines().count()).sum::<usize>();
    let missing = format!("**{} deleted or replaced discoveries are not named", 8_000 - n_named);
    assert!(markdown.contains(&missing), "{n_named}");
    assert!(5_000 < n_named, "{n_named}");
    assert!(markdown.contains("Do not approve the plan by this comment alone"));
}

#[test]
fn one_very_long_name_is_shortened() {
    for c in ["a", "`", "é", "\u{1b}"] {
        let (plan, sources) = plan_of([1, 0, 0], |_| c.repeat(70_000));
        let (_, seen, _) = step(&plan, &sources);
        assert_eq!(seen.fences[0].1.lines().count(), 1);
    }
}

#[test]
fn many_warnings_never_displace_names() {
    let (plan, sources) = plan_of([5_000, 0, 0], |it| format!("branch-{it:04}"));
    let warning = |it| Diagnostic::warning(&codes::ANY, format!("number {it}"));
    let warnings = (0..5_000).map(warning).collect::<Vec<_>>();
    let markdown = with_warnings(&plan, &sources, &warnings);
    expect_names(&plan, &markdown);
    assert!(markdown.contains("**5000 warnings**, not shown here."));
    let (plan, sources) = plan_of([5, 0, 0], |it| format!("branch-{it:04}"));
    let markdown = with_warnings(&plan, &sources, &warnings);
    assert!(markdown.contains("more, not shown here.**"));
    expect_rows(&plan, &seen(&markdown));
}

#[test]
fn no_text_can_end_the_marker() {
    let marker = |url: &str| {
        let scenario = Scenario::new("a; state absent", "a");
        let mut plan = scenario.plan();
        plan.controller.url = url.to_owned();
        let markdown = comment(&plan, &scenario.sources);
        expect_dull(&seen(&markdown));
        markdown.lines().next().unwrap().to_owned()
    };
    insta::assert_snapshot!(
        [
            "simulator",
            "https://catalyst.example.com",
            "https://xn--bcher-kva.example:8443",
            "https://[fd00::1]:8443",
            "https://a-->b---<c d\u{202e}",
            "",
        ]
        .map(marker)
        .join("\n"),
        @"
        <!-- trueup simulator sha256:00ff -->
        <!-- trueup catalyst.example.com sha256:00ff -->
        <!-- trueup xn-%2Dbcher-kva.example:8443 sha256:00ff -->
        <!-- trueup [fd00::1]:8443 sha256:00ff -->
        <!-- trueup %22a-%2D%3Eb-%2D-%3Cc%20d%5Cu202e%22 sha256:00ff -->
        <!-- trueup %22%22 sha256:00ff -->
        "
    );
    assert!(marker(&format!("https://{}", "é-".repeat(9_000))).len() < 2_000);
}

#[test]
fn a_saved_plan_makes_the_same_comment() {
    let scenario = Scenario::new(MIXED, MIXED_LIVE);
    let plan = scenario.plan();
    let source = scenario.sources.ids().next().unwrap();
    let warning = Diagnostic::warning(&codes::ANY, "careful");
    let warnings = [warning.at(Span { source, start: 25, end: 29 })];
    let about = About { sources: &scenario.sources, warnings: &warnings, now_ms: 0 };
    let document = plan_json(&plan, about);
    let Saved { plan: read, sources, files, digest } = saved_plan(&document).unwrap();
    assert_eq!(digest, digest_of(&document));
    let fresh = PlanAbout {
        digest: &digest,
        files: &files,
        sources: &scenario.sources,
        warnings: &warnings,
        saved_to: Some("a plan's.json".to_owned()),
        show: Show::All,
    };
    let markdown = plan_markdown(&plan, &fresh);
    let saved = PlanAbout { sources: &sources, warnings: &[], ..fresh };
    assert_eq!(markdown, plan_markdown(&read, &saved));
    assert!(markdown.contains(r"`trueup apply 'a plan'\''s.json'`"), "{markdown}");
    assert!(markdown.contains("--> discoveries.yaml:2:"), "{markdown}");
}

#[test]
fn overlaps_are_shown_with_both_places() {
    let desired = "a; cidr 10.0.0.0/30; cli netops\nb; address 10.0.0.1; cli netops";
    let scenario = Scenario::new(desired, "x; address 10.0.0.2");
    let markdown = comment(&scenario.plan(), &scenario.sources);
    for line in [
        "- `a` (`discoveries.yaml:1`) and `b` (`discoveries.yaml:2`): 10.0.0.1 (1 address)\n",
        "- `a` (`discoveries.yaml:1`) and `x` (unmanaged): 10.0.0.2 (1 address)\n",
    ] {
        assert!(markdown.contains(line), "{line}: {markdown}");
    }
}

#[test]
fn a_comment_shows_what_the_text_shows() {
    let scenario = Scenario::new(MIXED, MIXED_LIVE);
    let plan = scenario.plan();
    let bare = |text: &str| text.chars().filter(|it| *it != ' ').collect::<String>();
    let seen = seen(&comment(&plan, &scenario.sources));
    let text = plan_text(&plan, &scenario.sources, Show::Changes);
    let (blocks, _) = text.split_once("\nImpact:\n").unwrap();
    let diffs = seen.fences.iter().filter(|it| it.0 == "diff").map(|it| it.1.clone());
    assert_eq!(bare(&diffs.collect::<Vec<_>>().join("\n")), bare(blocks));
}

#[test]
fn unchanged_names_are_listed_on_request_if_they_fit() {
    let (mut plan, sources) = plan_of([1, 0, 0], |_| "a".to_owned());
    plan.unmanaged = vec![Name::as_read("`@x`"), Name::as_read("y")];
    let about = PlanAbout {
        digest: "",
        files: &[],
        sources: &sources,
        warnings: &[],
        saved_to: None,
        show: Show::All,
    };
    let text = |plan: &Plan| {
        let markdown = plan_markdown(plan, &about);
        assert!(markdown.len() < 65_536);
        let seen = seen(&markdown);
        expect_dull(&seen);
        (seen.fences.last().unwrap().1.clone(), markdown)
    };
    plan.unchanged = vec![Name::as_read("b")];
    assert_eq!(text(&plan).0, "`@x`\ny\n");
    plan.unmanaged = (0..9_000).map(|it| Name::as_read(format!("name-{it}"))).collect();
    let (last, markdown) = text(&plan);
    assert_eq!(last, "b\n");
    assert!(markdown.contains("9000 live discoveries are in no file; the names do not fit"));
    assert!(markdown.contains("everything (step 1 of 4)"));
}

#[test]
fn a_limited_plan_lists_its_patterns_as_code() {
    let scenario = Scenario::new("a; state absent\nb; state absent", "a\nb").only(&["a", "*|`@x*"]);
    let markdown = comment(&scenario.plan(), &scenario.sources);
    expect_dull(&seen(&markdown));
    assert!(markdown.contains("Limited by `--only a`, ``--only '*|`@x*'``: 1 "), "{markdown}");
}
