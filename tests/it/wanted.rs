//! Compares files and world independently of the program, from the file format and the facts alone,
//! so that a mistake in the program is not repeated here.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use serde_json::{Map, Value, json};

/// The keys of an object that runs write, and those of its identity.
const NOT_SETTINGS: [&str; 9] = [
    "id",
    "discoveryStatus",
    "discoveryCondition",
    "numDevices",
    "deviceIds",
    "simulator",
    "attributeInfo",
    "isAutoCdp",
    "updateMgmtIp",
];

/// The kinds of credentials, as named in the files and by the controller.
const KINDS: [(&str, &str); 7] = [
    ("cli", "cliCredential"),
    ("snmp_v2_read", "snmpV2cRead"),
    ("snmp_v2_write", "snmpV2cWrite"),
    ("snmp_v3", "snmpV3"),
    ("http_read", "httpsRead"),
    ("http_write", "httpsWrite"),
    ("netconf", "netconfCredential"),
];

/// The discoveries of the files with their defaults applied.
pub(crate) fn wanted(files: &[Value]) -> BTreeMap<String, Map<String, Value>> {
    let entries = files.iter().flat_map(|file| {
        let list = file["discoveries"].as_array().unwrap().iter();
        list.map(|it| (it["name"].as_str().unwrap().to_owned(), effective(&file["defaults"], it)))
    });
    entries.collect()
}

fn effective(defaults: &Value, entry: &Value) -> Map<String, Value> {
    let mut all = defaults.as_object().unwrap().clone();
    for (key, value) in entry.as_object().unwrap() {
        match (all.get_mut(key), value) {
            (Some(Value::Object(kinds)), Value::Object(given)) if key == "credentials" => {
                kinds.extend(given.clone());
            }
            _ => {
                all.insert(key.clone(), value.clone());
            }
        }
    }
    all.retain(|_, value| !value.is_null());
    all
}

/// Returns the differences between the files and the world, except for these names.
pub(crate) fn departures(files: &[Value], world: &Value, left_out: &[String]) -> Vec<String> {
    let mut departures = Vec::new();
    for (name, want) in wanted(files) {
        if left_out.contains(&name) {
            continue;
        }
        let found = named(world, &name);
        let state = want.get("state").and_then(Value::as_str).unwrap_or("present");
        match (state, found.as_slice()) {
            ("absent" | "stopped", []) => (),
            ("present" | "stopped", [it]) => {
                let fields = fields(&want, it, &world["credentials"]);
                departures.extend(fields.into_iter().map(|it| format!("`{name}`: {it}")));
                let runs = text(it, "discoveryStatus").eq_ignore_ascii_case("active");
                if state == "stopped" && runs {
                    departures.push(format!("`{name}` runs"));
                }
            }
            (state, found) => {
                departures.push(format!("`{name}` is to be {state}, there are {}", found.len()));
            }
        }
    }
    departures
}

pub(crate) fn named<'a>(world: &'a Value, name: &str) -> Vec<&'a Value> {
    let all = world["discoveries"].as_array().unwrap().iter();
    all.filter(|it| it["name"] == name).collect()
}

/// Returns the settings that the files leave open and that changed although the discovery was kept.
pub(crate) fn trespasses(files: &[Value], before: &Value, after: &Value) -> Vec<String> {
    let keys = [
        ("exclude", "ipFilterList"),
        ("protocols", "protocolOrder"),
        ("retries", "retryCount"),
        ("timeout", "timeOut"),
        ("management_ip", "preferredMgmtIPMethod"),
        ("netconf_port", "netconfPort"),
    ];
    let mut wrong = Vec::new();
    for (name, want) in wanted(files) {
        let (had, has) = (named(before, &name), named(after, &name));
        let ([was], [is]) = (had.as_slice(), has.as_slice()) else {
            continue;
        };
        for (key, wire) in keys {
            // A missing value may now be present with the controller's default.
            let (was, is) = (meaning(&was[wire]), meaning(&is[wire]));
            if !want.contains_key(key) && !was.is_empty() && was != is {
                wrong.push(format!("`{name}`: {wire} was {was} and is {is}"));
            }
        }
        let managed = want.get("credentials").cloned().unwrap_or_default();
        for (kind, wire) in KINDS {
            let ids = |it: &Value| ids_of(it, &before["credentials"][wire]);
            if managed[kind].is_null() && ids(was) != ids(is) {
                wrong.push(format!("`{name}`: {kind} was {:?} and is {:?}", ids(was), ids(is)));
            }
        }
    }
    wrong
}

