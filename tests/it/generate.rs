//! Generates controllers, worlds and files from few values in many spellings, so that files and
//! world often match.

use std::{collections::BTreeSet, fmt, sync::LazyLock, time::Duration};

use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};
use trueup_simulator::{Options, Quirks, Simulator, World};

/// The text that the controller returns in place of a secret.
const MASK: &str = "NO!$DATA!$";

/// The id of a deleted global credential.
const GONE: &str = "00000000-0000-4000-8000-000000000000";

/// The names in the files. Some need quotes in a file, some in a plan.
pub(crate) const NAMES: [&str; 6] = ["a", "branch-1", "branch-2", "hq \"x\"", "lab, #1", "über"];

/// Names that only the controller has; a glob of the files matches the second.
const OTHERS: [&str; 4] = ["other", "branch-9", "A", "a "];

/// Quirks that make some steps impossible or their outcome unknown, which the account must report.
const HARD: &[&str] = &[
    "put_persists=never",
    "delete_running=fails",
    "ipv6=fail",
    "role=observer",
    "role=none",
    "tasks_v2=404",
    "error_words=none",
    "error_words=progress",
    "stop_when_stopped=fails",
    "unknown_credential=fails",
];

/// A controller, its world, and the files that are planned against it.
#[derive(Clone)]
pub(crate) struct Case {
    /// The world file.
    pub(crate) world: Value,
    /// Each file as a document.
    pub(crate) files: Vec<Value>,
    pub(crate) quirks: Vec<String>,
    pub(crate) prune: bool,
    /// Flags of `apply` alone.
    pub(crate) flags: &'static str,
    /// Latency, task time and run time, in milliseconds.
    pub(crate) times: [u64; 3],
    /// The seed of the controller.
    pub(crate) seed: u64,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { world, files, quirks, prune, flags, times, seed } = self;
        writeln!(f, "quirks {quirks:?}, prune {prune}, flags {flags:?}, times {times:?}")?;
        writeln!(f, "the controller's seed {seed}")?;
        for file in files {
            writeln!(f, "manage {}, defaults {}", file["manage"], file["defaults"])?;
            file["discoveries"]
                .as_array()
                .unwrap()
                .iter()
                .try_for_each(|it| writeln!(f, "  {it}"))?;
        }
        writeln!(f, "live")?;
        world["discoveries"].as_array().unwrap().iter().try_for_each(|it| writeln!(f, "  {it}"))
    }
}

impl Case {
    pub(crate) fn options(&self) -> Options {
        let [latency, task_time, run_time] = self.times.map(Duration::from_millis);
        let seed = self.seed;
        let mut options = Options { latency, task_time, run_time, seed, ..Options::default() };
        for quirk in &self.quirks {
            options.quirks.set(quirk.parse().unwrap());
        }
        options
    }

    /// Removes most of the causes of plan errors, so that changes are applied.
    pub(crate) fn without_what_plans_refuse(mut self) -> Self {
        let mut seen = BTreeSet::new();
        let live = self.world["discoveries"].as_array_mut().unwrap();
        live.retain(|it| it["discoveryType"] != "Weird" && seen.insert(it["name"].to_string()));
        for object in live.iter_mut().map(|it| it.as_object_mut().unwrap()) {
            let ids = object["globalCredentialIdList"].as_array_mut().unwrap();
            ids.retain(|it| *it != GONE);
            let has_ids = !ids.is_empty();
            let is_own = |key: &str, value: &Value| match key {
                "userNameList" | "snmpUserName" => true,
                "httpReadCredential" => value["credentialType"] == "APP" || !has_ids,
                "snmpRoCommunity" | "passwordList" => !has_ids,
                _ => false,
            };
            object.retain(|key, value| !is_own(key, value));
        }
        let has_cli = |it: &Value| it["cli"].as_array().is_some_and(|it| !it.is_empty());
        for file in &mut self.files {
            let default = &mut file["defaults"]["credentials"];
            if !has_cli(default) {
                *default = json!({"cli": ["netops"], "snmp_v3": ["core"]});
            }
            for entry in file["discoveries"].as_array_mut().unwrap() {
                let entry = entry.as_object_mut().unwrap();
                entry.retain(|key, value| key != "credentials" || has_cli(value));
                for value in entry.values_mut() {
                    if *value == json!({"cli": ["nobody"]}) || *value == json!({"cli": ["legacy"]})
                    {
                        *value = json!({"cli": ["netops"]});
                    }
                }
            }
        }
        self
    }

