//! Pages as a strict reader finds them.

use std::collections::BTreeSet;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::{
    plan_page,
    reading::{Element, read},
    report_page,
};
use crate::{
    events::{Event, Outcome, Report},
    model::Name,
    plan::{Drift, Plan, Step, testing::Scenario},
    render::{About, PlanAbout, ReportAbout, Saved, Show, digest_of, plan_json, saved_plan},
    source::{Diagnostic, SourceMap},
};

const MIXED: &str = "\
old-dc; state absent
hq-core; cdp 10.0.0.1 3; exclude 10.0.9.0/24; timeout 10s; on_change replace; cli netops
branch; ranges 10.10.0.1-10.10.0.254, 10.10.2.7; timeout 9s; protocols telnet, ssh
lab; cidr 10.20.0.0/22; state stopped; timeout 7s
idle; cidr 10.30.0.0/22; state stopped
again; address 10.0.0.9; rerun until_complete
new; ranges 10.10.0.200-10.10.1.5; timeout 5s; cli netops; snmp_v3 core; retries 3
six; cidr 2001:db8::/120; cli netops; snmp_v3 core
same; cidr 10.40.0.0/24
";

const MIXED_LIVE: &str = "\
old-dc; cidr 10.21.0.0/22; cli netops; retries 3
hq-core; cdp 10.0.0.1 3; exclude 10.0.8.0/24; timeout 5s; running; cli netops
branch; ranges 10.10.0.1-10.10.0.254; timeout 5s; protocols ssh, telnet
lab; cidr 10.20.0.0/22; running; timeout 5s
idle; cidr 10.30.0.0/22; running
again; address 10.0.0.9; aborted
same; cidr 10.40.0.0/24
strange; address 10.50.0.1
";

fn mixed() -> Scenario {
    Scenario::new(MIXED, MIXED_LIVE)
}

fn page_of(plan: &Plan, sources: &SourceMap) -> String {
    let about = PlanAbout {
        digest: "sha256:00ff",
        files: &["discoveries.yaml".to_owned()],
        sources,
        warnings: &[],
        saved_to: None,
        show: Show::All,
    };
    plan_page(plan, &about)
}

/// The report of a plan: the first change is done, the second failed with these words, a run of the
/// third is open, and the rest was not started.
fn report_of(plan: &Plan, words: &str) -> Report {
    let mut report = Report::new(&plan.changes);
    let sent = |change, at| {
        (
            Event::Submitting {
                change,
                step: Step::Edit,
                attempt: 1,
                sent_ms: 0,
                earlier_run_ms: None,
            },
            at,
        )
    };
    let taken =
        |change, at| (Event::Accepted { change, step: Step::Edit, task: words.to_owned() }, at);
    let ended = |change, outcome, at| (Event::Ended { change, outcome }, at);
    let seen = Event::Settled { change: 0, step: Step::Edit, found: false, id: None };
    let events = [
        sent(0, 1_000),
        taken(0, 1_250),
        (seen, 3_000),
        (Event::Noted { change: 0, note: words.to_owned() }, 3_000),
        ended(0, Outcome::Done, 3_000),
        sent(1, 1_500),
        taken(1, 2_000),
        ended(1, Outcome::Failed { words: words.to_owned() }, 4_500),
        sent(2, 2_500),
    ];
    for (event, at_ms) in &events {
        report.apply_event(event, *at_ms);
    }
    report
}

fn report_page_of(plan: &Plan, sources: &SourceMap, words: &str) -> String {
    report_page(&report_of(plan, words), ReportAbout { plan, sources }, 5_000)
}

/// The texts of all elements of a kind.
fn texts<'a>(elements: &'a [Element], tag: &str, class: &str) -> Vec<&'a str> {
    let has = |it: &&Element| {
        let classes = it.attribute("class").unwrap_or_default();
        it.tag == tag && (class.is_empty() || classes.split(' ').any(|it| it == class))
    };
    elements.iter().filter(has).map(|it| it.text.as_str()).collect()
}

