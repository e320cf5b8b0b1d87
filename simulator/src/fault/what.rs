//! The words of a fault, read into types.

/// Something that goes wrong with some requests, written `WHERE[@WHICH]=WHAT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub(crate) place: Where,
    pub(crate) which: Which,
    pub(crate) what: What,
}

/// The kinds of requests that faults and counts tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Where {
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

impl Where {
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

    /// Whether requests of this kind can be writes to a discovery.
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

/// Which of the requests of a kind, counted from 1 since the fault is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    From { first: u64, last: u64 },
    Every(u64),
    All,
}

impl Which {
    pub(crate) fn holds(self, nth: u64) -> bool {
        match self {
            Self::From { first, last } => first <= nth && nth <= last,
            Self::Every(step) => nth.is_multiple_of(step),
            Self::All => true,
        }
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Taken on, no answer.
    Lost,
    /// Not taken on, no answer.
    Reset,
    TooMany {
        retry_after: Option<u64>,
    },
    /// 503, and when to come back.
    Unavailable {
        retry_after: u64,
    },
    /// Not taken on, with that status.
    Status(u16),
    /// Taken on, and then that status.
    Taken(u16),
    Html,
    Cut,
    Null,
    /// Taken on, and answered with an empty list.
    Empty,
    /// Taken on at once, answered so many milliseconds later.
    Slow(u64),
    /// Not taken on, and never answered.
    Hang,
    /// Every token is spent from this request on.
    Expire,
    /// What becomes of the write and its task.
    Fate(Fate),
    /// The task of the write is not to be found for so many milliseconds.
    Late(u64),
    /// Somebody else does something right before.
    Other(Other, String),
}

impl What {
    /// What it is called where its details do not matter.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Reset => "reset",
            Self::TooMany { retry_after: None } => "429",
            Self::TooMany { retry_after: Some(_) } => "429:SECONDS",
            Self::Unavailable { .. } => "503:SECONDS",
            Self::Status(_) => "500…599",
            Self::Taken(_) => "taken:500…599",
            Self::Html => "html",
            Self::Cut => "cut",
            Self::Null => "null",
            Self::Empty => "empty",
            Self::Slow(_) => "slow:MS",
            Self::Hang => "hang",
            Self::Expire => "expire",
            Self::Fate(Fate::Done) => "done",
            Self::Fate(Fate::Stuck) => "stuck",
            Self::Fate(Fate::StuckDone) => "stuck-done",
            Self::Fate(Fate::Fails(_)) => "fail:TEXT",
            Self::Fate(Fate::Lie) => "lie",
            Self::Late(_) => "late:MS",
            Self::Other(Other::Create, _) => "other-create:NAME",
            Self::Other(Other::Edit, _) => "other-edit:NAME",
            Self::Other(Other::Delete, _) => "other-delete:NAME",
            Self::Other(Other::Run, _) => "other-run:NAME",
        }
    }

    /// Whether it can only happen to a write.
    pub(crate) fn needs_write(&self) -> bool {
        matches!(self, Self::Fate(_) | Self::Late(_))
    }
}

/// What becomes of a write that was taken on.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Fate {
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

/// What somebody else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Other {
    Create,
    Edit,
    Delete,
    Run,
}
