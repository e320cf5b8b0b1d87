//! Writes a plan as a document.

use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::document::{
    ChangeImpactV1, ChangeV1, ControllerV1, CredentialV1, DiagnosticV1, FORMAT_VERSION, FieldV1,
    GitV1, ImpactV1, KeptV1, OptionsV1, OverlapV1, PlaceV1, PlanV1, RangesV1, RenamedV1,
    SettingsV1, SourceV1, SummaryV1,
};
use crate::{
    model::{Count, Credential, Field, FieldValue, Name, SettingKey, Settings, shown_json},
    plan::{
        Change, ChangeImpact, Comparison, Controller, Coverage, FieldChange, Git, Impact,
        KeptDrift, Overlap, Overlaps, Plan, PlanDiagnostic, Summary,
    },
    source::{Diagnostic, Source, SourceMap, Span},
};

/// The context of a plan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    /// The files that it was made from.
    pub(crate) sources: &'a SourceMap,
    /// Warnings about the files, which come before those of the plan.
    pub(crate) warnings: &'a [Diagnostic],
    /// When it was made, in milliseconds of the epoch.
    pub(crate) now_ms: i64,
}

/// Returns a plan as a document that ends with a newline, with its digest.
pub(crate) fn plan_json(plan: &Plan, about: About<'_>) -> String {
    let text = json_text(&document(plan, about));
    text.replacen(EMPTY_DIGEST, &format!("\"digest\": \"{}\"", digest(&text)), 1)
}

/// Returns a document as text that can be shown, with a newline at its end.
pub(crate) fn json_text(document: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(document).expect("invariant: every key is text");
    shown_json(text) + "\n"
}

/// Returns the digest that a document claims.
pub(crate) fn digest_of(document: &str) -> &str {
    let behind = document.split_once("\"digest\": \"").map(|(_, behind)| behind);
    behind.and_then(|it| it.split('"').next()).unwrap_or_default()
}

/// The digest in the document that is hashed.
pub(super) const EMPTY_DIGEST: &str = "\"digest\": \"\"";

/// Returns the digest of a document whose own is empty.
pub(super) fn digest(text: &str) -> String {
    format!("sha256:{}", hexadecimal(text.as_bytes()))
}

/// Replaces the digest of a document by the right one.
#[cfg(feature = "testing")]
pub(crate) fn reseal(document: &str) -> String {
    let value = serde_json::from_str::<Value>(document).unwrap_or_default();
    let claimed = value.get("digest").and_then(Value::as_str).unwrap_or_default();
    let without = document.replacen(&format!("\"digest\": \"{claimed}\""), EMPTY_DIGEST, 1);
    without.replacen(EMPTY_DIGEST, &format!("\"digest\": \"{}\"", digest(&without)), 1)
}

/// Returns the SHA-256 of some bytes.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let digits = Sha256::digest(bytes).into_iter().flat_map(|it| [it >> 4, it & 15]);
    digits.filter_map(|it| char::from_digit(it.into(), 16)).collect()
}

fn document(plan: &Plan, about: About<'_>) -> PlanV1 {
    let Plan {
        options,
        controller,
        changes,
        unchanged,
        unmanaged,
        n_excluded,
        impact,
        overlaps,
        compared,
        diagnostics,
    } = plan;
    let sources = about.sources;
    let names = |names: &[Name]| names.iter().map(|it| it.as_str().to_owned()).collect::<Vec<_>>();
    let of_files = about.warnings.iter().map(|it| diagnostic(it, false, sources));
    let of_plan = diagnostics.iter();
    let of_plan =
        of_plan.map(|PlanDiagnostic { diagnostic: it, refuses }| diagnostic(it, *refuses, sources));
    PlanV1 {
        format_version: FORMAT_VERSION.to_owned(),
        trueup_version: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: moment(about.now_ms),
        digest: String::new(),
        options: OptionsV1 {
            prune: options.prune,
            allow_delete: options.allow_delete,
            only: options.only.patterns().to_vec(),
            except: options.except.patterns().to_vec(),
            rerun: names(&options.rerun),
            owed: names(&options.run_missing),
            base: options.base.clone(),
            drift: options.base.as_ref().map(|_| options.drift.to_string()),
        },
        complete: !plan.leaves_something_out(),
        applyable: plan.is_complete() && !changes.is_empty(),
        controller: self::controller(controller),
        sources: source_documents(sources),
        summary: summary(plan),
        impact: self::impact(impact, overlaps, sources),
        changes: changes.iter().map(|it| change(it, sources)).collect(),
        unchanged: names(unchanged),
        unmanaged: names(unmanaged),
        narrowed_away: *n_excluded,
        git: compared.as_ref().map(git),
        kept_drift: compared
            .as_ref()
            .map(|it| it.kept.iter().map(|it| kept(it, sources)).collect()),
        diagnostics: of_files.chain(of_plan).collect(),
    }
}

