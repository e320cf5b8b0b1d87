//! The devices that runs found. They are made up from their addresses.

use serde_json::{Value, json};

use super::{
    addresses,
    answer::Refusal,
    query::{PAGE, PageOf, Query},
    reads::count,
    runs::device_id,
    state::{At, Discovery, World},
};
use crate::seed;

/// The statuses that the summary can be filtered by.
const STATUSES: [&str; 5] =
    ["pingStatus", "snmpStatus", "cliStatus", "netconfStatus", "httpStatus"];

impl World {
    pub(crate) fn devices(&self, id: &str, query: &Query, at: At<'_>) -> Result<Value, Refusal> {
        Ok(self.devices_of(id, query, at)?.into_iter().take(PAGE).collect())
    }

    pub(crate) fn device_count(
        &self,
        id: &str,
        query: &Query,
        at: At<'_>,
    ) -> Result<Value, Refusal> {
        Ok(count(self.devices_of(id, query, at)?.len(), at))
    }

    pub(crate) fn device_page(
        &self,
        page: &PageOf,
        query: &Query,
        at: At<'_>,
    ) -> Result<Value, Refusal> {
        let devices = self.devices_of(&page.id, query, at)?.into_iter();
        Ok(devices.skip(page.start.saturating_sub(1)).take(page.count).collect())
    }

    /// The documentation describes devices, and its schema has a number. This returns the number.
    pub(crate) fn summary(&self, id: &str, query: &Query, at: At<'_>) -> Result<Value, Refusal> {
        let devices = self.devices_of(id, query, at)?;
        let text = |device: &Value, key: &str| device[key].as_str().unwrap_or_default().to_owned();
        let fitting = devices.iter().filter(|it| {
            STATUSES.iter().all(|key| query.allows(key, &text(it, key)))
                && query.allows("ipAddress", &text(it, "managementIpAddress"))
        });
        Ok(count(fitting.count(), at))
    }

    fn devices_of(&self, id: &str, query: &Query, at: At<'_>) -> Result<Vec<Value>, Refusal> {
        let discovery = self.visible(id, at)?;
        let addresses = addresses_of(discovery, query.one("taskId"));
        Ok(addresses.iter().map(|it| device(it, at)).collect())
    }
}

/// The addresses that a run found: the run with this task, else the last run that has ended.
fn addresses_of(discovery: &Discovery, task_id: Option<&str>) -> Vec<String> {
    let mut latest_first = discovery.runs.iter().rev();
    let run = match task_id {
        Some(task_id) => latest_first.find(|it| it.task_id == task_id),
        None => latest_first.find(|it| it.end_time.is_some()),
    };
    match run {
        Some(run) => run.addresses.clone(),
        None if task_id.is_some() => Vec::new(),
        // A discovery from a world file has the number of its devices, and not their addresses.
        None => {
            let count = discovery.shown.get("numDevices").and_then(Value::as_u64).unwrap_or(0);
            let count = usize::try_from(count).unwrap_or(PAGE).min(PAGE);
            let some = addresses::some(discovery.text("ipAddressList"), count);
            some.iter().map(ToString::to_string).collect()
        }
    }
}

fn device(address: &str, at: At<'_>) -> Value {
    let mut numbers = seed::numbers(at.rules.seed, &["looks of", address]);
    let models = [
        ("Switches and Hubs", "C9300-24P", "FCW"),
        ("Switches and Hubs", "C9500-40X", "FCW"),
        ("Routers", "ISR4451-X/K9", "FJC"),
    ];
    let (family, platform, maker) = models[numbers.usize(0..models.len())];
    json!({
        "id": device_id(address, at),
        "hostname": format!("device-{}", address.replace(['.', ':'], "-")),
        "managementIpAddress": address,
        "reachabilityStatus": "Success",
        "reachabilityFailureReason": "",
        "pingStatus": "SUCCESS",
        "snmpStatus": "SUCCESS",
        "cliStatus": "SUCCESS",
        "httpStatus": "NOT-PROVIDED",
        "netconfStatus": "NOT-PROVIDED",
        "family": family,
        "platformId": platform,
        "serialNumber": format!("{maker}{:04}L{:03}", numbers.u16(2000..2600), numbers.u16(0..1000)),
        "softwareVersion": "17.9.4",
    })
}
