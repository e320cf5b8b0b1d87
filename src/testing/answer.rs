//! One answer of the controller to each kind of request.

use std::collections::BTreeSet;

use super::{
    controller::{TOKEN, client, client_of, refusal, run, success},
    printed::{expect_line, expect_shown},
};
use crate::{
    api::{ApiError, Client, Completeness, Task, TaskId, TaskSearch, TaskState},
    live,
    model::{Interface, Name, RemoteId, Setting, printable},
};

/// The kinds of requests.
pub const ANSWERS: [&str; 16] = [
    "token",
    "count",
    "list",
    "discovery",
    "jobs",
    "task_list",
    "task",
    "new_task_list",
    "new_task",
    "new_task_detail",
    "credentials",
    "release",
    "accepted",
    "refused",
    "busy",
    "task_tree",
];

/// Reads an answer; the first byte selects the kind of request.
pub fn read_any_answer(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    // Letters, so that the files of the corpus are readable.
    let asked = usize::from(first.wrapping_sub(b'a')) % ANSWERS.len();
    read_answer(ANSWERS[asked], rest);
}

/// Reads an answer to a kind of request in [`ANSWERS`].
pub fn read_answer(asked: &str, body: &[u8]) {
    let answer = body.to_vec();
    run(async {
        match asked {
            "token" => token(answer).await,
            "list" | "discovery" | "jobs" | "credentials" => discoveries(asked, answer).await,
            "accepted" => accepted(answer).await,
            "refused" => refused(answer, 500).await,
            "busy" => refused(answer, 403).await,
            "count" => {
                let count = client(move |_| success(&answer)).discovery_count().await;
                expect_success_or_message(count, body);
            }
            "release" => {
                let release = client(move |_| success(&answer)).release().await;
                if let Some(release) = expect_success_or_message(release, body) {
                    assert!(!release.is_empty());
                    expect_line(&printable(&release), body);
                }
            }
            _ => tasks(asked, answer).await,
        }
    });
}

/// Expects that an error can be shown and is short.
fn expect_success_or_message<T>(outcome: Result<T, ApiError>, body: &[u8]) -> Option<T> {
    match outcome {
        Ok(it) => Some(it),
        Err(error) => {
            expect_error(&error.to_string(), body);
            None
        }
    }
}

fn expect_error(error: &str, body: &[u8]) {
    expect_line(error, body);
    assert!(error.len() < 4_000, "{error}");
}