fn git(compared: &Comparison) -> GitV1 {
    let Comparison { git, is_readable, kept: _, removed } = compared;
    let Git { base, merge_base, head, dirty, renamed, outside } = git;
    let rename =
        |(path, was): &(String, String)| RenamedV1 { path: path.clone(), was: was.clone() };
    GitV1 {
        base: base.clone(),
        merge_base: merge_base.clone(),
        head: head.clone(),
        readable: *is_readable,
        dirty: dirty.clone(),
        renamed: renamed.iter().map(rename).collect(),
        outside: outside.clone(),
        removed: removed.iter().map(|it| it.as_str().to_owned()).collect(),
    }
}

fn kept(kept: &KeptDrift, sources: &SourceMap) -> KeptV1 {
    let KeptDrift { name, action, fields, span } = kept;
    KeptV1 {
        name: name.as_str().to_owned(),
        action: action.to_string(),
        fields: fields.iter().map(|it| field(it, sources)).collect(),
        source: span.map(|it| start(it, sources)),
    }
}

/// Returns the files that were read, by path and digest.
pub(crate) fn source_documents(sources: &SourceMap) -> Vec<SourceV1> {
    let document =
        |it: &Source| SourceV1 { path: it.path.clone(), sha256: hexadecimal(it.text.as_bytes()) };
    sources.sources().iter().map(document).collect()
}

/// Returns the controller that was planned against.
pub(crate) fn controller(controller: &Controller) -> ControllerV1 {
    let Controller { url, release, interface, n_live } = controller;
    ControllerV1 {
        url: url.clone(),
        release: release.clone(),
        api: interface.to_string(),
        live_count: *n_live,
    }
}

/// Counts the discoveries of each action.
pub(crate) fn summary(plan: &Plan) -> SummaryV1 {
    let Summary { create, update, replace, restart, stop, delete } = plan.summary();
    SummaryV1 {
        create,
        update,
        replace,
        restart,
        stop,
        delete,
        unchanged: plan.unchanged.len(),
        unmanaged: plan.unmanaged.len(),
    }
}

/// Returns a time in UTC, as in RFC 3339.
pub(crate) fn moment(now_ms: i64) -> String {
    let moment = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    moment.to_string()
}

/// The largest integer that every JSON reader represents exactly.
const EXACT: u128 = 1 << 53;

fn count(count: Count) -> Value {
    match count.to_string().parse::<u128>() {
        Ok(it) if it <= EXACT => json!(u64::try_from(it).unwrap_or(u64::MAX)),
        Ok(_) | Err(_) => json!(count.to_string()),
    }
}

fn impact(impact: &Impact, overlaps: &Overlaps, sources: &SourceMap) -> ImpactV1 {
    let Impact { scanned, new, dropped, before, after, logins, unbounded, space } = impact;
    let Overlaps { found, is_cut } = overlaps;
    ImpactV1 {
        addresses_scanned: count(*scanned),
        addresses_new: count(*new),
        addresses_dropped: count(*dropped),
        addresses_before: count(*before),
        addresses_after: count(*after),
        login_attempts: count(*logins),
        unbounded: unbounded.iter().map(|it| it.as_str().to_owned()).collect(),
        overlaps: found.iter().map(|it| overlap(it, sources)).collect(),
        more_overlaps: *is_cut,
        ranges: ranges(space),
    }
}

fn ranges(space: &Coverage) -> RangesV1 {
    let Coverage { stays, new, dropped, twice } = space;
    let [stays, new, dropped, twice] = [stays, new, dropped, twice]
        .map(|it| it.ranges().iter().map(ToString::to_string).collect());
    RangesV1 { stays, new, dropped, twice }
}

fn overlap(overlap: &Overlap, sources: &SourceMap) -> OverlapV1 {
    let Overlap { names: (one, other), ranges, addresses, spans } = overlap;
    let place = |it: Option<Span>| it.map(|it| start(it, sources));
    OverlapV1 {
        names: [one, other].map(|it| it.as_str().to_owned()),
        ranges: ranges.iter().map(ToString::to_string).collect(),
        addresses: count(*addresses),
        sources: [place(spans.0), place(spans.1)],
    }
}

