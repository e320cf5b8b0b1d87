//! The parts of a fault, `WHERE[@WHICH]=WHAT`.

/// Something that goes wrong with some requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// WHERE: the requests that it counts.
    pub(crate) kind: RequestKind,
    /// WHICH of those it acts on.
    pub(crate) occurrence: Occurrence,
    /// WHAT it does to them.
    pub(crate) effect: Effect,
}

/// The kinds of requests that faults and counts distinguish. Their names are the same in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RequestKind {
    Token,
    Count,
    List,
    Get,
    Create,
    Edit,
    Run,
    Stop,
    Delete,
    Task,
    Tasks,
    Credentials,
    Release,
    Any,
}

impl RequestKind {
    /// Whether requests of this kind can write to a discovery.
    pub(crate) fn can_write(self) -> bool {
        matches!(
            self,
            Self::Create | Self::Edit | Self::Run | Self::Stop | Self::Delete | Self::Any
        )
    }
}

/// Requests of a kind, counted from 1 since the fault was injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occurrence {
    From { first: u64, last: u64 },
    Every(u64),
    All,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Reject(Rejection),
    Answer(AnswerFault),
    /// Processed at once, answered so many milliseconds later.
    Slow(u64),
    /// No token is valid from this request on.
    ExpireTokens,
    Write(WriteOutcome),
    /// The task of the write cannot be found for so many milliseconds.
    LateTask(u64),
    /// Another user acts on the discovery with this name, right before.
    OtherUser(UserAction, String),
}

/// Keeps a request from being processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// No answer.
    Reset,
    /// Never answered.
    Hang,
    /// 429, with this `Retry-After` in seconds, if any.
    TooMany(Option<u64>),
    /// 503, with this `Retry-After`.
    Unavailable(u64),
    /// Answered with this status.
    Status(u16),
}

/// Takes the place of the answer to a request that was processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerFault {
    /// No answer.
    Lost,
    Cut,
    Html,
    Null,
    /// An empty list.
    Empty,
    Status(u16),
}

impl Effect {
    /// What it is called in counts, where its details do not matter.
    pub(crate) fn name(&self) -> String {
        let text = self.to_string();
        let detail = match self {
            Self::Reject(Rejection::Status(_)) => return "500…599".to_owned(),
            Self::Reject(_) => "SECONDS",
            Self::Answer(_) => "500…599",
            Self::Slow(_) | Self::LateTask(_) => "MS",
            Self::OtherUser(..) => "NAME",
            _ => "TEXT",
        };
        match text.split_once(':') {
            Some((word, _)) => format!("{word}:{detail}"),
            None => text,
        }
    }

    /// Whether it can only happen to a write.
    pub(crate) fn needs_write(&self) -> bool {
        matches!(self, Self::Write(_) | Self::LateTask(_))
    }
}

/// What becomes of an accepted write. World files have the names of the variants.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum WriteOutcome {
    #[default]
    Done,
    /// Nothing is done and the task never ends.
    Stuck,
    /// It is done and the task never reports it.
    StuckDone,
    Fails(String),
    /// The task reports that it is done, and nothing is.
    Lie,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum UserAction {
    Create,
    Edit,
    Delete,
    Run,
}