    pub(crate) fn has(&self, quirk: &str) -> bool {
        self.quirks.iter().any(|it| it.starts_with(quirk))
    }

    /// Whether the controller may make some step impossible.
    pub(crate) fn is_hard(&self) -> bool {
        let names_gone = self.world["discoveries"].to_string().contains(GONE);
        let is_active = |it: &&&str| **it != "unknown_credential=fails" || names_gone;
        HARD.iter().filter(is_active).any(|it| self.has(it))
            || names_gone && !self.has("unknown_credential=")
    }
}

/// The global credentials of every world, by the controller's name of the kind.
pub(crate) static CREDENTIALS: LazyLock<Value> = LazyLock::new(|| {
    let world = Simulator::new(Options::default(), World::default()).world_json();
    serde_json::from_str::<Value>(&world).unwrap()["credentials"].clone()
});

/// Cases with any quirks.
pub(crate) fn cases() -> impl Strategy<Value = Case> {
    with_quirks(quirks().boxed())
}

/// Cases in which every step is possible.
pub(crate) fn soft_cases() -> impl Strategy<Value = Case> {
    let soft = quirks().prop_map(|mut all| {
        all.retain(|it| !HARD.contains(&it.as_str()));
        all.push("unknown_credential=accepted".to_owned());
        all
    });
    with_quirks(soft.boxed())
}

fn with_quirks(quirks: BoxedStrategy<Vec<String>>) -> impl Strategy<Value = Case> {
    let times = (select(vec![0, 20, 300]), select(vec![1, 1_000, 4_000]));
    let times = (times, select(vec![500, 10_000, 60_000]));
    let times = times.prop_map(|((latency, task), run)| [latency, task, run]);
    let flags = vec!["", "", "--parallelism 1", "--max-pending 1", "--wait runs"];
    (discoveries(), files(), quirks, any::<bool>(), (select(flags), times, 0_u64..100)).prop_map(
        |(discoveries, files, mut quirks, prune, (flags, times, seed))| {
            if flags == "--wait runs" {
                quirks.retain(|it| !it.starts_with("run_ends="));
            }
            let world = json!({"discoveries": discoveries, "credentials": *CREDENTIALS});
            // `--prune` needs a glob and at least one discovery in the files.
            let n_given = files.iter().filter_map(|it| it["discoveries"].as_array());
            let prune = prune && n_given.flatten().count() != 0;
            Case { world, files, quirks, prune, flags, times, seed }
        },
    )
}

/// A few quirks, each with one of its values.
fn quirks() -> impl Strategy<Value = Vec<String>> {
    let one = select(Quirks::ALL).prop_flat_map(|it| {
        let waits = ["0ms", "700ms", "8s"];
        let values = if it.values == ["DURATION"] { &waits[..] } else { it.values };
        select(values.to_vec()).prop_map(move |value| format!("{}={value}", it.name))
    });
    prop::collection::btree_map(0..Quirks::ALL.len(), one, 0..8).prop_map(|chosen| {
        let mut quirks = chosen.into_values().collect::<Vec<_>>();
        quirks.sort();
        quirks.dedup_by(|a, b| a.split('=').next() == b.split('=').next());
        // With both, a run would clear the settings.
        if quirks.iter().any(|it| it == "put_persists=always") {
            quirks.retain(|it| it != "put_missing_keys=clear");
        }
        quirks
    })
}

/// Returns the id of a global credential.
pub(crate) fn credential(kind: &str, description: &str, username: Option<&str>) -> String {
    let all = CREDENTIALS[kind].as_array().unwrap().iter();
    let mut found = all.filter(|it| {
        it["description"] == description && username.is_none_or(|user| it["username"] == user)
    });
    found.next().unwrap()["id"].as_str().unwrap().to_owned()
}

