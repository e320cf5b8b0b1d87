//! The `jq` filters that the examples use, reimplemented: the tests do not need `jq`, but if it is
//! installed, it has to agree.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::forge::Call;

/// A filter, and the function that evaluates it on an input with variables.
type Filter = (&'static str, fn(&Value, &[(String, String)]) -> Vec<Value>);

const FILTERS: [Filter; 9] = [
    (".id", |it, _| vec![it["id"].clone()]),
    (".[].number", |it, _| each(it, "number")),
    (".[].databaseId", |it, _| each(it, "databaseId")),
    (".[0].iid // empty", |it, _| each(it, "iid").into_iter().take(1).collect()),
    (
        ".[] | select(.user.login == \"github-actions[bot]\" and (.body | startswith(\"<!-- \
         trueup\"))) | .id",
        |it, _| {
            let all = array(it).iter().filter(|it| it["user"]["login"] == "github-actions[bot]");
            all.filter(|it| is_marked(it)).map(|it| it["id"].clone()).collect()
        },
    ),
    (
        "map(select(.author.id == $me and (.body | startswith(\"<!-- trueup\"))))[0].id // empty",
        |it, given| {
            let me = given[0].1.parse::<u64>().unwrap();
            let all = array(it).iter().filter(|it| it["author"]["id"] == me);
            all.filter(|it| is_marked(it)).map(|it| it["id"].clone()).take(1).collect()
        },
    ),
    (
        "map(select(.state == \"merged\" and .source_project_id == .target_project_id and \
         (.merge_commit_sha == $sha or .squash_commit_sha == $sha or .sha == $sha)))[0] | \
         select(.) | \"\\(.iid) \\(.sha)\"",
        |it, given| {
            let is_merged = |it: &&Value| {
                let ids = ["merge_commit_sha", "squash_commit_sha", "sha"];
                it["state"] == "merged"
                    && it["source_project_id"] == it["target_project_id"]
                    && ids.iter().any(|id| it[*id] == given[0].1.as_str())
            };
            let found = array(it).iter().find(is_merged);
            let shown = |it: &Value| format!("{} {}", it["iid"], it["sha"].as_str().unwrap());
            found.map(|it| shown(it).into()).into_iter().collect()
        },
    ),
    ("map(select(.sha == $head and .status == \"success\"))[0].id // empty", |it, given| {
        let all = array(it).iter().filter(|it| it["status"] == "success");
        let found = all.into_iter().find(|it| it["sha"] == given[0].1.as_str());
        found.map(|it| it["id"].clone()).into_iter().collect()
    }),
    ("map(select(.name == \"plan\" and .status == \"success\"))[0].id // empty", |it, _| {
        let all = array(it).iter().filter(|it| it["status"] == "success");
        let found = all.into_iter().find(|it| it["name"] == "plan");
        found.map(|it| it["id"].clone()).into_iter().collect()
    }),
];

/// The parts around the literals in the filter for the head of the pull request of a commit.
const HEAD: [&str; 3] = [
    ".[] | select(.merge_commit_sha == \"",
    "\" and .head.repo.full_name == \"",
    "\") | .head.sha",
];

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn each(value: &Value, key: &str) -> Vec<Value> {
    array(value).iter().map(|it| it[key].clone()).collect()
}

fn is_marked(comment: &Value) -> bool {
    comment["body"].as_str().unwrap().starts_with("<!-- trueup")
}

/// Returns the filter and variables of a command line.
pub(super) fn called(call: &Call) -> (&str, Vec<(String, String)>) {
    let mut variables = Vec::new();
    let mut args = call.args.iter();
    let mut filter = None;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-r" => (),
            "--arg" | "--argjson" => {
                variables.push((args.next().unwrap().clone(), args.next().unwrap().clone()));
            }
            it => assert!(filter.replace(it).is_none(), "{call:?}"),
        }
    }
    (filter.unwrap(), variables)
}

/// Evaluates a filter on a document, and prints the results with raw strings.
pub(super) fn filtered(filter: &str, variables: &[(String, String)], input: &str) -> String {
    let value = serde_json::from_str::<Value>(input).unwrap();
    let words = filter.split_whitespace().collect::<Vec<_>>().join(" ");
    let known = FILTERS.iter().find(|(it, _)| **it == words);
    let found = match (known, words.strip_prefix(HEAD[0])) {
        (Some((_, made)), _) => made(&value, variables),
        (None, Some(rest)) => {
            let (commit, rest) = rest.split_once(HEAD[1]).unwrap();
            let repository = rest.strip_suffix(HEAD[2]).unwrap();
            let all = array(&value).iter().filter(|it| it["merge_commit_sha"] == commit);
            let all = all.filter(|it| it["head"]["repo"]["full_name"] == repository);
            all.map(|it| it["head"]["sha"].clone()).collect()
        }
        (None, None) => panic!("unknown filter `{words}`"),
    };
    let line = |it: &Value| it.as_str().map_or_else(|| it.to_string(), str::to_owned) + "\n";
    let printed = found.iter().map(line).collect::<String>();
    if let Some(real) = real(filter, variables, input) {
        assert_eq!(real, printed, "jq disagrees on `{words}`: {input}");
    }
    printed
}

/// Evaluates a filter with the real `jq`, if it is installed.
fn real(filter: &str, variables: &[(String, String)], input: &str) -> Option<String> {
    let mut command = Command::new("jq");
    for (name, value) in variables {
        let kind = if name == "me" { "--argjson" } else { "--arg" };
        command.args([kind, name, value]);
    }
    command.args(["-r", filter]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().ok()?;
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{filter}");
    Some(String::from_utf8(output.stdout).unwrap())
}
