//! Scenarios with one discovery, which is first applied without faults and then changed with them.
//!
//! Most tests of an apply are one [`Story`] each, as rows of a table.

use std::{fmt::Write as _, time::Duration};

use tokio::time::sleep;
use trueup::cli::Exit;
use trueup_simulator::{Options, World};

use crate::bench::{Bench, Ran, options};

/// The files with one discovery, `a`, that has these keys.
pub(crate) fn yaml(keys: &str) -> String {
    many(&[("a", keys)])
}

/// The files with several discoveries and their keys.
pub(crate) fn many(discoveries: &[(&str, &str)]) -> String {
    let mut text =
        "version: 1\ndefaults: {credentials: {cli: [netops], snmp_v3: [core]}}\ndiscoveries:\n"
            .to_owned();
    for (name, keys) in discoveries {
        writeln!(text, "  - {{name: {name}, {keys}}}").unwrap();
    }
    text
}

/// A discovery and a change to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Story {
    /// The write that makes the change, as named in faults.
    pub(crate) step: &'static str,
    /// The discovery before the change, if it exists.
    pub(crate) before: Option<&'static str>,
    /// Whether it is running when the apply starts.
    pub(crate) running: bool,
    pub(crate) after: &'static str,
    pub(crate) line: &'static str,
}

const APPLY: &str = "apply --auto-approve --timeout 5m";

pub(crate) const CREATE: Story =
    Story { step: "create", before: None, running: false, after: "cidr: 10.1.0.0/24", line: APPLY };

pub(crate) const EDIT: Story = Story {
    step: "edit",
    before: Some("cidr: 10.1.0.0/24, timeout: 5s"),
    after: "cidr: 10.1.0.0/24, timeout: 9s, rerun: never",
    ..CREATE
};

/// An edit that is followed by a run.
pub(crate) const UPDATE: Story = Story { after: "cidr: 10.2.0.0/24, timeout: 5s", ..EDIT };

pub(crate) const RUN: Story = Story {
    step: "run",
    before: Some("cidr: 10.1.0.0/24"),
    line: "apply --auto-approve --timeout 5m --rerun a",
    ..CREATE
};

pub(crate) const STOP: Story = Story {
    step: "stop",
    before: Some("cidr: 10.1.0.0/24"),
    running: true,
    after: "cidr: 10.1.0.0/24, state: stopped",
    line: APPLY,
};

pub(crate) const DELETE: Story = Story {
    step: "delete",
    before: Some("cidr: 10.1.0.0/24"),
    running: false,
    after: "state: absent",
    line: APPLY,
};

pub(crate) const REPLACE: Story = Story {
    step: "delete",
    before: Some("cidr: 10.1.0.0/24"),
    after: "cidr: 10.2.0.0/24, on_change: replace",
    ..CREATE
};

/// One story for each kind of write.
pub(crate) const STEPS: [Story; 5] = [CREATE, EDIT, RUN, STOP, DELETE];

impl Story {
    /// Sets up the discovery on a controller with these quirks.
    pub(crate) async fn begin(&self, quirks: &[&str]) -> Bench {
        self.begin_with(options(&[], quirks)).await
    }

    /// Sets up the discovery on a controller with these options.
    pub(crate) async fn begin_with(&self, options: Options) -> Bench {
        let hour = Duration::from_hours(1);
        let run_time = if self.running { hour } else { options.run_time };
        let bench = Bench::with(Options { run_time, ..options }, World::default());
        if let Some(before) = self.before {
            bench.files(&yaml(before));
            let ran = bench.expect_applied().await;
            assert_eq!(ran.exit, Exit::Done);
            if !self.running {
                sleep(run_time).await;
            }
        }
        bench.files(&yaml(self.after));
        bench
    }

    /// Sets up the discovery, and applies the change with these faults.
    pub(crate) async fn play(&self, quirks: &[&str], faults: &[&str]) -> (Bench, Ran) {
        let bench = self.begin(quirks).await;
        self.play_on(bench, faults).await
    }

    /// Applies the change with these faults.
    pub(crate) async fn play_on(&self, bench: Bench, faults: &[&str]) -> (Bench, Ran) {
        bench.simulator.inject(&faults.join("\n")).unwrap();
        let ran = bench.run(self.line).await;
        (bench, ran)
    }
}

impl Bench {
    /// Applies once more, without faults, and expects no changes afterwards.
    pub(crate) async fn expect_healed(&self) {
        let ran = self.expect_applied().await;
        assert_eq!(ran.exit, Exit::Done);
        self.expect_no_changes().await;
    }

    /// Expects that the controller counted no violations except these.
    pub(crate) fn expect_careful_but_for(&self, exceptions: &[&str]) {
        let violations = self.simulator.violations();
        let seen =
            violations.iter().filter(|(name, n)| **n != 0 && !exceptions.contains(&&***name));
        let seen = seen.collect::<Vec<_>>();
        assert!(seen.is_empty(), "{seen:?}\n{:#?}", self.simulator.request_log());
    }

    /// Expects that the controller counted no violations.
    pub(crate) fn expect_careful(&self) {
        self.expect_careful_but_for(&[]);
    }
}