/// Returns a change's reach in addresses.
pub(crate) fn change_impact(impact: &ChangeImpact) -> ChangeImpactV1 {
    let ChangeImpact { before, after, new, dropped, logins, is_unbounded } = impact;
    ChangeImpactV1 {
        addresses_before: count(*before),
        addresses_after: count(*after),
        addresses_new: count(*new),
        addresses_dropped: count(*dropped),
        login_attempts: count(*logins),
        unbounded: *is_unbounded,
    }
}

fn change(change: &Change, sources: &SourceMap) -> ChangeV1 {
    let Change { name, action, reason, id, steps, before, after, fields, span, impact, origin } =
        change;
    ChangeV1 {
        name: name.as_str().to_owned(),
        action: action.to_string(),
        reason: reason.key().to_owned(),
        reason_detail: reason.detail(),
        id: id.as_ref().map(|it| it.0.clone()),
        steps: steps.iter().map(ToString::to_string).collect(),
        before: before.as_ref().map(settings),
        after: after.as_ref().map(settings),
        fields: fields.iter().map(|it| field(it, sources)).collect(),
        source: span.map(|it| start(it, sources)),
        impact: change_impact(impact),
        origin: origin.map(|it| it.key().to_owned()),
    }
}

/// Returns settings by the keys of the files: a path with a dot is a member of a member.
pub(crate) fn settings(settings: &Settings) -> SettingsV1 {
    let mut members = Map::new();
    for Field { setting, path, value } in settings.fields() {
        let path = if setting == SettingKey::GoneCredentials { GONE } else { path };
        let value = match value {
            FieldValue::Credentials(mut it) => {
                it.sort();
                self::value(&FieldValue::Credentials(it))
            }
            other => self::value(&other),
        };
        let Some((outer, inner)) = path.split_once('.') else {
            members.insert(path.to_owned(), value);
            continue;
        };
        let outer = members.entry(outer).or_insert_with(|| json!({}));
        if let Value::Object(it) = outer {
            it.insert(inner.to_owned(), value);
        }
    }
    if let Some(Value::Object(kinds)) = members.get_mut("credentials") {
        kinds.sort_keys();
    }
    SettingsV1(members)
}

/// The key for the ids of credentials whose kind is unknown.
pub(super) const GONE: &str = "credentials.gone";

fn credential(credential: &Credential) -> CredentialV1 {
    let Credential { id, kind: _, description, username } = credential;
    CredentialV1 {
        description: Some(description.clone()),
        username: username.clone(),
        id: id.0.clone(),
    }
}

fn field(change: &FieldChange, sources: &SourceMap) -> FieldV1 {
    let FieldChange { setting: _, path, before, after, key, origin } = change;
    // If the kind of target changes, the value names its kind.
    let value = |it: &Field| {
        let plain = value(&it.value);
        if it.path == *path { plain } else { json!({it.path: plain}) }
    };
    FieldV1 {
        path: (*path).to_owned(),
        before: before.as_ref().map(value),
        after: after.as_ref().map(value),
        source: key.map(|it| start(it, sources)),
        origin: origin.map(|it| it.key().to_owned()),
    }
}

fn value(value: &FieldValue) -> Value {
    match value {
        FieldValue::Scalar(it) => json!(it),
        FieldValue::List(it) => json!(it),
        FieldValue::Credentials(it) => json!(it.iter().map(credential).collect::<Vec<_>>()),
        FieldValue::Gone(it) => it.iter().map(|it| json!({"id": it.0})).collect(),
    }
}

/// Returns a diagnostic with its places.
pub(crate) fn diagnostic(
    diagnostic: &Diagnostic,
    refuses: bool,
    sources: &SourceMap,
) -> DiagnosticV1 {
    let Diagnostic { severity, code, message, help, labels } = diagnostic;
    DiagnosticV1 {
        severity: severity.word().to_owned(),
        code: code.to_string(),
        message: message.clone(),
        help: help.clone(),
        source: labels.first().map(|it| whole(it.span, sources)),
        related: labels.iter().skip(1).map(|it| whole(it.span, sources)).collect(),
        refuses,
    }
}

/// Returns where a span starts.
pub(crate) fn start(span: Span, sources: &SourceMap) -> PlaceV1 {
    PlaceV1 { end_line: None, end_column: None, ..whole(span, sources) }
}

fn whole(span: Span, sources: &SourceMap) -> PlaceV1 {
    let at = sources.locate(span);
    PlaceV1 {
        file: at.path,
        line: at.line,
        column: at.column,
        end_line: Some(at.end_line),
        end_column: Some(at.end_column),
    }
}
