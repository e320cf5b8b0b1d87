//! What the journals say, held against what the controller saw.
//!
//! Reads them as text, by what the schema says, and with nothing of the program.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde_json::Value;

/// Lines of journals that are whole.
pub(crate) struct Journals(Vec<Vec<Value>>);

impl Journals {
    pub(crate) fn read(texts: &BTreeMap<PathBuf, String>) -> Self {
        let lines = |text: &String| {
            let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
            whole.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
        };
        Self(texts.values().map(lines).collect())
    }

    fn lines<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().flatten().filter(move |it| it["event"] == kind)
    }

    /// How often each step of each discovery was about to be sent.
    pub(crate) fn submitted(&self) -> BTreeMap<(String, String), u64> {
        let mut all = BTreeMap::new();
        for line in self.lines("submitting") {
            let text = |it: &Value| it.as_str().unwrap().to_owned();
            let of = (text(&line["change"]["name"]), text(&line["step"]));
            *all.entry(of).or_default() += 1;
        }
        all
    }

    /// The tasks that writes were taken on as.
    pub(crate) fn tasks(&self) -> BTreeSet<String> {
        self.lines("accepted").map(|it| it["task"].as_str().unwrap().to_owned()).collect()
    }

    /// The journals that are neither finished nor left to another apply, though a write may have
    /// left.
    pub(crate) fn n_unsettled(&self) -> usize {
        let closes = |it: &Value| it["event"] == "finished" || it["event"] == "taken_over";
        let is_closed = |it: &&Vec<Value>| it.last().is_some_and(closes);
        let wrote = |it: &&Vec<Value>| it.iter().any(|it| it["event"] == "submitting");
        self.0.iter().filter(|it| !is_closed(it) && wrote(it)).count()
    }
}