/// Asserts that a page is accessible by keyboard and with a screen reader.
fn expect_sound(html: &str) -> Vec<Element> {
    let elements = read(html);
    let all = |name: &str| elements.iter().filter_map(|it| it.attribute(name)).collect::<Vec<_>>();
    let ids = all("id");
    let unique = ids.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(ids.len(), unique.len(), "an id twice");
    for name in ["for", "aria-labelledby"] {
        assert!(all(name).iter().all(|it| unique.contains(it)), "{name}: {:?}", all(name));
    }
    for link in all("href").into_iter().filter(|it| *it != "data:,") {
        assert!(link.strip_prefix('#').is_some_and(|it| unique.contains(it)), "{link}");
    }
    for input in elements.iter().filter(|it| it.tag == "input") {
        let labels = elements.iter().filter(|it| it.tag == "label");
        let mut labels = labels.filter(|it| it.attribute("for") == input.attribute("id"));
        assert!(labels.next().is_some(), "{input:?} has no label");
    }
    let mut level = 0;
    for heading in elements.iter().filter(|it| ["h1", "h2", "h3"].contains(&it.tag.as_str())) {
        let next = heading.tag.trim_start_matches('h').parse::<u32>().unwrap();
        assert!(next <= level + 1, "{heading:?} after h{level}");
        assert!(level == 0 || 1 < next, "a second h1");
        level = next;
    }
    for tag in ["main", "header", "footer", "h1", "title"] {
        assert_eq!(texts(&elements, tag, "").len(), 1, "{tag}");
    }
    assert!(elements.iter().filter(|it| it.tag == "th").all(|it| it.attribute("scope").is_some()));
    expect_silent(&elements);
    elements
}

/// Asserts that a page loads nothing and runs only its script, by its security policy.
fn expect_silent(elements: &[Element]) {
    for Element { tag, attributes, .. } in elements {
        for (name, value) in attributes {
            assert!(!name.starts_with("on") && name != "style" && name != "src", "{tag} {name}");
            assert!(!value.contains("url("), "{tag} {name}: {value}");
        }
        assert!(!["img", "iframe", "object", "embed", "base"].contains(&tag.as_str()), "{tag}");
    }
    let [style, script] = ["style", "script"].map(|it| texts(elements, it, ""));
    let ([style], [script]) = (&style[..], &script[..]) else { panic!("one style, one script") };
    assert!(!style.contains("http") && !style.contains("@import") && !script.contains("http"));
    assert_eq!(style.matches("url(").count(), style.matches("url(#p-").count());
    let mut policies = elements.iter().filter(|it| it.attribute("http-equiv").is_some());
    let policy = policies.next().unwrap().attribute("content").unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for (what, text) in [("style", style), ("script", script)] {
        let hash = BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()));
        assert!(policy.contains(&format!("{what}-src 'sha256-{hash}'; ")), "{policy}");
    }
}

#[test]
fn the_page_of_a_plan_is_complete() {
    let scenario = mixed();
    let plan = scenario.plan();
    let elements = expect_sound(&page_of(&plan, &scenario.sources));
    let names = plan.changes.iter().map(|it| it.name.to_string()).collect::<Vec<_>>();
    assert_eq!(texts(&elements, "h3", "name"), names);
    assert_eq!(texts(&elements, "p", "verdict"), ["3 to add, 4 to change, 2 to destroy."]);
    let twice = texts(&elements, "strong", "").join("|");
    let told = "1 discovery is deleted|1 discovery is deleted and created again|\
                1 run goes on to neighbours|1,024 addresses dropped|55 addresses scanned twice|\
                3 runs are stopped";
    assert!(twice.starts_with(told), "{twice}");
    // Removed elements are beside added ones, and unchanged ones are counted.
    assert!(texts(&elements, "del", "").contains(&"10.0.8.0/24"));
    assert!(texts(&elements, "ins", "").contains(&"10.0.9.0/24"));
    // A moved element is a change.
    assert!(texts(&elements, "ins", "").contains(&"telnet (moved)"));
    let small = texts(&elements, "small", "");
    assert!(small.contains(&"1 unchanged"), "{small:?}");
}

#[test]
fn the_picture_labels_every_lane() {
    let scenario = mixed();
    let elements = expect_sound(&page_of(&scenario.plan(), &scenario.sources));
    let lanes = elements.iter().filter(|it| it.attribute("role") == Some("img"));
    let lanes = lanes.filter_map(|it| it.attribute("aria-label")).collect::<Vec<_>>();
    let told = [
        "10.0.0.0/24: 2 kept",
        "10.10.0.0/22: 254 kept · 8 new · 55 twice",
        "10.20.0.0/22: 1,024 kept",
        "10.21.0.0/22: 1,024 dropped",
    ];
    for it in told {
        assert!(lanes.contains(&it), "{it}: {lanes:#?}");
    }
    assert!(lanes.contains(&"2001:db8::/120: 256 new"), "{lanes:#?}");
    // The table says the same.
    let rows = texts(&elements, "th", "");
    assert!(rows.contains(&"10.21.0.0/22") && rows.contains(&"10.10.0.200 – 10.10.0.254"));
}

#[test]
fn a_plan_without_changes_has_a_message() {
    let scenario = Scenario::new("same; cidr 10.0.0.0/24", "same; cidr 10.0.0.0/24");
    let elements = expect_sound(&page_of(&scenario.plan(), &scenario.sources));
    let verdict = "No changes. Your infrastructure matches the configuration.";
    assert_eq!(texts(&elements, "p", "verdict"), [verdict]);
    assert!(texts(&elements, "svg", "").is_empty() && texts(&elements, "form", "").is_empty());
}

