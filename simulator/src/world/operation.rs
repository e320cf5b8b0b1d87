//! The operations of tasks. `execute` has their effects.

use super::{Object, credentials::CredentialOperation};

/// An accepted write that is not done yet. World files have the names of the variants.
///
/// A run and a stop have the body, since some controllers may store its settings.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    Create { body: Object },
    Edit { id: String, body: Object },
    Run { id: String, body: Object },
    Stop { id: String, body: Object },
    Delete { id: String },
    DeleteSome { ids: Vec<String> },
    DeleteAll,
    Credentials(CredentialOperation),
}

/// What a task reports when its operation is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) progress: String,
    /// The id of the discovery that was created.
    pub(super) created: Option<String>,
    /// Whether a run has started. The task may wait for its end.
    pub(super) runs: bool,
}

/// Why a task failed, in the words of the controller.
pub(super) type Failed = String;

impl Done {
    pub(super) fn with_progress(progress: impl Into<String>) -> Self {
        Self { progress: progress.into(), created: None, runs: false }
    }
}

impl Operation {
    pub(super) fn service(&self) -> &'static str {
        match self {
            Self::Credentials(_) => "Inventory service",
            _ => "Discovery Service",
        }
    }

    /// The progress until the operation is done.
    pub(super) fn first_progress(&self) -> &'static str {
        match self {
            Self::Create { .. } | Self::Run { .. } => "Inventory service initiating discovery.",
            Self::Credentials(it) => it.first_progress(),
            _ => "In Progress",
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
            _ => false,
        }
    }
}
