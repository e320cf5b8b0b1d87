//! What the files want as settings, and what differs as field changes with their places.
//!
//! Decides nothing: a difference is the model's to find and the planner's to act on.

use std::collections::BTreeSet;

use super::types::FieldChange;
use crate::{
    model::{CredentialKind, Credentials, Difference, Field, Given, Settings, Wanted},
    source::Span,
};

/// Returns what the files want, its credentials resolved.
///
/// Destructured, so that a key that is added to the files cannot be left out of the plan.
pub(super) fn settings(wanted: &Wanted, credentials: Credentials) -> Settings {
    let Wanted {
        target,
        exclude,
        credentials: _,
        protocols,
        retries,
        timeout,
        management_ip,
        netconf_port,
    } = wanted;
    Settings {
        target: value(target.as_ref()),
        exclude: value(exclude.as_ref()),
        credentials,
        gone_credentials: BTreeSet::new(),
        protocols: value(protocols.as_ref()),
        retries: value(retries.as_ref()),
        timeout: value(timeout.as_ref()),
        management_ip: value(management_ip.as_ref()),
        netconf_port: value(netconf_port.as_ref()),
    }
}

fn value<T: Clone>(given: Option<&Given<T>>) -> Option<T> {
    given.map(|it| it.value.clone())
}

/// Returns the differences with the keys that ask for them.
pub(super) fn changed(wanted: &Wanted, differences: Vec<Difference>) -> Vec<FieldChange> {
    let change = |it: Difference| {
        let Difference { path, have, want } = it;
        FieldChange { path, before: have, after: want, key: key_of(wanted, path), origin: None }
    };
    differences.into_iter().map(change).collect()
}

/// Returns every setting of a discovery that is made.
pub(super) fn added(wanted: &Wanted, after: &Settings) -> Vec<FieldChange> {
    let fields = after.fields().into_iter();
    let add = |field: Field| {
        let (path, key) = (field.path, key_of(wanted, field.path));
        FieldChange { path, before: None, after: Some(field), key, origin: None }
    };
    fields.map(add).collect()
}

/// Returns every setting of a discovery that goes.
pub(super) fn removed(before: &Settings) -> Vec<FieldChange> {
    let fields = before.fields().into_iter();
    let drop = |it: Field| {
        let (path, before) = (it.path, Some(it));
        FieldChange { path, before, after: None, key: None, origin: None }
    };
    fields.map(drop).collect()
}

/// Returns where the files give the setting of a path.
fn key_of(wanted: &Wanted, path: &str) -> Option<Span> {
    let Wanted {
        target,
        exclude,
        credentials,
        protocols,
        retries,
        timeout,
        management_ip,
        netconf_port,
    } = wanted;
    match path {
        "exclude" => key(exclude.as_ref()),
        // Credentials that are gone differ because some kind is managed.
        "credentials" => credentials.values().map(|it| it.key).min(),
        "protocols" => key(protocols.as_ref()),
        "retries" => key(retries.as_ref()),
        "timeout" => key(timeout.as_ref()),
        "management_ip" => key(management_ip.as_ref()),
        "netconf_port" => key(netconf_port.as_ref()),
        _ => match CredentialKind::ALL.into_iter().find(|it| it.path() == path) {
            Some(kind) => key(credentials.get(&kind)),
            None => key(target.as_ref()),
        },
    }
}

fn key<T>(given: Option<&Given<T>>) -> Option<Span> {
    given.map(|it| it.key)
}