#[test]
fn the_origin_of_a_change_is_beside_its_name() {
    let live = "a; address 10.0.0.1; retries 1; timeout 9s\nb; address 10.0.0.2; retries 1";
    let scenario = Scenario::new("a; address 10.0.0.1; retries 2; timeout 5s\n", live);
    let plan = scenario.plan_against("a; address 10.0.0.1; retries 1; timeout 5s", Drift::Revert);
    let elements = expect_sound(&page_of(&plan, &scenario.sources));
    assert_eq!(texts(&elements, "p", "more"), ["1 change combines this branch and drift."]);
    assert_eq!(texts(&elements, "span", "origin"), ["this change and drift"]);
    let small = texts(&elements, "small", "");
    assert!(small.contains(&"this change") && small.contains(&"drift"), "{small:?}");
    let twice = texts(&elements, "strong", "");
    assert!(twice.contains(&"1 change corrects drift"), "{twice:?}");
    assert!(texts(&elements, "dt", "").contains(&"Comparison with"), "{elements:#?}");
}

#[test]
fn a_plan_that_keeps_drift_does_not_claim_a_match() {
    let live = "a; address 10.0.0.1; retries 1\nb; address 10.0.0.2; retries 1";
    let scenario = Scenario::new("a; address 10.0.0.1; retries 2", live);
    let before = "a; address 10.0.0.1; retries 2\nb; address 10.0.0.2";
    let elements =
        expect_sound(&page_of(&scenario.plan_against(before, Drift::Keep), &scenario.sources));
    let verdict = texts(&elements, "p", "verdict");
    let said = "No changes. The only differences are drift, which is left alone.";
    assert_eq!(verdict, [said]);
    let titles = texts(&elements, "h2", "");
    let left =
        ["Drift left alone", "Removed from the files by this branch, and left on the controller"];
    assert!(left.iter().all(|it| titles.contains(it)), "{titles:?}");
    let items = texts(&elements, "li", "");
    assert!(items.contains(&"a: retries is 1, but the files say 2"), "{items:?}");
}

#[test]
fn a_harmless_plan_has_a_message() {
    let scenario = Scenario::new("a; cidr 10.0.0.0/24; cli netops; snmp_v3 core", "");
    let elements = expect_sound(&page_of(&scenario.plan(), &scenario.sources));
    assert_eq!(texts(&elements, "p", "calm").len(), 1);
}

#[test]
fn a_diagnostic_shows_its_line() {
    let scenario = Scenario::new("a; cidr 10.0.0.0/24; snmp_v3 core", "");
    let plan = scenario.plan();
    assert!(!plan.is_complete(), "{:?}", plan.diagnostics);
    let elements = expect_sound(&page_of(&plan, &scenario.sources));
    assert!(texts(&elements, "p", "verdict")[0].starts_with("Nothing can be applied"));
    assert_eq!(texts(&elements, "mark", "").len(), 1, "{elements:#?}");
    assert!(texts(&elements, "code", "").contains(&"discoveries.yaml:1:1"));
    // Lines are broken and not scrolled, so that the keyboard need not stop at each of them.
    let mut lines = elements.iter().filter(|it| it.tag == "pre");
    assert!(lines.all(|it| it.attribute("tabindex").is_none()), "{elements:#?}");
}

#[test]
fn a_saved_plan_is_the_same_page() {
    let scenario = mixed();
    let plan = scenario.plan();
    let about = About { sources: &scenario.sources, warnings: &[], now_ms: 0 };
    let document = plan_json(&plan, about);
    assert!(!digest_of(&document).is_empty());
    let Saved { plan: saved, sources, .. } = saved_plan(&document).unwrap();
    let without = |plan: &Plan| Plan { diagnostics: Vec::new(), ..plan.clone() };
    let page = page_of(&without(&plan), &scenario.sources);
    assert_eq!(page_of(&without(&saved), &sources), page);
    assert_eq!(page_of(&without(&plan), &scenario.sources), page, "not the same twice");
}

#[test]
fn a_report_has_outcomes_and_times() {
    let scenario = mixed();
    let plan = scenario.plan();
    let words = "the pool \"MGMT-7\" is <full> & closed";
    let elements = expect_sound(&report_page_of(&plan, &scenario.sources, words));
    let verdict = texts(&elements, "p", "verdict");
    assert_eq!(verdict, ["Apply incomplete. 1 done, 1 failed, 5 not tried, 1 still running."]);
    // In the account, and in the timeline.
    assert_eq!(texts(&elements, "p", "came").iter().filter(|it| **it == words).count(), 2);
    let acts = texts(&elements, "span", "act");
    assert_eq!(acts[..3], ["Failed", "Still running", "Not tried"]);
    assert_eq!(acts.last(), Some(&"Done"));
    let numbers = texts(&elements, "td", "number");
    let first = ["+0.00 s", "+0.25 s", "+2.00 s", "+0.50 s", "+1.00 s", "–", "+1.50 s", "–", "–"];
    assert_eq!(numbers[..9], first);
    assert!(texts(&elements, "code", "").contains(&"discoveries.yaml:2"));
}

