//! What a write does to discoveries once its time has come.

use serde_json::{Map, Value, json};

use super::{
    check,
    state::{At, Deleted, Discovery, KeptName, World},
    wire,
    work::{Done, Failed, Work},
};
use crate::{
    Quirks,
    quirk::{
        DeleteRunning, EditRuns, EditStatus, EditWhenRunning, Ipv6, Limits, PutPersists,
        PutProgress, RunWhenRunning, StopWhenStopped, UnknownCredential,
    },
    seed::KINDS,
};

/// The vendor's words, which clients look for.
const DUPLICATE: &str = "Discovery name is duplicate";

const DELETED: &str = "Discovery deleted successfully.";

/// The most global credentials of a kind, in the user interface.
const MOST_OF_A_KIND: usize = 5;

impl World {
    /// Does the work of a task.
    pub(super) fn carry_out(
        &mut self,
        work: &Work,
        task_id: &str,
        at: At<'_>,
    ) -> Result<Done, Failed> {
        match work {
            Work::Create { body } => self.carry_create(body, task_id, at),
            Work::Edit { id, body } => self.carry_edit((id.as_str(), body), task_id, at),
            Work::Run { id, body } => self.carry_run((id.as_str(), body), task_id, at),
            Work::Stop { id, body } => self.carry_stop((id.as_str(), body), at),
            Work::Delete { id } => self.carry_delete(id, at),
            Work::DeleteSome { ids } => self.carry_deletes(ids, at),
            Work::DeleteAll => {
                let ids: Vec<String> = self.discoveries.iter().filter_map(Discovery::id).collect();
                self.carry_deletes(&ids, at)
            }
            Work::Credentials(it) => self.carry_credentials(it, at),
        }
    }

    /// What the task says of work that it did not do.
    pub(super) fn pretend(&mut self, work: &Work, at: At<'_>) -> Done {
        match work {
            Work::Create { .. } => {
                let id = self.new_id();
                Done { progress: id.clone(), created: Some(id), runs: false }
            }
            Work::Edit { id, .. } | Work::Run { id, .. } | Work::Stop { id, .. } => {
                Done::saying(put_progress(id, &at.rules.quirks))
            }
            Work::Delete { .. } | Work::DeleteSome { .. } | Work::DeleteAll => {
                Done::saying(DELETED)
            }
            Work::Credentials(it) => Done::saying(it.done_progress()),
        }
    }

    pub(super) fn new_id(&mut self) -> String {
        let id = self.next_id.to_string();
        self.next_id += 1;
        id
    }

    /// Takes a discovery away, and ends its run.
    pub(super) fn take_away(&mut self, index: usize, by_request: bool, at: At<'_>) {
        self.close_run(index, at);
        let discovery = self.discoveries.remove(index);
        let kept = at.rules.quirks.name_release;
        if let Some(name) = discovery.name().filter(|_| !kept.is_zero()) {
            let until = at.now + millis(kept);
            self.kept_names.push(KeptName { name: name.to_owned(), until });
        }
        self.deleted.push(Deleted { discovery, when: at.now, by_request });
    }

    fn carry_create(
        &mut self,
        body: &Map<String, Value>,
        task_id: &str,
        at: At<'_>,
    ) -> Result<Done, Failed> {
        let quirks = &at.rules.quirks;
        if self.has_name(wire::text(body, "name"), at.now) {
            return Err(DUPLICATE.to_owned());
        }
        check::bad_post_value(body, quirks).map_or(Ok(()), Err)?;
        self.check_write(body, at)?;
        let settings = wire::from_post(body, quirks);
        let index = self.add(settings, at);
        self.discoveries[index].visible_from = at.now + millis(quirks.visible_after);
        self.start_run(index, task_id, at);
        let id = self.discoveries[index].id().unwrap_or_default();
        Ok(Done { progress: id.clone(), created: Some(id), runs: true })
    }

