//! Desired and live states from short text, for tests.
//!
//! One discovery on each line: its name, and then its keys, separated by `;`.
//!
//! ```text
//! lab; cidr 10.0.0.0/24; timeout 5s; cli netops, legacy (root); rerun older_than 7d
//! hq; cdp 10.0.0.1 3; running
//! ```
//!
//! Both sides have the same keys. The run of a live discovery is complete by default.

use super::{Base, Drift, Git, Options, credentials};
use crate::{
    model::{
        AddressRange, Credential, CredentialId, CredentialKind, CredentialRef, Desired,
        DesiredDiscovery, Field, FieldValue, Form, Globs, Interface, Live, LiveDiscovery, Name,
        NamePatterns, OnChange, OwnCredentials, Policy, Readable, RemoteId, Rerun, RunState,
        Scalar, Setting, Settings, Sourced, State, Unreadable, Wanted, setting_of_path,
    },
    source::{SourceId, SourceMap, Span, Spanned},
};

/// The time of the tests, which is arbitrary.
pub(crate) const NOW: i64 = 1_800_000_000_000;

/// The input of a plan.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) desired: Desired,
    pub(crate) live: Live,
    pub(crate) options: Options,
    pub(crate) sources: SourceMap,
}

impl Scenario {
    pub(crate) fn new(desired: &str, live: &str) -> Self {
        let mut sources = SourceMap::default();
        let source = sources.add("discoveries.yaml", desired);
        let discoveries = lines(source, desired).map(|it| desired_discovery(&it)).collect();
        Self {
            desired: Desired { discoveries, ..Desired::default() },
            live: live_state(live),
            options: Options::default(),
            sources,
        }
    }

    pub(crate) fn managing(mut self, patterns: &[&str]) -> Self {
        self.desired.manage = Globs::new(patterns).unwrap();
        self
    }

    /// Sets `--prune` and `manage.names`.
    pub(crate) fn pruning(mut self, patterns: &[&str]) -> Self {
        self.options.prune = true;
        self.managing(patterns)
    }

    pub(crate) fn allowing(mut self, n_deletions: usize) -> Self {
        self.options.allow_delete = Some(n_deletions);
        self
    }

    pub(crate) fn rerunning(mut self, names: &[&str]) -> Self {
        self.options.rerun = names.iter().map(|it| Name::as_read(*it)).collect();
        self
    }

    /// Adds discoveries that an interrupted apply deleted and has to create again with these settings.
    pub(crate) fn with_deleted(mut self, live: &str) -> Self {
        let deleted_not_recreated = live_state(live).discoveries.into_iter();
        let deleted_not_recreated =
            deleted_not_recreated.map(|it| (it.name, it.read.unwrap().settings));
        self.options.deleted_not_recreated = deleted_not_recreated.collect();
        self
    }

    pub(crate) fn only(mut self, patterns: &[&str]) -> Self {
        self.options.only = Globs::new(patterns).unwrap();
        self
    }

    pub(crate) fn except(mut self, patterns: &[&str]) -> Self {
        self.options.except = Globs::new(patterns).unwrap();
        self
    }

    /// Sets limits, all with a place at the beginning of the file.
    pub(crate) fn limited(mut self, policy: Policy) -> Self {
        self.desired.policy = Some(limit(policy));
        self
    }

    /// Plans against these files of the base, with the same `manage.names`.
    pub(crate) fn plan_against(&self, before: &str, drift: Drift) -> super::Plan {
        let desired =
            Desired { manage: self.desired.manage.clone(), ..Self::new(before, "").desired };
        let base = Base { desired: Ok(desired), git: Git::default() };
        let options = Options { drift, base: Some("main".to_owned()), ..self.options.clone() };
        super::plan_against(&base, &self.desired, &self.live, &options, NOW)
    }

    pub(crate) fn plan(&self) -> super::Plan {
        super::plan(&self.desired, &self.live, &self.options, NOW)
    }
}

/// The place of every limit.
pub(crate) fn place_of_limits() -> Span {
    Span { source: SourceMap::default().add("limits.yaml", ""), start: 0, end: 0 }
}

/// A limit.
pub(crate) fn limit<T>(value: T) -> Sourced<T> {
    Sourced { value, key: place_of_limits(), at: place_of_limits() }
}

/// A list of ranges.
pub(crate) fn limit_of(ranges: &[AddressRange]) -> Sourced<Vec<Spanned<AddressRange>>> {
    limit(ranges.iter().map(|it| Spanned::new(*it, place_of_limits())).collect())
}

/// A list of patterns.
pub(crate) fn limit_to(names: &[&str]) -> Sourced<NamePatterns> {
    let patterns = names.iter().map(|it| Spanned::new((*it).to_owned(), place_of_limits()));
    limit(NamePatterns { patterns: patterns.collect(), globs: Globs::new(names).unwrap() })
}

