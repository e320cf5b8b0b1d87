//! Reads of tasks through the v1 and the v2 interface.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::Task;
use crate::{
    quirk::{TaskFilters, TaskOrder, TaskStatus, TaskUpdated},
    world::{
        Object,
        answer::Refusal,
        query::{PageOf, Query},
        reads::count,
        state::{At, World},
    },
};

/// The form in which a read shows a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    V1,
    V2,
    /// Of the v2 interface, what the task itself does not have.
    Detail,
}

impl World {
    pub(crate) fn tasks(&self, form: Form, query: &Query, at: At<'_>) -> Result<Value, Refusal> {
        query.page(self.matching(form, query, at)?)
    }

    pub(crate) fn task_count(
        &self,
        form: Form,
        query: &Query,
        at: At<'_>,
    ) -> Result<Value, Refusal> {
        Ok(count(self.matching(form, query, at)?.len(), at))
    }

    pub(crate) fn task(&self, form: Form, id: &str, at: At<'_>) -> Result<Value, Refusal> {
        let found = self.findable(at).find(|it| it.id() == id);
        found.map(|it| shown(it, form, at)).ok_or_else(|| no_task(id))
    }

    /// A task and its children. A task has a child only if a quirk puts the reason of a failure there.
    pub(crate) fn task_tree(&self, id: &str, at: At<'_>) -> Result<Value, Refusal> {
        let of_tree = |it: &&Task| it.id() == id || it.shown.get("parentId") == Some(&json!(id));
        let shown = |it: &Task| std::iter::once(it.shown.clone()).chain(it.child());
        let tree: Vec<Value> = self.findable(at).filter(of_tree).flat_map(shown).collect();
        if tree.is_empty() { Err(no_task(id)) } else { Ok(tree.into()) }
    }

    /// The tasks of an operation, by `operationIdList`.
    pub(crate) fn tasks_of_operation(&self, page: &PageOf, at: At<'_>) -> Value {
        let belongs = |it: &&Task| {
            let list = it.shown.get("operationIdList").and_then(Value::as_array);
            list.is_some_and(|ids| ids.iter().any(|id| *id == page.id))
        };
        let tasks = self.findable(at).filter(belongs).map(|it| it.shown.clone());
        tasks.skip(page.start.saturating_sub(1)).take(page.count).collect()
    }

    fn findable(&self, at: At<'_>) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(move |it| it.hidden_until <= at.now)
    }

    /// Filters and sorts tasks by the query, unless a quirk ignores it.
    fn matching(&self, form: Form, query: &Query, at: At<'_>) -> Result<Vec<Value>, Refusal> {
        let mut tasks: Vec<Value> = self.findable(at).map(|it| shown(it, form, at)).collect();
        if at.rules.quirks.task_order == TaskOrder::Newest {
            tasks.reverse();
        }
        if at.rules.quirks.task_filters == TaskFilters::Ignored {
            return Ok(tasks);
        }
        // The members that filters compare as text.
        let texts: &[&str] = match form {
            Form::V1 => &[
                "data",
                "errorCode",
                "serviceType",
                "username",
                "progress",
                "isError",
                "failureReason",
                "parentId",
            ],
            Form::V2 | Form::Detail => &["parentId", "rootId", "status"],
        };
        let (earliest, latest) = (query.number("startTime")?, query.number("endTime")?);
        let time = |it: &Value, key: &str| it.get(key).and_then(Value::as_u64);
        tasks.retain(|it| {
            earliest.is_none_or(|least| time(it, "startTime").is_some_and(|is| least <= is))
                && latest.is_none_or(|most| time(it, "endTime").is_some_and(|is| is <= most))
                && texts.iter().all(|key| query.allows(key, &as_text(it.get(*key))))
        });
        let is_ascending = match query.one("order") {
            None => None,
            Some("asc") => Some(true),
            Some("dsc" | "desc" | "des") => Some(false),
            Some(_) => return Err(Refusal::bad("`order` is asc or dsc")),
        };
        if is_ascending.is_some() || query.one("sortBy").is_some() {
            let key = query.one("sortBy").unwrap_or("startTime");
            tasks.sort_by(|a, b| compare(a.get(key), b.get(key)));
            if is_ascending == Some(false) {
                tasks.reverse();
            }
        }
        Ok(tasks)
    }
}

fn compare(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a.and_then(Value::as_u64), b.and_then(Value::as_u64)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => as_text(a).cmp(&as_text(b)),
    }
}

fn as_text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn shown(task: &Task, form: Form, at: At<'_>) -> Value {
    match form {
        Form::V1 => return task.shown.clone(),
        Form::Detail => {
            return picked(task, &["data", "progress", "errorCode", "failureReason"]).into();
        }
        Form::V2 => (),
    }
    let quirks = &at.rules.quirks;
    let is_error = task.shown.get("isError").and_then(Value::as_bool).unwrap_or(false);
    let has_ended = task.shown.get("endTime").is_some_and(|it| !it.is_null());
    let status = match (is_error, has_ended) {
        (true, _) => "FAILURE",
        (false, true) => "SUCCESS",
        (false, false) => "PENDING",
    };
    let status = match quirks.task_status {
        TaskStatus::Upper => status.to_owned(),
        TaskStatus::Lower => status.to_lowercase(),
    };
    let updated = match quirks.task_updated {
        TaskUpdated::LastUpdate => "lastUpdate",
        TaskUpdated::UpdatedTime => "updatedTime",
    };
    let mut shown = picked(task, &["endTime"]);
    if let Some(time) = task.shown.get("lastUpdate") {
        shown.insert(updated.to_owned(), time.clone());
    }
    shown.insert("status".to_owned(), json!(status));
    shown.extend(picked(task, &["rootId", "parentId", "startTime"]));
    let location = format!("/dna/intent/api/v1/tasks/{}/detail", task.id());
    shown.insert("resultLocation".to_owned(), json!(location));
    shown.insert("id".to_owned(), json!(task.id()));
    shown.into()
}

fn picked(task: &Task, keys: &[&str]) -> Object {
    let member = |key: &&str| Some(((*key).to_owned(), task.shown.get(*key)?.clone()));
    keys.iter().filter_map(member).collect()
}

fn no_task(id: &str) -> Refusal {
    Refusal::new(404, "NOT_FOUND", format!("Task with id {id} does not exist"))
}
