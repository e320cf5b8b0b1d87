//! Reads the limits of a file. The planner checks plans against them.

use std::{
    borrow::Cow,
    collections::{BTreeMap, btree_map},
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{
    problems::{Problems, all_of, nearest, shown},
    read::{
        Fields, Keyed, Keyword, Keywords, Number, OptionalKey, Read, Reader, RequiredKey,
        inline_schema, read_map,
    },
    tree::{Node, Value},
    values::{self, MOST_PATTERNS},
};
use crate::{
    codes::{self, Code},
    model::{AddressRange, Count, Globs, Grade, MaxDelete, NamePatterns, Policy, Sourced},
    source::{Diagnostic, Spanned},
};

/// An address, a range of them, or a prefix.
const NETWORK: &str = r"^[0-9A-Fa-f:.]+( *- *[0-9A-Fa-f:.]+|/[0-9]+)?$";

/// The highest percentage.
const MAX_PERCENT: i64 = 100;

/// Limits to what may be planned. A plan that is over one is shown, and refused.
#[derive(Debug, Default, JsonSchema)]
#[schemars(default, rename = "Policy", extend("additionalProperties" = false))]
pub(super) struct PolicyMap {
    /// How many addresses a plan may scan that no discovery of the controller covers yet.
    #[schemars(range(min = 0))]
    pub(super) max_new_addresses: OptionalKey<Amount>,
    /// How many addresses one discovery of the files may have, without what it excludes.
    #[schemars(range(min = 0))]
    pub(super) max_addresses_per_discovery: OptionalKey<Amount>,
    /// The most logins to devices that a plan may cause: addresses, times credentials, times
    /// attempts.
    #[schemars(range(min = 0))]
    pub(super) max_login_attempts: OptionalKey<Amount>,
    /// How many discoveries a plan may delete or replace.
    pub(super) max_delete: OptionalKey<MaxDeleteMap>,
    /// What no discovery of the files may scan: addresses, `FIRST-LAST` and prefixes.
    #[schemars(inner(regex(pattern = NETWORK)))]
    pub(super) forbid_ranges: OptionalKey<Vec<Spanned<String>>>,
    /// What discoveries of the files may scan, and nothing else: addresses, `FIRST-LAST` and
    /// prefixes.
    #[schemars(inner(regex(pattern = NETWORK)))]
    pub(super) allow_only_within: OptionalKey<Vec<Spanned<String>>>,
    /// Patterns of the names that `cdp` and `lldp` discoveries may have; with `[]` there may be
    /// none.
    #[schemars(inner(length(min = 1)))]
    pub(super) allow_unbounded: OptionalKey<Vec<Spanned<String>>>,
    /// What to report if two discoveries scan the same addresses: `off` (the default), `warn`, or
    /// `error`, which refuses the plan.
    pub(super) overlap: OptionalKey<Keyword<Grade>>,
    /// Patterns of names: a discovery with such a name is never deleted or replaced.
    #[schemars(inner(length(min = 1)))]
    pub(super) protected_names: OptionalKey<Vec<Spanned<String>>>,
    /// The severity of a warning, by its code, such as `large_range`: `off`, `warn`, or `error`,
    /// which refuses the plan.
    #[schemars(transform = super::schema::keys_are_warnings)]
    pub(super) rules: OptionalKey<Keyed<Keyword<Grade>>>,
}

/// How many discoveries a plan may delete or replace; with both keys, it is refused above both.
#[derive(Debug, Default, JsonSchema)]
#[schemars(
    default,
    rename = "MaxDelete",
    extend("additionalProperties" = false),
    transform = super::schema::count_or_percent
)]
pub(super) struct MaxDeleteMap {
    /// Number of discoveries.
    #[schemars(range(min = 0))]
    pub(super) count: OptionalKey<Number>,
    /// Percentage of the managed live discoveries.
    #[schemars(range(min = 0, max = MAX_PERCENT))]
    pub(super) percent: OptionalKey<Number>,
}

/// A limit on a count. It may exceed every integer type: IPv6 has 2¹²⁸ addresses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amount {
    number: i128,
    /// The exact value, if it has too many digits for the parser.
    digits: Option<Count>,
}

/// A file with limits only.
#[derive(Debug)]
pub(super) struct PolicyFile {
    pub(super) version: RequiredKey<Number>,
    pub(super) policy: RequiredKey<PolicyMap>,
}

impl Keywords for Grade {
    const KEYWORDS: &'static [(&'static str, Self)] =
        &[("off", Self::Off), ("warn", Self::Warn), ("error", Self::Error)];
}

impl Read for Amount {
    fn read(node: &Node<'_>, reader: &mut Reader<'_, '_>) -> Option<Self> {
        let Number(number) = Number::read(node, reader)?;
        let is_long = matches!(node.value, Value::Float(_));
        let digits = is_long.then(|| reader.written(node).parse().ok()).flatten();
        Some(Self { number, digits })
    }
}

inline_schema!(Amount, json_schema!({ "type": "integer" }));

read_map! {
    PolicyMap as "`policy`" {
        max_new_addresses: optional,
        max_addresses_per_discovery: optional,
        max_login_attempts: optional,
        max_delete: optional,
        forbid_ranges: optional,
        allow_only_within: optional,
        allow_unbounded: optional,
        overlap: optional,
        protected_names: optional,
        rules: optional,
    }
}

read_map!(MaxDeleteMap as "`max_delete`" { count: optional, percent: optional });

read_map!(PolicyFile as "a file of `--policy`" { version: required, policy: required });

