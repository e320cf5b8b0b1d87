//! The world file: objects as the controller shows them, and what only the simulator knows.
//!
//! Reads and writes text. The file itself is not touched here.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

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
        let mut whole: Value = serde_json::from_str(text).map_err(WorldError::NotJson)?;
        let Some(members) = whole.as_object() else {
            return Err(WorldError::Shape(String::from("the top"), "an object"));
        };
        if let Some(key) = members.keys().find(|it| !MEMBERS.contains(&it.as_str())) {
            return Err(WorldError::Unknown(key.clone()));
        }
        let mut world = Self::default();
        for mut shown in
            take::<Vec<Value>>(&mut whole, "discoveries", "a list")?.unwrap_or_default()
        {
            let DiscoveryExtra { visible_from, runs } = take_extra(&mut shown)?;
            world.discoveries.push(Discovery { shown, visible_from, runs });
        }
        for mut shown in take::<Vec<Value>>(&mut whole, "tasks", "a list")?.unwrap_or_default() {
            let TaskExtra { next, hidden_until, reason_in_tree } = take_extra(&mut shown)?;
            world.tasks.push(Task { shown, next, hidden_until, reason_in_tree });
        }
        if let Some(kinds) = take(&mut whole, "credentials", "an object")? {
            world.credentials = kinds;
        }
        world.release = take(&mut whole, "release", "text")?;
        let WorldExtra { now, next_task, kept_names } = take_extra(&mut whole)?;
        world.now = now;
        world.next_task = next_task.max(world.tasks.len() as u64 + 1);
        world.kept_names = kept_names;
        world.next_id = match whole.get("next_id") {
            None => {
                world.discoveries.iter().filter_map(|it| it.id()?.parse().ok()).max().unwrap_or(0)
                    + 1
            }
            Some(it) => it
                .as_u64()
                .or_else(|| it.as_str()?.parse().ok())
                .ok_or_else(|| WorldError::Shape(String::from("next_id"), "a whole number"))?,
        };
        Ok(world)
    }

    /// Writes a world, which continues from there when it is read.
    pub fn to_json(&self) -> String {
        let discoveries = self.discoveries.iter().map(|it| {
            let Discovery { shown, visible_from, runs } = it.clone();
            let is_plain = visible_from == 0 && runs.is_empty();
            with_extra(shown, &DiscoveryExtra { visible_from, runs }, is_plain)
        });
        let tasks = self.tasks.iter().map(|it| {
            let Task { shown, next, hidden_until, reason_in_tree } = it.clone();
            let is_plain = next == NextStep::None && hidden_until == 0 && reason_in_tree.is_none();
            with_extra(shown, &TaskExtra { next, hidden_until, reason_in_tree }, is_plain)
        });
        let mut whole = json!({
            "discoveries": discoveries.collect::<Value>(),
            "credentials": self.credentials,
            "tasks": tasks.collect::<Value>(),
        });
        if let Some(release) = &self.release {
            whole["release"] = json!(release);
        }
        whole["next_id"] = json!(self.next_id);
        let (now, next_task, kept_names) = (self.now, self.next_task, self.kept_names.clone());
        whole[OURS] = json!(WorldExtra { now, next_task, kept_names });
        format!("{whole:#}\n")
    }
}

/// Takes a member out of an object.
fn take<T: DeserializeOwned>(
    object: &mut Value,
    key: &str,
    shape: &'static str,
) -> Result<Option<T>, WorldError> {
    let value = object.as_object_mut().and_then(|it| it.shift_remove(key));
    let read = value.map(serde_json::from_value).transpose();
    read.map_err(|_| WorldError::Shape(key.to_owned(), shape))
}

/// Takes the simulator's own member out of an object.
fn take_extra<T: DeserializeOwned + Default>(object: &mut Value) -> Result<T, WorldError> {
    Ok(take(object, OURS, "what a simulator wrote")?.unwrap_or_default())
}

fn with_extra(mut shown: Value, extra: &impl Serialize, is_plain: bool) -> Value {
    if let Value::Object(fields) = &mut shown
        && !is_plain
    {
        fields.insert(OURS.to_owned(), json!(extra));
    }
    shown
}
