//! What a discovery scans and leaves out, and the warnings that are known about it.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use ipnet::IpNet;

use super::{
    complaints::{Complaints, alternatives, shown},
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

/// How many addresses a range may have, by the user guide.
const LARGE_RANGE: u128 = 4_096;
/// How many ranges a discovery may have, by the user guide.
const MANY_RANGES: usize = 8;
/// How long the list of addresses may be that is sent, by a client.
const LONG_ADDRESS_LIST: usize = 255;

/// Returns the one target of a discovery; `None` where it is not given right, which is then
/// complained about, and where the discovery is to be absent and has none.
pub(super) fn target(
    raw: &raw::Discovery,
    entry: Span,
    complaints: &mut Complaints,
) -> Option<Sourced<Setting>> {
    let raw::Discovery { name, address, ranges, cidr, cdp, lldp, state, settings: _, unknown } =
        raw;
    let said = [
        (TargetKind::Address, address.is_present()),
        (TargetKind::Ranges, ranges.is_present()),
        (TargetKind::Cidr, cidr.is_present()),
        (TargetKind::Cdp, cdp.is_present()),
        (TargetKind::Lldp, lldp.is_present()),
    ];
    let targets = [
        address.try_map(|it| one_address(it, complaints)),
        ranges.try_map(|it| set_of_ranges(it, complaints)),
        cidr.try_map(|it| prefix(it, complaints)),
        cdp.try_map(|it| neighbours(it, complaints).map(Target::Cdp)),
        lldp.try_map(|it| neighbours(it, complaints).map(Target::Lldp)),
    ]
    .map(|it| it.try_map(|it| Some(Setting::Target(it.value.clone()))));
    let keys = [key(address), key(ranges), key(cidr), key(cdp), key(lldp)];
    let is_absent = match state {
        OptionalKey::Given(it) => it.value.0 == State::Absent,
        // What was meant is not known: nothing is said that may be wrong.
        OptionalKey::Invalid => true,
        OptionalKey::Absent | OptionalKey::Null => false,
    };
    let is_misspelt = said.iter().any(|(kind, _)| unknown.meant.contains(&kind.key()));
    let n_said = said.iter().filter(|(_, said)| *said).count();
    if !is_absent && n_said != 1 && !(n_said == 0 && is_misspelt) {
        let at = name.0.as_ref().map(|it| it.at).filter(|it| it.source == entry.source);
        complaints.add(which_target(&keys, at.unwrap_or(entry), n_said));
    }
    targets.into_iter().find_map(|it| it.given().cloned())
}

fn key<T>(slot: &OptionalKey<T>) -> Option<Span> {
    slot.given().map(|it| it.key)
}

fn which_target(keys: &[Option<Span>], name: Span, n_said: usize) -> Diagnostic {
    let all = [
        TargetKind::Address,
        TargetKind::Ranges,
        TargetKind::Cidr,
        TargetKind::Cdp,
        TargetKind::Lldp,
    ];
    let code = &codes::config::WHICH_TARGET;
    let words = alternatives(all.iter().map(|it| it.key()));
    let help = format!("a discovery has exactly one of {words}");
    if n_said == 0 {
        return Diagnostic::error(code, "the discovery does not say what it scans")
            .at(name)
            .help(help);
    }
    let complaint = Diagnostic::error(code, format!("the discovery has {n_said} targets"));
    let places = keys.iter().flatten().copied().collect::<Vec<_>>();
    if places.is_empty() {
        return complaint.at(name).help(help);
    }
    places.into_iter().fold(complaint, Diagnostic::at).help(help)
}

fn one_address(given: &Sourced<String>, complaints: &mut Complaints) -> Option<Target> {
    let address = values::address(&given.value, given.at, complaints)?;
    warn_ipv6([(address, given.at)], complaints);
    Some(Target::Address(address))
}

fn prefix(given: &Sourced<String>, complaints: &mut Complaints) -> Option<Target> {
    let net = values::prefix(&given.value, given.at, complaints)?;
    warn_ipv6([(net.addr(), given.at)], complaints);
    let (shortest, longest) = match net {
        IpNet::V4(_) => (20, 30),
        IpNet::V6(_) => (116, 126),
    };
    let length = net.prefix_len();
    if !(shortest..=longest).contains(&length) {
        let message = format!("the user guide has prefixes from /{shortest} to /{longest}");
        complaints.add(
            Diagnostic::warning(&codes::bounds::PREFIX_SIZE, message)
                .at(given.at)
                .help(format!("/{length} is sent as it is; the controller may not take it")),
        );
    }
    Some(Target::Cidr(net))
}

fn neighbours(given: &Sourced<raw::Neighbours>, complaints: &mut Complaints) -> Option<Neighbours> {
    let raw::Neighbours { seed, hops } = &given.value;
    let hops = hops.try_map(|it| values::bounded::<Hops>(it, "hops", 1..=MAX_HOPS, complaints));
    let RequiredKey(Some(Sourced { value: seed, key: _, at })) = seed else {
        return None;
    };
    let seed = values::address(seed, *at, complaints)?;
    warn_ipv6([(seed, *at)], complaints);
    let hops = match hops {
        OptionalKey::Absent | OptionalKey::Null => Hops::try_from(MAX_HOPS).ok(),
        OptionalKey::Invalid => None,
        OptionalKey::Given(it) => Some(it.value),
    };
    Some(Neighbours { seed, hops })
}

fn set_of_ranges(
    given: &Sourced<Vec<Spanned<String>>>,
    complaints: &mut Complaints,
) -> Option<Target> {
    if given.value.is_empty() && complaints.has_error_within(given.at) {
        return None;
    }
    if given.value.is_empty() {
        let message = "`ranges` needs at least one range or address";
        complaints.add(Diagnostic::error(&codes::config::OUT_OF_RANGE, message).at(given.at));
        return None;
    }
    let mut first = BTreeMap::<AddressRange, Span>::new();
    for Spanned { value: text, span } in &given.value {
        let Some(range) = values::range(text, *span, complaints) else {
            continue;
        };
        if let Some(earlier) = first.get(&range) {
            complaints.add(
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
        warn_large(range, *span, complaints);
    }
    warn_ipv6(first.iter().map(|(range, at)| (range.first(), *at)), complaints);
    warn_list(first.keys().copied(), given.at, complaints);
    Some(Target::Ranges(first.into_keys().collect::<BTreeSet<_>>()))
}

fn warn_large(range: AddressRange, at: Span, complaints: &mut Complaints) {
    let (count, most) = (range.count(), Count::from(LARGE_RANGE));
    if most < count {
        let (count, most) = (count.grouped(), most.grouped());
        let message = format!("the range has {count} addresses; the user guide has {most} at most");
        complaints.add(Diagnostic::warning(&codes::bounds::LARGE_RANGE, message).at(at));
    }
}

fn warn_list(ranges: impl Iterator<Item = AddressRange>, at: Span, complaints: &mut Complaints) {
    let sent = ranges.map(|it| format!("{}-{}", it.first(), it.last())).collect::<Vec<_>>();
    if MANY_RANGES < sent.len() {
        let n = sent.len();
        let message = format!("{n} ranges; the user guide has {MANY_RANGES} at most");
        complaints.add(Diagnostic::warning(&codes::bounds::TOO_MANY_RANGES, message).at(at));
    }
    let length = sent.join(",").len();
    if LONG_ADDRESS_LIST < length {
        let message = format!(
            "the ranges are sent as {length} characters; the controller may take no more than \
             {LONG_ADDRESS_LIST}"
        );
        complaints.add(Diagnostic::warning(&codes::bounds::LONG_ADDRESS_LIST, message).at(at));
    }
}

/// Warns once about a key that holds IPv6 addresses.
pub(super) fn warn_ipv6(
    addresses: impl IntoIterator<Item = (IpAddr, Span)>,
    complaints: &mut Complaints,
) {
    let of_v6 = addresses.into_iter().filter(|(address, _)| address.is_ipv6());
    if let Some((_, at)) = of_v6.min_by_key(|(_, at)| *at) {
        let message = "whether the classic interface takes IPv6 is not known";
        complaints.add(
            Diagnostic::warning(&codes::bounds::IPV6_UNPROVEN, message)
                .at(at)
                .help("it is sent as it is"),
        );
    }
}

/// Warns where a discovery leaves addresses out in a way that is not documented.
pub(super) fn check_exclude(wanted: &Wanted, complaints: &mut Complaints) {
    if let (Some(target), Some(exclude)) = (wanted.target(), wanted.exclude())
        && !exclude.value.is_empty()
        && !target.value.kind().heeds_exclude()
    {
        let kind = target.value.kind().key();
        complaints.add(
            Diagnostic::warning(
                &codes::bounds::EXCLUDE_MAY_BE_IGNORED,
                format!("the controller may not heed `exclude` beside `{kind}`"),
            )
            .labelled(exclude.key, "this is sent as it is")
            .labelled(target.key, format!("beside `{kind}`"))
            .help("it is documented for `cidr`, `cdp` and `lldp` only"),
        );
    }
}
