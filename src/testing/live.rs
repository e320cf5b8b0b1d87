//! A whole controller: three answers, and the plan against it.

use std::cell::OnceCell;

use super::{
    answer::count_of,
    controller::{client, run, success},
    planned::{NOW_MS, expect_rendered},
    printed::expect_line,
};
use crate::{
    config::{self, Loaded},
    live,
    model::{Live, printable},
    plan::{self, Options},
};

/// The number of answers: the list, the credentials and the release, each on its own line.
const PARTS: usize = 3;

/// Reads a controller from a line for each of its answers, and plans some files against it.
pub fn read_live(bytes: &[u8]) {
    let mut lines = bytes.splitn(PARTS, |it| *it == b'\n').map(<[u8]>::to_vec);
    let list = lines.next().unwrap_or_default();
    let credentials = lines.next().unwrap_or_default();
    let release = lines.next().unwrap_or_default();
    match read(list, credentials, release) {
        Ok(live) => expect_planned(&live, bytes),
        Err(error) => {
            let message = printable(&error.to_string());
            expect_line(&message, bytes);
            assert!(message.len() < 4_000, "{message}");
        }
    }
}

fn read(list: Vec<u8>, credentials: Vec<u8>, release: Vec<u8>) -> Result<Live, live::ReadError> {
    let client = client(move |path| match path {
        "/dna/intent/api/v1/discovery/count" => success(&count_of(&list)),
        "/dna/intent/api/v2/global-credential" => success(&credentials),
        "/dna/intent/api/v1/dnac-release" => success(&release),
        path if path.contains("/job") => success(br#"{"response": [{"endTime": "1"}]}"#),
        _ => success(&list),
    });
    run(async move {
        let mut live = live::read(&client, "https://catalyst.example.com".to_owned()).await?;
        let ids = live.discoveries.iter().take(3).map(|it| it.id.clone()).collect::<Vec<_>>();
        // An id that is invalid in a path is an error of that request only.
        drop(live::read_run_ages(&client, &mut live, &ids).await);
        Ok(live)
    })
}

fn expect_planned(live: &Live, bytes: &[u8]) {
    thread_local! {
        static FILES: OnceCell<Loaded> = const { OnceCell::new() };
    }
    FILES.with(|files| {
        let files = files.get_or_init(|| {
            let loaded =
                config::read_files(vec![("discoveries.yaml".to_owned(), SOME_FILE.into())]);
            assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
            loaded
        });
        let Loaded { sources, desired, diagnostics, paths: _ } = files;
        let options = Options { prune: true, allow_delete: Some(1_000), ..Options::default() };
        let plan = plan::plan(desired, live, &options, NOW_MS);
        let bug = plan.diagnostics.iter().find(|it| it.diagnostic.code == "trueup::plan::bug");
        assert!(bug.is_none(), "{bug:#?}");
        expect_rendered(&plan, sources, diagnostics, bytes);
    });
}

/// A controller to plan files against.
pub(super) fn some_live() -> Live {
    thread_local! {
        static LIVE: OnceCell<Live> = const { OnceCell::new() };
    }
    let parts = || [SOME_LIST, SOME_CREDENTIALS, SOME_RELEASE].map(|it| it.as_bytes().to_vec());
    LIVE.with(|live| {
        let live = live.get_or_init(|| {
            let [list, credentials, release] = parts();
            read(list, credentials, release).unwrap_or_else(|error| panic!("{error}"))
        });
        live.clone()
    })
}

const SOME_FILE: &str = "\
version: 1
manage: {names: ['*']}
discoveries:
  - {name: a, address: 10.0.0.1, rerun: always}
  - {name: b, ranges: [10.0.0.1-10.0.0.9, 10.0.1.1], timeout: 5s, on_change: replace}
  - {name: c, cidr: 10.0.0.0/24, exclude: [10.0.0.7], credentials: {cli: []}}
  - {name: d, cdp: {seed: 10.0.0.1, hops: 3}, state: stopped}
  - {name: e, state: absent}
  - {name: f, lldp: {seed: 10.0.0.2}, protocols: [ssh], retries: 2, rerun: {older_than: 7d}}
";

const SOME_LIST: &str = r#"{"response": [
 {"id": "1", "name": "a", "discoveryType": "Single", "ipAddressList": "10.0.0.1",
  "discoveryStatus": "Inactive", "discoveryCondition": "Complete", "timeOut": "5",
  "globalCredentialIdList": ["cli-1"], "protocolOrder": "ssh", "retryCount": "3"},
 {"id": "2", "name": "b", "discoveryType": "Range", "ipAddressList": "10.0.0.1-10.0.0.9",
  "discoveryStatus": "Active", "discoveryCondition": "In Progress",
  "globalCredentialIdList": ["cli-1", "gone"], "passwordList": "NO!$DATA!$"},
 {"id": "3", "name": "b\u001b[31m", "discoveryType": "CIDR", "ipAddressList": "10.1.0.0/24",
  "discoveryStatus": "Inactive", "discoveryCondition": "Aborted",
  "globalCredentialIdList": ["cli-1"]},
 {"id": "4", "name": "branch-berlin", "discoveryType": "CDP", "ipAddressList": "10.0.0.2",
  "cdpLevel": 3, "discoveryStatus": "Inactive", "discoveryCondition": "Complete",
  "userNameList": "root"},
 {"id": "5", "name": "odd", "discoveryType": "by rumour"}
]}"#;

const SOME_CREDENTIALS: &str = r#"{"response": {
 "cliCredential": [{"id": "cli-1", "description": "netops", "username": "netops"},
  {"id": "cli-2", "description": "legacy", "username": "admin"},
  {"id": "cli-3", "description": "legacy", "username": "root"}],
 "snmpV3": [{"id": "snmp-1", "description": "core", "username": "monitor"}],
 "netconfCredential": [{"id": "netconf-1", "description": "netconf-830"}]
}}"#;

const SOME_RELEASE: &str = r#"{"response": {"installedVersion": "2.3.7.9"}}"#;