#[test]
fn a_report_without_writes_has_a_message() {
    let scenario = mixed();
    let plan = scenario.plan();
    let about = ReportAbout { plan: &plan, sources: &scenario.sources };
    let report = Report::new(&plan.changes);
    let elements = expect_sound(&report_page(&report, about, 5_000));
    assert_eq!(texts(&elements, "p", "more"), ["Nothing was written on the controller."]);
    let page = report_page_of(&plan, &scenario.sources, "no");
    assert!(texts(&expect_sound(&page), "p", "more").is_empty());
}

#[test]
fn an_operation_that_never_ended_goes_on_beyond_the_edge() {
    let scenario = mixed();
    let plan = scenario.plan();
    let mut report = report_of(&plan, "no");
    let about = ReportAbout { plan: &plan, sources: &scenario.sources };
    let page = report_page(&report, about, 5_000);
    assert!(!page.contains("Drawn up to"), "{page}");
    let words = "out of time".to_owned();
    report.apply_event(&Event::Ended { change: 2, outcome: Outcome::Failed { words } }, 61_000);
    let page = report_page(&report, about, 61_000);
    let said = "Drawn up to +2.50 s. Operations at the edge were waited for until +1 min 00 s.";
    assert!(page.contains(said), "{page}");
}

/// The tags of a page, independent of its texts.
fn shape(elements: &[Element]) -> Vec<(String, Vec<String>)> {
    let of = |it: &Element| {
        (it.tag.clone(), it.attributes.iter().map(|(name, _)| name.clone()).collect())
    };
    elements.iter().map(of).collect()
}

/// Pages about discoveries, files, a controller and words of that text.
fn pages_about(text: &str) -> [Vec<Element>; 2] {
    let scenario = mixed();
    let mut plan = scenario.plan();
    let named = |name: &Name| Name::as_read(format!("{}{text}", name.as_str()));
    plan.changes.iter_mut().for_each(|it| it.name = named(&it.name));
    plan.unmanaged.iter_mut().for_each(|it| *it = named(it));
    plan.impact.unbounded.iter_mut().for_each(|it| *it = named(it));
    let mut compared = scenario.plan_against(MIXED, Drift::Keep).compared.unwrap();
    compared.kept.iter_mut().for_each(|it| it.name = named(&it.name));
    compared.removed = vec![named(&Name::as_read("gone".to_owned()))];
    compared.git.base = format!("main{text}");
    compared.git.merge_base = format!("00ff{text}");
    plan.compared = Some(compared);
    for it in &mut plan.overlaps.found {
        it.names = (named(&it.names.0), named(&it.names.1));
    }
    plan.controller.url = format!("https://x{text}");
    plan.controller.release = Some(format!("2{text}"));
    let warning = Diagnostic::warning(&crate::codes::ANY, format!("what{text}")).help(text);
    let file = format!("a{text}.yaml");
    let about = PlanAbout {
        digest: "",
        files: &[file],
        sources: &scenario.sources,
        warnings: &[warning],
        saved_to: None,
        show: Show::All,
    };
    let report = report_page_of(&plan, &scenario.sources, &format!("no{text}"));
    [expect_sound(&plan_page(&plan, &about)), expect_sound(&report)]
}

#[test]
fn nothing_hostile_gets_in() {
    let plain = pages_about("").map(|it| shape(&it));
    let hostile = [
        "</script><script>alert(1)</script>",
        "\" onclick=\"x\" y='",
        "--></style><!--]]><![CDATA[",
        "&lt;&#x3c;&amp",
        "\u{202e}\u{2066}\u{200b}\u{1b}[31m\u{0}\r\n\t",
        "<svg/onload=x>",
        "javascript:x",
        "\u{feff}\u{85}\u{2028}",
    ];
    for text in hostile {
        let pages = pages_about(text);
        let names = texts(&pages[0], "h3", "name");
        let whole = format!("old-dc{text}");
        assert!(names.contains(&Name::as_read(whole).to_string().as_str()), "{names:?}");
        assert_eq!(pages.map(|it| shape(&it)), plain, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_text_changes_the_tags_of_a_page(text in "[<>\"'&/=a-z \\PC\u{1b}\u{202e}\n]{0,24}") {
        let plain = pages_about("").map(|it| shape(&it));
        prop_assert_eq!(pages_about(&text).map(|it| shape(&it)), plain);
    }
}
