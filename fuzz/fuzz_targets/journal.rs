//! Journals of applies: read, gone on from, written again.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trueup::testing::read_journal(bytes));
