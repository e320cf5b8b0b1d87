//! What a discovery scans and excludes, and the warnings about both.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use ipnet::IpNet;

use super::{
    problems::{Problems, alternatives, shown},
    raw::{self, MAX_HOPS},
    read::{OptionalKey, RequiredKey},
    values,
};
use crate::{
    codes,
    model::{
        AddressRange, Count, Hops, Neighbours, Setting, Sourced, State, Target, TargetKind, Wanted,
    },
    source::{Diagnostic, Span, Spanned},
};

/// The most addresses in a range, according to the user guide.
const LARGE_RANGE: u128 = 4_096;
/// The most ranges of a discovery, according to the user guide.
const MANY_RANGES: usize = 8;
/// The longest list of addresses that another client of the API sends.
const LONG_ADDRESS_LIST: usize = 255;

/// Returns the one target of a discovery. `None` if it is wrong, which is reported, or if a discovery
/// that is to be absent has none.
pub(super) fn target(
    raw: &raw::Discovery,
    entry: Span,
    problems: &mut Problems,
) -> Option<Sourced<Setting>> {
    let raw::Discovery { name, address, ranges, cidr, cdp, lldp, state, settings: _, unknown } =
        raw;
    let present = [
        address.is_present(),
        ranges.is_present(),
        cidr.is_present(),
        cdp.is_present(),
        lldp.is_present(),
    ];
    let targets = [
        address.try_map(|it| one_address(it, problems)),
        ranges.try_map(|it| set_of_ranges(it, problems)),
        cidr.try_map(|it| prefix(it, problems)),
        cdp.try_map(|it| neighbours(it, problems).map(Target::Cdp)),
        lldp.try_map(|it| neighbours(it, problems).map(Target::Lldp)),
    ]
    .map(|it| it.try_map(|it| Some(Setting::Target(it.value.clone()))));
    let keys = [key(address), key(ranges), key(cidr), key(cdp), key(lldp)];
    let is_absent = match state {
        OptionalKey::Given(it) => it.value.0 == State::Absent,
        // It may be meant to be absent.
        OptionalKey::Invalid => true,
        OptionalKey::Absent | OptionalKey::Null => false,
    };
    let is_misspelt = TargetKind::ALL.iter().any(|it| unknown.meant.contains(&it.key()));
    let n_targets = present.into_iter().filter(|it| *it).count();
    if !is_absent && n_targets != 1 && !(n_targets == 0 && is_misspelt) {
        let at = name.0.as_ref().map(|it| it.at).filter(|it| it.source == entry.source);
        problems.add(which_target(&keys, at.unwrap_or(entry), n_targets));
    }
    targets.into_iter().find_map(|it| it.given().cloned())
}

fn key<T>(target: &OptionalKey<T>) -> Option<Span> {
    target.given().map(|it| it.key)
}

fn which_target(keys: &[Option<Span>], name: Span, n_targets: usize) -> Diagnostic {
    let code = &codes::config::WHICH_TARGET;
    let words = alternatives(TargetKind::ALL.iter().map(|it| it.key()));
    let help = format!("a discovery has exactly one of {words}");
    if n_targets == 0 {
        return Diagnostic::error(code, "the discovery has no target").at(name).help(help);
    }
    let problem = Diagnostic::error(code, format!("the discovery has {n_targets} targets"));
    let places = keys.iter().flatten().copied().collect::<Vec<_>>();
    if places.is_empty() {
        return problem.at(name).help(help);
    }
    places.into_iter().fold(problem, Diagnostic::at).help(help)
}

fn one_address(given: &Sourced<String>, problems: &mut Problems) -> Option<Target> {
    let address = values::address(&given.value, given.at, problems)?;
    warn_ipv6([(address, given.at)], problems);
    Some(Target::Address(address))
}

fn prefix(given: &Sourced<String>, problems: &mut Problems) -> Option<Target> {
    let net = values::prefix(&given.value, given.at, problems)?;
    warn_ipv6([(net.addr(), given.at)], problems);
    let (shortest, longest) = match net {
        IpNet::V4(_) => (20, 30),
        IpNet::V6(_) => (116, 126),
    };
    let length = net.prefix_len();
    if !(shortest..=longest).contains(&length) {
        let message = format!("the user guide allows prefixes from /{shortest} to /{longest}");
        problems.add(
            Diagnostic::warning(&codes::bounds::PREFIX_SIZE, message)
                .at(given.at)
                .help(format!("/{length} is sent as written; the controller may reject it")),
        );
    }
    Some(Target::Cidr(net))
}