fn discoveries() -> impl Strategy<Value = Vec<Value>> {
    let names = [&NAMES[..], &OTHERS[..]].concat();
    let n_names = names.len();
    let names = prop::sample::subsequence(names, 0..=n_names);
    let twin = prop::option::weighted(0.05, 0_usize..n_names);
    let lists = (names, prop::collection::vec(live(), n_names + 1), twin);
    lists.prop_map(|(names, objects, twin)| {
        let twin = twin.and_then(|it| names.get(it).copied());
        let named = names.into_iter().chain(twin).zip(objects).enumerate();
        let object = |(at, (name, mut object)): (usize, (&str, Map<String, Value>))| {
            object.insert("name".to_owned(), json!(name));
            object.insert("id".to_owned(), json!((at + 11).to_string()));
            // Unreadable discoveries are allowed if no file declares them.
            if !NAMES.contains(&name) && at % 3 == 0 {
                object.insert("discoveryType".to_owned(), json!("Weird"));
            }
            Value::Object(object)
        };
        named.map(object).collect()
    })
}

/// A live discovery without its name and id.
fn live() -> impl Strategy<Value = Map<String, Value>> {
    let target = select(vec![
        ("Single", "10.0.0.9"),
        ("SINGLE", " 10.0.0.9"),
        ("Range", "10.0.0.1-10.0.0.30"),
        ("range", "10.0.0.9-10.0.0.9"),
        ("RANGE", "10.0.0.9"),
        ("Range", "10.0.0.1-10.0.0.30,10.0.1.7-10.0.1.7"),
        ("Multi Range", "10.0.1.7-10.0.1.7, 10.0.0.1-10.0.0.30"),
        ("MULTI RANGE", "10.0.1.7,10.0.0.1-10.0.0.30"),
        ("Range", "10.0.0.250-10.0.1.7"),
        ("CIDR", "10.0.0.5/27"),
        ("cidr", "10.0.0.0/27"),
        ("CIDR", "2001:db8::1/120"),
        ("CDP", "10.0.0.40"),
        ("cdp", "10.0.0.40"),
        ("LLDP", "10.0.0.40"),
    ]);
    let status = select(vec![
        ("Inactive", "Complete"),
        ("INACTIVE", "complete"),
        ("Inactive", "Aborted"),
        ("Inactive", "Failed"),
        ("Inactive", "Yet to Start"),
        ("Inactive", "Partially Collected"),
        ("Active", "In Progress"),
        ("ACTIVE", "Queued"),
        ("Edit", "Complete"),
        ("Edit", "Aborted"),
        ("Sleeping", ""),
    ]);
    let plain = vec![
        maybe("cdpLevel", vec![json!(3), json!("16"), json!(16), Value::Null]),
        maybe("lldpLevel", vec![json!(3), json!(16)]),
        maybe(
            "ipFilterList",
            vec![json!(""), json!("10.0.0.8/29"), json!("10.0.0.9, 10.0.0.40"), Value::Null],
        ),
        maybe(
            "protocolOrder",
            vec![json!("ssh"), json!("SSH, Telnet"), json!("telnet,ssh"), json!("")],
        ),
        maybe("timeOut", vec![json!(5), json!("5"), json!(9), json!(60), Value::Null]),
        maybe("retryCount", vec![json!(3), json!("3"), json!(0)]),
        maybe(
            "preferredMgmtIPMethod",
            vec![json!("None"), json!("UseLoopBack"), json!("useloopback"), json!(""), Value::Null],
        ),
        maybe("netconfPort", vec![json!("830"), json!("22"), json!(""), Value::Null]),
        maybe("onlyNewDevice", vec![json!(false)]),
    ];
    let plain = plain.prop_map(|it| it.into_iter().flatten().collect::<Vec<_>>());
    (target, status, plain, credential_ids(), own(), runs()).prop_map(
        |((kind, list), (status, condition), plain, ids, own, runs)| {
            let first = [
                ("discoveryType", json!(kind)),
                ("ipAddressList", json!(list)),
                ("discoveryStatus", json!(status)),
                ("discoveryCondition", json!(condition)),
                ("globalCredentialIdList", json!(ids)),
            ];
            let all = first.into_iter().chain(plain).chain(own).chain(runs);
            all.map(|(key, value)| (key.to_owned(), value)).collect()
        },
    )
}