/// The credentials of a new simulated controller, some of them with equal descriptions.
pub(crate) fn known_credentials() -> Vec<Credential> {
    use CredentialKind::{Cli, HttpRead, HttpWrite, Netconf, SnmpV2Read, SnmpV2Write, SnmpV3};

    let known = [
        (Cli, "legacy", Some("admin"), "c2"),
        (Cli, "legacy", Some("root"), "c3"),
        (Cli, "netops", Some("netops"), "c1"),
        (Cli, "twin", Some("twin"), "c4"),
        (Cli, "twin", Some("twin"), "c5"),
        (SnmpV2Read, "public-read", None, "r1"),
        (SnmpV2Write, "private-write", None, "w1"),
        (SnmpV3, "core", Some("monitor"), "s1"),
        (HttpRead, "web-read", Some("web"), "h1"),
        (HttpWrite, "web-write", Some("web"), "h2"),
        (Netconf, "netconf-830", None, "n1"),
    ];
    let credential = |(kind, description, username, id): (_, &str, Option<&str>, &str)| {
        let (id, username) = (CredentialId(id.to_owned()), username.map(str::to_owned));
        Credential { id, kind, description: description.to_owned(), username }
    };
    known.map(credential).to_vec()
}

/// A live discovery that has no settings and is complete.
pub(crate) fn readable() -> Readable {
    Readable {
        settings: Settings::default(),
        run: RunState::Complete,
        being_edited: false,
        status: "Inactive, Complete".to_owned(),
        own_credentials: OwnCredentials::None,
        n_devices: None,
        last_run_ended: None,
    }
}

pub(crate) fn rerun(text: &str) -> Rerun {
    match text {
        "on_change" => Rerun::OnChange,
        "until_complete" => Rerun::UntilComplete,
        "always" => Rerun::Always,
        "never" => Rerun::Never,
        it => Rerun::OlderThan(it.strip_prefix("older_than ").unwrap().parse().unwrap()),
    }
}

/// A part of a text, and its place.
#[derive(Clone, Copy)]
struct Part<'a> {
    source: SourceId,
    start: usize,
    text: &'a str,
}

impl Part<'_> {
    fn split(self, separator: char) -> impl Iterator<Item = Self> {
        let mut start = self.start;
        self.text.split(separator).map(move |text| {
            let part = Self { start, text, ..self };
            start += text.len() + separator.len_utf8();
            part.trim()
        })
    }

    fn trim(self) -> Self {
        let indent = self.text.len() - self.text.trim_start().len();
        Self { start: self.start + indent, text: self.text.trim(), ..self }
    }

    /// Splits a key from its value.
    fn key(self) -> (Self, Self) {
        let end = self.text.find(' ').unwrap_or(self.text.len());
        let (key, value) = self.text.split_at(end);
        let value = Self { start: self.start + end, text: value, ..self };
        (Self { text: key, ..self }, value.trim())
    }

    fn span(self) -> Span {
        Span { source: self.source, start: self.start, end: self.start + self.text.len() }
    }

    fn spanned<T>(self, value: T) -> Spanned<T> {
        Spanned::new(value, self.span())
    }

    fn items(self) -> Vec<Self> {
        if self.text.is_empty() { Vec::new() } else { self.split(',').collect() }
    }
}

fn lines(source: SourceId, text: &str) -> impl Iterator<Item = Part<'_>> {
    Part { source, start: 0, text }.split('\n').filter(|it| !it.text.is_empty())
}

fn desired_discovery(line: &Part<'_>) -> DesiredDiscovery {
    let mut parts = line.split(';');
    let name = parts.next().unwrap();
    let mut discovery = DesiredDiscovery {
        name: name.spanned(Name::as_read(name.text)),
        span: line.span(),
        wanted: Wanted::default(),
        state: None,
        rerun: None,
        on_change: None,
    };
    for part in parts {
        let (key, value) = part.key();
        let (place, at) = (key.span(), value.span());
        match key.text {
            "state" => {
                let state = match value.text {
                    "present" => State::Present,
                    "stopped" => State::Stopped,
                    "absent" => State::Absent,
                    it => panic!("no state: {it}"),
                };
                discovery.state = Some(Sourced { value: state, key: place, at });
            }
            "rerun" => {
                discovery.rerun = Some(Sourced { value: rerun(value.text), key: place, at });
            }
            "on_change" => {
                let on_change = match value.text {
                    "update" => OnChange::Update,
                    "replace" => OnChange::Replace,
                    it => panic!("no on_change: {it}"),
                };
                discovery.on_change = Some(Sourced { value: on_change, key: place, at });
            }
            _ => assert!(want(&mut discovery.wanted, part), "no key: {}", key.text),
        }
    }
    discovery
}

