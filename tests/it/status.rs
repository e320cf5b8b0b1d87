//! `status`: one line for each live discovery.

use trueup_simulator::{Options, World};

use crate::bench::{Bench, Ran};

const WORLD: &str = r#"{"discoveries": [
    {"id": "7", "name": "branch-berlin", "discoveryType": "Multi Range",
     "ipAddressList": "10.0.0.1-10.0.0.9,10.0.1.1-10.0.1.9,10.0.2.1-10.0.2.9,10.0.3.1-10.0.3.9",
     "discoveryStatus": "Inactive", "discoveryCondition": "Complete", "numDevices": 12},
    {"id": "8", "name": "branch-x", "discoveryType": "CIDR", "ipAddressList": "10.1.0.0/24",
     "discoveryStatus": "Inactive", "discoveryCondition": "Aborted"},
    {"id": "9", "name": "odd one", "discoveryType": "Carrier Pigeon",
     "discoveryStatus": "Inactive", "discoveryCondition": "Complete"}]}"#;

const FILES: &str = "version: 1\nmanage: {names: [\"branch-*\"]}\ndiscoveries:\n  - {name: \
                     branch-berlin, address: 10.0.0.1}\n  - {name: new, address: 10.0.0.1}\n";

fn bench() -> Bench {
    let bench = Bench::with(Options::default(), World::from_json(WORLD).unwrap());
    bench.files(FILES);
    bench
}

async fn status(flags: &str) -> Ran {
    bench().run(&format!("status {flags}")).await
}

#[tokio::test(start_paused = true)]
async fn every_live_discovery_has_a_line() {
    let ran = status("").await;
    insta::assert_snapshot!(ran.out, @r#"
    NAME           RUN       DEVICES  MANAGED  TARGET
    branch-berlin  complete       12  file     ranges 10.0.0.1-10.0.0.9, 10.0.1.1-10.0.1.9, 10.0.2.1-10.0.2.9 and 1 more
    branch-x       aborted         -  glob     cidr 10.1.0.0/24
    odd one        unknown         -  no       (cannot be understood: `discoveryType` is "Carrier Pigeon")
    "#);
    assert!(ran.err.is_empty(), "{ran:#?}");
}

#[tokio::test(start_paused = true)]
async fn json_has_every_column_in_full() {
    insta::assert_snapshot!(status("--format json --except odd*").await.out, @r#"
    {
      "format_version": "1.0",
      "controller": {
        "url": "simulator",
        "release": "2.3.7.9",
        "api": "classic"
      },
      "discoveries": [
        {
          "name": "branch-berlin",
          "id": "7",
          "run": "complete",
          "devices": 12,
          "target": "ranges 10.0.0.1-10.0.0.9, 10.0.1.1-10.0.1.9, 10.0.2.1-10.0.2.9, 10.0.3.1-10.0.3.9",
          "managed": "file"
        },
        {
          "name": "branch-x",
          "id": "8",
          "run": "aborted",
          "devices": null,
          "target": "cidr 10.1.0.0/24",
          "managed": "glob"
        }
      ]
    }
    "#);
}

#[tokio::test(start_paused = true)]
async fn only_and_except_select_by_name() {
    let names = async |flags: &str| {
        let ran = status(flags).await;
        let first = |line: &str| line.split("  ").next().unwrap().trim().to_owned();
        ran.out.lines().skip(1).map(first).collect::<Vec<_>>()
    };
    assert_eq!(names("--only branch-*").await, ["branch-berlin", "branch-x"]);
    assert_eq!(names("--only branch-* --except *-x").await, ["branch-berlin"]);
    assert_eq!(names("--only odd* --only *-x").await, ["branch-x", "odd one"]);
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_matches_nothing_is_reported() {
    let ran = status("--only nobody").await;
    assert_eq!(ran.out.lines().count(), 1, "{ran:#?}");
    assert!(ran.err.contains("None of the controller's 3 discoveries matches"), "{ran:#?}");
}
