//! The settings of a discovery, in the one normal form in which files and controller are compared.
//!
//! Everything about a setting is here: its key, its type, its path in the files, how it is shown, and
//! how it is read back. All other code uses [`Settings`] as a map.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{
    address::parse_address,
    credential::{Credential, CredentialId, CredentialKind},
    field::{Field, FieldValue},
    target::{Exclude, Neighbours, Target},
    time_span::TimeSpan,
};

/// The key of a setting. The order is the one in which settings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SettingKey {
    Target,
    Exclude,
    Credentials(CredentialKind),
    GoneCredentials,
    Protocols,
    Retries,
    Timeout,
    ManagementIp,
    NetconfPort,
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    Target(Target),
    Exclude(BTreeSet<Exclude>),
    Credentials(CredentialKind, BTreeSet<Credential>),
    /// Credentials that the discovery refers to and the controller no longer has, which is why
    /// their kind is unknown. Never empty.
    GoneCredentials(BTreeSet<CredentialId>),
    /// In the order in which they are tried.
    Protocols(Vec<Protocol>),
    Retries(u64),
    Timeout(TimeSpan),
    ManagementIp(ManagementIp),
    NetconfPort(u64),
}

/// The form in which a setting is shown and written to JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Several fields, by the kind of target.
    Target,
    Credentials,
    Text,
    Number,
    /// A list in any order, which is sorted.
    Set,
    /// A list in a meaningful order.
    List,
}

impl SettingKey {
    /// Every key, in order.
    pub(crate) const ALL: [Self; 15] = [
        Self::Target,
        Self::Exclude,
        Self::Credentials(CredentialKind::Cli),
        Self::Credentials(CredentialKind::SnmpV2Read),
        Self::Credentials(CredentialKind::SnmpV2Write),
        Self::Credentials(CredentialKind::SnmpV3),
        Self::Credentials(CredentialKind::HttpRead),
        Self::Credentials(CredentialKind::HttpWrite),
        Self::Credentials(CredentialKind::Netconf),
        Self::GoneCredentials,
        Self::Protocols,
        Self::Retries,
        Self::Timeout,
        Self::ManagementIp,
        Self::NetconfPort,
    ];

    /// Returns the path in the files. The fields of a target have paths of their own.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Exclude => "exclude",
            Self::Credentials(kind) => kind.path(),
            Self::GoneCredentials => "credentials",
            Self::Protocols => "protocols",
            Self::Retries => "retries",
            Self::Timeout => "timeout",
            Self::ManagementIp => "management_ip",
            Self::NetconfPort => "netconf_port",
        }
    }

    pub(crate) fn form(self) -> Form {
        match self {
            Self::Target => Form::Target,
            Self::Credentials(_) | Self::GoneCredentials => Form::Credentials,
            Self::Exclude => Form::Set,
            Self::Protocols => Form::List,
            Self::Timeout | Self::ManagementIp => Form::Text,
            Self::Retries | Self::NetconfPort => Form::Number,
        }
    }
}

/// The paths of the fields of targets.
const TARGET_PATHS: [&str; 7] =
    ["address", "ranges", "cidr", "cdp.seed", "cdp.hops", "lldp.seed", "lldp.hops"];

/// Returns the setting that a path belongs to, and the path.
pub(crate) fn setting_of_path(path: &str) -> Option<(SettingKey, &'static str)> {
    let of_target = TARGET_PATHS.into_iter().map(|it| (SettingKey::Target, it));
    let others = SettingKey::ALL.into_iter().map(|it| (it, it.path()));
    of_target.chain(others).find(|(_, it)| *it == path)
}

/// How a device is logged in to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Protocol {
    Ssh,
    Telnet,
}

impl Protocol {
    pub(crate) const ALL: [Self; 2] = [Self::Ssh, Self::Telnet];
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ssh => "ssh",
            Self::Telnet => "telnet",
        })
    }
}

/// Which of a device's addresses it is managed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ManagementIp {
    Default,
    Loopback,
}

impl ManagementIp {
    pub(crate) const ALL: [Self; 2] = [Self::Default, Self::Loopback];
}

impl fmt::Display for ManagementIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::Loopback => "loopback",
        })
    }
}

/// A field that differs from the wanted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) setting: SettingKey,
    /// The path of the field; `target` if the kind of target changes.
    pub(crate) path: &'static str,
    pub(crate) have: Option<Field>,
    pub(crate) want: Option<Field>,
}

impl Setting {
    pub(crate) fn key(&self) -> SettingKey {
        match self {
            Self::Target(_) => SettingKey::Target,
            Self::Exclude(_) => SettingKey::Exclude,
            Self::Credentials(kind, _) => SettingKey::Credentials(*kind),
            Self::GoneCredentials(_) => SettingKey::GoneCredentials,
            Self::Protocols(_) => SettingKey::Protocols,
            Self::Retries(_) => SettingKey::Retries,
            Self::Timeout(_) => SettingKey::Timeout,
            Self::ManagementIp(_) => SettingKey::ManagementIp,
            Self::NetconfPort(_) => SettingKey::NetconfPort,
        }
    }

