//! The part of the GitHub API that the examples use through `gh`.

use std::process::Command;

use serde_json::{Value, json};

use super::{
    forge::{Call, State},
    jq,
};

/// The maximum length of a comment or an issue on GitHub, in characters.
const MAX_TEXT: usize = 65_536;

/// The name of the repository.
pub(super) const REPOSITORY: &str = "example/network";

/// Executes a call of `gh`, and returns its output.
pub(super) fn answer(state: &mut State, call: &Call) -> String {
    let words = call.args.iter().map(String::as_str).collect::<Vec<_>>();
    let answer = match words.as_slice() {
        ["api", ..] => api(state, call),
        ["run", "list", ..] => {
            let commit = call.flag("--commit").unwrap();
            assert_eq!(call.flag("--workflow"), Some("pull-request.yml"));
            assert_eq!(call.flag("--event"), Some("pull_request"));
            let status = call.flag("--status").unwrap();
            let runs = state.runs.iter();
            let found = runs.filter(|it| it["headSha"] == commit && it["conclusion"] == status);
            let limit = call.flag("--limit").unwrap().parse().unwrap();
            found.take(limit).cloned().collect()
        }
        ["run", "download", run, ..] => {
            let name = call.flag("--name").unwrap();
            let from = state.artifacts.join(run).join(name);
            let to = call.dir.join(call.flag("--dir").unwrap());
            assert!(Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap().success());
            return String::new();
        }
        ["issue", "list", ..] => {
            let label = call.flag("--label").unwrap();
            assert_eq!(call.flag("--state"), Some("open"));
            let issues = state.issues.iter();
            let open = issues.filter(|it| it["state"] == "open" && it["label"] == label);
            open.cloned().collect()
        }
        ["issue", "create", ..] => {
            let number = state.issues.len() + 1;
            let body = text(&call.file(call.flag("--body-file").unwrap()));
            let label = call.flag("--label").unwrap();
            let title = call.flag("--title").unwrap();
            state.issues.push(json!({
                "number": number, "state": "open", "label": label, "title": title, "body": body,
            }));
            state.writes.push(format!("issue {number} opened"));
            return String::new();
        }
        ["issue", "edit", number, ..] => {
            let body = text(&call.file(call.flag("--body-file").unwrap()));
            issue(state, number)["body"] = body.into();
            state.writes.push(format!("issue {number} edited"));
            return String::new();
        }
        ["issue", "close", number, "--comment", _] => {
            issue(state, number)["state"] = "closed".into();
            state.writes.push(format!("issue {number} closed"));
            return String::new();
        }
        ["label", "create", "trueup-drift", "--force", ..] => return String::new(),
        _ => panic!("unknown command `gh {}`", call.line()),
    };
    match call.flag("--jq") {
        Some(filter) => jq::filtered(filter, &[], &Value::Array(answer).to_string()),
        None => String::new(),
    }
}

fn issue<'a>(state: &'a mut State, number: &str) -> &'a mut Value {
    let at = number.parse::<usize>().unwrap() - 1;
    &mut state.issues[at]
}

fn text(text: &str) -> String {
    assert!(!text.is_empty() && text.len() <= MAX_TEXT, "{} bytes", text.len());
    text.to_owned()
}

/// Answers a request by its method and path.
fn api(state: &mut State, call: &Call) -> Vec<Value> {
    let prefix = format!("repos/{REPOSITORY}/");
    let path = call.args.iter().find_map(|it| it.strip_prefix(&prefix)).unwrap();
    let parts = path.split('/').collect::<Vec<_>>();
    let body = || {
        let file = call.flag("--field").unwrap().strip_prefix("body=@").unwrap();
        text(&call.file(file))
    };
    match (call.flag("--method").unwrap_or("GET"), parts.as_slice()) {
        ("GET", ["issues", "7", "comments"]) => {
            assert!(call.args.contains(&"--paginate".to_owned()), "{}", call.line());
            return state.comments.clone();
        }
        ("GET", ["commits", _, "pulls"]) => return state.requests.clone(),
        ("POST", ["issues", "7", "comments"]) => {
            let id = 100 + state.comments.len();
            let login = "github-actions[bot]";
            state.comments.push(json!({"id": id, "user": {"login": login}, "body": body()}));
            state.writes.push(format!("comment {id} created"));
        }
        ("PATCH", ["issues", "comments", id]) => {
            state.comment(id)["body"] = body().into();
            state.writes.push(format!("comment {id} edited"));
        }
        other => panic!("unknown request {other:?}"),
    }
    Vec::new()
}
