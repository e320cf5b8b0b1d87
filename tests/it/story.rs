//! One discovery, made in peace; then something goes wrong with what is done to it next.
//!
//! Most of what can happen to an apply is one [`Story`]: a new one is a row of a table.

use std::{fmt::Write as _, time::Duration};

use tokio::time::sleep;
use trueup::cli::Exit;
use trueup_simulator::{Options, World};

use crate::bench::{Bench, Ran, options};

/// The files of one discovery, `a`, with these keys besides.
pub(crate) fn yaml(keys: &str) -> String {
    many(&[("a", keys)])
}

/// The files of several discoveries, each with its keys.
pub(crate) fn many(discoveries: &[(&str, &str)]) -> String {
    let mut text =
        "version: 1\ndefaults: {credentials: {cli: [netops], snmp_v3: [core]}}\ndiscoveries:\n"
            .to_owned();
    for (name, keys) in discoveries {
        writeln!(text, "  - {{name: {name}, {keys}}}").unwrap();
    }
    text
}

/// A discovery, and what is done to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Story {
    /// The request that carries it out, by its place in faults.
    pub(crate) step: &'static str,
    /// The discovery before, `None` where there is none.
    pub(crate) before: Option<&'static str>,
    /// Whether it is still running when the apply begins.
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

/// An edit and the run of what was edited.
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

/// One of each kind of write.
pub(crate) const STEPS: [Story; 5] = [CREATE, EDIT, RUN, STOP, DELETE];

impl Story {
    /// Plays what comes before, against a controller with these quirks.
    pub(crate) async fn begin(&self, quirks: &[&str]) -> Bench {
        self.begin_with(options(&[], quirks)).await
    }

    /// Plays what comes before, against a controller like this.
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

    /// Plays all of it with these faults.
    pub(crate) async fn play(&self, quirks: &[&str], faults: &[&str]) -> (Bench, Ran) {
        let bench = self.begin(quirks).await;
        self.play_on(bench, faults).await
    }

    /// Plays what goes wrong.
    pub(crate) async fn play_on(&self, bench: Bench, faults: &[&str]) -> (Bench, Ran) {
        bench.simulator.inject(&faults.join("\n")).unwrap();
        let ran = bench.run(self.line).await;
        (bench, ran)
    }
}

impl Bench {
    /// Applies once more, without what went wrong, and expects that nothing is left to do then.
    pub(crate) async fn expect_healed(&self) {
        let ran = self.expect_applied().await;
        assert_eq!(ran.exit, Exit::Done);
        self.expect_no_changes().await;
    }

    /// Expects that nothing was done that a careful client never does, but for this.
    pub(crate) fn expect_careful_but_for(&self, exceptions: &[&str]) {
        let violations = self.simulator.violations();
        let seen =
            violations.iter().filter(|(name, n)| **n != 0 && !exceptions.contains(&&***name));
        let seen = seen.collect::<Vec<_>>();
        assert!(seen.is_empty(), "{seen:?}\n{:#?}", self.simulator.request_log());
    }

    /// Expects that nothing was done that a careful client never does.
    pub(crate) fn expect_careful(&self) {
        self.expect_careful_but_for(&[]);
    }
}
