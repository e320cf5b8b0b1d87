//! Diagnostics in both formats.

use insta::assert_snapshot;
use serde_json::Value;

use super::*;
use crate::{
    codes, config,
    source::{Diagnostic, Location, Severity, SourceMap},
};

const TEXT: &str = "version: 1
discoveries:
  - {name: Zürich, address: 10.0.0.1, timout: 5s}
  - {name: Zürich, cidr: 10.0.0.0/8}
";

/// A file in a folder of a repository.
fn in_repository(path: &str) -> Named {
    Named { path: format!("sites/{path}"), is_in_repository: true }
}

/// Annotates the mistakes in this file.
fn of(text: &str) -> Vec<Annotation> {
    let mut sources = SourceMap::default();
    sources.add("a.yaml", text);
    let loaded = config::read(sources);
    loaded.diagnostics.iter().map(|it| annotation(it, &loaded.sources, in_repository)).collect()
}

/// A diagnostic at the first line of a file with this name.
fn at(path: &str, diagnostic: Diagnostic) -> Annotation {
    let mut sources = SourceMap::default();
    let location =
        Location { path: path.to_owned(), line: 1, column: 1, end_line: 1, end_column: 2 };
    let span = sources.place(location);
    annotation(&diagnostic.at(span), &sources, |path| Named {
        path: path.to_owned(),
        is_in_repository: false,
    })
}

fn error(message: &str) -> Diagnostic {
    Diagnostic::error(&codes::ANY, message)
}

fn document(all: &[Annotation]) -> Value {
    let ended = Ended { is_successful: true, code: 4, name: "invalid" };
    let rule = |code: &str| {
        (code != codes::ANY.name).then(|| Rule {
            title: "Title.".to_owned(),
            meaning: "Meaning.".to_owned(),
            text: "page".to_owned(),
            markdown: "# page".to_owned(),
            usually: Severity::Warning,
        })
    };
    serde_json::from_str(&sarif_document(all, ended, rule)).unwrap()
}

/// A command as the runner parses it.
type Obeyed = (String, Vec<(String, String)>, String);

