//! The three responses of a live read: read, and planned against.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trueup::testing::read_live(bytes));