/// Puts a setting in, if the part is one.
fn want(wanted: &mut Wanted, part: Part<'_>) -> bool {
    let (key, value) = part.key();
    if let Some(kind) = CredentialKind::ALL.into_iter().find(|it| it.key() == key.text) {
        let items = value.items();
        let references = items.iter().map(|it| it.spanned(reference(it.text))).collect();
        let given = Sourced { value: references, key: key.span(), at: value.span() };
        wanted.credentials.insert(kind, given);
        return true;
    }
    let list = || FieldValue::List(value.items().iter().map(|it| it.text.to_owned()).collect());
    let text = |it: &str| FieldValue::Scalar(Scalar::Text(it.to_owned()));
    let number = |it: &str| FieldValue::Scalar(Scalar::Number(it.parse().unwrap()));
    let fields = match (key.text, setting_of_path(key.text)) {
        ("cdp" | "lldp", _) => {
            let (seed, hops) = value.text.split_once(' ').unwrap_or((value.text, "16"));
            let hops = (hops != "?").then(|| (format!("{}.hops", key.text), number(hops)));
            [(format!("{}.seed", key.text), text(seed))].into_iter().chain(hops).collect()
        }
        ("ranges", _) => vec![(key.text.to_owned(), list())],
        (path, Some((setting, _))) => {
            let value = match setting.form() {
                Form::Set | Form::List => list(),
                Form::Number => number(value.text),
                Form::Target | Form::Text => text(value.text),
                Form::Credentials => panic!("no key: {path}"),
            };
            vec![(path.to_owned(), value)]
        }
        (_, None) => return false,
    };
    let field = |(path, value): (String, FieldValue)| {
        let (setting, path) = setting_of_path(&path).unwrap();
        Field { setting, path, value }
    };
    let settings = Settings::from_fields(fields.into_iter().map(field).collect()).unwrap();
    for setting in settings.iter().cloned() {
        wanted.insert(Sourced { value: setting, key: key.span(), at: value.span() });
    }
    true
}

/// Reads `description`, `description (username)`, `(username)` or `id ID`.
fn reference(text: &str) -> CredentialRef {
    if let Some(id) = text.strip_prefix("id ") {
        return CredentialRef::Id(CredentialId(id.to_owned()));
    }
    let (description, username) = text.split_once('(').unwrap_or((text, ""));
    let given = |it: &str| (!it.is_empty()).then(|| it.to_owned());
    let username = given(username.trim_end_matches(')'));
    CredentialRef::Named { description: given(description.trim()), username }
}

fn live_state(text: &str) -> Live {
    let source = SourceMap::default().add("live", text);
    let mut discoveries = lines(source, text).zip(1..).collect::<Vec<_>>();
    let live = |(line, id): (Part<'_>, u32)| live_discovery(&line, RemoteId(id.to_string()));
    let mut discoveries = discoveries.drain(..).map(live).collect::<Vec<_>>();
    discoveries.sort_by_key(|it| (it.name.clone(), it.id.clone()));
    Live {
        url: "https://catalyst.example.com".to_owned(),
        release: Some("2.3.7.9".to_owned()),
        interface: Interface::Classic,
        discoveries,
        credentials: known_credentials(),
    }
}

fn live_discovery(line: &Part<'_>, id: RemoteId) -> LiveDiscovery {
    let mut parts = line.split(';');
    let name = Name::as_read(parts.next().unwrap().text);
    let (mut live, mut wanted, mut unreadable) = (readable(), Wanted::default(), None);
    let mut gone = std::collections::BTreeSet::new();
    for part in parts {
        let (key, value) = part.key();
        match (key.text, value.text) {
            ("edited", _) => live.being_edited = true,
            ("own", it) => live.own_credentials = OwnCredentials::Own(vec![it.to_owned()]),
            ("masked", it) => live.own_credentials = OwnCredentials::Masked(vec![it.to_owned()]),
            ("ended", it) => live.last_run_ended = Some(it.parse().unwrap()),
            ("gone", it) => gone.extend([CredentialId(it.to_owned())]),
            ("unreadable", it) => {
                let (field, found) = it.split_once(' ').unwrap();
                let (field, found) = (field.to_owned(), found.to_owned());
                unreadable = Some(Unreadable { field, found });
            }
            (word, _) if !want(&mut wanted, part) => live.run = run_state(word),
            _ => (),
        }
    }
    let resolved = credentials::resolve(&wanted.credentials, &known_credentials());
    assert!(resolved.diagnostics.is_empty(), "{:?}", resolved.diagnostics);
    live.settings = wanted.settings(resolved.credentials);
    live.settings.extend((!gone.is_empty()).then_some(Setting::GoneCredentials(gone)));
    LiveDiscovery { id, name, read: unreadable.map_or(Ok(live), Err) }
}

fn run_state(word: &str) -> RunState {
    let all = [
        RunState::Running,
        RunState::Complete,
        RunState::Aborted,
        RunState::Failed,
        RunState::Never,
        RunState::Unknown,
    ];
    all.into_iter().find(|it| it.to_string() == word).unwrap_or_else(|| panic!("no key: {word}"))
}
