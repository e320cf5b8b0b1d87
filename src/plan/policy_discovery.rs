//! Checks what a declared discovery scans against the limits.
//!
//! Uses only the `exclude` in the files: one that was set on the controller can disappear at any
//! time.

use super::impact::covered;
use crate::{
    codes,
    model::{
        AddressRange, AddressSet, Count, DesiredDiscovery, Name, Policy, Settings, Sourced, State,
        Target,
    },
    source::{Diagnostic, Span, Spanned},
};

/// The most ranges that a refusal lists.
const MOST_RANGES: usize = 3;

/// The most entries of a limit that a refusal points at.
const MOST_LABELS: usize = 3;

/// Help for a drifted target that is kept.
const KEPT_HELP: &str = "correct it on the controller, or use `--drift revert`";

/// The limits, prepared once for all discoveries.
pub(super) struct Limits<'a> {
    policy: &'a Policy,
    forbidden: AddressSet,
    /// `None` if everything is allowed.
    allowed: Option<AddressSet>,
}

/// A declared discovery that scans.
struct Scanner<'a> {
    name: &'a Name,
    target: &'a Target,
    /// The place of its target.
    at: Span,
    addresses: AddressSet,
    source: TargetSource,
}

/// Where the scanned target comes from.
#[derive(Clone, Copy)]
enum TargetSource {
    Files,
    /// The controller: the target has drifted and is kept.
    KeptDrift,
}

impl<'a> Limits<'a> {
    pub(super) fn new(policy: &'a Policy) -> Self {
        let set = |list: &Sourced<Vec<Spanned<AddressRange>>>| {
            list.value.iter().map(|it| it.value).collect::<AddressSet>()
        };
        let forbidden = policy.forbid_ranges.as_ref().map(set).unwrap_or_default();
        let allowed = policy.allow_only_within.as_ref().map(set);
        Self { policy, forbidden, allowed }
    }

    /// Returns the refusals of a discovery; an absent one has none.
    pub(super) fn refusals(&self, it: &DesiredDiscovery) -> Vec<Diagnostic> {
        let target = it.wanted.target().filter(|_| it.state() != State::Absent);
        let Some(target) = target else { return Vec::new() };
        self.of_scanner(&scanner_of(it, &target))
    }

    /// Returns the refusals of settings that scan more than the files, because drift is kept.
    pub(super) fn refusals_of_kept(
        &self,
        it: &DesiredDiscovery,
        after: &Settings,
    ) -> Vec<Diagnostic> {
        let (Some(given), Some(target)) = (it.wanted.target(), after.target()) else {
            return Vec::new();
        };
        let written = scanner_of(it, &given);
        let addresses = covered(target, after.exclude());
        let is_within = addresses.minus(&written.addresses).is_empty();
        if is_within && target.kind() == given.value.kind() {
            return Vec::new();
        }
        self.of_scanner(&Scanner { target, addresses, source: TargetSource::KeptDrift, ..written })
    }

    fn of_scanner(&self, it: &Scanner<'_>) -> Vec<Diagnostic> {
        let refusals =
            [self.too_large(it), self.forbidden(it), self.outside(it), self.unbounded(it)];
        refusals.into_iter().flatten().collect()
    }

    fn too_large(&self, it: &Scanner<'_>) -> Option<Diagnostic> {
        let Sourced { value: most, key: _, at } =
            self.policy.max_addresses_per_discovery.as_ref()?;
        let count = it.addresses.count();
        let message = format!(
            "`{}` has {}; `max_addresses_per_discovery` is {}",
            it.name,
            addresses(count),
            most.grouped()
        );
        (*most < count).then(|| {
            Diagnostic::error(&codes::policy::MAX_ADDRESSES_PER_DISCOVERY, message)
                .labelled(it.at, it.label(&addresses(count)))
                .labelled(*at, "the limit")
                .help(match it.source {
                    TargetSource::Files => {
                        "scan less, exclude addresses with `exclude`, or split the discovery"
                    }
                    TargetSource::KeptDrift => KEPT_HELP,
                })
        })
    }

