//! Faults as text, both ways.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Serialize as _,
    de::value::{self, BorrowedStrDeserializer},
};

use super::{AnswerFault, Effect, Fault, Occurrence, Rejection, RequestKind, WriteOutcome};

pub(crate) const KINDS: &str =
    "token count list get create edit run stop delete task tasks credentials release any";
const WHICHES: &str = "`1`, `2-5`, `/4` or `*`";
const WHATS: &str = "lost reset 429 429:SECONDS 500…599 503:SECONDS taken:500…599 html cut null \
    empty slow:MS hang expire other-create:NAME other-edit:NAME other-delete:NAME other-run:NAME, and on a write \
    stuck stuck-done fail:TEXT lie late:MS";

impl Fault {
    /// The syntax of faults, for help.
    pub const HELP: &str = "WHERE is one of token count list get create edit run stop delete task \
        tasks\n  credentials release any\nWHICH is one of 1 (default), 2-5, /4 (every 4th), *\nWHAT \
        is one of lost (processed, no answer) reset (not processed) 429 429:SECONDS\n  500…599 \
        503:SECONDS taken:502 (processed, then that answer) html cut null\n  empty slow:MS hang expire \
        other-create:NAME other-edit:NAME other-delete:NAME\n  other-run:NAME (another user, right \
        before); and on a write stuck stuck-done\n  fail:TEXT lie (success, nothing done) late:MS \
        (its task is not found for so long)";
}

/// Why text is not a fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// There is no `=`.
    #[error("`{0}` is not a fault: write `WHERE[@WHICH]=WHAT`, for example `create@2=lost`")]
    Form(String),
    /// WHERE is not a kind of request.
    #[error("`{0}` is not a kind of request: write one of {KINDS}")]
    Where(String),
    /// WHICH is invalid.
    #[error("`{0}` does not select requests: write {WHICHES}")]
    Which(String),
    /// WHAT is unknown.
    #[error("`{0}` is not a fault: write one of {WHATS}")]
    What(String),
    /// WHAT is for writes only, and WHERE is not a write.
    #[error("the fault `{0}` is for writes only: create, edit, run, stop, delete or any")]
    NeedsWrite(String),
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (left, right) =
            text.split_once('=').ok_or_else(|| FaultError::Form(text.to_owned()))?;
        let (kind, occurrence) = left.split_once('@').unwrap_or((left, "1"));
        let (kind, occurrence): (RequestKind, Occurrence) = (kind.parse()?, occurrence.parse()?);
        let effect: Effect = right.parse()?;
        if effect.needs_write() && !kind.can_write() {
            return Err(FaultError::NeedsWrite(right.to_owned()));
        }
        Ok(Self { kind, occurrence, effect })
    }
}

impl FromStr for RequestKind {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        from_word(text).ok_or_else(|| FaultError::Where(text.to_owned()))
    }
}

