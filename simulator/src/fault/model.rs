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

/// The kinds of requests that faults and counts distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    pub(crate) const ALL: [(Self, &'static str); 14] = [
        (Self::Token, "token"),
        (Self::Count, "count"),
        (Self::List, "list"),
        (Self::Get, "get"),
        (Self::Create, "create"),
        (Self::Edit, "edit"),
        (Self::Run, "run"),
        (Self::Stop, "stop"),
        (Self::Delete, "delete"),
        (Self::Task, "task"),
        (Self::Tasks, "tasks"),
        (Self::Credentials, "credentials"),
        (Self::Release, "release"),
        (Self::Any, "any"),
    ];

    /// Whether requests of this kind can write to a discovery.
    pub(crate) fn can_write(self) -> bool {
        match self {
            Self::Create | Self::Edit | Self::Run | Self::Stop | Self::Delete | Self::Any => true,
            Self::Token
            | Self::Count
            | Self::List
            | Self::Get
            | Self::Task
            | Self::Tasks
            | Self::Credentials
            | Self::Release => false,
        }
    }
}

/// Requests of a kind, counted from 1 since the fault was injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occurrence {
    From { first: u64, last: u64 },
    Every(u64),
    All,
}

impl Occurrence {
    pub(crate) fn includes(self, nth: u64) -> bool {
        match self {
            Self::From { first, last } => first <= nth && nth <= last,
            Self::Every(step) => nth.is_multiple_of(step),
            Self::All => true,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Processed, no answer.
    Lost,
    /// Not processed, no answer.
    Reset,
    TooMany {
        retry_after: Option<u64>,
    },
    /// 503 with a `Retry-After`.
    Unavailable {
        retry_after: u64,
    },
    /// Not processed, answered with this status.
    Status(u16),
    /// Processed, answered with this status.
    ProcessedThenStatus(u16),
    Html,
    Cut,
    Null,
    /// Processed, and answered with an empty list.
    Empty,
    /// Processed at once, answered so many milliseconds later.
    Slow(u64),
    /// Not processed, never answered.
    Hang,
    /// No token is valid from this request on.
    ExpireTokens,
    Write(WriteOutcome),
    /// The task of the write cannot be found for so many milliseconds.
    LateTask(u64),
    /// Another user acts on the discovery with this name, right before.
    OtherUser(UserAction, String),
}

impl Effect {
    /// What it is called in counts, where its details do not matter.
    pub(crate) fn name(&self) -> String {
        let text = self.to_string();
        let detail = match self {
            Self::Status(_) => return "500…599".to_owned(),
            Self::TooMany { .. } | Self::Unavailable { .. } => "SECONDS",
            Self::ProcessedThenStatus(_) => "500…599",
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
    /// It is done and the task never says so.
    StuckDone,
    Fails(String),
    /// The task says that it is done, and nothing is.
    Lie,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserAction {
    Create,
    Edit,
    Delete,
    Run,
}

impl UserAction {
    pub(crate) const ALL: [(Self, &'static str); 4] = [
        (Self::Create, "other-create"),
        (Self::Edit, "other-edit"),
        (Self::Delete, "other-delete"),
        (Self::Run, "other-run"),
    ];
}
