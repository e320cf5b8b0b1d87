//! Runs: how they start and end, and their jobs.

use serde_json::{Value, json};

use super::{
    addresses,
    answer::Refusal,
    query::Query,
    state::{At, Discovery, Run, World},
    tasks::{NextStep, Task},
};
use crate::{
    quirk::{Devices, JobTimes, JobsKept, RunEnds, RunningCondition, StopCondition},
    seed,
};

/// The most devices that a run finds.
const MOST_DEVICES: usize = 5;

impl World {
    pub(super) fn start_run(&mut self, index: usize, task_id: &str, at: At<'_>) {
        self.close_run(index, at);
        let discovery = &mut self.discoveries[index];
        let condition = match at.rules.quirks.running_condition {
            RunningCondition::InProgress => "In Progress",
            RunningCondition::Queued => "Queued",
        };
        discovery.set_state("Active", condition);
        discovery.runs.push(Run {
            task_id: task_id.to_owned(),
            start_time: at.now,
            due: at.now + at.rules.run_time,
            ..Run::default()
        });
    }

    /// Adds a run to each discovery that is running by a world file without a run.
    pub(crate) fn adopt_runs(&mut self, at: At<'_>) {
        for discovery in &mut self.discoveries {
            let condition = discovery.text("discoveryCondition").to_lowercase();
            let is_usual = matches!(condition.as_str(), "in progress" | "queued");
            if discovery.is_running() && is_usual && discovery.open_run().is_none() {
                let due = at.now + at.rules.run_time;
                discovery.runs.push(Run { start_time: at.now, due, ..Run::default() });
            }
        }
    }

    /// Ends a run that is due, with the devices that it found.
    pub(super) fn end_run(&mut self, index: usize, at: At<'_>) {
        self.close_run(index, at);
        let discovery = &mut self.discoveries[index];
        let condition = match at.rules.quirks.run_ends {
            RunEnds::Complete => "Complete",
            RunEnds::Aborted => "Aborted",
            RunEnds::Failed => "Failed",
            RunEnds::Odd => "Partially Collected",
        };
        discovery.set_state("Inactive", condition);
        let addresses = found(discovery, at);
        discovery.set("numDevices", json!(addresses.len()));
        let ids: Vec<String> = addresses.iter().map(|it| device_id(it, at)).collect();
        if !ids.is_empty() {
            discovery.set("deviceIds", ids.join(","));
        } else if let Value::Object(fields) = &mut discovery.shown {
            fields.shift_remove("deviceIds");
        }
        if let Some(run) = discovery.runs.last_mut() {
            run.addresses = addresses;
        }
    }

    pub(super) fn stop_run(&mut self, index: usize, at: At<'_>) {
        self.close_run(index, at);
        let condition = match at.rules.quirks.stop_condition {
            StopCondition::Aborted => "Aborted",
            StopCondition::Complete => "Complete",
            StopCondition::Failed => "Failed",
            StopCondition::YetToStart => "Yet to Start",
        };
        self.discoveries[index].set_state("Inactive", condition);
    }

    /// Ends the current run, and the task that waits for its end.
    pub(super) fn close_run(&mut self, index: usize, at: At<'_>) {
        let open = self.discoveries[index].runs.last_mut().filter(|it| it.end_time.is_none());
        if let Some(run) = open {
            run.end_time = Some(at.now);
            let task_id = run.task_id.clone();
            let waits = |it: &Task| it.next == NextStep::RunEnd && it.id() == task_id;
            if let Some(index) = self.tasks.iter().position(waits) {
                self.end_soon(index, at);
            }
        }
    }

    /// The jobs of one discovery, the latest run first.
    pub(crate) fn jobs_of(&self, id: &str, query: &Query, at: At<'_>) -> Result<Value, Refusal> {
        let jobs = jobs(self.visible(id, at)?, at).into_iter();
        query.page(jobs.filter(|it| query.allows("ipAddress", text(it, "ipAddress"))))
    }

    /// The jobs of all discoveries for an address.
    pub(crate) fn jobs(&self, query: &Query, at: At<'_>) -> Result<Value, Refusal> {
        if query.one("ipAddress").is_none() {
            return Err(Refusal::bad("`ipAddress` is required"));
        }
        let all = self.listed(at).into_iter().flat_map(|it| jobs(it, at));
        let keys = ["ipAddress", "name"];
        query.page(all.filter(|it| keys.iter().all(|key| query.allows(key, text(it, key)))))
    }
}

/// The id of the device at an address, which is the same for every discovery.
pub(super) fn device_id(address: &str, at: At<'_>) -> String {
    seed::uuid(&mut seed::numbers(at.rules.seed, &["device", address]))
}

fn text<'a>(item: &'a Value, key: &str) -> &'a str {
    item.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The addresses of the devices that a run of this discovery finds.
fn found(discovery: &Discovery, at: At<'_>) -> Vec<String> {
    if at.rules.quirks.devices == Devices::None {
        return Vec::new();
    }
    let id = discovery.id().unwrap_or_default();
    let count = seed::numbers(at.rules.seed, &["found", &id]).usize(1..=MOST_DEVICES);
    let addresses = addresses::some(discovery.text("ipAddressList"), count);
    addresses.iter().map(ToString::to_string).collect()
}

fn jobs(discovery: &Discovery, at: At<'_>) -> Vec<Value> {
    let kept = match at.rules.quirks.jobs_kept {
        JobsKept::All => usize::MAX,
        JobsKept::Last => 1,
    };
    let runs = discovery.runs.iter().rev().take(kept);
    let jobs = runs.flat_map(|run| {
        if !run.addresses.is_empty() {
            return run.addresses.iter().map(|it| job(discovery, run, it, true, at)).collect();
        }
        // A run that has not ended, or found nothing, has at least tried its first address.
        let tried = addresses::some(discovery.text("ipAddressList"), 1);
        let jobs = tried.iter().map(|it| job(discovery, run, &it.to_string(), false, at));
        jobs.collect::<Vec<_>>()
    });
    jobs.collect()
}

fn job(discovery: &Discovery, run: &Run, address: &str, is_found: bool, at: At<'_>) -> Value {
    let id = seed::uuid(&mut seed::numbers(at.rules.seed, &["job", &run.task_id, address]));
    let time = |it: u64| match at.rules.quirks.job_times {
        JobTimes::Text => json!(it.to_string()),
        JobTimes::Number => json!(it),
    };
    let result = if is_found { "SUCCESS" } else { "FAILURE" };
    let mut job = json!({
        "attributeInfo": {},
        "cliStatus": result,
        "discoveryStatus": if is_found { "MANAGED_DEVICES" } else { "UNMANAGED_DEVICES" },
        "httpStatus": "NOT-PROVIDED",
        "id": id,
        "inventoryCollectionStatus": if is_found { "MANAGED" } else { "NOT-AVAILABLE" },
        "inventoryReachabilityStatus": if is_found { "Reachable" } else { "NOT-AVAILABLE" },
        "ipAddress": address,
        "jobStatus": if run.end_time.is_some() { "Complete" } else { "In Progress" },
        "name": discovery.name(),
        "netconfStatus": "NOT-PROVIDED",
        "pingStatus": result,
        "snmpStatus": result,
        "startTime": time(run.start_time),
        "taskId": run.task_id,
    });
    if let Some(end) = run.end_time {
        job["endTime"] = time(end);
    }
    job
}