fn ids_of(object: &Value, known: &Value) -> BTreeSet<String> {
    let all = object["globalCredentialIdList"].as_array().into_iter().flatten();
    let is_known = |id: &&Value| known.as_array().unwrap().iter().any(|it| it["id"] == **id);
    all.filter(is_known).map(Value::to_string).collect()
}

/// Normalises a value so that equivalent spellings are equal; a missing value is empty.
fn meaning(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        // A missing method of choosing the address is the same as `None`
        // (controller-facts.md#lenient-values).
        Value::String(it) if it.eq_ignore_ascii_case("none") => String::new(),
        Value::String(it) => it.to_lowercase().replace(' ', ""),
        other => other.to_string(),
    };
    let mut parts = text.split(',').map(|it| it.trim_end_matches("/32")).collect::<Vec<_>>();
    if !text.contains("ssh") {
        parts.sort_unstable();
    }
    parts.join(",")
}

/// Counts the runs of a name, including one in progress that is not recorded.
pub(crate) fn n_runs(world: &Value, name: &str) -> usize {
    let of_one = |it: &&Value| {
        let known = it["simulator"]["runs"].as_array().map_or(0, Vec::len);
        let last = it["simulator"]["runs"].as_array().and_then(|it| it.last());
        let is_open = last.is_some_and(|it| it["endTime"].is_null());
        let is_usual = ["in progress", "queued"]
            .contains(&text(it, "discoveryCondition").to_lowercase().as_str());
        let runs = text(it, "discoveryStatus").eq_ignore_ascii_case("active") && is_usual;
        known + usize::from(runs && !is_open)
    };
    named(world, name).iter().map(of_one).sum()
}

/// The settings of all discoveries without the members that runs write, sorted.
pub(crate) fn settings_of(world: &Value) -> Vec<String> {
    let all = world["discoveries"].as_array().unwrap().iter();
    let mut texts = all.map(|it| without_run(it).to_string()).collect::<Vec<_>>();
    texts.sort();
    texts
}

/// An object without the members that runs write, sorted by key.
pub(crate) fn without_run(object: &Value) -> Value {
    let members = object.as_object().unwrap().iter();
    let kept = members.filter(|(key, _)| !NOT_SETTINGS.contains(&key.as_str()));
    let sorted = kept.map(|(key, value)| (key.clone(), value.clone()));
    json!(sorted.collect::<BTreeMap<_, _>>())
}

fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object[key].as_str().unwrap_or_default().trim()
}

fn number(object: &Value, key: &str) -> Option<u64> {
    object[key].as_u64().or_else(|| text(object, key).parse().ok())
}

fn fields(want: &Map<String, Value>, have: &Value, known: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for (key, value) in want {
        let is_as_wanted = match key.as_str() {
            "address" | "ranges" | "cidr" | "cdp" | "lldp" => is_target(key, value, have),
            "exclude" => {
                let words = value.as_array().unwrap().iter().map(|it| it.as_str().unwrap());
                let have = text(have, "ipFilterList").split(',').map(str::trim);
                prefixes(words) == prefixes(have.filter(|it| !it.is_empty()))
            }
            "credentials" => are_credentials(value, have, known),
            "protocols" => {
                let have = text(have, "protocolOrder").to_lowercase().replace(' ', "");
                let want = value.as_array().unwrap().iter().map(|it| it.as_str().unwrap());
                have == want.collect::<Vec<_>>().join(",")
            }
            "retries" => number(have, "retryCount") == value.as_u64(),
            "timeout" => {
                let seconds = match value.as_str().unwrap() {
                    "1m" => 60,
                    other => other.trim_end_matches('s').parse().unwrap(),
                };
                number(have, "timeOut") == Some(seconds)
            }
            "management_ip" => {
                let loops = text(have, "preferredMgmtIPMethod").eq_ignore_ascii_case("useloopback");
                loops == (value == "loopback")
            }
            "netconf_port" => number(have, "netconfPort") == value.as_u64(),
            "name" | "state" | "rerun" | "on_change" => true,
            other => panic!("the oracle does not know `{other}`"),
        };
        if !is_as_wanted {
            wrong.push(format!("{key} is not {value} in {have}"));
        }
    }
    wrong
}

