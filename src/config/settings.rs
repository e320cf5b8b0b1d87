//! The keys that discoveries and defaults share, and how a discovery overrides the defaults.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    ops::RangeInclusive,
};

use super::{
    problems::{Problems, shown},
    raw::{self, MAX_PORT, MAX_RETRIES},
    read::{DurationText, Keyword, OptionalKey, RequiredKey},
    targets::warn_ipv6,
    values,
};
use crate::{
    codes,
    model::{
        CredentialId, CredentialKind, CredentialRef, DesiredCredentials, Exclude, OnChange,
        Protocol, Rerun, Setting, SettingKey, Sourced, TimeSpan, Wanted,
    },
    source::{Diagnostic, Spanned},
};

/// How long a device may take to answer, in seconds.
const TIMEOUT: RangeInclusive<u64> = 1..=300;
/// The most credentials of a kind for one discovery, according to the user guide.
const MANY_CREDENTIALS: usize = 5;

/// The shared keys of a discovery, or of the defaults.
#[derive(Debug, Default)]
pub(super) struct Common {
    settings: BTreeMap<SettingKey, OptionalKey<Setting>>,
    credentials: OptionalKey<Kinds>,
    rerun: OptionalKey<Rerun>,
    on_change: OptionalKey<OnChange>,
}

type Kinds = BTreeMap<CredentialKind, OptionalKey<Vec<Spanned<CredentialRef>>>>;

/// The shared keys of a discovery with the defaults applied.
#[derive(Debug)]
pub(super) struct Effective {
    /// All but the target.
    pub(super) wanted: Wanted,
    pub(super) rerun: Option<Sourced<Rerun>>,
    pub(super) on_change: Option<Sourced<OnChange>>,
}

/// Reads the values of the shared keys.
pub(super) fn common(raw: &raw::Settings, problems: &mut Problems) -> Common {
    let raw::Settings {
        exclude,
        credentials,
        protocols,
        retries,
        timeout,
        management_ip,
        netconf_port,
        rerun,
        on_change,
    } = raw;
    let mut settings = BTreeMap::new();
    let mut add = |key, setting: OptionalKey<Setting>| drop(settings.insert(key, setting));
    add(SettingKey::Exclude, exclude.try_map(|it| Some(Setting::Exclude(excludes(it, problems)))));
    let credentials = credentials.try_map(|it| Some(kinds(&it.value, problems)));
    add(
        SettingKey::Protocols,
        protocols.try_map(|it| protocol_order(it, problems).map(Setting::Protocols)),
    );
    add(
        SettingKey::Retries,
        retries.try_map(|it| {
            values::bounded(it, "retries", 0..=MAX_RETRIES, problems).map(Setting::Retries)
        }),
    );
    add(
        SettingKey::Timeout,
        timeout.try_map(|it| bounded_timeout(it, problems).map(Setting::Timeout)),
    );
    add(
        SettingKey::ManagementIp,
        management_ip.try_map(|it| Some(Setting::ManagementIp(it.value.0))),
    );
    add(
        SettingKey::NetconfPort,
        netconf_port.try_map(|it| {
            values::bounded(it, "netconf_port", 1..=MAX_PORT, problems).map(Setting::NetconfPort)
        }),
    );
    let rerun = rerun.try_map(|it| rerun_rule(&it.value, problems));
    let on_change = on_change.try_map(|it| Some(it.value.0));
    Common { settings, credentials, rerun, on_change }
}

impl Common {
    /// Applies the defaults to keys that are absent.
    pub(super) fn over(self, defaults: &Self) -> Effective {
        let Self { settings, credentials, rerun, on_change } = self;
        let mut wanted = Wanted::default();
        wanted.credentials = effective_credentials(&credentials, &defaults.credentials);
        for (key, own) in settings {
            let default = defaults.settings.get(&key).unwrap_or(&OptionalKey::Absent);
            if let Some(setting) = own.or_default(default) {
                wanted.insert(setting);
            }
        }
        Effective {
            wanted,
            rerun: rerun.or_default(&defaults.rerun),
            on_change: on_change.or_default(&defaults.on_change),
        }
    }
}

/// Merges kind by kind; `credentials: null` drops all of the defaults.
fn effective_credentials(
    own: &OptionalKey<Kinds>,
    defaults: &OptionalKey<Kinds>,
) -> DesiredCredentials {
    let none = Kinds::new();
    let own = match own {
        OptionalKey::Absent => &none,
        OptionalKey::Null | OptionalKey::Invalid => return DesiredCredentials::new(),
        OptionalKey::Given(it) => &it.value,
    };
    let defaults = defaults.given().map_or(&none, |it| &it.value);
    let of_kind = |kind: CredentialKind| {
        let own = own.get(&kind).unwrap_or(&OptionalKey::Absent);
        own.or_default(defaults.get(&kind).unwrap_or(&OptionalKey::Absent)).map(|it| (kind, it))
    };
    CredentialKind::ALL.into_iter().filter_map(of_kind).collect()
}

