//! The effects of writes, when their task time is over.

use serde_json::{Value, json};

use super::{
    Object, check,
    operation::{Done, Failed, Operation},
    state::{At, Deleted, Discovery, KeptName, World},
    wire,
};
use crate::{
    Quirks,
    quirk::{
        DeleteRunning, EditRuns, EditStatus, EditWhenRunning, Ipv6, Limits, PutPersists,
        PutProgress, RunWhenRunning, StopWhenStopped, UnknownCredential,
    },
    seed::KINDS,
};

/// Clients look for this text.
const DUPLICATE: &str = "Discovery name is duplicate";

const DELETED: &str = "Discovery deleted successfully.";

/// The most global credentials of a kind that the UI lets a discovery have.
const MOST_OF_A_KIND: usize = 5;

impl World {
    pub(super) fn execute(
        &mut self,
        operation: &Operation,
        task_id: &str,
        at: At<'_>,
    ) -> Result<Done, Failed> {
        match operation {
            Operation::Create { body } => self.execute_create(body, task_id, at),
            Operation::Edit { id, body }
            | Operation::Run { id, body }
            | Operation::Stop { id, body } => {
                let index = self.index(id)?;
                let runs = self.execute_put(operation, index, body, at)?;
                if runs {
                    self.start_run(index, task_id, at);
                }
                Ok(Done { runs, ..Done::with_progress(put_progress(id, &at.rules.quirks)) })
            }
            Operation::Delete { id } => self.execute_delete(id, at),
            Operation::DeleteSome { ids } => self.execute_deletes(ids, at),
            Operation::DeleteAll => {
                let ids: Vec<String> = self.discoveries.iter().filter_map(Discovery::id).collect();
                self.execute_deletes(&ids, at)
            }
            Operation::Credentials(it) => self.execute_credentials(it, at),
        }
    }

    /// The result that a task reports for an operation that it did not execute.
    pub(super) fn pretended_result(&mut self, operation: &Operation, at: At<'_>) -> Done {
        match operation {
            Operation::Create { .. } => {
                let id = self.new_id();
                Done { progress: id.clone(), created: Some(id), runs: false }
            }
            Operation::Edit { id, .. } | Operation::Run { id, .. } | Operation::Stop { id, .. } => {
                Done::with_progress(put_progress(id, &at.rules.quirks))
            }
            Operation::Delete { .. } | Operation::DeleteSome { .. } | Operation::DeleteAll => {
                Done::with_progress(DELETED)
            }
            Operation::Credentials(it) => Done::with_progress(it.done_progress()),
        }
    }

    pub(super) fn new_id(&mut self) -> String {
        let id = self.next_id.to_string();
        self.next_id += 1;
        id
    }

    /// Removes a discovery, and ends its run.
    pub(super) fn remove_discovery(&mut self, index: usize, by_request: bool, at: At<'_>) {
        self.close_run(index, at);
        let discovery = self.discoveries.remove(index);
        let kept = at.rules.quirks.name_release;
        if let Some(name) = discovery.name().filter(|_| !kept.is_zero()) {
            let until = at.now + millis(kept);
            self.kept_names.push(KeptName { name: name.to_owned(), until });
        }
        self.deleted.push(Deleted { discovery, when: at.now, by_request });
    }

    fn execute_create(&mut self, body: &Object, task_id: &str, at: At<'_>) -> Result<Done, Failed> {
        let quirks = &at.rules.quirks;
        if self.has_name(wire::text(body, "name"), at.now) {
            return Err(DUPLICATE.to_owned());
        }
        check::post_value_error(body, quirks).map_or(Ok(()), Err)?;
        self.check_write(body, at)?;
        let index = self.add(wire::from_post(body, quirks), at);
        self.discoveries[index].visible_from = at.now + millis(quirks.visible_after);
        self.start_run(index, task_id, at);
        let id = self.discoveries[index].id().unwrap_or_default();
        Ok(Done { progress: id.clone(), created: Some(id), runs: true })
    }

    /// Executes an edit, a run or a stop, and returns whether a run starts.
    fn execute_put(
        &mut self,
        operation: &Operation,
        index: usize,
        body: &Object,
        at: At<'_>,
    ) -> Result<bool, Failed> {
        let quirks = &at.rules.quirks;
        let id = self.discoveries[index].id().unwrap_or_default();
        let is_running = self.discoveries[index].is_running();
        let is_edit = matches!(operation, Operation::Edit { .. });
        let in_progress = || Err(format!("Discovery with id {id} is in progress"));
        if is_edit && is_running && quirks.edit_when_running == EditWhenRunning::Fails {
            return in_progress();
        }
        let stores = match quirks.put_persists {
            PutPersists::Edit => is_edit,
            PutPersists::Always => true,
            PutPersists::Never => false,
        };
        if stores {
            self.store(index, body, at)?;
        }
        match operation {
            Operation::Run { .. } => match quirks.run_when_running {
                RunWhenRunning::Ignored => Ok(!is_running),
                RunWhenRunning::Fails if is_running => in_progress(),
                RunWhenRunning::Restarts | RunWhenRunning::Fails => Ok(true),
            },
            Operation::Stop { .. } => {
                if is_running {
                    self.stop_run(index, at);
                } else if quirks.stop_when_stopped == StopWhenStopped::Fails {
                    return Err(format!("Discovery with id {id} is not in progress"));
                }
                Ok(false)
            }
            _ => {
                if quirks.edit_status == EditStatus::Edit {
                    self.discoveries[index].set("discoveryStatus", "Edit");
                }
                Ok(quirks.edit_runs == EditRuns::Yes)
            }
        }
    }

