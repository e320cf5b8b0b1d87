//! Tasks as the controller reports them, in both generations.
//!
//! Reports facts only: the caller knows which of them mean success.

use std::fmt;

use serde_json::Value;

use super::response::{Malformed, text};

const NO_MESSAGE: &str = "the controller did not say why";

/// The id of a task, unique on its controller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TaskId(String);

impl TaskId {
    pub(crate) fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The state of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TaskState {
    /// It has neither ended nor failed. A create may still be complete: see `created_id`.
    Open,
    Ended,
    /// With the controller's message.
    Failed {
        words: String,
    },
}

/// A task as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) id: TaskId,
    pub(crate) state: TaskState,
    /// Both times by the controller's clock, in milliseconds since 1970.
    pub(crate) started_ms: Option<i64>,
    pub(crate) ended_ms: Option<i64>,
    /// The second generation does not have it.
    pub(crate) service_type: Option<String>,
    pub(crate) progress: Option<String>,
    /// The id of the created discovery, if this is a create and reports it.
    pub(crate) created_id: Option<String>,
}

/// The fields that only the detail of a task has, in the second generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskDetail {
    /// The controller's message for a failure or for progress.
    pub(crate) words: Option<String>,
    pub(crate) progress: Option<String>,
    pub(crate) created_id: Option<String>,
}

impl Task {
    pub(crate) fn is_open(&self) -> bool {
        self.state == TaskState::Open
    }

    /// Reads a task of `/task`.
    pub(crate) fn first_generation(value: &Value) -> Result<Self, Malformed> {
        Self::read(value, is_true(value.get("isError")), false)
    }

    /// Reads a task of `/tasks`. Why it failed is in its detail.
    pub(crate) fn second_generation(value: &Value) -> Result<Self, Malformed> {
        let status = text(value.get("status")).unwrap_or_default();
        let is_failed = status.eq_ignore_ascii_case("FAILURE") || is_true(value.get("isError"));
        Self::read(value, is_failed, status.eq_ignore_ascii_case("SUCCESS"))
    }

    fn read(value: &Value, is_failed: bool, is_done: bool) -> Result<Self, Malformed> {
        let id = text(value.get("id")).ok_or_else(|| Malformed::new("a task has no `id`"))?;
        let TaskDetail { words, progress, created_id } = TaskDetail::read(value);
        let state = if is_failed {
            TaskState::Failed { words: words.unwrap_or_else(|| NO_MESSAGE.to_owned()) }
        } else if is_done || text(value.get("endTime")).is_some() {
            TaskState::Ended
        } else {
            TaskState::Open
        };
        Ok(Self {
            id: TaskId(id),
            state,
            started_ms: time_ms(value.get("startTime")),
            ended_ms: time_ms(value.get("endTime")),
            service_type: text(value.get("serviceType")),
            progress,
            created_id,
        })
    }

    /// Adds the fields of the detail.
    pub(crate) fn complete(&mut self, detail: TaskDetail) {
        let TaskDetail { words, progress, created_id } = detail;
        if let (TaskState::Failed { words: have }, Some(words)) = (&mut self.state, words) {
            *have = words;
        }
        self.progress = progress.or(self.progress.take());
        self.created_id = created_id.or(self.created_id.take());
    }
}

impl TaskDetail {
    pub(crate) fn read(value: &Value) -> Self {
        let places = ["failureReason", "errorCode", "progress"];
        Self {
            words: places.iter().find_map(|it| text(value.get(it))),
            progress: text(value.get("progress")),
            created_id: ["progress", "data"].iter().find_map(|it| created_id(value.get(it)?)),
        }
    }
}

/// The id of a discovery, bare or as `{"discoveryId": …}`, as JSON or as text with JSON.
///
/// Ids of discoveries are decimal numbers. Other services put other values into these fields.
fn created_id(value: &Value) -> Option<String> {
    if let Some(inner) = value.get("discoveryId") {
        return decimal(&text(Some(inner))?);
    }
    let text = text(Some(value))?;
    match serde_json::from_str::<Value>(&text) {
        Ok(inner) if inner.is_object() => created_id(&inner),
        _ => decimal(&text),
    }
}

fn decimal(text: &str) -> Option<String> {
    text.bytes().all(|it| it.is_ascii_digit()).then(|| text.to_owned())
}

/// Whether a value is true, as a boolean or as text.
pub(crate) fn is_true(value: Option<&Value>) -> bool {
    value.is_some_and(|it| match it.as_str() {
        Some(text) => text.trim().eq_ignore_ascii_case("true"),
        None => it.as_bool() == Some(true),
    })
}

