//! Worlds of the built-in controller: read, written again, listed.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trueup::testing::read_world(bytes));
