//! The world file: objects as the controller shows them, and what only the simulator knows.
//!
//! Reads and writes text. The file itself is not touched here.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{
    state::{Discovery, KeptName, Run, World},
    tasks::{NextStep, Task},
};

/// The member with what only the simulator knows, of the file and of objects in it.
const OURS: &str = "simulator";

const MEMBERS: [&str; 6] = ["discoveries", "credentials", "tasks", "release", "next_id", OURS];

/// An error in the text of a world file.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// It is not JSON.
    #[error("the world is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// It is JSON of another shape.
    #[error("`{0}` of the world is not {1}")]
    Shape(String, &'static str),
    /// It has a member that worlds do not have.
    #[error("a world has no member `{0}`; it has {list}", list = MEMBERS.join(", "))]
    Unknown(String),
}

#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct WorldExtra {
    now: u64,
    next_task: u64,
    kept_names: Vec<KeptName>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct DiscoveryExtra {
    visible_from: u64,
    runs: Vec<Run>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct TaskExtra {
    #[serde(rename = "left")]
    next: NextStep,
    hidden_until: u64,
    #[serde(rename = "told_in_tree")]
    reason_in_tree: Option<String>,
}

impl World {
    /// Reads a world. Absent members are as in a new world.
    pub fn from_json(text: &str) -> Result<Self, WorldError> {
        let whole: Value = serde_json::from_str(text).map_err(WorldError::NotJson)?;
        let Value::Object(mut whole) = whole else {
            return Err(WorldError::Shape(String::from("the top"), "an object"));
        };
        if let Some(key) = whole.keys().find(|it| !MEMBERS.contains(&it.as_str())) {
            return Err(WorldError::Unknown(key.clone()));
        }
        let mut world = Self::default();
        if let Some(list) = list(&mut whole, "discoveries")? {
            world.discoveries = list.into_iter().map(discovery).collect::<Result<_, _>>()?;
        }
        if let Some(list) = list(&mut whole, "tasks")? {
            world.tasks = list.into_iter().map(task).collect::<Result<_, _>>()?;
        }
        match whole.remove("credentials") {
            None => (),
            Some(Value::Object(kinds)) => world.credentials = kinds,
            Some(_) => return Err(WorldError::Shape(String::from("credentials"), "an object")),
        }
        match whole.remove("release") {
            None => (),
            Some(Value::String(release)) => world.release = Some(release),
            Some(_) => return Err(WorldError::Shape(String::from("release"), "text")),
        }
        let WorldExtra { now, next_task, kept_names } = ours(&mut whole)?;
        world.now = now;
        world.next_task = next_task.max(world.tasks.len() as u64 + 1);
        world.kept_names = kept_names;
        world.next_id = next_id(&whole, &world.discoveries)?;
        Ok(world)
    }

    /// Writes a world, which continues from there when it is read.
    pub fn to_json(&self) -> String {
        let discoveries = self.discoveries.iter().map(|it| {
            let Discovery { shown, visible_from, runs } = it;
            let extra = DiscoveryExtra { visible_from: *visible_from, runs: runs.clone() };
            let is_plain = *visible_from == 0 && runs.is_empty();
            with_ours(shown, &extra, is_plain)
        });
        let tasks = self.tasks.iter().map(|it| {
            let Task { shown, next, hidden_until, reason_in_tree } = it.clone();
            let is_plain = next == NextStep::None && hidden_until == 0 && reason_in_tree.is_none();
            with_ours(&shown, &TaskExtra { next, hidden_until, reason_in_tree }, is_plain)
        });
        let mut whole = Map::new();
        whole.insert("discoveries".to_owned(), discoveries.collect());
        whole.insert("credentials".to_owned(), Value::Object(self.credentials.clone()));
        whole.insert("tasks".to_owned(), tasks.collect());
        if let Some(release) = &self.release {
            whole.insert("release".to_owned(), json!(release));
        }
        whole.insert("next_id".to_owned(), json!(self.next_id));
        let extra = WorldExtra {
            now: self.now,
            next_task: self.next_task,
            kept_names: self.kept_names.clone(),
        };
        whole.insert(OURS.to_owned(), as_json(&extra));
        let mut text = format!("{:#}", Value::Object(whole));
        text.push('\n');
        text
    }
}

fn list(whole: &mut Map<String, Value>, key: &str) -> Result<Option<Vec<Value>>, WorldError> {
    match whole.remove(key) {
        None => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items)),
        Some(_) => Err(WorldError::Shape(key.to_owned(), "a list")),
    }
}

fn discovery(mut shown: Value) -> Result<Discovery, WorldError> {
    let DiscoveryExtra { visible_from, runs } = match &mut shown {
        Value::Object(fields) => ours(fields)?,
        _ => DiscoveryExtra::default(),
    };
    Ok(Discovery { shown, visible_from, runs })
}

fn task(mut shown: Value) -> Result<Task, WorldError> {
    let TaskExtra { next, hidden_until, reason_in_tree } = match &mut shown {
        Value::Object(fields) => ours(fields)?,
        _ => TaskExtra::default(),
    };
    Ok(Task { shown, next, hidden_until, reason_in_tree })
}

fn next_id(whole: &Map<String, Value>, discoveries: &[Discovery]) -> Result<u64, WorldError> {
    let taken = discoveries.iter().filter_map(|it| it.id()?.parse::<u64>().ok()).max();
    let free = taken.unwrap_or(0) + 1;
    match whole.get("next_id") {
        None => Ok(free),
        Some(it) => {
            let given = it.as_u64().or_else(|| it.as_str()?.parse().ok());
            given.ok_or_else(|| WorldError::Shape(String::from("next_id"), "a whole number"))
        }
    }
}

/// Takes the simulator's own member out of an object.
fn ours<T: DeserializeOwned + Default>(object: &mut Map<String, Value>) -> Result<T, WorldError> {
    match object.shift_remove(OURS) {
        None => Ok(T::default()),
        Some(value) => serde_json::from_value(value)
            .map_err(|_| WorldError::Shape(OURS.to_owned(), "what a simulator wrote")),
    }
}

fn with_ours(shown: &Value, extra: &impl Serialize, is_plain: bool) -> Value {
    let mut whole = shown.clone();
    if let Value::Object(fields) = &mut whole
        && !is_plain
    {
        fields.insert(OURS.to_owned(), as_json(extra));
    }
    whole
}

fn as_json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("invariant: these types have text for keys and no error")
}
