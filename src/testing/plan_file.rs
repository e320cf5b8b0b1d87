//! A saved plan.

use super::{
    planned::{expect_printed, expect_readable, rewritten},
    printed::expect_line,
};
use crate::render::{Show, plan_text, reseal, saved_plan};

/// Reads a file as a saved plan, unchanged and with a corrected digest, without which only valid
/// plans would pass the check. Renders the plan that was read.
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

/// Returns a plan with a corrected digest.
#[must_use]
pub fn sealed(text: &str) -> String {
    reseal(text)
}