    /// Returns the fields in the order in which they are shown.
    fn fields(&self) -> Vec<Field> {
        let value = match self {
            Self::Target(it) => return target_fields(it),
            Self::Exclude(it) => FieldValue::from_list(it),
            Self::Credentials(_, it) => {
                let mut shown = it.iter().cloned().collect::<Vec<_>>();
                shown.sort_by_cached_key(|it| (it.to_string(), it.id.clone()));
                FieldValue::Credentials(shown)
            }
            Self::GoneCredentials(it) => FieldValue::Gone(it.iter().cloned().collect()),
            Self::Protocols(it) => FieldValue::from_list(it),
            Self::Timeout(it) => FieldValue::from_text(it),
            Self::ManagementIp(it) => FieldValue::from_text(it),
            Self::Retries(it) | Self::NetconfPort(it) => FieldValue::from_number(*it),
        };
        let setting = self.key();
        vec![Field { setting, path: setting.path(), value }]
    }

    /// Reads a setting back from a field. The first field of a target is known before the second.
    fn from_field(field: Field, target: Option<&Target>) -> Option<Self> {
        let Field { setting, path, value } = field;
        Some(match (setting, value) {
            (SettingKey::Target, value) => Self::Target(target_of_field(path, &value, target)?),
            (SettingKey::Exclude, value) => Self::Exclude(value.parse_list(|it| it.parse().ok())?),
            (SettingKey::Credentials(kind), FieldValue::Credentials(it)) => {
                Self::Credentials(kind, it.into_iter().collect())
            }
            (SettingKey::GoneCredentials, FieldValue::Gone(it)) if !it.is_empty() => {
                Self::GoneCredentials(it.into_iter().collect())
            }
            (SettingKey::Credentials(_) | SettingKey::GoneCredentials, _) => return None,
            (SettingKey::Protocols, value) => {
                Self::Protocols(value.parse_list(|it| word(it, &Protocol::ALL))?)
            }
            (SettingKey::Retries, value) => Self::Retries(value.number()?),
            (SettingKey::Timeout, value) => Self::Timeout(value.parse()?),
            (SettingKey::ManagementIp, value) => {
                Self::ManagementIp(word(value.text()?, &ManagementIp::ALL)?)
            }
            (SettingKey::NetconfPort, value) => Self::NetconfPort(value.number()?),
        })
    }
}

/// A discovery's settings: at most one value for each key.
///
/// A key that is absent is not managed on the desired side, and not reported by the controller on
/// the live side. A kind of credential without any is managed, and none are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings(BTreeMap<SettingKey, Setting>);

impl Settings {
    pub(crate) fn insert(&mut self, setting: Setting) {
        self.0.insert(setting.key(), setting);
    }

    pub(crate) fn extend(&mut self, settings: impl IntoIterator<Item = Setting>) {
        settings.into_iter().for_each(|it| self.insert(it));
    }

    pub(crate) fn remove(&mut self, key: SettingKey) {
        self.0.remove(&key);
    }

    pub(crate) fn get(&self, key: SettingKey) -> Option<&Setting> {
        self.0.get(&key)
    }

