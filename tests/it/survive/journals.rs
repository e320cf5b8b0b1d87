//! Reads journals independently of the program, as JSON lines according to their schema.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde_json::Value;

/// The complete lines of each journal.
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

    /// Counts the `submitting` lines by discovery and step.
    pub(crate) fn submitted(&self) -> BTreeMap<(String, String), u64> {
        let mut all = BTreeMap::new();
        for line in self.lines("submitting") {
            let text = |it: &Value| it.as_str().unwrap().to_owned();
            let of = (text(&line["change"]["name"]), text(&line["step"]));
            *all.entry(of).or_default() += 1;
        }
        all
    }

    /// The tasks of accepted writes.
    pub(crate) fn tasks(&self) -> BTreeSet<String> {
        self.lines("accepted").map(|it| it["task"].as_str().unwrap().to_owned()).collect()
    }

    /// Counts the writes that may have been sent and have neither an `accepted` nor a `refused`
    /// line.
    pub(crate) fn n_unanswered(&self) -> usize {
        let of = |lines: &Vec<Value>| {
            let is_sent = |it: &&Value| it["event"] == "submitting";
            // A resumed apply does not receive the answers of the killed one.
            let is_same = |it: &&Value| it["event"] != "apply_resumed";
            let rest = |at: usize| lines[at + 1..].iter().take_while(is_same);
            let is_answered = |at: usize| {
                let next = rest(at).find(|it| it["change"] == lines[at]["change"]);
                let is_end = |it: &Value| it["outcome"] == "failed" || it["outcome"] == "not_tried";
                let answers = |it: &Value| {
                    it["event"] == "accepted" || it["event"] == "refused" || is_end(it)
                };
                next.is_some_and(answers)
            };
            let sent = lines.iter().enumerate().filter(|(_, it)| is_sent(it));
            sent.filter(|(at, _)| !is_answered(*at)).count()
        };
        self.0.iter().map(of).sum()
    }

    /// Counts the journals that are neither finished nor taken over although they have a write.
    pub(crate) fn n_unsettled(&self) -> usize {
        let closes = |it: &Value| it["event"] == "finished" || it["event"] == "taken_over";
        let is_closed = |it: &&Vec<Value>| it.last().is_some_and(closes);
        let wrote = |it: &&Vec<Value>| it.iter().any(|it| it["event"] == "submitting");
        self.0.iter().filter(|it| !is_closed(it) && wrote(it)).count()
    }
}