fn excludes(given: &Sourced<Vec<Spanned<String>>>, problems: &mut Problems) -> BTreeSet<Exclude> {
    let read = |it: &Spanned<String>| {
        values::exclude(&it.value, it.span, problems).map(|value| (value, it.span))
    };
    let excludes = given.value.iter().filter_map(read).collect::<Vec<_>>();
    let first = |it: &Exclude| -> IpAddr { it.range().first() };
    warn_ipv6(excludes.iter().map(|(exclude, at)| (first(exclude), *at)), problems);
    excludes.into_iter().map(|(exclude, _)| exclude).collect()
}

fn protocol_order(
    given: &Sourced<Vec<Spanned<Keyword<Protocol>>>>,
    problems: &mut Problems,
) -> Option<Vec<Protocol>> {
    if given.value.is_empty() && problems.has_error_within(given.at) {
        return None;
    }
    if given.value.is_empty() {
        let message = "`protocols` needs at least one protocol";
        problems.add(
            Diagnostic::error(&codes::config::OUT_OF_RANGE, message)
                .at(given.at)
                .help("omit the key to leave the protocols unmanaged"),
        );
        return None;
    }
    let mut order = Vec::new();
    for Spanned { value: Keyword(protocol), span } in &given.value {
        if order.contains(protocol) {
            problems.add(
                Diagnostic::warning(
                    &codes::bounds::DUPLICATE_PROTOCOL,
                    format!("`{protocol}` is given twice"),
                )
                .at(*span)
                .help("only its first position counts"),
            );
        } else {
            order.push(*protocol);
        }
    }
    Some(order)
}

fn bounded_timeout(given: &Sourced<DurationText>, problems: &mut Problems) -> Option<TimeSpan> {
    let length = values::duration(given, problems)?;
    if TIMEOUT.contains(&length.seconds()) {
        return Some(length);
    }
    problems.add(values::out_of_range(given.at, "timeout", length, "1s"..="300s"));
    None
}

fn rerun_rule(rule: &raw::RerunRule, problems: &mut Problems) -> Option<Rerun> {
    match rule {
        raw::RerunRule::Keyword(rule) => Some(*rule),
        raw::RerunRule::Age(raw::OlderThan { older_than: RequiredKey(age) }) => {
            values::duration(age.as_ref()?, problems).map(Rerun::OlderThan)
        }
    }
}

fn kinds(raw: &raw::Credentials, problems: &mut Problems) -> Kinds {
    let mut kinds = Kinds::new();
    for (kind, list) in raw.kinds() {
        let refs = list.try_map(|it| {
            if MANY_CREDENTIALS < it.value.len() {
                let n = it.value.len();
                let message = format!(
                    "{n} credentials; the user guide allows at most {MANY_CREDENTIALS} of a kind"
                );
                let code = &codes::bounds::MANY_CREDENTIALS;
                problems.add(Diagnostic::warning(code, message).at(it.key));
            }
            let read = |it: &Spanned<raw::Credential>| {
                credential(it, problems).map(|value| Spanned::new(value, it.span))
            };
            Some(it.value.iter().filter_map(read).collect())
        });
        kinds.insert(kind, refs);
    }
    kinds
}

fn credential(raw: &Spanned<raw::Credential>, problems: &mut Problems) -> Option<CredentialRef> {
    let own = |it: &OptionalKey<String>| it.given().map(|it| it.value.clone());
    let (description, username, id) = match &raw.value {
        raw::Credential::Description(it) => (Some(it.clone()), None, None),
        raw::Credential::Map(map) => {
            let raw::CredentialMap { description, username, id, unknown } = map.as_ref();
            let is_invalid = |it: &&OptionalKey<String>| matches!(it, OptionalKey::Invalid);
            // Without its other mistakes it could be a different credential.
            if unknown.n_keys != 0 || [description, username, id].iter().any(is_invalid) {
                return None;
            }
            (own(description), own(username), own(id))
        }
    };
    let blank = [&description, &username, &id].into_iter().flatten().find(|it| it.is_empty());
    let mistake = match (&id, &description, &username) {
        _ if blank.is_some() => "a credential cannot be named by an empty text".to_owned(),
        (None, None, None) => "the credential has neither a description nor a username".to_owned(),
        (Some(id), None, None) => return Some(CredentialRef::Id(CredentialId(id.clone()))),
        (Some(id), _, _) => format!("the id {} already identifies the credential", shown(id)),
        (None, _, _) => return Some(CredentialRef::Named { description, username }),
    };
    problems.add(
        Diagnostic::error(&codes::config::BAD_CREDENTIAL, mistake)
            .at(raw.span)
            .help("a credential is its description, `{description, username}`, or `{id}`"),
    );
    None
}
