//! A controller of three answers: read, planned against.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trueup::testing::read_live(bytes));
