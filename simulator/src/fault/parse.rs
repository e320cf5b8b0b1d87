//! Faults as text, both ways.

use std::{fmt, str::FromStr};

use super::{Fate, Fault, Other, What, Where, Which};

const PLACES: &str =
    "token count list get create edit run stop delete task tasks credentials release any";
const WHICHES: &str = "`1`, `2-5`, `/4` or `*`";
const WHATS: &str = "lost reset 429 429:SECONDS 500…599 503:SECONDS taken:500…599 html cut null \
    empty slow:MS hang expire other-create:NAME other-edit:NAME other-delete:NAME other-run:NAME, and on a write \
    stuck stuck-done fail:TEXT lie late:MS";

impl Fault {
    /// How a fault is written, for help.
    pub const HELP: &str = "WHERE is one of token count list get create edit run stop delete task \
        tasks\n  credentials release any\nWHICH is one of 1 (default), 2-5, /4 (every 4th), *\nWHAT \
        is one of lost (taken on, no answer) reset (not taken on) 429 429:SECONDS\n  500…599 \
        503:SECONDS taken:502 (taken on, then that answer) html cut null\n  empty slow:MS hang expire \
        other-create:NAME other-edit:NAME other-delete:NAME\n  other-run:NAME (somebody else, right \
        before); and on a write stuck stuck-done\n  fail:TEXT lie (success, nothing done) late:MS \
        (its task is 404 that long)";
}

/// A fault that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// There is no `=`.
    #[error("`{0}` is not a fault: write `WHERE[@WHICH]=WHAT`, for example `create@2=lost`")]
    Form(String),
    /// No requests are called so.
    #[error("there is no place `{0}` for a fault: it is one of {PLACES}")]
    Where(String),
    /// The count is none.
    #[error("`{0}` does not say which requests: it is {WHICHES}")]
    Which(String),
    /// Nothing that can go wrong is called so.
    #[error("there is no fault `{0}`: it is one of {WHATS}")]
    What(String),
    /// It can only happen to a write.
    #[error("the fault `{0}` needs a write: one of create, edit, run, stop, delete, any")]
    NeedsWrite(String),
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (left, what_word) =
            text.split_once('=').ok_or_else(|| FaultError::Form(text.to_owned()))?;
        let (place, which) = left.split_once('@').unwrap_or((left, "1"));
        let place: Where = place.parse()?;
        let which: Which = which.parse()?;
        let what: What = what_word.parse()?;
        if what.needs_write() && !place.can_write() {
            return Err(FaultError::NeedsWrite(what_word.to_owned()));
        }
        Ok(Self { place, which, what })
    }
}

impl FromStr for Where {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let found = Self::ALL.iter().find(|(_, word)| *word == text);
        found.map(|(place, _)| *place).ok_or_else(|| FaultError::Where(text.to_owned()))
    }
}

impl FromStr for Which {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let error = || FaultError::Which(text.to_owned());
        let number = |it: &str| it.parse().ok().filter(|n: &u64| *n != 0).ok_or_else(error);
        if text == "*" {
            return Ok(Self::All);
        }
        if let Some(step) = text.strip_prefix('/') {
            return Ok(Self::Every(number(step)?));
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (number(first)?, number(last)?);
        if last < first {
            return Err(error());
        }
        Ok(Self::From { first, last })
    }
}

