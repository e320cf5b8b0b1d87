//! The operations that a task can stand for. What they do is in `carry`.

use serde_json::{Map, Value};

use super::credentials::CredentialWork;

/// A write that was accepted and is not done yet.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Work {
    Create {
        body: Map<String, Value>,
    },
    Edit {
        id: String,
        body: Map<String, Value>,
    },
    /// The body is kept, since some controllers may keep its settings.
    Run {
        id: String,
        body: Map<String, Value>,
    },
    Stop {
        id: String,
        body: Map<String, Value>,
    },
    Delete {
        id: String,
    },
    DeleteSome {
        ids: Vec<String>,
    },
    DeleteAll,
    Credentials(CredentialWork),
}

/// What a task says at the end of its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) progress: String,
    /// The discovery that was made.
    pub(super) created: Option<String>,
    /// Whether a run goes on that the task may stand for.
    pub(super) runs: bool,
}

/// Why a task failed, in the words of the controller.
pub(super) type Failed = String;

impl Done {
    pub(super) fn saying(progress: impl Into<String>) -> Self {
        Self { progress: progress.into(), created: None, runs: false }
    }
}

impl Work {
    pub(super) fn service(&self) -> &'static str {
        match self {
            Self::Credentials(_) => "Inventory service",
            _ => "Discovery Service",
        }
    }

    /// The progress until the work is done.
    pub(super) fn first_progress(&self) -> &'static str {
        match self {
            Self::Create { .. } | Self::Run { .. } => "Inventory service initiating discovery.",
            Self::Edit { .. }
            | Self::Stop { .. }
            | Self::Delete { .. }
            | Self::DeleteSome { .. }
            | Self::DeleteAll => "In Progress",
            Self::Credentials(it) => it.first_progress(),
        }
    }

    /// The progress of a task that failed.
    pub(super) fn failed_progress(&self) -> &'static str {
        match self {
            Self::Create { .. } => "Failed to create discovery",
            Self::Edit { .. } | Self::Run { .. } | Self::Stop { .. } => {
                "Failed to update discovery"
            }
            Self::Delete { .. } | Self::DeleteSome { .. } | Self::DeleteAll => {
                "Failed to delete discovery"
            }
            Self::Credentials(_) => "Failed to change global credential",
        }
    }

    pub(super) fn deletes(&self, id: &str) -> bool {
        match self {
            Self::Delete { id: it } => it == id,
            Self::DeleteSome { ids } => ids.iter().any(|it| it == id),
            Self::DeleteAll => true,
            Self::Create { .. }
            | Self::Edit { .. }
            | Self::Run { .. }
            | Self::Stop { .. }
            | Self::Credentials(_) => false,
        }
    }
}