fn neighbours(given: &Sourced<raw::Neighbours>, problems: &mut Problems) -> Option<Neighbours> {
    let raw::Neighbours { seed, hops } = &given.value;
    let hops = hops.try_map(|it| values::bounded::<Hops>(it, "hops", 1..=MAX_HOPS, problems));
    let RequiredKey(Some(Sourced { value: seed, key: _, at })) = seed else { return None };
    let seed = values::address(seed, *at, problems)?;
    warn_ipv6([(seed, *at)], problems);
    let hops = match hops {
        OptionalKey::Absent | OptionalKey::Null => Hops::try_from(MAX_HOPS).ok(),
        OptionalKey::Invalid => None,
        OptionalKey::Given(it) => Some(it.value),
    };
    Some(Neighbours { seed, hops })
}

fn set_of_ranges(given: &Sourced<Vec<Spanned<String>>>, problems: &mut Problems) -> Option<Target> {
    if given.value.is_empty() && problems.has_error_within(given.at) {
        return None;
    }
    if given.value.is_empty() {
        let message = "`ranges` needs at least one range or address";
        problems.add(Diagnostic::error(&codes::config::OUT_OF_RANGE, message).at(given.at));
        return None;
    }
    let mut first = BTreeMap::<AddressRange, Span>::new();
    for Spanned { value: text, span } in &given.value {
        let Some(range) = values::range(text, *span, problems) else { continue };
        if let Some(earlier) = first.get(&range) {
            problems.add(
                Diagnostic::warning(
                    &codes::bounds::DUPLICATE_RANGE,
                    format!("{} is given twice", shown(&range.to_string())),
                )
                .labelled(*span, "again here")
                .labelled(*earlier, "first given here"),
            );
            continue;
        }
        first.insert(range, *span);
        warn_large(range, *span, problems);
    }
    warn_ipv6(first.iter().map(|(range, at)| (range.first(), *at)), problems);
    warn_list(first.keys().copied(), given.at, problems);
    Some(Target::Ranges(first.into_keys().collect::<BTreeSet<_>>()))
}

fn warn_large(range: AddressRange, at: Span, problems: &mut Problems) {
    let (count, most) = (range.count(), Count::from(LARGE_RANGE));
    if most < count {
        let (count, most) = (count.grouped(), most.grouped());
        let message =
            format!("the range has {count} addresses; the user guide allows at most {most}");
        problems.add(Diagnostic::warning(&codes::bounds::LARGE_RANGE, message).at(at));
    }
}

fn warn_list(ranges: impl Iterator<Item = AddressRange>, at: Span, problems: &mut Problems) {
    let sent = ranges.map(|it| format!("{}-{}", it.first(), it.last())).collect::<Vec<_>>();
    if MANY_RANGES < sent.len() {
        let n = sent.len();
        let message = format!("{n} ranges; the user guide allows at most {MANY_RANGES}");
        problems.add(Diagnostic::warning(&codes::bounds::TOO_MANY_RANGES, message).at(at));
    }
    let length = sent.join(",").len();
    if LONG_ADDRESS_LIST < length {
        let message = format!(
            "the ranges are sent as {length} characters; the controller may accept at most \
             {LONG_ADDRESS_LIST}"
        );
        problems.add(Diagnostic::warning(&codes::bounds::LONG_ADDRESS_LIST, message).at(at));
    }
}

/// Warns once about a key that holds IPv6 addresses.
pub(super) fn warn_ipv6(
    addresses: impl IntoIterator<Item = (IpAddr, Span)>,
    problems: &mut Problems,
) {
    let of_v6 = addresses.into_iter().filter(|(address, _)| address.is_ipv6());
    if let Some((_, at)) = of_v6.min_by_key(|(_, at)| *at) {
        let message = "it is not known whether the classic interface accepts IPv6";
        problems.add(
            Diagnostic::warning(&codes::bounds::IPV6_UNPROVEN, message)
                .at(at)
                .help("it is sent as written"),
        );
    }
}

/// Warns if `exclude` is not documented for the kind of target.
pub(super) fn check_exclude(wanted: &Wanted, problems: &mut Problems) {
    if let (Some(target), Some(exclude)) = (wanted.target(), wanted.exclude())
        && !exclude.value.is_empty()
        && !target.value.kind().honors_exclude()
    {
        let kind = target.value.kind().key();
        problems.add(
            Diagnostic::warning(
                &codes::bounds::EXCLUDE_MAY_BE_IGNORED,
                format!("the controller may ignore `exclude` with `{kind}`"),
            )
            .labelled(exclude.key, "this is sent as written")
            .labelled(target.key, format!("with `{kind}`"))
            .help("it is documented for `cidr`, `cdp` and `lldp` only"),
        );
    }
}
