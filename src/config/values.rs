//! Turns the texts and numbers of the files into values: addresses, prefixes, durations, patterns.
//!
//! Each function takes a text and its place, and reports mistakes in it.

use std::{fmt, net::IpAddr, ops::RangeInclusive, str::FromStr as _};

use ipnet::IpNet;

use super::{
    problems::{Problems, shown},
    read::{DurationText, Number},
};
use crate::{
    codes,
    model::{
        AddressRange, Exclude, Globs, RangeError, Sourced, TimeSpan, TimeSpanError, parse_address,
    },
    source::{Diagnostic, Span, Spanned},
};

/// The most patterns in a list: compiling each takes time.
pub(super) const MOST_PATTERNS: usize = 10_000;

/// Reads one address.
pub(super) fn address(text: &str, at: Span, problems: &mut Problems) -> Option<IpAddr> {
    match parse_address(text) {
        Ok(address) => Some(address),
        Err(error) => {
            let help = match text {
                _ if text.contains('/') => Some("write a prefix as `cidr`".to_owned()),
                _ if text.contains('-') => Some("write a range in `ranges`".to_owned()),
                _ => None,
            };
            problems.add(range_problem(&error, text, help).at(at));
            None
        }
    }
}

/// Reads `FIRST-LAST`, or one address.
pub(super) fn range(text: &str, at: Span, problems: &mut Problems) -> Option<AddressRange> {
    match AddressRange::from_str(text) {
        Ok(range) => Some(range),
        Err(error) => {
            problems.add(range_problem(&error, text, range_help(text)).at(at));
            None
        }
    }
}

/// Reads an address, `FIRST-LAST`, or a prefix, and masks the host bits of the prefix.
pub(super) fn network(text: &str, at: Span, problems: &mut Problems) -> Option<AddressRange> {
    if text.contains('/') {
        return prefix(text, at, problems).map(AddressRange::from);
    }
    range(text, at, problems)
}

fn range_problem(error: &RangeError, text: &str, help: Option<String>) -> Diagnostic {
    let (code, message, own_help) = match error {
        RangeError::NotAnAddress(part) => {
            (&codes::config::BAD_ADDRESS, format!("{} is not an IP address", shown(part)), None)
        }
        RangeError::Mapped(address) => (
            &codes::config::BAD_ADDRESS,
            error.to_string(),
            address.to_ipv4_mapped().map(|it| format!("write `{it}`")),
        ),
        RangeError::Reversed => {
            (&codes::config::REVERSED_RANGE, format!("{} ends before it begins", shown(text)), None)
        }
        RangeError::MixedFamilies => (
            &codes::config::MIXED_FAMILIES,
            format!("{} begins in one address family and ends in the other", shown(text)),
            Some("write a range for each family".to_owned()),
        ),
    };
    Diagnostic::error(code, message).help_if(own_help.or(help))
}

/// Suggests a correction of an invalid range.
fn range_help(text: &str) -> Option<String> {
    if text.contains('/') {
        return Some("write a prefix as `cidr`".to_owned());
    }
    let (first, last) = text.split_once('-')?;
    let (first, last) = (first.trim(), last.trim());
    if AddressRange::from_str(&format!("{last}-{first}")).is_ok() {
        return Some(format!("write `{last}-{first}`"));
    }
    // `10.0.0.1-254`, as many tools accept it.
    let (net, _) = first.rsplit_once('.')?;
    let whole = format!("{first}-{net}.{last}");
    AddressRange::from_str(&whole).ok().map(|_| format!("write both ends in full: `{whole}`"))
}

/// Reads a prefix and masks its host bits.
pub(super) fn prefix(text: &str, at: Span, problems: &mut Problems) -> Option<IpNet> {
    let problem = match (text.parse::<IpNet>(), text.split_once('/')) {
        (Ok(net), _) => match parse_address(&net.addr().to_string()) {
            Ok(_) => return Some(net.trunc()),
            Err(error) => range_problem(&error, text, None),
        },
        (Err(_), None) if parse_address(text).is_ok() => {
            let help = "a prefix has a length after a slash, such as `10.0.0.0/24`";
            bad_prefix(text).help(help)
        }
        (Err(_), Some((address, _))) if parse_address(address).is_err() => Diagnostic::error(
            &codes::config::BAD_ADDRESS,
            format!("{} is not an IP address", shown(address)),
        ),
        (Err(_), Some((address, _))) => {
            let longest = if address.contains(':') { 128 } else { 32 };
            bad_prefix(text).help(format!("the length is a number from 0 to {longest}"))
        }
        (Err(_), None) => bad_prefix(text),
    };
    problems.add(problem.at(at));
    None
}

fn bad_prefix(text: &str) -> Diagnostic {
    Diagnostic::error(&codes::config::BAD_PREFIX, format!("{} is not a prefix", shown(text)))
}

/// Reads an address or a prefix to exclude.
pub(super) fn exclude(text: &str, at: Span, problems: &mut Problems) -> Option<Exclude> {
    if text.contains('/') {
        return prefix(text, at, problems).map(Exclude::from);
    }
    match parse_address(text) {
        Ok(address) => Some(Exclude::from(address)),
        Err(error) => {
            let help = "`exclude` takes addresses and prefixes".to_owned();
            problems.add(range_problem(&error, text, Some(help)).at(at));
            None
        }
    }
}

/// Reads a duration.
pub(super) fn duration(given: &Sourced<DurationText>, problems: &mut Problems) -> Option<TimeSpan> {
    match given.value.0.parse::<TimeSpan>() {
        Ok(length) => Some(length),
        Err(error) => {
            let (message, help) = match error {
                TimeSpanError::Form => (
                    "is not a duration",
                    Some(
                        "a duration is a whole number and `s`, `m`, `h`, `d` or `w`, such as `5s`",
                    ),
                ),
                TimeSpanError::TooLarge => ("is too large", None),
            };
            let message = format!("{} {message}", shown(&given.value.0));
            let problem = Diagnostic::error(&codes::config::BAD_DURATION, message);
            problems.add(problem.at(given.at).help_if(help));
            None
        }
    }
}

/// Whether a pattern is valid. Reports it otherwise.
pub(super) fn is_pattern(pattern: &Spanned<String>, problems: &mut Problems) -> bool {
    let message = match Globs::new([&pattern.value]) {
        Ok(_) if !pattern.value.is_empty() => return true,
        Ok(_) => "an empty pattern matches no name".to_owned(),
        Err(error) => format!("{} is not a pattern: {error}", shown(&pattern.value)),
    };
    problems.add(Diagnostic::error(&codes::config::BAD_GLOB, message).at(pattern.span));
    false
}

/// Returns a number if it is within bounds.
pub(super) fn bounded<T: TryFrom<i64>>(
    given: &Sourced<Number>,
    what: &str,
    bounds: RangeInclusive<i64>,
    problems: &mut Problems,
) -> Option<T> {
    let Sourced { value: Number(number), key: _, at } = given;
    if let Ok(number) = i64::try_from(*number)
        && bounds.contains(&number)
    {
        return T::try_from(number).ok();
    }
    problems.add(out_of_range(*at, what, number, bounds));
    None
}

/// Reports a value outside its bounds.
pub(super) fn out_of_range<T: fmt::Display, U: fmt::Display>(
    at: Span,
    what: &str,
    found: T,
    bounds: RangeInclusive<U>,
) -> Diagnostic {
    let (least, most) = bounds.into_inner();
    let message = format!("`{what}` must be from {least} to {most}, found {found}");
    Diagnostic::error(&codes::config::OUT_OF_RANGE, message).at(at)
}
