//! A saved plan.

use super::{
    planned::{expect_printed, expect_readable, rewritten},
    printed::expect_line,
};
use crate::render::{Show, plan_text, reseal, saved_plan};

/// Reads a file as a saved plan, as it is and with the digest that it should have: without that,
/// nothing but whole plans would ever get past the digest. Renders what was read.
pub fn read_plan(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let sealed = reseal(text);
    for text in [text, &sealed] {
        match saved_plan(text) {
            Err(error) => expect_line(&crate::model::printable(&error.to_string()), bytes),
            Ok(saved) => {
                expect_printed(&saved.plan, &saved.sources, &[], bytes);
                let written = rewritten(&saved);
                let again = expect_readable(&written);
                let texts = [&again, &saved].map(|it| plan_text(&it.plan, &it.sources, Show::All));
                assert_eq!(texts[0], texts[1]);
                assert_eq!(rewritten(&again), written);
            }
        }
    }
}

/// Returns a plan with the digest that it should have.
#[must_use]
pub fn sealed(text: &str) -> String {
    reseal(text)
}
