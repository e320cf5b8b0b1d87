use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    Disk as _, Header, Journal, JournalContent, JournalError, Lines, Opened, RealDisk, is_closed,
    read::MAX_BYTES,
};
use crate::{
    events::{Event, Outcome, StopReason},
    model::RemoteId,
    plan::{Change, Step, testing::Scenario},
};

const AT_MS: i64 = 1_767_225_600_123;

fn changes() -> Vec<Change> {
    let scenario =
        Scenario::new("a; cidr 10.0.0.0/24; cli netops\nb \"x\"; cidr 10.1.0.0/24; cli netops", "");
    scenario.plan().changes
}

/// Every event that a journal keeps.
fn events() -> Vec<Event> {
    let (change, step) = (1, Step::Create);
    let ended = |outcome| Event::Ended { change: 0, outcome };
    let words = || "the controller's own \u{1b}[31m wörds\n".to_owned();
    let stops = [
        StopReason::Interrupted,
        StopReason::OutOfTime,
        StopReason::Unheard,
        StopReason::Unrecorded,
        StopReason::Settling,
    ];
    let stops = stops.map(|why| Event::Stopping { why });
    let mut events = vec![
        Event::Started { n_changes: 2 },
        Event::Submitting { change, step, attempt: 1, sent_ms: AT_MS + 1, earlier_run_ms: None },
        Event::Submitting {
            change,
            step: Step::Run,
            attempt: 2,
            sent_ms: AT_MS + 1,
            earlier_run_ms: Some(AT_MS - 1),
        },
        Event::Accepted { change, step, task: "t-1".to_owned() },
        Event::Claimed { change, step },
        Event::InDoubt { change, step: Step::Edit, why: words() },
        Event::NotTaken { change, step: Step::Run, why: words() },
        Event::Refused { change, step: Step::Stop, why: words() },
        Event::Settled { change, step, found: true, id: None },
        Event::Settled { change, step, found: false, id: Some(RemoteId("17".to_owned())) },
        Event::Noted { change, note: words() },
        Event::Resumed { n_open: 0, settles_only: false },
        Event::Resumed { n_open: 0, settles_only: true },
        ended(Outcome::Done),
        ended(Outcome::Converged),
        ended(Outcome::Failed { words: words() }),
        ended(Outcome::Stale { words: words() }),
        ended(Outcome::Conflict { words: words() }),
        ended(Outcome::Unknown { words: words() }),
        ended(Outcome::NotTried { why: words() }),
        ended(Outcome::Open { task: Some("t-1".to_owned()), words: words() }),
        ended(Outcome::Open { task: None, words: words() }),
    ];
    events.extend(stops);
    events
}

fn header() -> Header {
    Header::new(json!({"z": 1, "a": [2]}), true)
}

/// A journal with these events, in a folder of its own.
fn written(events: &[Event]) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.jsonl");
    let file = RealDisk.create(&path).unwrap();
    let mut journal = Journal::begin(file, header(), AT_MS).unwrap();
    journal.record(events, &changes(), AT_MS + 5).unwrap();
    (dir, path)
}

fn content(path: &std::path::Path) -> Result<JournalContent, JournalError> {
    Opened::open(&RealDisk, path)?.content(&changes())
}

#[test]
fn a_journal_reads_back_as_it_was_written() {
    let (_dir, path) = written(&events());
    let opened = Opened::open(&RealDisk, &path).unwrap();
    assert_eq!(opened.lines.header.plan.to_string(), header().plan.to_string());
    assert!(opened.lines.header.waits_for_runs());
    let found = opened.content(&changes()).unwrap();
    assert!(!found.is_closed);
    let expected = events().into_iter().map(|it| (AT_MS + 5, it)).collect::<Vec<_>>();
    assert_eq!(found.events, expected);
}