impl FromStr for Occurrence {
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

impl FromStr for Effect {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let error = || FaultError::What(text.to_owned());
        let number = |it: &str| it.parse::<u64>().map_err(|_| error());
        let status =
            |it: &str| it.parse().ok().filter(|n: &u16| (500..600).contains(n)).ok_or_else(error);
        match text.split_once(':') {
            None => match text {
                "lost" => Ok(Self::Answer(AnswerFault::Lost)),
                "reset" => Ok(Self::Reject(Rejection::Reset)),
                "429" => Ok(Self::Reject(Rejection::TooMany(None))),
                "html" => Ok(Self::Answer(AnswerFault::Html)),
                "cut" => Ok(Self::Answer(AnswerFault::Cut)),
                "null" => Ok(Self::Answer(AnswerFault::Null)),
                "empty" => Ok(Self::Answer(AnswerFault::Empty)),
                "hang" => Ok(Self::Reject(Rejection::Hang)),
                "expire" => Ok(Self::ExpireTokens),
                "stuck" => Ok(Self::Write(WriteOutcome::Stuck)),
                "stuck-done" => Ok(Self::Write(WriteOutcome::StuckDone)),
                "lie" => Ok(Self::Write(WriteOutcome::Lie)),
                _ => Ok(Self::Reject(Rejection::Status(status(text)?))),
            },
            Some(("429", it)) => Ok(Self::Reject(Rejection::TooMany(Some(number(it)?)))),
            Some(("503", it)) => Ok(Self::Reject(Rejection::Unavailable(number(it)?))),
            Some(("taken", it)) => Ok(Self::Answer(AnswerFault::Status(status(it)?))),
            Some(("slow", it)) => number(it).map(Self::Slow),
            Some(("late", it)) => number(it).map(Self::LateTask),
            Some(("fail", it)) if !it.is_empty() => {
                Ok(Self::Write(WriteOutcome::Fails(it.to_owned())))
            }
            Some((word, name)) => {
                let action = word.strip_prefix("other-").filter(|_| !name.is_empty());
                let action = action.and_then(from_word).ok_or_else(error)?;
                Ok(Self::OtherUser(action, name.to_owned()))
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, occurrence, effect } = self;
        match occurrence {
            Occurrence::From { first: 1, last: 1 } => write!(f, "{kind}={effect}"),
            occurrence => write!(f, "{kind}@{occurrence}={effect}"),
        }
    }
}

impl fmt::Display for RequestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for Occurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From { first, last } if first == last => write!(f, "{first}"),
            Self::From { first, last } => write!(f, "{first}-{last}"),
            Self::Every(step) => write!(f, "/{step}"),
            Self::All => f.write_str("*"),
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(AnswerFault::Lost) => f.write_str("lost"),
            Self::Reject(Rejection::Reset) => f.write_str("reset"),
            Self::Reject(Rejection::TooMany(None)) => f.write_str("429"),
            Self::Reject(Rejection::TooMany(Some(seconds))) => {
                write!(f, "429:{seconds}")
            }
            Self::Reject(Rejection::Unavailable(seconds)) => write!(f, "503:{seconds}"),
            Self::Reject(Rejection::Status(status)) => write!(f, "{status}"),
            Self::Answer(AnswerFault::Status(status)) => write!(f, "taken:{status}"),
            Self::Answer(AnswerFault::Html) => f.write_str("html"),
            Self::Answer(AnswerFault::Cut) => f.write_str("cut"),
            Self::Answer(AnswerFault::Null) => f.write_str("null"),
            Self::Answer(AnswerFault::Empty) => f.write_str("empty"),
            Self::Slow(millis) => write!(f, "slow:{millis}"),
            Self::Reject(Rejection::Hang) => f.write_str("hang"),
            Self::ExpireTokens => f.write_str("expire"),
            Self::Write(WriteOutcome::Done) => f.write_str("done"),
            Self::Write(WriteOutcome::Stuck) => f.write_str("stuck"),
            Self::Write(WriteOutcome::StuckDone) => f.write_str("stuck-done"),
            Self::Write(WriteOutcome::Fails(text)) => write!(f, "fail:{text}"),
            Self::Write(WriteOutcome::Lie) => f.write_str("lie"),
            Self::LateTask(millis) => write!(f, "late:{millis}"),
            Self::OtherUser(action, name) => {
                f.write_str("other-")?;
                action.serialize(&mut *f)?;
                write!(f, ":{name}")
            }
        }
    }
}

/// The unit variant with this name.
fn from_word<'a, T: Deserialize<'a>>(word: &'a str) -> Option<T> {
    let word: BorrowedStrDeserializer<'_, value::Error> = BorrowedStrDeserializer::new(word);
    T::deserialize(word).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_round_trips() {
        let whats = "lost reset 429 429:5 500 599 503:7 taken:502 html cut null empty slow:10 hang expire \
            stuck stuck-done fail:no lie late:9 other-create:a other-edit:b other-delete:c \
            other-run:d";
        for what in whats.split_whitespace() {
            for left in ["create", "any@2", "edit@2-5", "run@/4", "stop@*", "delete"] {
                let text = format!("{left}={what}");
                assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
            }
        }
        for place in KINDS.split(' ') {
            let text = format!("{place}=lost");
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn texts_and_names_can_have_any_character() {
        let fault: Fault = "create=fail:a=b: @c".parse().unwrap();
        assert_eq!(fault.effect, Effect::Write(WriteOutcome::Fails("a=b: @c".to_owned())));
    }

    #[test]
    fn an_error_lists_the_valid_values() {
        let message = |text: &str| text.parse::<Fault>().unwrap_err().to_string();
        assert!(message("create").contains("WHERE[@WHICH]=WHAT"));
        assert!(message("nowhere=lost").contains("token count list"));
        assert!(message("create@0=lost").contains("`2-5`"));
        assert!(message("create@5-2=lost").contains("`2-5`"));
        for bad in ["create=gone", "create=404", "create=taken:200", "create=other-create:"] {
            assert!(message(bad).contains("stuck-done"), "{bad}");
        }
        assert!(message("list=lie").contains("writes only"));
    }
}
