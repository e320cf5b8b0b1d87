//! The options of a simulator. Nothing here knows of flags, files or the environment.

use std::{fmt, str::FromStr, time::Duration};

use super::{Fault, Quirks};

/// The options of a simulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of everything that looks random.
    pub seed: u64,
    /// How long each request takes before it is processed.
    pub latency: Duration,
    /// How long a task takes until it has its effect.
    pub task_time: Duration,
    /// How long a run takes.
    pub run_time: Duration,
    /// The release of the controller. The default yields to the release in a world file.
    pub release: String,
    /// The rate limit, if there is one.
    pub rate: Option<Rate>,
    /// The faults from the start.
    pub faults: Vec<Fault>,
    /// The behavior that is not known of the real controller.
    pub quirks: Quirks,
    /// The only user.
    pub login: Login,
    /// The time at the first request, in milliseconds since 1970.
    pub started: u64,
}

/// The last release before `/discoverys`.
pub(crate) const DEFAULT_RELEASE: &str = "2.3.7.9";

/// 2026-01-01T00:00:00Z.
const DEFAULT_START: u64 = 1_767_225_600_000;

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            latency: Duration::ZERO,
            task_time: Duration::from_secs(1),
            run_time: Duration::from_secs(10),
            release: DEFAULT_RELEASE.to_owned(),
            rate: None,
            faults: Vec::new(),
            quirks: Quirks::default(),
            login: Login { username: "admin".to_owned(), password: "simulator".to_owned() },
            started: DEFAULT_START,
        }
    }
}

/// Who can get a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The name of the user.
    pub username: String,
    /// The password, which `Debug` does not show.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { username, password: _ } = self;
        f.debug_struct("Login").field("username", username).finish_non_exhaustive()
    }
}

/// A rate limit: so many requests in so many seconds, written `N/SECONDS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub(crate) requests: usize,
    pub(crate) window: Duration,
}

/// A rate that is not `N/SECONDS`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a rate: write `N/SECONDS`, for example `100/60`, both at least 1")]
pub struct RateError(String);

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let error = || RateError(text.to_owned());
        let (requests, seconds) = text.split_once('/').ok_or_else(error)?;
        let requests: u32 = requests.parse().map_err(|_| error())?;
        let seconds: u32 = seconds.parse().map_err(|_| error())?;
        if requests == 0 || seconds == 0 {
            return Err(error());
        }
        Ok(Self { requests: requests as usize, window: Duration::from_secs(seconds.into()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_two_whole_numbers() {
        let rate: Rate = "100/60".parse().unwrap();
        assert_eq!((rate.requests, rate.window), (100, Duration::from_mins(1)));
        for bad in ["", "100", "0/1", "1/0", "1/x", "-1/2", "1/2/3"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_does_not_show_the_password() {
        let shown = format!("{:?}", Options::default());
        assert!(shown.contains("admin") && !shown.contains("\"simulator\""), "{shown}");
    }
}
