//! The fuzzers' corpora, on stable Rust: passes every file of `tests/corpus` to the reader that its
//! fuzzer calls, and thousands of mutations that are the same in every run.
//!
//! Detects regressions in inputs that a fuzzer has already covered. To find new inputs, run
//! `.ci/fuzz`, which also builds the corpora (`.ci/fuzz merge`).

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::{Duration, Instant},
};

use trueup::testing;

/// The name of a fuzzer, and the reader it calls.
type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 7] = [
    ("answer", testing::read_any_answer),
    ("header", testing::read_header),
    ("journal", testing::read_journal),
    ("live", testing::read_live),
    ("plan", testing::read_plan),
    ("world", testing::read_world),
    ("yaml", testing::read_yaml),
];

/// The number of mutations of each corpus.
const N_MUTATED: usize = 2_000;

/// The time for one corpus and its mutations; the remaining mutations are skipped, so that a slow
/// machine does not fail.
const TIME_PER_CORPUS: Duration = Duration::from_secs(8);

/// The time for one input: far more than any takes, so that a busy machine does not fail, and far
/// less than a hang.
const TIME_PER_INPUT: Duration = Duration::from_secs(10);

/// Tokens that mutations insert: each means something to one of the readers.
const TOKENS: [&str; 36] = [
    "\0",
    "\r",
    "\n",
    "\t",
    "\u{feff}",
    "\u{202e}",
    "\u{1b}[31m",
    "\u{9b}",
    "\u{e0041}",
    "&a ",
    "*a",
    "<<: ",
    "!!str ",
    "- ",
    ": ",
    "? ",
    "|",
    ">",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\u0000",
    "\\ud800",
    "null",
    "-1",
    "1e999",
    "18446744073709551616",
    "9223372036854775807",
    "0x",
    "..",
    "/129",
    "::ffff:1.2.3.4",
    "NO!$DATA!$",
    "`|<b>",
];

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
    let files = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path());
    let mut files = files.collect::<Vec<_>>();
    files.sort();
    files.iter().map(|it| fs::read(it).unwrap()).collect()
}

/// Reads an input. If it breaks the reader it is printed, so that it can be turned into a test.
fn read((name, read): Target, input: &[u8]) {
    let began = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| read(input)));
    assert!(outcome.is_ok(), "this broke `{name}`: b\"{}\"", input.escape_ascii());
    assert!(began.elapsed() < TIME_PER_INPUT, "{name} took {:?}", began.elapsed());
}

fn mutated(random: &mut fastrand::Rng, inputs: &[Vec<u8>]) -> Vec<u8> {
    let mut input = random.choice(inputs).unwrap().clone();
    for _ in 0..random.usize(1..=4) {
        let at = random.usize(0..=input.len());
        let until = random.usize(at..=input.len().min(at + 24));
        match random.u8(0..6) {
            0 => input.truncate(at),
            1 => drop(input.drain(at..until)),
            2 => input[at..until].iter_mut().for_each(|it| *it ^= 1 << random.u8(0..8)),
            3 => {
                let part = input[at..until].to_vec();
                let to = random.usize(0..=input.len());
                input.splice(to..to, part).for_each(drop);
            }
            4 => {
                let other = random.choice(inputs).unwrap();
                let from = random.usize(0..=other.len());
                let to = random.usize(from..=other.len().min(from + 200));
                input.splice(at..until, other[from..to].iter().copied()).for_each(drop);
            }
            _ => {
                let token = random.choice(TOKENS).unwrap();
                input.splice(at..until, token.bytes()).for_each(drop);
            }
        }
    }
    input
}

fn check(name: &str) {
    let target = *TARGETS.iter().find(|(it, _)| *it == name).unwrap();
    let inputs = corpus(name);
    assert!(5 < inputs.len(), "{name} has next to no corpus");
    for input in &inputs {
        read(target, input);
    }
    let mut random = fastrand::Rng::with_seed(1);
    let began = Instant::now();
    let mut n_read = 0;
    while n_read < N_MUTATED && began.elapsed() < TIME_PER_CORPUS {
        read(target, &mutated(&mut random, &inputs));
        n_read += 1;
    }
    assert!(50 < n_read, "{name} is slow: {n_read} in {TIME_PER_CORPUS:?}");
}

#[test]
fn responses_are_read_or_refused() {
    check("answer");
}

#[test]
fn headers_never_cause_a_long_wait() {
    check("header");
}

#[test]
fn journals_are_read_or_refused() {
    check("journal");
}

#[test]
fn controller_states_are_read_or_refused() {
    check("live");
}

#[test]
fn saved_plans_are_read_or_refused() {
    check("plan");
}

#[test]
fn worlds_are_read_or_refused() {
    check("world");
}

#[test]
fn yaml_files_are_read_or_refused() {
    check("yaml");
}

#[test]
fn every_fuzzer_has_a_small_corpus() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fuzzers = fs::read_dir(root.join("fuzz/fuzz_targets")).unwrap();
    let mut names = fuzzers
        .map(|it| it.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect::<Vec<_>>();
    names.sort();
    assert_eq!(names, TARGETS.map(|(name, _)| name));
    for name in names {
        let sizes = corpus(&name).iter().map(Vec::len).collect::<Vec<_>>();
        assert!(sizes.len() <= 300, "{name}: {} files", sizes.len());
        assert!(sizes.iter().sum::<usize>() <= 300_000, "{name}: {sizes:?}");
    }
}
