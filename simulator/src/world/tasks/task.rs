//! A task, as the v1 interface shows it.

use serde_json::{Value, json};

use crate::{
    Quirks,
    fault::WriteOutcome,
    quirk::{ErrorWords, TaskData, TaskIdIn, TaskVersion},
    seed::TENANT,
    world::operation::{Done, Operation},
};

/// The members in the order of the vendor's example, and the members that it does not have.
const KEYS: [&str; 14] = [
    "startTime",
    "endTime",
    "version",
    "errorCode",
    "serviceType",
    "isError",
    "lastUpdate",
    "progress",
    "data",
    "rootId",
    "parentId",
    "failureReason",
    "instanceTenantId",
    "id",
];

#[derive(Clone, Debug)]
pub(in crate::world) struct Task {
    /// As `/task/{id}` shows it. A world file can have anything here.
    pub(in crate::world) shown: Value,
    pub(in crate::world) next: NextStep,
    /// Until then it cannot be found.
    pub(in crate::world) hidden_until: u64,
    /// Why it failed, if only the tree of the task shows it.
    pub(in crate::world) reason_in_tree: Option<String>,
}

/// The next step of a task. World files have the names in snake case.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::world) enum NextStep {
    /// It has ended, or it never will.
    #[default]
    #[serde(rename = "nothing")]
    None,
    #[serde(rename = "work")]
    Execute {
        due: u64,
        #[serde(rename = "work")]
        operation: Operation,
        #[serde(rename = "fate")]
        outcome: WriteOutcome,
    },
    /// It ends when the run that it started ends.
    RunEnd,
    /// Its result is shown. Its end time is not.
    End { due: u64 },
}

impl Task {
    pub(super) fn new(id: &str, operation: &Operation, now: u64) -> Self {
        let shown = json!({
            "startTime": now,
            "version": now,
            "serviceType": operation.service(),
            "isError": false,
            "lastUpdate": now,
            "progress": operation.first_progress(),
            "rootId": id,
            "instanceTenantId": TENANT,
            "id": id,
        });
        Self { shown, next: NextStep::None, hidden_until: 0, reason_in_tree: None }
    }

    pub(in crate::world) fn due(&self) -> Option<u64> {
        match &self.next {
            NextStep::Execute { due, .. } | NextStep::End { due } => Some(*due),
            NextStep::None | NextStep::RunEnd => None,
        }
    }

    pub(in crate::world) fn id(&self) -> &str {
        self.shown.get("id").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn succeed(&mut self, done: &Done, now: u64, quirks: &Quirks) {
        let mut members = vec![("lastUpdate", json!(now)), ("version", json!(now))];
        if let Some(id) = &done.created
            && quirks.task_id_in != TaskIdIn::Progress
        {
            members.push((
                "data",
                match quirks.task_data {
                    TaskData::Bare => json!(id),
                    TaskData::Number => json!(format!("{{\"discoveryId\":{id}}}")),
                    TaskData::Text => json!(format!("{{\"discoveryId\":\"{id}\"}}")),
                },
            ));
        }
        if done.created.is_none() || quirks.task_id_in != TaskIdIn::Data {
            members.push(("progress", json!(done.progress)));
        }
        self.set(members);
    }

    pub(super) fn fail(&mut self, progress: &str, reason: &str, now: u64, quirks: &Quirks) {
        let mut members = vec![
            ("lastUpdate", json!(now)),
            ("version", json!(now)),
            ("isError", json!(true)),
            ("progress", json!(progress)),
        ];
        let code = ("errorCode", json!(reason));
        let words = ("failureReason", json!(reason));
        match quirks.error_words {
            ErrorWords::Both => members.extend([code, words]),
            ErrorWords::Reason => members.push(words),
            ErrorWords::Code => members.push(code),
            ErrorWords::Progress => members.push(("progress", json!(reason))),
            ErrorWords::Tree => {
                members.push(("failureReason", json!("Check task tree for details")));
                self.reason_in_tree = Some(reason.to_owned());
            }
            ErrorWords::None => (),
        }
        self.set(members);
    }

    /// The child with the reason why the task failed, if it has one.
    pub(super) fn child(&self) -> Option<Value> {
        let reason = self.reason_in_tree.as_ref()?;
        let mut child = self.shown.clone();
        child["id"] = json!(format!("{}-1", self.id()));
        child["parentId"] = json!(self.id());
        child["failureReason"] = json!(reason);
        Some(child)
    }

    pub(super) fn end(&mut self, now: u64, quirks: &Quirks) {
        self.next = NextStep::None;
        let mut members = vec![("endTime", json!(now))];
        if quirks.task_version == TaskVersion::EndTime {
            members.push(("version", json!(now)));
        }
        self.set(members);
    }

    /// Sets members, and sorts all of them as in `KEYS`.
    fn set(&mut self, members: Vec<(&str, Value)>) {
        let Value::Object(fields) = &mut self.shown else {
            return;
        };
        fields.extend(members.into_iter().map(|(key, value)| (key.to_owned(), value)));
        let mut rest = std::mem::take(fields);
        fields.extend(KEYS.iter().filter_map(|key| rest.shift_remove_entry(*key)));
        fields.extend(rest);
    }
}
