//! The headers of an answer: when to come back, what time it is, where to go.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trueup::testing::read_header(bytes));
