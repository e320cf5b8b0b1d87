//! One answer of the controller, by what was asked for.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trueup::testing::read_any_answer(bytes));