    /// Returns the settings in the order of their keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.0.values()
    }

    pub(crate) fn target(&self) -> Option<&Target> {
        if let Setting::Target(it) = self.get(SettingKey::Target)? { Some(it) } else { None }
    }

    pub(crate) fn exclude(&self) -> Option<&BTreeSet<Exclude>> {
        if let Setting::Exclude(it) = self.get(SettingKey::Exclude)? { Some(it) } else { None }
    }

    pub(crate) fn retries(&self) -> Option<u64> {
        if let Setting::Retries(it) = self.get(SettingKey::Retries)? { Some(*it) } else { None }
    }

    /// Returns the credentials of all kinds.
    pub(crate) fn credentials(&self) -> impl Iterator<Item = &Credential> {
        let of_kind = self.iter().filter_map(|it| match it {
            Setting::Credentials(_, it) => Some(it),
            _ => None,
        });
        of_kind.flatten()
    }

    /// Drops all other credentials, and the kinds that have none left.
    pub(crate) fn retain_credentials(&mut self, is_kept: impl Fn(&Credential) -> bool) {
        self.0.retain(|_, it| match it {
            Setting::Credentials(_, of_kind) => {
                of_kind.retain(&is_kept);
                !of_kind.is_empty()
            }
            _ => true,
        });
    }

    /// Returns the fields of all settings, in the order in which they are shown.
    pub(crate) fn fields(&self) -> Vec<Field> {
        self.iter().flat_map(Setting::fields).collect()
    }

    /// Returns the fields of the target.
    pub(crate) fn target_fields(&self) -> Vec<Field> {
        self.target().map(target_fields).unwrap_or_default()
    }

    /// Reads settings back from their fields, the fields of a target in order. `Err` has the field
    /// that cannot be read.
    pub(crate) fn from_fields(fields: Vec<Field>) -> Result<Self, Field> {
        let mut settings = Self::default();
        for field in fields {
            let setting = Setting::from_field(field.clone(), settings.target());
            settings.insert(setting.ok_or(field)?);
        }
        Ok(settings)
    }

    /// Returns how `have` differs from the wanted settings in `self`. A key that `self` does not have
    /// is no difference, except for credentials that are gone, which cannot be wanted.
    pub(crate) fn differences(&self, have: &Self) -> Vec<Difference> {
        let (want_fields, have_fields) = (self.fields(), have.fields());
        let mut differences = Vec::new();
        let kinds = self.target().zip(have.target());
        let is_other_kind = kinds.is_some_and(|(want, have)| want.kind() != have.kind());
        if is_other_kind {
            let setting = SettingKey::Target;
            let (have, want) = (have_fields.first().cloned(), want_fields.first().cloned());
            differences.push(Difference { setting, path: setting.path(), have, want });
        }
        for want in want_fields {
            let found = have_fields.iter().find(|it| it.path == want.path);
            let is_comparable =
                have.reports(want.path) && !(is_other_kind && want.setting == SettingKey::Target);
            let both_are_none = found.is_none() && want.value.is_empty_list();
            if is_comparable && !both_are_none && found != Some(&want) {
                let Field { setting, path, .. } = want;
                let have = found.cloned();
                differences.push(Difference { setting, path, have, want: Some(want) });
            }
        }
        let gone = SettingKey::GoneCredentials;
        let have = have_fields.into_iter().find(|it| it.setting == gone);
        if have.is_some() && self.get(gone).is_none() {
            differences.push(Difference { setting: gone, path: gone.path(), have, want: None });
        }
        differences
    }

    /// Whether the absence of a field means something: hops that the controller leaves out cannot
    /// be compared (controller-facts.md#hops).
    fn reports(&self, path: &str) -> bool {
        match self.target() {
            Some(Target::Cdp(Neighbours { hops, .. })) => path != "cdp.hops" || hops.is_some(),
            Some(Target::Lldp(Neighbours { hops, .. })) => path != "lldp.hops" || hops.is_some(),
            Some(Target::Address(_) | Target::Ranges(_) | Target::Cidr(_)) | None => true,
        }
    }

    /// Returns these settings after a change to the wanted ones.
    ///
    /// If any kind of credential is wanted, credentials that are gone are removed.
    #[must_use]
    pub(crate) fn with(&self, wanted: &Self) -> Self {
        let mut after = self.clone();
        if wanted.iter().any(|it| matches!(it, Setting::Credentials(..))) {
            after.remove(SettingKey::GoneCredentials);
        }
        after.extend(wanted.iter().cloned());
        after
    }
}

impl FromIterator<Setting> for Settings {
    fn from_iter<I: IntoIterator<Item = Setting>>(settings: I) -> Self {
        Self(settings.into_iter().map(|it| (it.key(), it)).collect())
    }
}

fn target_fields(target: &Target) -> Vec<Field> {
    let field = |path, value| Field { setting: SettingKey::Target, path, value };
    let neighbours = |seed, hops, it: &Neighbours| {
        let hops = it.hops.map(|it| field(hops, FieldValue::from_number(it)));
        std::iter::once(field(seed, FieldValue::from_text(&it.seed))).chain(hops).collect()
    };
    match target {
        Target::Address(it) => vec![field("address", FieldValue::from_text(it))],
        Target::Ranges(it) => vec![field("ranges", FieldValue::from_list(it))],
        Target::Cidr(it) => vec![field("cidr", FieldValue::from_text(it))],
        Target::Cdp(it) => neighbours("cdp.seed", "cdp.hops", it),
        Target::Lldp(it) => neighbours("lldp.seed", "lldp.hops", it),
    }
}

/// Reads a target from its first field, or adds its hops.
fn target_of_field(path: &str, value: &FieldValue, so_far: Option<&Target>) -> Option<Target> {
    let address = || parse_address(value.text()?).ok();
    let seed = || Some(Neighbours { seed: address()?, hops: None });
    let with_hops = |it: &Neighbours| {
        let hops = Some(u32::try_from(value.number()?).ok()?);
        Some(Neighbours { seed: it.seed, hops })
    };
    Some(match (path, so_far) {
        ("address", None) => Target::Address(address()?),
        ("ranges", None) => Target::Ranges(value.parse_list(|it| it.parse().ok())?),
        ("cidr", None) => Target::Cidr(value.parse()?),
        ("cdp.seed", None) => Target::Cdp(seed()?),
        ("cdp.hops", Some(Target::Cdp(it))) => Target::Cdp(with_hops(it)?),
        ("lldp.seed", None) => Target::Lldp(seed()?),
        ("lldp.hops", Some(Target::Lldp(it))) => Target::Lldp(with_hops(it)?),
        _ => return None,
    })
}