    fn execute_delete(&mut self, id: &str, at: At<'_>) -> Result<Done, Failed> {
        let index = self.index(id)?;
        let keeps_running = at.rules.quirks.delete_running == DeleteRunning::Fails;
        if keeps_running && self.discoveries[index].is_running() {
            return Err(format!("Discovery with id {id} is in progress and locked"));
        }
        self.remove_discovery(index, true, at);
        Ok(Done::with_progress(DELETED))
    }

    /// Skips discoveries that no longer exist.
    fn execute_deletes(&mut self, ids: &[String], at: At<'_>) -> Result<Done, Failed> {
        for id in ids {
            if self.index(id).is_ok() {
                self.execute_delete(id, at)?;
            }
        }
        Ok(Done::with_progress(DELETED))
    }

    /// Adds a discovery that never ran, and returns its index.
    pub(super) fn add(&mut self, mut settings: Object, at: At<'_>) -> usize {
        let is_cdp = wire::is_cdp(&settings);
        let own = [
            ("discoveryCondition", json!("Yet to Start")),
            ("discoveryStatus", json!("Inactive")),
            ("numDevices", json!(0)),
            ("isAutoCdp", json!(is_cdp)),
            ("updateMgmtIp", json!(false)),
            ("attributeInfo", json!({})),
            ("id", json!(self.new_id())),
        ];
        settings.extend(own.map(|(key, value)| (key.to_owned(), value)));
        let shown = Value::Object(settings);
        self.discoveries.push(Discovery { shown, visible_from: at.now, runs: Vec::new() });
        self.discoveries.len() - 1
    }

    /// Stores the settings of a PUT.
    fn store(&mut self, index: usize, body: &Object, at: At<'_>) -> Result<(), Failed> {
        let quirks = &at.rules.quirks;
        let before = self.discoveries[index].fields().cloned().unwrap_or_default();
        let after = wire::edited(&before, body, quirks);
        check::put_value_error(body, [&before, &after], quirks).map_or(Ok(()), Err)?;
        self.check_write(body, at)?;
        let (old, new) = (wire::text(&before, "name"), wire::text(&after, "name"));
        if old != new && self.has_name(new, at.now) {
            return Err(DUPLICATE.to_owned());
        }
        self.discoveries[index].shown = Value::Object(after);
        Ok(())
    }

    /// Checks what needs the state of the world.
    fn check_write(&self, body: &Object, at: At<'_>) -> Result<(), Failed> {
        let quirks = &at.rules.quirks;
        let filters = body.get("ipFilterList").map(Value::to_string).unwrap_or_default();
        let has_ipv6 = wire::text(body, "ipAddressList").contains(':') || filters.contains(':');
        if has_ipv6 && quirks.ipv6 == Ipv6::Fail {
            return Err(String::from("IPv6 addresses are not supported"));
        }
        let ids = body.get("globalCredentialIdList").and_then(Value::as_array);
        let ids = ids.into_iter().flatten().filter_map(Value::as_str);
        let kinds: Result<Vec<&str>, Failed> = ids.map(|id| self.kind_of_credential(id)).collect();
        let known = match (kinds, quirks.unknown_credential) {
            (Ok(kinds), _) => kinds,
            (Err(failed), UnknownCredential::Fails) => return Err(failed),
            (Err(_), UnknownCredential::Accepted) => return Ok(()),
        };
        let count = |kind: &str| known.iter().filter(|it| **it == kind).count();
        let crowded = KINDS.into_iter().find(|kind| MOST_OF_A_KIND < count(kind));
        match crowded.filter(|_| quirks.limits == Limits::Documented) {
            Some(kind) => Err(format!("more than {MOST_OF_A_KIND} credentials of {kind}")),
            None => Ok(()),
        }
    }

    fn has_name(&self, name: &str, now: u64) -> bool {
        self.discoveries.iter().any(|it| it.name() == Some(name))
            || self.kept_names.iter().any(|it| it.name == name && now < it.until)
    }

    fn index(&self, id: &str) -> Result<usize, Failed> {
        let found = self.discoveries.iter().position(|it| it.has_id(id));
        found.ok_or_else(|| format!("Discovery with id {id} does not exist"))
    }
}

fn put_progress(id: &str, quirks: &Quirks) -> String {
    match quirks.put_progress {
        PutProgress::Id => id.to_owned(),
        PutProgress::Text => String::from("Discovery updated successfully."),
    }
}

pub(crate) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