/// Parses a line by the rules of the runner, if it is a command.
fn obeyed(line: &str) -> Option<Obeyed> {
    let unescaped = |text: &str| {
        let pairs =
            [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%3B", ";"), ("%25", "%")];
        pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let (info, data) = match line.trim_start().strip_prefix("::") {
        Some(rest) => rest.split_once("::")?,
        None => line.split_once("##[")?.1.split_once(']')?,
    };
    let (name, properties) = info.split_once(' ').unwrap_or((info, ""));
    let properties = properties.split(',').filter_map(|it| it.split_once('='));
    let properties = properties.map(|(key, value)| (key.to_owned(), unescaped(value)));
    Some((name.to_owned(), properties.collect(), unescaped(data)))
}

#[test]
fn a_diagnostic_is_one_command_and_errors_come_first() {
    assert_snapshot!("commands", github_commands(&of(TEXT)));
}

#[test]
fn diagnostics_are_a_document_with_rules_and_places() {
    let ended = Ended { is_successful: true, code: 4, name: "invalid" };
    assert_snapshot!("sarif", sarif_document(&of(TEXT), ended, |_| None));
}

#[test]
fn a_diagnostic_without_a_place_is_a_command_and_no_result() {
    let nowhere = annotation(&error("it is down"), &SourceMap::default(), in_repository);
    let all = [nowhere];
    assert_eq!(github_commands(&all), "::error title=trueup%3A%3Aconfig%3A%3Ax::it is down\n");
    let document = document(&all);
    assert_eq!(document["runs"][0]["results"], serde_json::json!([]));
    let told = &document["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(told["message"]["text"], "it is down.");
    assert_eq!(told["associatedRule"]["id"], codes::ANY.name);
    // A code of another version has no page.
    let rules = &document["runs"][0]["tool"]["driver"]["rules"];
    assert_eq!(*rules, serde_json::json!([{"id": codes::ANY.name}]));
}

#[test]
fn without_diagnostics_there_is_a_document_and_no_command() {
    assert_eq!(github_commands(&[]), "");
    let document = document(&[]);
    assert_eq!(document["version"], "2.1.0");
    assert_eq!(document["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn annotations_that_github_hides_are_counted_in_a_notice() {
    let errors = (0..13).map(|it| at("a.yaml", error(&format!("error {it}"))));
    let warnings =
        (0..11).map(|it| at("a.yaml", Diagnostic::warning(&codes::ANY, format!("warning {it}"))));
    let all = warnings.chain(errors).collect::<Vec<_>>();
    let commands = github_commands(&all);
    let kinds = commands.lines().map(|it| it.split(' ').next().unwrap()).collect::<Vec<_>>();
    let mut want = vec!["::error"; 13];
    want.extend(["::warning"; 11]);
    want.push("::notice");
    assert_eq!(kinds, want);
    let last = commands.lines().last().unwrap();
    assert_eq!(
        last,
        "::notice title=trueup::GitHub shows 10 annotations of a kind for each step; the log has \
         3 more errors and 1 more warning."
    );
    assert!(!github_commands(&all[1..11]).contains("::notice"));
}

#[test]
fn columns_are_given_only_within_one_line() {
    let text = "version: 1\ndiscoveries:\n  - name: a\n    cidr: 10.0.0.0/24\n    ranges:\n      [10.0.0.1]\n";
    let commands = github_commands(&of(text));
    for line in commands.lines() {
        let (_, properties, _) = obeyed(line).unwrap();
        let get = |key: &str| properties.iter().find(|(it, _)| it == key).map(|(_, it)| it);
        assert_eq!(get("line") == get("endLine"), get("col").is_some(), "{line}");
        assert_eq!(get("col").is_some(), get("endColumn").is_some(), "{line}");
    }
}

/// Foreign texts that look like commands.
const HOSTILE: [&str; 12] = [
    "x\n::error::y",
    "x\r::error::y",
    "x\u{2028}::error::y",
    "x\u{85}::error::y",
    "::error::y",
    "x%0A::error::y",
    "x%0D%0A::add-mask::y",
    "##[add-mask]y",
    "\u{1b}[31m\u{202e}x",
    "x,line=7,title=a::y",
    "%25%3A%3A%2C",
    "\u{a0}::stop-commands::y",
];

#[test]
fn foreign_texts_never_become_commands() {
    for hostile in HOSTILE {
        let it = at(hostile, error(hostile).help(hostile));
        let commands = github_commands(&[it]);
        assert_eq!(commands.matches('\n').count(), 1, "{commands}");
        let is_dangerous = |c: char| c != '\n' && crate::model::is_unsafe(c);
        assert!(!commands.contains(is_dangerous), "{commands:?}");
        let (name, properties, data) = obeyed(commands.trim_end_matches('\n')).unwrap();
        let shown = crate::model::printable(hostile);
        assert_eq!(name, "error");
        let keys = properties.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>();
        assert_eq!(keys, ["file", "line", "endLine", "col", "endColumn", "title"], "{commands}");
        assert_eq!(properties[0].1, shown);
        assert_eq!(data, format!("{shown}\nhelp: {shown}"));
    }
}

#[test]
fn messages_never_become_commands() {
    for hostile in HOSTILE {
        for said in [hostile.to_owned(), format!("  {hostile}\n{hostile}"), format!("a {hostile}")]
        {
            let inert = inert(&said);
            let mut lines = inert.split(['\n', '\r']);
            assert!(lines.all(|it| obeyed(it).is_none()), "{inert:?}");
        }
    }
    assert_eq!(inert("a: b::c\n  # d\n"), "a: b::c\n  # d\n");
    assert_eq!(inert("  ::a::b ##[c]\n"), "  \\u003a:a::b \\u0023#[c]\n");
}

#[test]
fn a_path_is_a_uri() {
    let uri_of = |path: &str| {
        let document = document(&[at(path, error("x"))]);
        let place = &document["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        place["artifactLocation"]["uri"].as_str().unwrap().to_owned()
    };
    assert_eq!(uri_of("a/b.yaml"), "a/b.yaml");
    assert_eq!(uri_of("../a b/ü:%#?.yaml"), "../a%20b/%C3%BC%3A%25%23%3F.yaml");
    assert_eq!(uri_of("/tmp/a.yaml"), "file:///tmp/a.yaml");
}

#[test]
fn foreign_texts_never_become_links() {
    let document = document(&[at("a.yaml", error("`[here](https://evil.example)` is no name"))]);
    let text = &document["runs"][0]["results"][0]["message"]["text"];
    assert_eq!(text, r"`[here\](https://evil.example)` is no name.");
}

fn fingerprints(text: &str) -> Vec<String> {
    let document = document(&of(text));
    let results = document["runs"][0]["results"].as_array().unwrap().iter();
    let one = |it: &Value| it["partialFingerprints"]["trueup/v1"].as_str().unwrap().to_owned();
    results.map(one).collect()
}

#[test]
fn a_fingerprint_survives_a_moved_line() {
    let before = fingerprints(TEXT);
    assert_eq!(before.len(), 3);
    let moved = TEXT.replacen("discoveries:", "# one\n# two\ndiscoveries:", 1);
    assert_eq!(fingerprints(&moved), before);
    let other = TEXT.replacen("timout", "timeuot", 1);
    assert_ne!(fingerprints(&other), before);
}

#[test]
fn equal_diagnostics_have_different_fingerprints() {
    let text = "version: 1\ndiscoveries:\n  - {name: a, address: 10.0.0.1, x: 1}\n  - {name: b, address: 10.0.0.2, x: 1}\n";
    let [one, two] = fingerprints(text).try_into().unwrap();
    assert_ne!(one, two);
    assert_eq!(one.split(':').next(), two.split(':').next());
}
