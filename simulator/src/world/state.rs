//! The state, and how it changes with time.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Object, tasks::Task, violations::Violations};
use crate::{Quirks, seed};

/// The state of a controller.
#[derive(Clone, Debug)]
pub struct World {
    /// In the order of creation.
    pub(super) discoveries: Vec<Discovery>,
    /// As the v2 interface lists them: kind to list.
    pub(super) credentials: Object,
    /// In the order of acceptance.
    pub(super) tasks: Vec<Task>,
    pub(crate) release: Option<String>,
    /// The id of the next discovery.
    pub(super) next_id: u64,
    /// The number of the next task, which its id follows from.
    pub(super) next_task: u64,
    pub(super) kept_names: Vec<KeptName>,
    /// The latest time of `advance`.
    pub(crate) now: u64,
    /// Deleted since the start. Violations need it.
    pub(crate) deleted: Vec<Deleted>,
    pub(crate) violations: Violations,
}

/// What never changes.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) seed: u64,
    pub(crate) task_time: u64,
    pub(crate) run_time: u64,
    pub(crate) quirks: Quirks,
}

/// A time, and the rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    pub(crate) now: u64,
    pub(crate) rules: &'a Rules,
}

/// A discovery: what reads show, and what only the controller knows.
#[derive(Clone, Debug)]
pub(super) struct Discovery {
    /// As a GET shows it. A world file can have anything here, which is served unchanged.
    pub(super) shown: Value,
    pub(super) visible_from: u64,
    /// The oldest first.
    pub(super) runs: Vec<Run>,
}

/// One execution of a discovery.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Run {
    pub(super) task_id: String,
    pub(super) start_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_time: Option<u64>,
    /// When it ends unless it is stopped.
    pub(super) due: u64,
    /// The addresses of the devices that it found.
    pub(super) addresses: Vec<String>,
}

/// A name that cannot be used again yet.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct KeptName {
    pub(super) name: String,
    pub(super) until: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Deleted {
    pub(super) discovery: Discovery,
    pub(super) when: u64,
    /// By a request, and not by another user.
    pub(super) by_request: bool,
}

impl Default for World {
    fn default() -> Self {
        Self {
            discoveries: Vec::new(),
            credentials: seed::credentials(),
            tasks: Vec::new(),
            release: None,
            next_id: 1,
            next_task: 1,
            kept_names: Vec::new(),
            now: 0,
            deleted: Vec::new(),
            violations: Violations::default(),
        }
    }
}

impl World {
    /// Processes everything that is due by `now`, in the order of time.
    pub(crate) fn advance(&mut self, now: u64, rules: &Rules) {
        while let Some((when, event)) = self.next_event(now) {
            let at = At { now: when, rules };
            match event {
                Event::Task(index) => self.advance_task(index, at),
                Event::Run(index) => self.end_run(index, at),
            }
        }
        self.now = self.now.max(now);
    }

    /// The names of all discoveries that exist, or existed since the start, by id.
    pub(crate) fn names(&self) -> BTreeMap<String, String> {
        let all = self.deleted.iter().map(|it| &it.discovery).chain(&self.discoveries);
        all.filter_map(|it| Some((it.id()?, it.name()?.to_owned()))).collect()
    }

    fn next_event(&self, now: u64) -> Option<(u64, Event)> {
        let tasks = self.tasks.iter().enumerate();
        let tasks = tasks.filter_map(|(index, task)| Some((task.due()?, Event::Task(index))));
        let runs = self.discoveries.iter().enumerate();
        let runs = runs.filter_map(|(index, it)| Some((it.open_run()?.due, Event::Run(index))));
        // At equal times tasks come first, so that a task still sees the run that it is about.
        tasks.chain(runs).filter(|(due, _)| *due <= now).min_by_key(|(due, _)| *due)
    }
}

enum Event {
    Task(usize),
    Run(usize),
}

impl Discovery {
    pub(super) fn id(&self) -> Option<String> {
        match self.shown.get("id")? {
            Value::String(id) => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }

    pub(super) fn has_id(&self, id: &str) -> bool {
        self.id().is_some_and(|it| it == id)
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.shown.get("name")?.as_str()
    }

    pub(super) fn fields(&self) -> Option<&Object> {
        self.shown.as_object()
    }

    /// The text of a member, empty if there is none.
    pub(super) fn text(&self, key: &str) -> &str {
        self.shown.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        if let Value::Object(fields) = &mut self.shown {
            fields.insert(key.to_owned(), value.into());
        }
    }

    pub(super) fn set_state(&mut self, status: &str, condition: &str) {
        self.set("discoveryStatus", status);
        self.set("discoveryCondition", condition);
    }

    pub(super) fn is_running(&self) -> bool {
        self.text("discoveryStatus").eq_ignore_ascii_case("active")
    }

    pub(super) fn is_visible(&self, now: u64) -> bool {
        self.visible_from <= now
    }

    pub(super) fn open_run(&self) -> Option<&Run> {
        self.runs.last().filter(|it| it.end_time.is_none())
    }
}