async fn token(answer: Vec<u8>) {
    let body = answer.clone();
    let client = client_of(move |path| match path {
        TOKEN => success(&answer),
        _ => success(br#"{"response": 1}"#),
    });
    if let Err(error) = client.discovery_count().await {
        expect_error(&error.to_string(), &body);
        // Any body may have a token, so it must not be shown.
        let shown = error.to_string();
        let whole = std::str::from_utf8(&body).unwrap_or_default().trim();
        assert!(whole.len() < 20 || !shown.contains(whole), "{shown}");
    }
}

async fn discoveries(asked: &str, answer: Vec<u8>) {
    let body = answer.clone();
    let client = client(move |path| match path {
        // With the right count, the list counts as complete.
        "/dna/intent/api/v1/discovery/count" => success(&count_of(&answer)),
        _ => success(&answer),
    });
    let dialect = live::Dialect::new(Interface::Classic, &[]);
    match asked {
        "list" => {
            let listing = client.list_discoveries(Completeness::Required).await;
            let items =
                expect_success_or_message(listing, &body).map(|it| it.items).unwrap_or_default();
            for item in &items {
                assert!(item["id"].as_str().is_some_and(|it| !it.is_empty()), "{item}");
            }
            match dialect.view(&client, Completeness::BestEffort).await {
                Ok(view) => view.discoveries.iter().for_each(|it| expect_name(&it.name, &body)),
                Err(error) => expect_error(&printable(&error.to_string()), &body),
            }
        }
        "discovery" => match dialect.current(&client, &RemoteId("17".to_owned())).await {
            Ok(Some(current)) => expect_edited(&dialect, &current, &body),
            Ok(None) => (),
            Err(error) => expect_error(&printable(&error.to_string()), &body),
        },
        "jobs" => {
            let start = dialect.latest_run_start(&client, &RemoteId("17".to_owned())).await;
            if let Err(error) = start {
                expect_error(&error.to_string(), &body);
            }
        }
        _ => {
            expect_success_or_message(client.global_credentials().await, &body);
        }
    }
}

fn expect_name(name: &Name, body: &[u8]) {
    expect_line(&name.to_string(), body);
}

/// Expects that the request to edit a discovery has none of its secrets.
fn expect_edited(dialect: &live::Dialect, current: &live::Current, body: &[u8]) {
    let discovery = &current.discovery;
    expect_name(&discovery.name, body);
    let Ok(read) = &discovery.read else { return };
    let wanted = read.settings.with(&[Setting::Retries(2)].into_iter().collect());
    let differences = wanted.differences(&read.settings);
    let edit = live::Write::Edit { current, differences: &differences, after: &wanted };
    let request = dialect.request(&edit);
    let sent = request.body().expect("invariant: an edit has a body");
    let text = sent.to_string();
    assert!(!text.contains("NO!$DATA!$"), "{text}");
    for secret in ["passwordList", "snmpAuthPassphrase", "snmpRoCommunity"] {
        assert!(sent.get(secret).is_none(), "{text}");
    }
    assert_eq!(sent["id"], discovery.id.0);
    for field in wanted.fields() {
        expect_shown(&printable(&field.value.to_string()), body);
    }
}

async fn accepted(answer: Vec<u8>) {
    let body = answer.clone();
    let client = client(move |_| success(&answer));
    match client.create(&serde_json::json!({})).await {
        Ok(accepted) => assert!(!accepted.task.as_str().is_empty()),
        Err(error) => expect_error(&error.to_string(), &body),
    }
}

async fn refused(answer: Vec<u8>, status: u16) {
    let body = answer.clone();
    let client = client(move |_| {
        let mut refusal = refusal(status);
        *refusal.body_mut() = answer.clone().into();
        refusal
    });
    let error = client.delete("17").await.expect_err("invariant: it is no success");
    expect_error(&error.to_string(), &body);
    let error = client.release().await.expect_err("invariant: it is no success");
    expect_error(&error.to_string(), &body);
}

async fn tasks(asked: &str, answer: Vec<u8>) {
    let body = answer.clone();
    let is_new = asked.starts_with("new_");
    let (is_detail, is_tree) = (asked == "new_task_detail", asked == "task_tree");
    let client = client(move |path| {
        let is_old_path = !path.starts_with("/dna/intent/api/v1/tasks");
        match path {
            _ if is_new && is_old_path => refusal(410),
            path if is_detail && !path.ends_with("/detail") => {
                success(br#"{"response": {"id": "t", "status": "FAILURE"}}"#)
            }
            path if is_tree && !path.ends_with("/tree") => success(
                br#"{"response": {"id": "t", "isError": true, "failureReason": "see the task tree"}}"#,
            ),
            _ => success(&answer),
        }
    });
    let wanted = TaskId::new("t");
    let tasks = if asked.ends_with("list") {
        let listing = client.tasks(&BTreeSet::from([wanted]), TaskSearch::UntilFound).await;
        expect_success_or_message(listing, &body).map(|it| it.tasks)
    } else {
        expect_success_or_message(client.task(&wanted).await, &body)
            .map(|it| it.into_iter().collect())
    };
    for Task { id, state, progress, created_id, .. } in tasks.unwrap_or_default() {
        assert!(!id.as_str().is_empty());
        assert!(created_id.is_none_or(|it| it.bytes().all(|it| it.is_ascii_digit())));
        if let TaskState::Failed { words } = state {
            expect_line(&printable(&words), &body);
        }
        expect_line(&printable(&progress.unwrap_or_default()), &body);
    }
    if is_detail {
        detail(&client, &body).await;
    }
}

async fn detail(client: &Client, body: &[u8]) {
    let detail = client.task_detail(&TaskId::new("t")).await;
    if let Some(detail) = expect_success_or_message(detail, body).flatten() {
        expect_line(&printable(&detail.words.unwrap_or_default()), body);
    }
}

/// Returns the answer with the count of a list; zero if it is not a list.
pub(super) fn count_of(list: &[u8]) -> Vec<u8> {
    let list = serde_json::from_slice::<serde_json::Value>(list).unwrap_or_default();
    let n = list.get("response").and_then(serde_json::Value::as_array).map_or(0, Vec::len);
    serde_json::json!({ "response": n }).to_string().into_bytes()
}