    fn forbidden(&self, it: &Scanner<'_>) -> Option<Diagnostic> {
        let list = self.policy.forbid_ranges.as_ref()?;
        let hit = it.addresses.and(&self.forbidden);
        if hit.count().is_zero() {
            return None;
        }
        let (name, ranges) = (it.name, ranges(&hit));
        let message = format!("`{name}` scans {ranges}, which `forbid_ranges` forbids");
        let mut refusal = Diagnostic::error(&codes::policy::FORBID_RANGES, message)
            .labelled(it.at, it.label("this scans it"))
            .help(help_of(it, "forbidden"));
        let hits = list.value.iter().filter(|entry| {
            !it.addresses.and(&[entry.value].into_iter().collect()).count().is_zero()
        });
        for entry in hits.take(MOST_LABELS) {
            refusal = refusal.labelled(entry.span, "forbidden here");
        }
        Some(refusal)
    }

    fn outside(&self, it: &Scanner<'_>) -> Option<Diagnostic> {
        let list = self.policy.allow_only_within.as_ref()?;
        let outside = it.addresses.minus(self.allowed.as_ref()?);
        let (name, found) = (it.name, ranges(&outside));
        let message = format!("`{name}` scans {found}, which is outside `allow_only_within`");
        (!outside.count().is_zero()).then(|| {
            Diagnostic::error(&codes::policy::ALLOW_ONLY_WITHIN, message)
                .labelled(it.at, it.label("this scans it"))
                .labelled(list.at, "only this is allowed")
                .help(help_of(it, "not allowed"))
        })
    }

    fn unbounded(&self, it: &Scanner<'_>) -> Option<Diagnostic> {
        let Sourced { value: allowed, key: _, at } = self.policy.allow_unbounded.as_ref()?;
        let kind = it.target.kind();
        let name = it.name;
        let message = format!(
            "`{name}` follows neighbours without bounds, and `allow_unbounded` does not list it"
        );
        (kind.is_unbounded() && !allowed.globs.is_match(name)).then(|| {
            Diagnostic::error(&codes::policy::ALLOW_UNBOUNDED, message)
                .labelled(it.at, it.label(&format!("`{}` has no bounds", kind.key())))
                .labelled(*at, "no pattern matches its name")
                .help(match it.source {
                    TargetSource::Files => "scan `ranges` or a `cidr`, or have its name allowed",
                    TargetSource::KeptDrift => KEPT_HELP,
                })
        })
    }
}

impl Scanner<'_> {
    /// Returns the label for the place of its target.
    fn label(&self, text: &str) -> String {
        match self.source {
            TargetSource::Files => text.to_owned(),
            TargetSource::KeptDrift => {
                "the setting on the controller, which is kept, is the cause, not this one"
                    .to_owned()
            }
        }
    }
}

fn scanner_of<'a>(it: &'a DesiredDiscovery, target: &Sourced<&'a Target>) -> Scanner<'a> {
    let exclude = it.wanted.exclude().map(|it| it.value);
    let Sourced { value: target, key: _, at } = target;
    let addresses = covered(target, exclude);
    Scanner { name: &it.name.value, target, at: *at, addresses, source: TargetSource::Files }
}

fn help_of(it: &Scanner<'_>, what: &str) -> String {
    if matches!(it.source, TargetSource::KeptDrift) {
        return KEPT_HELP.to_owned();
    }
    let kind = it.target.kind();
    match (kind.is_unbounded(), kind.honors_exclude()) {
        (true, _) => "begin at another device".to_owned(),
        (false, true) => format!("leave out with `exclude` what is {what}, or scan less"),
        (false, false) => format!("scan less: leave out what is {what}"),
    }
}

/// Formats a number of addresses.
pub(super) fn addresses(count: Count) -> String {
    let many = if count == Count::from(1) { "address" } else { "addresses" };
    format!("{} {many}", count.grouped())
}

/// Lists the first ranges of a set.
pub(super) fn ranges(set: &AddressSet) -> String {
    listed(&set.ranges())
}

/// Lists the first ranges.
pub(super) fn listed(ranges: &[AddressRange]) -> String {
    let shown = ranges.iter().take(MOST_RANGES).map(AddressRange::to_string);
    let shown = shown.collect::<Vec<_>>().join(", ");
    match ranges.len().saturating_sub(MOST_RANGES) {
        0 => shown,
        1 => format!("{shown} and 1 more range"),
        more => format!("{shown} and {more} more ranges"),
    }
}

/// Returns the place of the target, or of the name.
pub(super) fn place_of_target(it: &DesiredDiscovery) -> Span {
    it.wanted.target().map_or(it.name.span, |it| it.at)
}
