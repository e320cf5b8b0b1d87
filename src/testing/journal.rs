//! The journal of an apply, whole or cut short.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use super::printed::{expect_line, expect_shown};
use crate::{
    cli::{Appended, Disk},
    journal::{Header, Journal, JournalError},
    model::{printable, shown_json},
    recovery::{self, InterruptedApply, Remainder},
    render::{account_text, reseal},
    session::parse_plan,
};

/// Reads a file as a journal, unchanged and with a corrected digest of its plan, without which no
/// line after the first would be read.
pub fn read_journal(bytes: &[u8]) {
    expect_read(bytes, bytes);
    if let Some(sealed) = with_sealed_plan(bytes) {
        expect_read(&sealed, bytes);
    }
}

fn with_sealed_plan(bytes: &[u8]) -> Option<Vec<u8>> {
    let at = bytes.iter().position(|it| *it == b'\n')?;
    let (first, rest) = bytes.split_at(at);
    let mut first = serde_json::from_slice::<Value>(first).ok()?;
    let plan = first.get_mut("plan")?;
    let text = shown_json(serde_json::to_string_pretty(plan).ok()?) + "\n";
    *plan = serde_json::from_str(&reseal(&text)).ok()?;
    Some([first.to_string().as_bytes(), rest].concat())
}

fn expect_read(bytes: &[u8], input: &[u8]) {
    let found = match read(bytes.to_vec()) {
        Ok(found) => found,
        Err(error) => {
            let message = printable(&error.to_string());
            return expect_line(&message, input);
        }
    };
    let remainders = found.remainders();
    assert!(remainders.n_resumable() <= found.plan.changes.len());
    assert!(found.replay.unfinished().all(|it| it < found.plan.changes.len()));
    for (_, change) in remainders.changes(&found.plan.changes, Remainder::has_obligation) {
        expect_line(&change.name.to_string(), input);
    }
    let report = found.report();
    expect_shown(&account_text(&found.plan, &report, &found.sources), input);
    // Writing and reading it again gives the same events.
    let (file, file_bytes) = Memory::opened(Vec::new());
    let plan = serde_json::from_str(&found.document);
    let plan = plan.expect("invariant: it was read as a plan");
    let header = Header::new(plan, false);
    let mut journal = Journal::begin(file, header, 0).expect("invariant: a memory can be written");
    for (at_ms, event) in &found.events {
        let written = journal.record(std::slice::from_ref(event), &found.plan.changes, *at_ms);
        written.expect("invariant: a memory can be written");
    }
    drop(journal);
    let written = file_bytes.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let again = read(written).unwrap_or_else(|error| panic!("{error}: {:?}", found.events));
    assert_eq!(again.events, found.events);
}

fn read(bytes: Vec<u8>) -> Result<InterruptedApply, JournalError> {
    let disk = Memory(Arc::new(Mutex::new(bytes)));
    recovery::read(&disk, Path::new("journal.jsonl"), parse_plan)
}

/// A disk in memory with one file.
#[derive(Clone)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    fn opened(bytes: Vec<u8>) -> (Box<dyn Appended>, Arc<Mutex<Vec<u8>>>) {
        let bytes = Arc::new(Mutex::new(bytes));
        (Box::new(Self(Arc::clone(&bytes))), bytes)
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for Memory {
    fn make_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn create(&self, _: &Path) -> io::Result<Box<dyn Appended>> {
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn open(&self, _: &Path) -> io::Result<Box<dyn Appended>> {
        Ok(Box::new(self.clone()))
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn files(&self, _: &Path) -> io::Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }
}

impl Appended for Memory {
    fn size(&mut self) -> io::Result<u64> {
        Ok(self.bytes().len() as u64)
    }

    fn read(&mut self, from: u64, most: u64) -> io::Result<Vec<u8>> {
        let size = |it| usize::try_from(it).unwrap_or(usize::MAX);
        Ok(self.bytes().iter().skip(size(from)).take(size(most)).copied().collect())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes().extend(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn cut(&mut self, size: u64) -> io::Result<()> {
        self.bytes().truncate(usize::try_from(size).unwrap_or(usize::MAX));
        Ok(())
    }
}