/// Converts the limits as written, and reports every mistake in them.
pub(super) fn policy(raw: &PolicyMap, problems: &mut Problems) -> Policy {
    let PolicyMap {
        max_new_addresses,
        max_addresses_per_discovery,
        max_login_attempts,
        max_delete,
        forbid_ranges,
        allow_only_within,
        allow_unbounded,
        overlap,
        protected_names,
        rules,
    } = raw;
    let rules = rules.given().map(|it| self::rules(&it.value, problems));
    Policy {
        max_new_addresses: count(max_new_addresses, "max_new_addresses", problems),
        max_addresses_per_discovery: count(
            max_addresses_per_discovery,
            "max_addresses_per_discovery",
            problems,
        ),
        max_login_attempts: count(max_login_attempts, "max_login_attempts", problems),
        max_delete: converted(max_delete, |it| self::max_delete(it, problems)),
        forbid_ranges: converted(forbid_ranges, |it| networks(it, problems)),
        allow_only_within: converted(allow_only_within, |it| networks(it, problems)),
        allow_unbounded: converted(allow_unbounded, |it| patterns(it, "allow_unbounded", problems)),
        overlap: converted(overlap, |it| Some(it.value.0)),
        protected_names: converted(protected_names, |it| patterns(it, "protected_names", problems)),
        rules: rules.unwrap_or_default(),
    }
}

fn converted<T, U: Clone>(
    written: &OptionalKey<T>,
    convert: impl FnOnce(&Sourced<T>) -> Option<U>,
) -> Option<Sourced<U>> {
    written.try_map(convert).given().cloned()
}

fn count(
    written: &OptionalKey<Amount>,
    key: &'static str,
    problems: &mut Problems,
) -> Option<Sourced<Count>> {
    converted(written, |given| {
        let Amount { number, digits } = given.value;
        let count = digits.or(u128::try_from(number).ok().map(Count::from));
        if count.is_none() {
            let message = format!("`{key}` cannot be less than 0, found {number}");
            problems.add(Diagnostic::error(&codes::config::OUT_OF_RANGE, message).at(given.at));
        }
        count
    })
}

fn max_delete(given: &Sourced<MaxDeleteMap>, problems: &mut Problems) -> Option<MaxDelete> {
    let MaxDeleteMap { count, percent } = &given.value;
    if !count.is_present() && !percent.is_present() {
        // A misspelt key has already been reported.
        if !problems.has_error_within(given.at) {
            let message = "`max_delete` needs `count`, `percent` or both";
            problems.add(Diagnostic::error(&codes::config::MISSING_KEY, message).at(given.at));
        }
        return None;
    }
    Some(MaxDelete {
        count: converted(count, |it| values::bounded(it, "count", 0..=i64::MAX, problems)),
        percent: converted(percent, |it| values::bounded(it, "percent", 0..=MAX_PERCENT, problems)),
    })
}

/// Returns the ranges of a list. One invalid range drops the list, since part of a limit would be
/// a different limit.
fn networks(
    given: &Sourced<Vec<Spanned<String>>>,
    problems: &mut Problems,
) -> Option<Vec<Spanned<AddressRange>>> {
    let network = |it: &Spanned<String>| {
        let range = values::network(&it.value, it.span, problems)?;
        Some(Spanned::new(range, it.span))
    };
    let read = given.value.iter().filter_map(network).collect::<Vec<_>>();
    (!problems.has_error_within(given.at)).then_some(read)
}

fn patterns(
    given: &Sourced<Vec<Spanned<String>>>,
    key: &'static str,
    problems: &mut Problems,
) -> Option<NamePatterns> {
    const CODE: &Code = &codes::config::BAD_GLOB;
    if let Some(first) = given.value.get(MOST_PATTERNS) {
        let message = format!("`{key}` has more than {MOST_PATTERNS} patterns");
        problems.add(Diagnostic::error(CODE, message).at(first.span));
        return None;
    }
    for it in &given.value {
        values::is_pattern(it, problems);
    }
    if problems.has_error_within(given.at) {
        return None;
    }
    match Globs::new(given.value.iter().map(|it| &it.value)) {
        Ok(globs) => Some(NamePatterns { patterns: given.value.clone(), globs }),
        // Each pattern compiles on its own, but together they can be too large.
        Err(error) => {
            let message = format!("cannot compile the patterns of `{key}`: {error}");
            problems.add(Diagnostic::error(CODE, message).at(given.at));
            None
        }
    }
}

/// Returns the severity of warnings, by their full codes.
fn rules(
    written: &Keyed<Keyword<Grade>>,
    problems: &mut Problems,
) -> BTreeMap<&'static str, Sourced<Grade>> {
    let mut rules = BTreeMap::new();
    for (text, Sourced { value: Keyword(grade), key, at }) in &written.0 {
        let found = codes::gradable().find(|it| it.name == text || it.short() == text);
        let Some(code) = found else {
            problems.add(unknown_warning(text).at(*key));
            continue;
        };
        match rules.entry(code.name) {
            btree_map::Entry::Vacant(entry) => {
                entry.insert(Sourced { value: *grade, key: *key, at: *at });
            }
            btree_map::Entry::Occupied(entry) => problems.add(
                Diagnostic::error(
                    &codes::config::DUPLICATE_KEY,
                    format!("`{}` is graded twice", code.short()),
                )
                .labelled(*key, "again here")
                .labelled(entry.get().key, "first graded here"),
            ),
        }
    }
    rules
}

fn unknown_warning(text: &str) -> Diagnostic {
    let short = codes::gradable().map(Code::short);
    let meant = if text.contains("::") {
        nearest(text, codes::gradable().map(|it| it.name))
    } else {
        nearest(text, short.clone())
    };
    let help = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("only warnings can be graded: {}", all_of(short)),
    };
    let message = format!("{} is not the code of a warning", shown(text));
    Diagnostic::error(&codes::config::UNKNOWN_KEY, message).help(help)
}
