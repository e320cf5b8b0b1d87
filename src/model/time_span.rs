//! Durations as they are written in the files: a whole number and a unit.

use std::{fmt, str::FromStr, time::Duration};

/// A duration in whole seconds: `60s` and `1m` are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimeSpan {
    seconds: u64,
}

/// Why a text is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TimeSpanError {
    #[error("not a whole number with one of the units s, m, h, d, w")]
    Form,
    #[error("the number is too large")]
    TooLarge,
}

/// Each unit and its length in seconds, the largest first.
const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl TimeSpan {
    pub(crate) const fn from_seconds(seconds: u64) -> Self {
        Self { seconds }
    }

    pub(crate) const fn seconds(self) -> u64 {
        self.seconds
    }

    pub(crate) const fn to_duration(self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

impl FromStr for TimeSpan {
    type Err = TimeSpanError;

    fn from_str(text: &str) -> Result<Self, TimeSpanError> {
        let unit = text.chars().last().ok_or(TimeSpanError::Form)?;
        let (_, length) = UNITS.iter().find(|(it, _)| *it == unit).ok_or(TimeSpanError::Form)?;
        let number = text.strip_suffix(unit).unwrap_or_default();
        if number.is_empty() || !number.chars().all(|it| it.is_ascii_digit()) {
            return Err(TimeSpanError::Form);
        }
        let number = number.parse::<u64>().map_err(|_| TimeSpanError::TooLarge)?;
        let seconds = number.checked_mul(*length).ok_or(TimeSpanError::TooLarge)?;
        Ok(Self { seconds })
    }
}

/// Shows the duration in the largest unit that divides it.
impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let divides =
            |(_, length): &&(char, u64)| self.seconds != 0 && self.seconds.is_multiple_of(*length);
        match UNITS.iter().find(divides) {
            Some((unit, length)) => write!(f, "{}{unit}", self.seconds / length),
            None => write!(f, "{}s", self.seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_shown_in_the_largest_unit_that_divides_it() {
        let shown = |text: &str| text.parse::<TimeSpan>().unwrap().to_string();
        assert_eq!(shown("60s"), "1m");
        assert_eq!(shown("90s"), "90s");
        assert_eq!(shown("24h"), "1d");
        assert_eq!(shown("14d"), "2w");
        assert_eq!(shown("0s"), "0s");
        assert_eq!(shown("007s"), "7s");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "s", "5", "5 s", "5S", "-5s", "1.5h", "5ms", "١s", "1h30m"] {
            assert_eq!(text.parse::<TimeSpan>(), Err(TimeSpanError::Form), "{text}");
        }
        let too_large = "99999999999999999999s".parse::<TimeSpan>();
        assert_eq!(too_large, Err(TimeSpanError::TooLarge));
        assert_eq!("18446744073709551615w".parse::<TimeSpan>(), Err(TimeSpanError::TooLarge));
    }
}
