//! Everything of a discovery that the files can set, in one normal form.

use std::{collections::BTreeSet, fmt};

use super::{
    address::AddressRange,
    credential::{Credential, CredentialId, Credentials},
    span_of_time::SpanOfTime,
    target::{Exclude, Neighbours, Target},
};

/// A discovery's settings.
///
/// `None`, or a kind of credential that is absent, is not managed on the desired side, and not
/// reported by the controller on the live side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) target: Option<Target>,
    pub(crate) exclude: Option<BTreeSet<Exclude>>,
    pub(crate) credentials: Credentials,
    /// Credentials that the discovery names and the controller no longer has: of no kind any more.
    pub(crate) gone_credentials: BTreeSet<CredentialId>,
    /// In the order in which they are tried.
    pub(crate) protocols: Option<Vec<Protocol>>,
    pub(crate) retries: Option<u64>,
    pub(crate) timeout: Option<SpanOfTime>,
    pub(crate) management_ip: Option<ManagementIp>,
    pub(crate) netconf_port: Option<u64>,
}

/// How a device is logged in to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Protocol {
    Ssh,
    Telnet,
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

impl fmt::Display for ManagementIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::Loopback => "loopback",
        })
    }
}

/// One setting, by its path in the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) path: &'static str,
    pub(crate) value: FieldValue,
}

/// What a setting says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FieldValue {
    Text(String),
    Number(u64),
    /// Sorted where the order means nothing.
    List(Vec<String>),
    /// Sorted by what is shown of them.
    Credentials(Vec<Credential>),
    Gone(Vec<CredentialId>),
}

impl FieldValue {
    /// Whether it is a list of nothing, which is what a controller that leaves the field out has.
    pub(crate) fn is_empty_list(&self) -> bool {
        match self {
            Self::Text(_) | Self::Number(_) => false,
            Self::List(it) => it.is_empty(),
            Self::Credentials(it) => it.is_empty(),
            Self::Gone(it) => it.is_empty(),
        }
    }
}

/// Shows the value in one line.
impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |items: Vec<String>| format!("[{}]", items.join(", "));
        match self {
            Self::Text(it) => f.write_str(it),
            Self::Number(it) => write!(f, "{it}"),
            Self::List(it) => f.write_str(&listed(it.clone())),
            Self::Credentials(it) => f.write_str(&listed(texts(it))),
            Self::Gone(it) => f.write_str(&listed(texts(it))),
        }
    }
}

/// A setting that is not as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The path of the field; `target` where the kind of target is another.
    pub(crate) path: &'static str,
    pub(crate) have: Option<Field>,
    pub(crate) want: Option<Field>,
}

impl Settings {
    /// Returns every setting that is given, in the order in which they are shown.
    ///
    /// Destructured, so that one added to the struct cannot be left out of the comparison.
    pub(crate) fn fields(&self) -> Vec<Field> {
        let Self {
            target,
            exclude,
            credentials,
            gone_credentials,
            protocols,
            retries,
            timeout,
            management_ip,
            netconf_port,
        } = self;
        let mut fields = target.iter().flat_map(target_fields).collect::<Vec<_>>();
        let mut add = |path, value: Option<FieldValue>| {
            fields.extend(value.map(|value| Field { path, value }));
        };
        add("exclude", exclude.as_ref().map(|it| FieldValue::List(texts(it))));
        for (kind, credentials) in credentials {
            let mut shown = credentials.iter().cloned().collect::<Vec<_>>();
            shown.sort_by_cached_key(|it| (it.to_string(), it.id.clone()));
            add(kind.path(), Some(FieldValue::Credentials(shown)));
        }
        let gone = gone_credentials.iter().cloned().collect::<Vec<_>>();
        add("credentials", (!gone.is_empty()).then_some(FieldValue::Gone(gone)));
        add("protocols", protocols.as_ref().map(|it| FieldValue::List(texts(it))));
        add("retries", retries.map(FieldValue::Number));
        add("timeout", timeout.as_ref().map(text));
        add("management_ip", management_ip.as_ref().map(text));
        add("netconf_port", netconf_port.map(FieldValue::Number));
        fields
    }

    /// Returns where `have` is not what `self` wants. What `self` leaves open is no difference,
    /// but for credentials that are gone, which nobody can want.
    pub(crate) fn differences(&self, have: &Self) -> Vec<Difference> {
        let (want_fields, have_fields) = (self.fields(), have.fields());
        let mut differences = Vec::new();
        if let (Some(want), Some(other)) = (&self.target, &have.target)
            && want.kind() != other.kind()
        {
            let first = |fields: &[Field]| fields.first().cloned();
            let (have, want) = (first(&have_fields), first(&want_fields));
            differences.push(Difference { path: "target", have, want });
        }
        let other_kind = !differences.is_empty();
        for want in want_fields {
            let found = have_fields.iter().find(|it| it.path == want.path);
            let comparable = have.reports(want.path) && !(other_kind && is_of_target(want.path));
            let both_are_none = found.is_none() && want.value.is_empty_list();
            if comparable && !both_are_none && found != Some(&want) {
                let (path, have) = (want.path, found.cloned());
                differences.push(Difference { path, have, want: Some(want) });
            }
        }
        if !have.gone_credentials.is_empty() && self.gone_credentials.is_empty() {
            let have = have_fields.into_iter().find(|it| it.path == "credentials");
            differences.push(Difference { path: "credentials", have, want: None });
        }
        differences
    }

