//! What `simulator --help` says of faults and quirks: all of them, as the simulator knows them.

use std::fmt::Write as _;

use crate::simulator::{PLACES, QuirkChoice, Quirks, WHATS, WHICHES};

/// Returns the end of the long help.
pub(crate) fn text() -> String {
    let whats = WHATS.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = format!(
        "Login: CC_USERNAME and CC_PASSWORD, else `admin` and `simulator`.\n\
         \n\
         Faults, written WHERE[@WHICH]=WHAT:\n  \
         WHERE is one of {PLACES}\n  \
         WHICH is {WHICHES}: the second to fifth, every fourth, or all; the first if left out\n  \
         WHAT is one of {whats}\n\
         \n\
         Quirks, written NAME=VALUE, the default first:\n"
    );
    for QuirkChoice { name, values, default, meaning } in Quirks::ALL {
        let values = match values {
            ["DURATION"] => format!("DURATION, {default} by default"),
            words => words.join("|"),
        };
        writeln!(text, "  {name}={values}\n      {meaning}")
            .expect("invariant: a string takes everything");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quirk_is_listed_with_its_values() {
        let text = text();
        for choice in Quirks::ALL {
            assert!(text.contains(&format!("  {}={}", choice.name, choice.values.join("|"))));
        }
        assert!(40 < Quirks::ALL.len());
    }
}