    fn carry_edit(
        &mut self,
        (id, body): (&str, &Map<String, Value>),
        task_id: &str,
        at: At<'_>,
    ) -> Result<Done, Failed> {
        let quirks = &at.rules.quirks;
        let index = self.index(id)?;
        if self.discoveries[index].is_running()
            && quirks.edit_when_running == EditWhenRunning::Fails
        {
            return Err(format!("Discovery with id {id} is in progress"));
        }
        if quirks.put_persists != PutPersists::Never {
            self.keep(index, body, at)?;
        }
        if quirks.edit_status == EditStatus::Edit {
            self.discoveries[index].set("discoveryStatus", "Edit");
        }
        let runs = quirks.edit_runs == EditRuns::Yes;
        if runs {
            self.start_run(index, task_id, at);
        }
        Ok(Done { runs, ..Done::saying(put_progress(id, quirks)) })
    }

    fn carry_run(
        &mut self,
        (id, body): (&str, &Map<String, Value>),
        task_id: &str,
        at: At<'_>,
    ) -> Result<Done, Failed> {
        let quirks = &at.rules.quirks;
        let index = self.index(id)?;
        if quirks.put_persists == PutPersists::Always {
            self.keep(index, body, at)?;
        }
        let done = Done::saying(put_progress(id, quirks));
        if self.discoveries[index].is_running() {
            match quirks.run_when_running {
                RunWhenRunning::Ignored => return Ok(done),
                RunWhenRunning::Restarts => (),
                RunWhenRunning::Fails => {
                    return Err(format!("Discovery with id {id} is in progress"));
                }
            }
        }
        self.start_run(index, task_id, at);
        Ok(Done { runs: true, ..done })
    }

    fn carry_stop(
        &mut self,
        (id, body): (&str, &Map<String, Value>),
        at: At<'_>,
    ) -> Result<Done, Failed> {
        let quirks = &at.rules.quirks;
        let index = self.index(id)?;
        if quirks.put_persists == PutPersists::Always {
            self.keep(index, body, at)?;
        }
        if self.discoveries[index].is_running() {
            self.stop_run(index, at);
        } else if quirks.stop_when_stopped == StopWhenStopped::Fails {
            return Err(format!("Discovery with id {id} is not in progress"));
        }
        Ok(Done::saying(put_progress(id, quirks)))
    }

    fn carry_delete(&mut self, id: &str, at: At<'_>) -> Result<Done, Failed> {
        let index = self.index(id)?;
        let keeps_running = at.rules.quirks.delete_running == DeleteRunning::Fails;
        if keeps_running && self.discoveries[index].is_running() {
            return Err(format!("Discovery with id {id} is in progress and locked"));
        }
        self.take_away(index, true, at);
        Ok(Done::saying(DELETED))
    }

    /// What is gone by now is no failure here.
    fn carry_deletes(&mut self, ids: &[String], at: At<'_>) -> Result<Done, Failed> {
        for id in ids {
            if self.index(id).is_ok() {
                self.carry_delete(id, at)?;
            }
        }
        Ok(Done::saying(DELETED))
    }

    /// Adds a discovery that never ran, and says where.
    pub(super) fn add(&mut self, mut settings: Map<String, Value>, at: At<'_>) -> usize {
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

    /// Keeps the settings of a PUT.
    fn keep(&mut self, index: usize, body: &Map<String, Value>, at: At<'_>) -> Result<(), Failed> {
        let quirks = &at.rules.quirks;
        let before = self.discoveries[index].fields().cloned().unwrap_or_default();
        let after = wire::edited(&before, body, quirks);
        check::bad_put_value(body, [&before, &after], quirks).map_or(Ok(()), Err)?;
        self.check_write(body, at)?;
        let (old, new) = (wire::text(&before, "name"), wire::text(&after, "name"));
        if old != new && self.has_name(new, at.now) {
            return Err(DUPLICATE.to_owned());
        }
        self.discoveries[index].shown = Value::Object(after);
        Ok(())
    }

    /// Checks what only the whole world can tell.
    fn check_write(&self, body: &Map<String, Value>, at: At<'_>) -> Result<(), Failed> {
        let quirks = &at.rules.quirks;
        if quirks.ipv6 == Ipv6::Fail && check::has_ipv6(body) {
            return Err(String::from("IPv6 addresses are not supported"));
        }
        let ids = body.get("globalCredentialIdList").and_then(Value::as_array);
        let kinds = ids.into_iter().flatten().filter_map(Value::as_str).map(|id| {
            let kind = self.kind_of_credential(id);
            kind.ok_or_else(|| format!("Global credential {id} does not exist"))
        });
        let kinds: Result<Vec<&str>, Failed> = kinds.collect();
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

pub(super) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