/// Returns the value that is shown as this word.
fn word<T: ToString + Copy>(text: &str, all: &[T]) -> Option<T> {
    all.iter().copied().find(|it| it.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neighbours(hops: Option<u32>) -> Settings {
        let seed = "10.0.0.1".parse().unwrap();
        [Setting::Target(Target::Cdp(Neighbours { seed, hops }))].into_iter().collect()
    }

    fn ranges(range: &str) -> Settings {
        [Setting::Target(Target::Ranges([range.parse().unwrap()].into()))].into_iter().collect()
    }

    fn with(mut settings: Settings, setting: Setting) -> Settings {
        settings.insert(setting);
        settings
    }

    fn paths(want: &Settings, have: &Settings) -> Vec<&'static str> {
        want.differences(have).iter().map(|it| it.path).collect()
    }

    #[test]
    fn hops_that_are_not_reported_do_not_differ() {
        assert!(paths(&neighbours(Some(3)), &neighbours(None)).is_empty());
        assert_eq!(paths(&neighbours(Some(3)), &neighbours(Some(4))), ["cdp.hops"]);
    }

    #[test]
    fn another_kind_of_target_is_one_difference() {
        assert_eq!(paths(&neighbours(Some(3)), &ranges("10.0.0.1")), ["target"]);
    }

    #[test]
    fn a_setting_that_is_not_wanted_is_not_compared() {
        let have = with(ranges("10.0.0.1"), Setting::Retries(3));
        assert!(paths(&ranges("10.0.0.1"), &have).is_empty());
        let want = with(ranges("10.0.0.1"), Setting::Retries(2));
        assert_eq!(paths(&want, &have), ["retries"]);
        assert!(paths(&want, &have.with(&want)).is_empty());
    }

    #[test]
    fn an_empty_list_equals_one_that_is_not_reported() {
        let want = with(ranges("10.0.0.1"), Setting::Exclude(BTreeSet::new()));
        assert!(paths(&want, &ranges("10.0.0.1")).is_empty());
        let exclude = Exclude::from(std::net::IpAddr::from([10, 0, 0, 1]));
        let have = with(ranges("10.0.0.1"), Setting::Exclude([exclude].into()));
        assert_eq!(paths(&want, &have), ["exclude"]);
    }

    #[test]
    fn a_credential_that_is_gone_differs_if_credentials_are_wanted() {
        let gone = Setting::GoneCredentials([CredentialId("x".into())].into());
        let have = with(ranges("10.0.0.1"), gone);
        let kept = have.with(&ranges("10.0.0.2"));
        assert_eq!(paths(&kept, &have), ["ranges"]);
        let none = Setting::Credentials(CredentialKind::Cli, BTreeSet::new());
        let wanted = with(ranges("10.0.0.1"), none);
        assert_eq!(paths(&have.with(&wanted), &have), ["credentials"]);
    }

    #[test]
    fn every_key_is_read_back_from_its_fields_and_found_by_its_path() {
        let id = CredentialId("7".to_owned());
        let mut all = neighbours(Some(3));
        let credential = |kind| Credential {
            id: id.clone(),
            kind,
            description: "core".to_owned(),
            username: None,
        };
        for kind in CredentialKind::ALL {
            all.insert(Setting::Credentials(kind, [credential(kind)].into()));
        }
        for setting in [
            Setting::Exclude(["10.0.0.0/29".parse().unwrap(), "10.0.0.9".parse().unwrap()].into()),
            Setting::GoneCredentials([id.clone()].into()),
            Setting::Protocols(vec![Protocol::Telnet, Protocol::Ssh]),
            Setting::Retries(2),
            Setting::Timeout(TimeSpan::from_seconds(90)),
            Setting::ManagementIp(ManagementIp::Loopback),
            Setting::NetconfPort(830),
        ] {
            all.insert(setting);
        }
        let keys = all.iter().map(Setting::key).collect::<Vec<_>>();
        assert_eq!(keys, SettingKey::ALL);
        let fields = all.fields();
        assert!(fields.iter().all(|it| setting_of_path(it.path) == Some((it.setting, it.path))));
        assert_eq!(Settings::from_fields(fields), Ok(all));
        let targets = ["10.0.0.1", "10.0.0.2"].map(ranges).map(|it| it.fields()).concat();
        assert!(Settings::from_fields(targets).is_err());
    }
}