impl FromStr for What {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let error = || FaultError::What(text.to_owned());
        let number = |it: &str| it.parse::<u64>().map_err(|_| error());
        let status =
            |it: &str| it.parse().ok().filter(|n: &u16| (500..600).contains(n)).ok_or_else(error);
        let other = |other, name: &str| match name {
            "" => Err(error()),
            name => Ok(Self::Other(other, name.to_owned())),
        };
        match text.split_once(':') {
            None => match text {
                "lost" => Ok(Self::Lost),
                "reset" => Ok(Self::Reset),
                "429" => Ok(Self::TooMany { retry_after: None }),
                "html" => Ok(Self::Html),
                "cut" => Ok(Self::Cut),
                "null" => Ok(Self::Null),
                "empty" => Ok(Self::Empty),
                "hang" => Ok(Self::Hang),
                "expire" => Ok(Self::Expire),
                "stuck" => Ok(Self::Fate(Fate::Stuck)),
                "stuck-done" => Ok(Self::Fate(Fate::StuckDone)),
                "lie" => Ok(Self::Fate(Fate::Lie)),
                _ => status(text).map(Self::Status),
            },
            Some(("429", it)) => Ok(Self::TooMany { retry_after: Some(number(it)?) }),
            Some(("503", it)) => Ok(Self::Unavailable { retry_after: number(it)? }),
            Some(("taken", it)) => status(it).map(Self::Taken),
            Some(("slow", it)) => number(it).map(Self::Slow),
            Some(("late", it)) => number(it).map(Self::Late),
            Some(("fail", it)) if !it.is_empty() => Ok(Self::Fate(Fate::Fails(it.to_owned()))),
            Some(("other-create", it)) => other(Other::Create, it),
            Some(("other-edit", it)) => other(Other::Edit, it),
            Some(("other-delete", it)) => other(Other::Delete, it),
            Some(("other-run", it)) => other(Other::Run, it),
            Some(_) => Err(error()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, which, what } = self;
        match which {
            Which::From { first: 1, last: 1 } => write!(f, "{place}={what}"),
            which => write!(f, "{place}@{which}={what}"),
        }
    }
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Self::ALL.iter().find(|(place, _)| place == self);
        let (_, word) = found.expect("invariant: `ALL` has every place");
        f.write_str(word)
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From { first, last } if first == last => write!(f, "{first}"),
            Self::From { first, last } => write!(f, "{first}-{last}"),
            Self::Every(step) => write!(f, "/{step}"),
            Self::All => f.write_str("*"),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => f.write_str("lost"),
            Self::Reset => f.write_str("reset"),
            Self::TooMany { retry_after: None } => f.write_str("429"),
            Self::TooMany { retry_after: Some(seconds) } => write!(f, "429:{seconds}"),
            Self::Unavailable { retry_after } => write!(f, "503:{retry_after}"),
            Self::Status(status) => write!(f, "{status}"),
            Self::Taken(status) => write!(f, "taken:{status}"),
            Self::Html => f.write_str("html"),
            Self::Cut => f.write_str("cut"),
            Self::Null => f.write_str("null"),
            Self::Empty => f.write_str("empty"),
            Self::Slow(millis) => write!(f, "slow:{millis}"),
            Self::Hang => f.write_str("hang"),
            Self::Expire => f.write_str("expire"),
            Self::Fate(Fate::Done) => f.write_str("done"),
            Self::Fate(Fate::Stuck) => f.write_str("stuck"),
            Self::Fate(Fate::StuckDone) => f.write_str("stuck-done"),
            Self::Fate(Fate::Fails(text)) => write!(f, "fail:{text}"),
            Self::Fate(Fate::Lie) => f.write_str("lie"),
            Self::Late(millis) => write!(f, "late:{millis}"),
            Self::Other(Other::Create, name) => write!(f, "other-create:{name}"),
            Self::Other(Other::Edit, name) => write!(f, "other-edit:{name}"),
            Self::Other(Other::Delete, name) => write!(f, "other-delete:{name}"),
            Self::Other(Other::Run, name) => write!(f, "other-run:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_written_as_it_is_read() {
        let whats = "lost reset 429 429:5 500 599 503:7 taken:502 html cut null empty slow:10 hang expire \
            stuck stuck-done fail:no lie late:9 other-create:a other-edit:b other-delete:c \
            other-run:d";
        for what in whats.split_whitespace() {
            for left in ["create", "any@2", "edit@2-5", "run@/4", "stop@*", "delete"] {
                let text = format!("{left}={what}");
                assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
            }
        }
        for place in PLACES.split(' ') {
            let text = format!("{place}=lost");
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn text_and_names_may_hold_any_sign() {
        let fault: Fault = "create=fail:a=b: @c".parse().unwrap();
        assert_eq!(fault.what, What::Fate(Fate::Fails("a=b: @c".to_owned())));
    }

    #[test]
    fn a_mistake_says_what_there_is() {
        let message = |text: &str| text.parse::<Fault>().unwrap_err().to_string();
        assert!(message("create").contains("WHERE[@WHICH]=WHAT"));
        assert!(message("nowhere=lost").contains("token count list"));
        assert!(message("create@0=lost").contains("`2-5`"));
        assert!(message("create@5-2=lost").contains("`2-5`"));
        for bad in ["create=gone", "create=404", "create=taken:200", "create=other-create:"] {
            assert!(message(bad).contains("stuck-done"), "{bad}");
        }
        assert!(message("list=lie").contains("needs a write"));
    }
}
