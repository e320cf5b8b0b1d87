//! One task, in the words of the old interface.

use serde_json::{Map, Value, json};

use crate::{
    Quirks,
    fault::WriteOutcome,
    quirk::{ErrorWords, TaskData, TaskIdIn, TaskVersion},
    seed::TENANT,
    world::work::{Done, Work},
};

/// The members in the order of the vendor's page, and those that it does not show.
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

/// What becomes of a write, and how far it is.
#[derive(Clone, Debug)]
pub(in crate::world) struct Task {
    /// As `/task/{id}` shows it. A world file can put anything here.
    pub(in crate::world) shown: Value,
    pub(in crate::world) left: Left,
    /// Until then nobody finds it.
    pub(in crate::world) hidden_until: u64,
    /// Why it failed, where only its tree tells.
    pub(in crate::world) told_in_tree: Option<String>,
}

/// What is still to come of a task.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::world) enum Left {
    /// It has ended, or it never will.
    #[default]
    Nothing,
    Work {
        due: u64,
        work: Work,
        fate: WriteOutcome,
    },
    /// It ends when the run that it started does.
    RunEnd,
    /// All is said but that it has ended.
    End {
        due: u64,
    },
}

impl Task {
    pub(super) fn new(id: &str, work: &Work, now: u64) -> Self {
        let shown = json!({
            "startTime": now,
            "version": now,
            "serviceType": work.service(),
            "isError": false,
            "lastUpdate": now,
            "progress": work.first_progress(),
            "rootId": id,
            "instanceTenantId": TENANT,
            "id": id,
        });
        Self { shown, left: Left::Nothing, hidden_until: 0, told_in_tree: None }
    }

    pub(in crate::world) fn due(&self) -> Option<u64> {
        match &self.left {
            Left::Work { due, .. } | Left::End { due } => Some(*due),
            Left::Nothing | Left::RunEnd => None,
        }
    }

    pub(super) fn id(&self) -> &str {
        self.shown.get("id").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn succeed(&mut self, done: &Done, now: u64, quirks: &Quirks) {
        let mut said = vec![("lastUpdate", json!(now)), ("version", json!(now))];
        match (&done.created, quirks.task_id_in) {
            (Some(id), TaskIdIn::Data) => said.push(("data", data(id, quirks))),
            (Some(id), TaskIdIn::Both) => {
                said.push(("data", data(id, quirks)));
                said.push(("progress", json!(done.progress)));
            }
            (Some(_), TaskIdIn::Progress) | (None, _) => {
                said.push(("progress", json!(done.progress)));
            }
        }
        self.say(said);
    }

    pub(super) fn fail(&mut self, progress: &str, reason: &str, now: u64, quirks: &Quirks) {
        let mut said = vec![
            ("lastUpdate", json!(now)),
            ("version", json!(now)),
            ("isError", json!(true)),
            ("progress", json!(progress)),
        ];
        let code = ("errorCode", json!(reason));
        let words = ("failureReason", json!(reason));
        match quirks.error_words {
            ErrorWords::Both => said.extend([code, words]),
            ErrorWords::Reason => said.push(words),
            ErrorWords::Code => said.push(code),
            ErrorWords::Progress => said.push(("progress", json!(reason))),
            ErrorWords::Tree => {
                said.push(("failureReason", json!("Check task tree for details")));
                self.told_in_tree = Some(reason.to_owned());
            }
            ErrorWords::None => (),
        }
        self.say(said);
    }

    /// Returns the child that says why it failed, where it has one.
    pub(super) fn child(&self) -> Option<Value> {
        let reason = self.told_in_tree.as_ref()?;
        let mut child = self.shown.clone();
        if let Value::Object(fields) = &mut child {
            fields.insert("id".to_owned(), json!(format!("{}-1", self.id())));
            fields.insert("parentId".to_owned(), json!(self.id()));
            fields.insert("failureReason".to_owned(), json!(reason));
        }
        Some(child)
    }

    pub(super) fn end(&mut self, now: u64, quirks: &Quirks) {
        self.left = Left::Nothing;
        let mut said = vec![("endTime", json!(now))];
        match quirks.task_version {
            TaskVersion::LastUpdate => (),
            TaskVersion::EndTime => said.push(("version", json!(now))),
        }
        self.say(said);
    }

    /// Sets members and puts all of them in the vendor's order.
    fn say(&mut self, said: Vec<(&str, Value)>) {
        let Value::Object(fields) = &mut self.shown else {
            return;
        };
        for (key, value) in said {
            fields.insert(key.to_owned(), value);
        }
        let mut rest = std::mem::take(fields);
        let known = KEYS.iter().filter_map(|key| rest.shift_remove_entry(*key));
        let mut ordered: Map<String, Value> = known.collect();
        ordered.extend(rest);
        *fields = ordered;
    }
}

fn data(id: &str, quirks: &Quirks) -> Value {
    match quirks.task_data {
        TaskData::Bare => json!(id),
        TaskData::Number => json!(format!("{{\"discoveryId\":{id}}}")),
        TaskData::Text => json!(format!("{{\"discoveryId\":\"{id}\"}}")),
    }
}
