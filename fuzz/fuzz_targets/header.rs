//! Response headers: `Retry-After`, `Date` and `Location`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trueup::testing::read_header(bytes));