#[test]
fn a_journal_does_not_grow_beyond_what_can_be_read() {
    let (_dir, path) = written(&events());
    let before = fs::read(&path).unwrap();
    let file = RealDisk.open(&path).unwrap();
    let mut journal = Journal::continued(file, 1, MAX_BYTES - 300);
    let event = [Event::Started { n_changes: 2 }];
    journal.record(&event, &changes(), AT_MS).unwrap();
    let whole = fs::read(&path).unwrap();
    assert!(before.len() < whole.len());
    for _ in 0..3 {
        assert!(journal.record(&events(), &changes(), AT_MS).is_err());
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
    drop(journal);
    let large = fs::OpenOptions::new().write(true).open(&path).unwrap();
    large.set_len(MAX_BYTES + 1).unwrap();
    assert!(matches!(content(&path), Err(JournalError::TooLarge)));
}

#[test]
fn progress_is_not_recorded() {
    let passing =
        [Event::Waiting { n_open: 1, trouble: None }, Event::ReadFailed { why: "no".to_owned() }];
    let (_dir, path) = written(&passing);
    assert_eq!(content(&path).unwrap().events, []);
}

#[test]
fn a_journal_continues_in_the_same_file() {
    let (_dir, path) = written(&events());
    let mut journal = content(&path).unwrap().journal;
    assert!(matches!(content(&path), Err(JournalError::Locked)), "it is held");
    journal.record(&[Event::Started { n_changes: 2 }], &changes(), AT_MS + 9).unwrap();
    assert!(!is_closed(&RealDisk, &path), "it is held");
    journal.hand_over(Some("other.jsonl".to_owned()), AT_MS + 9).unwrap();
    drop(journal);
    assert!(is_closed(&RealDisk, &path));
    let again = content(&path).unwrap();
    assert!(again.is_closed && again.events.len() == events().len() + 1);
    let text = fs::read_to_string(&path).unwrap();
    let seqs = text.lines().map(|it| serde_json::from_str::<Value>(it).unwrap()["seq"].clone());
    assert!(seqs.eq((1..=text.lines().count()).map(|it| json!(it))), "{text}");
}

#[test]
fn readers_share_a_journal_and_a_writer_excludes_them() {
    let (_dir, path) = written(&events());
    let (one, other) = (RealDisk.open_shared(&path).unwrap(), RealDisk.open_shared(&path).unwrap());
    drop((one, other));
    let read = Lines::read(&RealDisk, &path).unwrap();
    let writing = content(&path).unwrap();
    assert!(matches!(Lines::read(&RealDisk, &path), Err(JournalError::Locked)));
    drop(writing);
    assert_eq!(read.events(&changes()).unwrap().len(), events().len());
}

#[test]
fn a_torn_journal_keeps_its_whole_lines() {
    let (_dir, path) = written(&events());
    let whole = fs::read(&path).unwrap();
    let first = whole.iter().position(|it| *it == b'\n').unwrap() + 1;
    for size in (0..whole.len()).step_by(7) {
        fs::write(&path, &whole[..size]).unwrap();
        let n_lines = String::from_utf8_lossy(&whole[..size]).matches('\n').count();
        match content(&path) {
            Ok(found) => assert_eq!(found.events.len() + 1, n_lines, "{size}"),
            Err(JournalError::NotAJournal(_) | JournalError::Torn) => {
                assert!(size < first, "{size}");
            }
            Err(error) => panic!("{size}: {error}"),
        }
        let left = fs::read(&path).unwrap();
        let end = if size < first { size } else { left.len() };
        assert!(size < first || left.ends_with(b"\n"), "the torn line is cut off");
        assert_eq!(left[..end], whole[..end]);
    }
}

#[test]
fn an_invalid_line_is_an_error_that_names_it() {
    let (_dir, path) = written(&events());
    let text = fs::read_to_string(&path).unwrap();
    let mistakes = [
        ("\"step\":\"create\"", "\"step\":\"invent\""),
        ("\"position\":1", "\"position\":7"),
        ("\"name\":\"b \\\"x\\\"\"", "\"name\":\"c\""),
        ("\"attempt\":1", "\"attempt\":-1"),
        ("\"event\":\"submitting\"", "\"event\":\"plan\""),
        ("\"event\":\"submitting\"", "\"event\":\"guessing\""),
        ("\"controller_time\":\"2", "\"controller_time\":\"x"),
    ];
    for (right, wrong) in mistakes {
        assert!(text.contains(right), "{right} in {text}");
        fs::write(&path, text.replacen(right, wrong, 1)).unwrap();
        let error = content(&path).unwrap_err();
        assert!(matches!(error, JournalError::Line { line: 3, .. }), "{wrong}: {error}");
    }
    for (at, wrong) in [(1, "{}"), (1, ""), (4, "{"), (4, "null")] {
        let mut lines = text.lines().collect::<Vec<_>>();
        lines[at] = wrong;
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        let error = content(&path).unwrap_err();
        assert!(matches!(error, JournalError::Line { line, .. } if line == at + 1), "{error}");
    }
}

#[test]
fn a_file_that_is_not_a_journal_differs_from_a_damaged_one() {
    let (_dir, path) = written(&events());
    let text = fs::read_to_string(&path).unwrap();
    let with_version = |it: &str| text.replacen("\"2.0\"", &format!("\"{it}\""), 1);
    for (what, error) in [
        (String::new(), "it is not a journal: it is empty"),
        (text.chars().take(40).collect(), "it was cut short in its first line"),
        ("no newline".to_owned(), "it is not a journal: it is empty"),
        ("{\"event\":\"x\"}\n".to_owned(), "it is not a journal: "),
        ("hello\n".to_owned(), "it is not a journal: "),
        (text.lines().skip(1).collect::<Vec<_>>().join("\n") + "\n", "its first line has no plan"),
        (with_version("3.1"), "its format is 3.1, and this program reads 2.0"),
        (with_version("1.0"), "its format is 1.0, that of trueup 0.1.0, which settles it"),
    ] {
        fs::write(&path, what).unwrap();
        let found = content(&path).unwrap_err().to_string();
        assert!(found.contains(error), "{found}");
    }
    fs::write(&path, [b'{', 0xff, b'\n']).unwrap();
    assert!(matches!(content(&path), Err(JournalError::NotAJournal(_))));
}

#[test]
fn journals_are_private() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join(".trueup");
    RealDisk.make_folder(&folder).unwrap();
    RealDisk.make_folder(&folder).unwrap();
    let path = folder.join("journal.jsonl");
    drop(RealDisk.create(&path).unwrap());
    assert!(RealDisk.create(&path).is_err(), "an existing file is not overwritten");
    let mode = |it: &std::path::Path| fs::metadata(it).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
    assert_eq!(fs::read_to_string(folder.join(".gitignore")).unwrap(), "*\n");
}