fn is_target(key: &str, want: &Value, have: &Value) -> bool {
    let kind = text(have, "discoveryType").to_lowercase();
    let list = text(have, "ipAddressList");
    let hops = |level: &str| {
        let want = want["hops"].as_u64().unwrap_or(16);
        number(have, level).is_none_or(|it| it == want)
    };
    let seed = || address(list) == address(want["seed"].as_str().unwrap());
    match key {
        "address" => kind == "single" && address(list) == address(want.as_str().unwrap()),
        "ranges" => {
            let words = want.as_array().unwrap().iter().map(|it| it.as_str().unwrap());
            let is_kind = kind == "range" || kind == "multi range";
            is_kind && ranges(words) == ranges(list.split(','))
        }
        "cidr" => kind == "cidr" && prefixes([want.as_str().unwrap()]) == prefixes([list]),
        "cdp" => kind == "cdp" && seed() && hops("cdpLevel"),
        _ => kind == "lldp" && seed() && hops("lldpLevel"),
    }
}

fn are_credentials(want: &Value, have: &Value, known: &Value) -> bool {
    let have = have["globalCredentialIdList"].as_array().cloned().unwrap_or_default();
    let kinds = want.as_object().unwrap().iter().filter(|(_, refs)| !refs.is_null());
    kinds.into_iter().all(|(kind, refs)| {
        let (_, wire) = KINDS.iter().find(|(it, _)| it == kind).unwrap();
        let known = known[*wire].as_array().cloned().unwrap_or_default();
        let expected = refs.as_array().unwrap().iter().flat_map(|it| {
            let matches_key = |key: &str, value: &Value| it[key].is_null() || it[key] == *value;
            let is_match = move |known: &&Value| match it {
                Value::String(description) => known["description"] == *description,
                _ => ["description", "username", "id"]
                    .iter()
                    .all(|key| matches_key(key, &known[*key])),
            };
            known.iter().filter(is_match).map(|it| it["id"].to_string()).collect::<Vec<_>>()
        });
        let expected = expected.collect::<BTreeSet<_>>();
        let there = have.iter().filter(|id| known.iter().any(|it| it["id"] == **id));
        let there = there.map(Value::to_string).collect::<BTreeSet<_>>();
        expected == there
            && (expected.is_empty() || refs.as_array().unwrap().len() == expected.len())
    })
}

fn address(text: &str) -> IpAddr {
    text.trim().parse().unwrap_or_else(|_| panic!("`{text}` is no address"))
}

/// Ranges as pairs of addresses.
pub(crate) fn ranges<'a>(words: impl IntoIterator<Item = &'a str>) -> BTreeSet<(IpAddr, IpAddr)> {
    let range = |it: &str| match it.split_once('-') {
        Some((first, last)) => (address(first), address(last)),
        None => (address(it), address(it)),
    };
    words.into_iter().map(range).collect()
}

/// Prefixes as the first and the last of their addresses.
pub(crate) fn prefixes<'a>(words: impl IntoIterator<Item = &'a str>) -> BTreeSet<(IpAddr, IpAddr)> {
    let prefix = |it: &str| {
        let (first, length) = match it.split_once('/') {
            Some((first, length)) => (address(first), Some(length.trim().parse::<u32>().unwrap())),
            None => (address(it), None),
        };
        match first {
            IpAddr::V4(it) => {
                let host = u32::MAX.checked_shr(length.unwrap_or(32)).unwrap_or(0);
                let bits = it.to_bits();
                (IpAddr::V4((bits & !host).into()), IpAddr::V4((bits | host).into()))
            }
            IpAddr::V6(it) => {
                let host = u128::MAX.checked_shr(length.unwrap_or(128)).unwrap_or(0);
                let bits = it.to_bits();
                (IpAddr::V6((bits & !host).into()), IpAddr::V6((bits | host).into()))
            }
        }
    };
    words.into_iter().map(prefix).collect()
}
