//! Reads of tasks through the v1 and the v2 interface.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::Task;
use crate::{
    quirk::{TaskFilters, TaskOrder, TaskStatus, TaskUpdated, TasksV1, TasksV2},
    world::{
        answer::Answer,
        query::{BadQuery, PageOf, Query},
        reads::count,
        state::{At, World},
    },
};

/// The members that filters of the v1 list compare as text.
const V1_TEXT_FILTERS: [&str; 8] = [
    "data",
    "errorCode",
    "serviceType",
    "username",
    "progress",
    "isError",
    "failureReason",
    "parentId",
];

/// The same for the v2 list.
const V2_TEXT_FILTERS: [&str; 3] = ["parentId", "rootId", "status"];

impl World {
    /// The status of every answer if this release does not serve the v1 interface.
    pub(crate) fn v1_tasks_gone(at: At<'_>) -> Option<u16> {
        match at.rules.quirks.tasks_v1 {
            TasksV1::Served => None,
            TasksV1::Gone404 => Some(404),
            TasksV1::Gone405 => Some(405),
            TasksV1::Gone410 => Some(410),
            TasksV1::Gone501 => Some(501),
        }
    }

    pub(crate) fn v2_tasks_gone(at: At<'_>) -> Option<u16> {
        match at.rules.quirks.tasks_v2 {
            TasksV2::Served => None,
            TasksV2::Gone404 => Some(404),
        }
    }

    pub(crate) fn v1_tasks(&self, query: &Query, at: At<'_>) -> Result<Answer, BadQuery> {
        let tasks = self.v1_matching(query, at)?;
        Ok(Answer::Found(query.page(tasks)?.into()))
    }

    pub(crate) fn v1_task_count(&self, query: &Query, at: At<'_>) -> Result<Answer, BadQuery> {
        Ok(Answer::Found(count(self.v1_matching(query, at)?.len(), at)))
    }

    pub(crate) fn v1_task(&self, id: &str, at: At<'_>) -> Answer {
        match self.task(id, at) {
            Some(task) => Answer::Found(task.shown.clone()),
            None => no_task(id),
        }
    }

    /// A task and its children. A task has a child only if a quirk puts the reason of a failure there.
    pub(crate) fn task_tree(&self, id: &str, at: At<'_>) -> Answer {
        let of_tree = |it: &&Task| it.id() == id || it.shown.get("parentId") == Some(&json!(id));
        let shown = |it: &Task| std::iter::once(it.shown.clone()).chain(it.child());
        let tree: Vec<Value> = self.findable(at).filter(of_tree).flat_map(shown).collect();
        if tree.is_empty() { no_task(id) } else { Answer::Found(tree.into()) }
    }

    /// The tasks of an operation, by `operationIdList`.
    pub(crate) fn tasks_of_operation(&self, page: &PageOf, at: At<'_>) -> Answer {
        let belongs = |it: &&Task| {
            let list = it.shown.get("operationIdList").and_then(Value::as_array);
            list.is_some_and(|ids| ids.iter().any(|id| *id == page.id))
        };
        let tasks = self.findable(at).filter(belongs).map(|it| it.shown.clone());
        Answer::Found(tasks.skip(page.start.saturating_sub(1)).take(page.count).collect())
    }

    pub(crate) fn v2_tasks(&self, query: &Query, at: At<'_>) -> Result<Answer, BadQuery> {
        let tasks = self.v2_matching(query, at)?;
        Ok(Answer::Found(query.page(tasks)?.into()))
    }

    pub(crate) fn v2_task_count(&self, query: &Query, at: At<'_>) -> Result<Answer, BadQuery> {
        Ok(Answer::Found(count(self.v2_matching(query, at)?.len(), at)))
    }

    pub(crate) fn v2_task(&self, id: &str, at: At<'_>) -> Answer {
        match self.task(id, at) {
            Some(task) => Answer::Found(as_v2(task, at)),
            None => no_task(id),
        }
    }

    pub(crate) fn task_detail(&self, id: &str, at: At<'_>) -> Answer {
        match self.task(id, at) {
            Some(task) => {
                Answer::Found(picked(task, &["data", "progress", "errorCode", "failureReason"]))
            }
            None => no_task(id),
        }
    }

    fn task(&self, id: &str, at: At<'_>) -> Option<&Task> {
        self.findable(at).find(|it| it.id() == id)
    }

    fn findable(&self, at: At<'_>) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(move |it| it.hidden_until <= at.now)
    }

    fn v1_matching(&self, query: &Query, at: At<'_>) -> Result<Vec<Value>, BadQuery> {
        let all = self.findable(at).map(|it| it.shown.clone()).collect();
        matching(all, &V1_TEXT_FILTERS, query, at)
    }

    fn v2_matching(&self, query: &Query, at: At<'_>) -> Result<Vec<Value>, BadQuery> {
        let all = self.findable(at).map(|it| as_v2(it, at)).collect();
        matching(all, &V2_TEXT_FILTERS, query, at)
    }
}

/// Filters and sorts tasks by the query, unless a quirk ignores it.
fn matching(
    mut tasks: Vec<Value>,
    text_filters: &[&str],
    query: &Query,
    at: At<'_>,
) -> Result<Vec<Value>, BadQuery> {
    if at.rules.quirks.task_order == TaskOrder::Newest {
        tasks.reverse();
    }
    if at.rules.quirks.task_filters == TaskFilters::Ignored {
        return Ok(tasks);
    }
    let (earliest, latest) = (query.number("startTime")?, query.number("endTime")?);
    let time = |it: &Value, key: &str| it.get(key).and_then(Value::as_u64);
    tasks.retain(|it| {
        earliest.is_none_or(|least| time(it, "startTime").is_some_and(|is| least <= is))
            && latest.is_none_or(|most| time(it, "endTime").is_some_and(|is| is <= most))
            && text_filters.iter().all(|key| query.allows(key, &as_text(it.get(*key))))
    });
    let is_ascending = match query.one("order") {
        None => None,
        Some("asc") => Some(true),
        Some("dsc" | "desc" | "des") => Some(false),
        Some(_) => return Err(BadQuery(String::from("`order` is asc or dsc"))),
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

/// A task as `/tasks/{id}` shows it.
fn as_v2(task: &Task, at: At<'_>) -> Value {
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
    let location = format!("/dna/intent/api/v1/tasks/{}/detail", task.id());
    let mut shown = picked(task, &["endTime"]);
    if let Some(time) = task.shown.get("lastUpdate") {
        shown[updated] = time.clone();
    }
    shown["status"] = json!(status);
    for (key, value) in
        picked(task, &["rootId", "parentId", "startTime"]).as_object().into_iter().flatten()
    {
        shown[key] = value.clone();
    }
    shown["resultLocation"] = json!(location);
    shown["id"] = json!(task.id());
    shown
}

fn picked(task: &Task, keys: &[&str]) -> Value {
    let members =
        keys.iter().filter_map(|key| Some(((*key).to_owned(), task.shown.get(*key)?.clone())));
    Value::Object(members.collect::<Map<_, _>>())
}

fn no_task(id: &str) -> Answer {
    Answer::not_found(format!("Task with id {id} does not exist"))
}