    /// Whether a field's absence means something: hops that the controller leaves out do not
    /// compare (controller-facts.md#hops).
    fn reports(&self, path: &str) -> bool {
        match &self.target {
            Some(Target::Cdp(Neighbours { hops, .. })) => path != "cdp.hops" || hops.is_some(),
            Some(Target::Lldp(Neighbours { hops, .. })) => path != "lldp.hops" || hops.is_some(),
            Some(Target::Address(_) | Target::Ranges(_) | Target::Cidr(_)) | None => true,
        }
    }

    /// Returns these settings with the wanted ones put in: what a change makes of them.
    ///
    /// Where any kind of credential is wanted, credentials that are gone do not stay.
    #[must_use]
    pub(crate) fn with(&self, wanted: &Self) -> Self {
        let Self {
            target,
            exclude,
            credentials,
            gone_credentials,
            protocols,
            retries,
            timeout,
            management_ip,
            netconf_port,
        } = wanted.clone();
        let gone =
            if credentials.is_empty() { self.gone_credentials.clone() } else { gone_credentials };
        let mut merged = self.credentials.clone();
        merged.extend(credentials);
        Self {
            target: target.or_else(|| self.target.clone()),
            exclude: exclude.or_else(|| self.exclude.clone()),
            credentials: merged,
            gone_credentials: gone,
            protocols: protocols.or_else(|| self.protocols.clone()),
            retries: retries.or(self.retries),
            timeout: timeout.or(self.timeout),
            management_ip: management_ip.or(self.management_ip),
            netconf_port: netconf_port.or(self.netconf_port),
        }
    }
}

fn target_fields(target: &Target) -> Vec<Field> {
    let neighbours = |seed, hops, it: &Neighbours| {
        let value = FieldValue::Text(it.seed.to_string());
        let hops_value = it.hops.map(|it| FieldValue::Number(u64::from(it)));
        let seed = Field { path: seed, value };
        std::iter::once(seed).chain(hops_value.map(|value| Field { path: hops, value })).collect()
    };
    let one = |path, value| vec![Field { path, value }];
    match target {
        Target::Address(it) => one("address", text(it)),
        Target::Ranges(it) => {
            one("ranges", FieldValue::List(it.iter().map(AddressRange::to_string).collect()))
        }
        Target::Cidr(it) => one("cidr", text(it)),
        Target::Cdp(it) => neighbours("cdp.seed", "cdp.hops", it),
        Target::Lldp(it) => neighbours("lldp.seed", "lldp.hops", it),
    }
}

fn is_of_target(path: &str) -> bool {
    matches!(
        path,
        "address" | "ranges" | "cidr" | "cdp.seed" | "cdp.hops" | "lldp.seed" | "lldp.hops"
    )
}

fn text(value: &impl ToString) -> FieldValue {
    FieldValue::Text(value.to_string())
}

fn texts<T: ToString>(values: impl IntoIterator<Item = T>) -> Vec<String> {
    values.into_iter().map(|it| it.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neighbours(hops: Option<u32>) -> Settings {
        let seed = "10.0.0.1".parse().unwrap();
        Settings { target: Some(Target::Cdp(Neighbours { seed, hops })), ..Settings::default() }
    }

    fn ranges(range: &str) -> Settings {
        let target = Target::Ranges([range.parse().unwrap()].into());
        Settings { target: Some(target), ..Settings::default() }
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
    fn what_is_not_wanted_is_not_compared() {
        let have = Settings { retries: Some(3), ..ranges("10.0.0.1") };
        assert!(paths(&ranges("10.0.0.1"), &have).is_empty());
        let want = Settings { retries: Some(2), ..ranges("10.0.0.1") };
        assert_eq!(paths(&want, &have), ["retries"]);
        assert!(paths(&want, &have.with(&want)).is_empty());
    }

    #[test]
    fn none_wanted_and_none_reported_is_the_same() {
        let want = Settings { exclude: Some(BTreeSet::new()), ..ranges("10.0.0.1") };
        assert!(paths(&want, &ranges("10.0.0.1")).is_empty());
        let have = Settings {
            exclude: Some([Exclude::from(std::net::IpAddr::from([10, 0, 0, 1]))].into()),
            ..ranges("10.0.0.1")
        };
        assert_eq!(paths(&want, &have), ["exclude"]);
    }

    #[test]
    fn a_credential_that_is_gone_differs_where_credentials_are_wanted() {
        let gone = [CredentialId("x".into())].into();
        let have = Settings { gone_credentials: gone, ..ranges("10.0.0.1") };
        let kept = have.with(&ranges("10.0.0.2"));
        assert_eq!(paths(&kept, &have), ["ranges"]);
        let mut wanted = ranges("10.0.0.1");
        wanted.credentials.insert(super::super::CredentialKind::Cli, BTreeSet::new());
        assert_eq!(paths(&have.with(&wanted), &have), ["credentials"]);
    }
}
