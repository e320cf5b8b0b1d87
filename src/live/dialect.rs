//! The generations of the discovery API.
//!
//! Each generation is a file beside this one. It has to provide what [`Dialect`] calls: reading
//! objects, and turning a write into a request.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{classic, read::Current};
use crate::{
    api::{Accepted, ApiError, Client, Completeness, Listing, WriteError},
    model::{
        Credential, CredentialId, Difference, Interface, LiveDiscovery, Name, RemoteId, Settings,
        Unreadable,
    },
};

/// A generation of the API, and the global credentials that its objects refer to by their ids.
#[derive(Clone, Debug)]
pub(crate) struct Dialect {
    pub(super) interface: Interface,
    credentials: BTreeMap<CredentialId, Credential>,
}

/// A write: one step of a change.
#[derive(Debug)]
pub(crate) enum Write<'a> {
    Create {
        name: &'a Name,
        settings: &'a Settings,
    },
    Edit {
        /// As it was read right before.
        current: &'a Current,
        differences: &'a [Difference],
        after: &'a Settings,
    },
    Run(&'a RemoteId),
    Stop(&'a RemoteId),
    Delete(&'a RemoteId),
}

/// A write as it is sent.
#[derive(Debug)]
pub(crate) struct Request {
    interface: Interface,
    method: Method,
}

#[derive(Debug)]
pub(super) enum Method {
    Create(Value),
    Update(Value),
    Delete(RemoteId),
}

impl Dialect {
    pub(crate) fn new(interface: Interface, credentials: &[Credential]) -> Self {
        let credentials = credentials.iter().map(|it| (it.id.clone(), it.clone())).collect();
        Self { interface, credentials }
    }

    /// Returns the global credential with this id.
    pub(crate) fn credential(&self, id: &CredentialId) -> Option<&Credential> {
        self.credentials.get(id)
    }

    pub(crate) fn request(&self, write: &Write<'_>) -> Request {
        let interface = self.interface;
        let method = match interface {
            Interface::Classic => classic::request(write),
        };
        Request { interface, method }
    }

    pub(super) fn discovery(&self, object: &Value) -> Result<LiveDiscovery, Unreadable> {
        match self.interface {
            Interface::Classic => classic::discovery(object, self),
        }
    }

    pub(super) async fn objects(&self, client: &Client) -> Result<Vec<Value>, ApiError> {
        match self.interface {
            Interface::Classic => client.all_discoveries().await,
        }
    }

    pub(super) async fn listing(
        &self,
        client: &Client,
        completeness: Completeness,
    ) -> Result<Listing, ApiError> {
        match self.interface {
            Interface::Classic => client.list_discoveries(completeness).await,
        }
    }

    pub(super) async fn object(
        &self,
        client: &Client,
        id: &RemoteId,
    ) -> Result<Option<Value>, ApiError> {
        match self.interface {
            Interface::Classic => client.discovery(&id.0).await,
        }
    }

    /// Returns the newest items of a discovery's runs.
    pub(super) async fn runs(
        &self,
        client: &Client,
        id: &RemoteId,
    ) -> Result<Vec<Value>, ApiError> {
        match self.interface {
            Interface::Classic => client.job_items(&id.0).await,
        }
    }
}

impl Request {
    pub(crate) async fn send(&self, client: &Client) -> Result<Accepted, WriteError> {
        match (self.interface, &self.method) {
            (Interface::Classic, Method::Create(body)) => client.create(body).await,
            (Interface::Classic, Method::Update(body)) => client.update(body).await,
            (Interface::Classic, Method::Delete(id)) => client.delete(&id.0).await,
        }
    }

    /// Returns the body, so that a test can search it for secrets.
    #[cfg(feature = "testing")]
    pub(crate) fn body(&self) -> Option<&Value> {
        match &self.method {
            Method::Create(body) | Method::Update(body) => Some(body),
            Method::Delete(_) => None,
        }
    }
}
