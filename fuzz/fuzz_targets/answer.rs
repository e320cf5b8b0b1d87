//! One response of the controller, read as the answer to each request.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trueup::testing::read_any_answer(bytes));
