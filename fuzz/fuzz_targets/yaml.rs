//! Files of desired state: read, diagnosed, planned.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trueup::testing::read_yaml(bytes));