/// A time as a number, as text with a number, or as a date.
fn time_ms(value: Option<&Value>) -> Option<i64> {
    let text = text(value)?;
    let ms = text.parse().ok();
    ms.or_else(|| text.parse().ok().map(jiff::Timestamp::as_millisecond))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn first(value: &Value) -> Task {
        Task::first_generation(value).unwrap()
    }

    fn failed(words: &str) -> TaskState {
        TaskState::Failed { words: words.into() }
    }

    #[test]
    fn the_vendors_examples_can_be_read() {
        let success = first(&json!({
            "startTime": 1_524_880_285_900_i64, "endTime": 1_524_880_286_849_i64,
            "version": 1_524_880_286_621_i64, "serviceType": "Discovery Service",
            "isError": false, "lastUpdate": 1_524_880_286_621_i64, "progress": "1",
            "rootId": "9dee6883-4028-4879-b4d6-44c86849429b",
            "id": "9dee6883-4028-4879-b4d6-44c86849429b",
        }));
        assert_eq!(success.id.as_str(), "9dee6883-4028-4879-b4d6-44c86849429b");
        assert_eq!(success.state, TaskState::Ended);
        assert_eq!(success.created_id.as_deref(), Some("1"));
        assert_eq!(success.service_type.as_deref(), Some("Discovery Service"));
        assert_eq!(success.started_ms, Some(1_524_880_285_900));
        assert_eq!(success.ended_ms, Some(1_524_880_286_849));

        let duplicate = first(&json!({
            "startTime": 1_524_880_671_753_i64, "endTime": 1_524_880_671_799_i64,
            "errorCode": "Discovery name is duplicate", "isError": true,
            "progress": "Failed to create discovery",
            "failureReason": "Discovery name is duplicate",
            "id": "a8805e89-b400-40a2-b6a2-49a9d8330629",
        }));
        assert_eq!(duplicate.state, failed("Discovery name is duplicate"));
        assert_eq!(duplicate.created_id, None);
    }

    #[test]
    fn a_task_with_an_error_flag_has_failed() {
        let table = [
            (json!({"id": "t", "isError": true}), NO_MESSAGE),
            (json!({"id": "t", "isError": "true", "progress": "p"}), "p"),
            (json!({"id": "t", "isError": true, "errorCode": "100", "progress": "p"}), "100"),
            (json!({"id": "t", "isError": true, "errorCode": 100}), "100"),
            (json!({"id": "t", "isError": true, "failureReason": " ", "errorCode": "e"}), "e"),
            (json!({"id": "t", "isError": true, "failureReason": "f", "errorCode": "e"}), "f"),
        ];
        for (value, words) in table {
            assert_eq!(first(&value).state, failed(words), "{value}");
        }
    }

    #[test]
    fn a_task_with_an_end_time_has_ended() {
        let table = [
            (json!({"id": "t"}), true),
            (json!({"id": "t", "isError": false, "progress": "In Progress"}), true),
            (json!({"id": "t", "endTime": null}), true),
            (json!({"id": "t", "endTime": ""}), true),
            (json!({"id": "t", "endTime": 1}), false),
            (json!({"id": "t", "endTime": "1721150006005"}), false),
            (json!({"id": "t", "isError": true}), false),
        ];
        for (value, is_open) in table {
            assert_eq!(first(&value).is_open(), is_open, "{value}");
        }
    }

    #[test]
    fn a_created_id_is_found_in_all_its_forms() {
        let table = [
            (json!({"progress": "17"}), Some("17")),
            (json!({"progress": 17}), Some("17")),
            (json!({"data": "17"}), Some("17")),
            (json!({"data": 17}), Some("17")),
            (json!({"data": {"discoveryId": 17}}), Some("17")),
            (json!({"data": r#"{"discoveryId":"17"}"#}), Some("17")),
            (json!({"data": r#"{"discoveryId":17}"#, "progress": "In Progress"}), Some("17")),
            (json!({"progress": "", "data": ""}), None),
            (json!({"progress": "Inventory service initiating discovery."}), None),
            (json!({"progress": r#"{"fileId":"f4b356e7-d132"}"#}), None),
            (json!({"data": "workflow_id=23b97702;cfs_id=31eeddf4"}), None),
            (json!({"data": "-3"}), None),
            (json!({"data": {"discoveryId": null}}), None),
            (json!({"data": [17]}), None),
        ];
        for (value, want) in table {
            assert_eq!(TaskDetail::read(&value).created_id.as_deref(), want, "{value}");
        }
    }

    #[test]
    fn the_second_generation_has_a_status() {
        let state = |value: Value| Task::second_generation(&value).unwrap().state;
        assert_eq!(state(json!({"id": "t", "status": "PENDING"})), TaskState::Open);
        assert_eq!(state(json!({"id": "t", "status": "success"})), TaskState::Ended);
        assert_eq!(state(json!({"id": "t", "status": "SUCCESS", "endTime": 1})), TaskState::Ended);
        assert_eq!(
            state(json!({"id": "t", "status": "FAILURE", "endTime": 1})),
            failed(NO_MESSAGE)
        );

        let mut task = Task::second_generation(&json!({"id": "t", "status": "FAILURE"})).unwrap();
        task.complete(TaskDetail::read(&json!({"failureReason": "no", "progress": "p"})));
        assert_eq!(task.state, failed("no"));
    }

    #[test]
    fn a_task_without_an_id_is_malformed() {
        for value in [json!({}), json!({"id": null}), json!("t"), json!(null)] {
            assert!(Task::first_generation(&value).is_err(), "{value}");
        }
    }
}
