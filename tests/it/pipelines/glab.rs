//! The part of the GitLab API that the example uses through `curl`.

use serde_json::{Value, json};

use super::forge::{Call, State};

/// The ids of the project, and of the account that the token belongs to.
pub(super) const PROJECT: u64 = 42;
const ACCOUNT: u64 = 9;

/// The token with write permission.
pub(super) const TOKEN: &str = "token-of-the-project";

pub(super) const API: &str = "https://gitlab.example.com/api/v4";

/// Executes a call of `curl`, and returns its output, or `None` for an HTTP error.
pub(super) fn answer(state: &mut State, call: &Call) -> Option<String> {
    let has = |flag: &str| call.args.iter().any(|it| it == flag);
    assert!(has("--fail") && has("-sS"), "an error would go unnoticed: {}", call.line());
    let header = call.flag("--header").unwrap();
    assert_eq!(header, format!("PRIVATE-TOKEN: {TOKEN}"));
    let path = call.args.iter().find_map(|it| it.strip_prefix(API)).unwrap();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let prefix = format!("/projects/{PROJECT}/");
    let parts = path.strip_prefix(&prefix).unwrap_or(path).split('/').collect::<Vec<_>>();
    let method = call.flag("--request").unwrap_or("GET");
    match (method, parts.as_slice()) {
        ("GET", parts) => read(state, call, parts, query),
        (_, ["merge_requests", "7", "notes", rest @ ..]) => {
            let body = data(call, "body");
            match (method, rest) {
                ("POST", []) => {
                    let id = 100 + state.comments.len();
                    let note = json!({"id": id, "author": {"id": ACCOUNT}, "body": body});
                    state.comments.push(note);
                    state.writes.push(format!("note {id} created"));
                }
                ("PUT", [id]) => {
                    state.comment(id)["body"] = body.into();
                    state.writes.push(format!("note {id} edited"));
                }
                other => panic!("unknown request {other:?}"),
            }
            Some(String::new())
        }
        ("POST", ["issues"]) => {
            let iid = state.issues.len() + 1;
            assert_eq!(data(call, "labels"), "trueup-drift");
            let (title, description) = (data(call, "title"), data(call, "description"));
            let issue =
                json!({"iid": iid, "state": "opened", "title": title, "description": description});
            state.issues.push(issue);
            state.writes.push(format!("issue {iid} opened"));
            Some(String::new())
        }
        ("PUT", ["issues", iid]) => {
            let issue = &mut state.issues[iid.parse::<usize>().unwrap() - 1];
            let closes = call.flag("--data-urlencode") == Some("state_event=close");
            if closes {
                issue["state"] = "closed".into();
            } else {
                issue["description"] = data(call, "description").into();
            }
            let what = if closes { "closed" } else { "edited" };
            state.writes.push(format!("issue {iid} {what}"));
            Some(String::new())
        }
        other => panic!("unknown request {other:?}"),
    }
}

/// Answers a read request.
fn read(state: &State, call: &Call, parts: &[&str], query: &str) -> Option<String> {
    let all = |it: &[Value]| Value::from(it.to_vec()).to_string();
    let answer = match parts {
        ["", "user"] => json!({"id": ACCOUNT}).to_string(),
        ["merge_requests", "7", "notes"] => {
            assert_eq!(query, "sort=asc&order_by=created_at&per_page=100");
            all(&state.comments)
        }
        ["repository", "commits", _, "merge_requests"] => all(&state.requests),
        ["merge_requests", "7", "pipelines"] => all(&state.runs),
        ["pipelines", pipeline, "jobs"] => {
            let job = |id: u64, name: &str| json!({"id": id, "name": name, "status": "success"});
            let id = pipeline.parse::<u64>().unwrap() * 10;
            json!([job(id, "validate"), job(id + 1, "plan")]).to_string()
        }
        ["jobs", job, "artifacts", file @ ..] => {
            let from = state.artifacts.join(job).join(file.join("/"));
            std::fs::copy(from, call.dir.join(call.flag("--output").unwrap())).ok()?;
            String::new()
        }
        ["issues"] => {
            assert_eq!(query, "labels=trueup-drift&state=opened");
            let open = state.issues.iter().filter(|it| it["state"] == "opened");
            Value::from(open.cloned().collect::<Vec<_>>()).to_string()
        }
        other => panic!("unknown request {other:?}"),
    };
    Some(answer)
}

/// Returns a field of a form, given as a value or as a file.
fn data(call: &Call, name: &str) -> String {
    let flags = call.args.iter().zip(call.args.iter().skip(1));
    let mut fields = flags.filter(|(flag, _)| *flag == "--data-urlencode").map(|(_, it)| it);
    let given = fields.find_map(|it| it.strip_prefix(name)).unwrap();
    let (how, value) = given.split_at(1);
    let value = if how == "@" { call.file(value) } else { value.to_owned() };
    assert!(!value.is_empty() && value.len() < 1_000_000, "{} bytes", value.len());
    value
}