type Member = (&'static str, Value);

fn maybe(key: &'static str, values: Vec<Value>) -> BoxedStrategy<Option<Member>> {
    prop::option::of(select(values).prop_map(move |it| (key, it))).boxed()
}

fn credential_ids() -> impl Strategy<Value = Vec<String>> {
    let ids = vec![
        credential("cliCredential", "netops", None),
        credential("cliCredential", "legacy", Some("root")),
        credential("snmpV3", "core", None),
        credential("snmpV2cRead", "public-read", None),
        credential("netconfCredential", "netconf-830", None),
    ];
    let gone = prop::option::weighted(0.05, Just(GONE.to_owned()));
    (prop::sample::subsequence(ids, 0..=5).prop_shuffle(), gone)
        .prop_map(|(ids, gone)| ids.into_iter().chain(gone).collect())
}

/// Credentials in the discovery itself, and masked secrets.
fn own() -> impl Strategy<Value = Option<Member>> {
    let http = |kind: &str| json!({"credentialType": kind, "username": "u", "password": MASK});
    prop::option::weighted(
        0.15,
        select(vec![
            ("userNameList", json!("admin")),
            ("userNameList", json!("")),
            ("snmpUserName", json!("monitor")),
            ("snmpRoCommunity", json!(MASK)),
            ("passwordList", json!(MASK)),
            ("httpReadCredential", http("APP")),
            ("httpReadCredential", http("GLOBAL")),
        ]),
    )
}

/// A run that ended two hours or one second before the start.
fn runs() -> impl Strategy<Value = Option<Member>> {
    let run = |ended: u64| {
        let run = json!({"taskId": "t", "startTime": ended - 10, "endTime": ended});
        ("simulator", json!({"runs": [run]}))
    };
    let start = Options::default().started;
    prop::option::of(select(vec![run(start - 7_200_000), run(start - 1_000)]))
}

fn files() -> impl Strategy<Value = Vec<Value>> {
    let names = prop::sample::subsequence(NAMES.to_vec(), 0..=NAMES.len());
    let entries = prop::collection::vec((entry(), 0_usize..2), NAMES.len());
    (names, entries, prop::collection::vec(settings(), 2), prop::bool::weighted(0.95)).prop_map(
        |(names, entries, defaults, has_creds)| {
            let mut lists = [Vec::new(), Vec::new()];
            for (name, (mut entry, file)) in names.into_iter().zip(entries) {
                entry.insert("name".to_owned(), json!(name));
                lists[file].push(Value::Object(entry));
            }
            let globs = [json!({"names": ["branch-*"]}), json!({"names": ["lab*"]})];
            let parts = lists.into_iter().zip(defaults).zip(globs);
            let file = |((list, mut defaults), manage): (
                (Vec<Value>, Map<String, Value>),
                Value,
            )| {
                if has_creds {
                    defaults.entry("credentials").or_insert(json!({"cli": ["netops"]}));
                }
                json!({"version": 1, "manage": manage, "defaults": defaults, "discoveries": list})
            };
            parts.map(file).collect()
        },
    )
}

/// A discovery in the files, without its name.
fn entry() -> impl Strategy<Value = Map<String, Value>> {
    let target = select(vec![
        ("address", json!("10.0.0.9")),
        ("ranges", json!(["10.0.0.1-10.0.0.30"])),
        ("ranges", json!(["10.0.1.7", "10.0.0.1-10.0.0.30"])),
        ("ranges", json!(["10.0.0.9-10.0.0.9"])),
        ("ranges", json!(["10.0.0.250-10.0.1.7"])),
        ("ranges", json!(["2001:db8::1-2001:DB8:0::9"])),
        ("cidr", json!("10.0.0.0/27")),
        ("cidr", json!("10.0.0.7/27")),
        ("cidr", json!("2001:db8::/120")),
        ("cdp", json!({"seed": "10.0.0.40", "hops": 3})),
        ("cdp", json!({"seed": "10.0.0.40"})),
        ("lldp", json!({"seed": "10.0.0.40", "hops": 16})),
    ]);
    let state = maybe(
        "state",
        vec![json!("present"), json!("present"), json!("stopped"), json!("absent"), Value::Null],
    );
    // Errors in a plan are rare, because they hide everything else.
    let wrong = prop::option::weighted(
        0.02,
        select(vec![
            ("credentials", json!({"cli": ["nobody"]})),
            ("credentials", json!({"cli": ["legacy"]})),
            ("credentials", json!({"cli": null})),
            ("credentials", Value::Null),
        ]),
    );
    (target, state, settings(), wrong).prop_map(|(target, state, settings, wrong)| {
        let head = std::iter::once(target).chain(state);
        let settings =
            settings.into_iter().chain(wrong.map(|(key, value)| (key.to_owned(), value)));
        head.map(|(key, value)| (key.to_owned(), value)).chain(settings).collect()
    })
}

/// The keys that discoveries and defaults have in common.
fn settings() -> impl Strategy<Value = Map<String, Value>> {
    let keys = vec![
        maybe(
            "exclude",
            vec![
                json!([]),
                json!(["10.0.0.8/29"]),
                json!(["10.0.0.40/32", "10.0.0.9"]),
                Value::Null,
            ],
        ),
        maybe(
            "credentials",
            vec![
                json!({"cli": ["netops"], "snmp_v3": ["core"]}),
                json!({"cli": ["netops"], "snmp_v3": ["core"]}),
                json!({"cli": [{"description": "legacy", "username": "root"}, "netops"]}),
                json!({"cli": ["netops"], "snmp_v3": [{"username": "monitor"}], "netconf": []}),
                json!({"cli": ["netops"], "snmp_v2_read": ["public-read"], "http_read": ["web-read"]}),
                json!({"cli": [{"id": credential("cliCredential", "netops", None)}], "snmp_v3": []}),
            ],
        ),
        maybe("protocols", vec![json!(["ssh"]), json!(["telnet", "ssh"]), Value::Null]),
        maybe("retries", vec![json!(0), json!(3), Value::Null]),
        maybe("timeout", vec![json!("5s"), json!("1m"), Value::Null]),
        maybe("management_ip", vec![json!("default"), json!("loopback"), Value::Null]),
        maybe("netconf_port", vec![json!(830), json!(22)]),
        maybe(
            "rerun",
            vec![
                json!("on_change"),
                json!("until_complete"),
                json!("always"),
                json!("never"),
                json!({"older_than": "1h"}),
            ],
        ),
        maybe("on_change", vec![json!("update"), json!("replace")]),
    ];
    keys.prop_map(|it| {
        it.into_iter().flatten().map(|(key, value)| (key.to_owned(), value)).collect()
    })
}

/// A few faults at any requests of an apply.
pub(crate) fn faults() -> impl Strategy<Value = Vec<String>> {
    let which = vec!["1", "1", "2", "2", "3", "4", "6", "9", "14", "1-2", "2-4", "1-4", "/3"];
    prop::collection::vec(fault(which), 1..=6)
}

/// A fault at any kind of request, for one of these ordinals.
pub(crate) fn fault(which: Vec<&'static str>) -> impl Strategy<Value = String> {
    let writes = vec!["any", "create", "edit", "run", "stop", "delete"];
    let reads =
        vec!["token", "release", "count", "list", "get", "task", "tasks", "credentials", "any"];
    let which = select(which);
    let anywhere = vec![
        "lost",
        "reset",
        "429",
        "429:0",
        "429:3",
        "500",
        "501",
        "502",
        "503",
        "503:2",
        "505",
        "599",
        "taken:500",
        "taken:502",
        "taken:503",
        "html",
        "cut",
        "null",
        "slow:1500",
        "slow:25000",
        "hang",
        "expire",
    ];
    let on_write = [&anywhere[..], &["stuck", "stuck-done", "fail:no", "lie", "late:3000"]];
    let other = (
        select(vec!["other-create", "other-edit", "other-delete", "other-run"]),
        select(NAMES.to_vec()),
    );
    let other = other.prop_map(|(other, name)| format!("{other}:{name}"));
    let text = |whats: Vec<&'static str>| select(whats).prop_map(str::to_owned);
    let one = prop_oneof![
        8 => (select(writes.clone()), which.clone(), text(on_write.concat()).boxed()),
        4 => (select(reads), which.clone(), text(anywhere).boxed()),
        1 => (Just("list"), which.clone(), text(vec!["empty"]).boxed()),
        1 => (select(vec!["list", "tasks"]), Just("1-4"), text(vec!["expire"]).boxed()),
        1 => (select(writes), which, other.boxed()),
    ];
    one.prop_map(|(place, which, what)| format!("{place}@{which}={what}"))
}
