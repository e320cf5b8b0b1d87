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

    /// How many writes may have left that the controller neither took on nor refused, as far as is
    /// told.
    pub(crate) fn n_unanswered(&self) -> usize {
        let of = |lines: &Vec<Value>| {
            let is_sent = |it: &&Value| it["event"] == "submitting";
            // Whoever carries on gets no answer any more.
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

    /// The journals that are neither finished nor left to another apply, though a write may have
    /// left.
    pub(crate) fn n_unsettled(&self) -> usize {
        let closes = |it: &Value| it["event"] == "finished" || it["event"] == "taken_over";
        let is_closed = |it: &&Vec<Value>| it.last().is_some_and(closes);
        let wrote = |it: &&Vec<Value>| it.iter().any(|it| it["event"] == "submitting");
        self.0.iter().filter(|it| !is_closed(it) && wrote(it)).count()
    }
}
