//! Reads a saved plan.
//!
//! The plan is as it was written, or there is an error: the digest covers every byte, and a change
//! with an unknown member is rejected.

use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Value, error::Category};

use super::{
    document::{
        ChangeImpactV1, ChangeV1, CredentialV1, DiagnosticV1, FORMAT_VERSION, FieldV1, GitV1,
        ImpactV1, KeptV1, OverlapV1, PlaceV1, PlanV1, RangesV1, RenamedV1, SettingsV1,
    },
    write::{EMPTY_DIGEST, GONE, digest},
};
use crate::{
    model::{
        AddressRange, AddressSet, Count, Credential, CredentialId, CredentialKind, Field,
        FieldValue, Globs, Interface, Name, RemoteId, RunState, Scalar, SettingKey, Settings,
        setting_of_path,
    },
    plan::{
        Action, Change, ChangeImpact, Comparison, Controller, Coverage, Drift, FieldChange, Git,
        Impact, KeptDrift, Options, Origin, Overlap, Overlaps, Plan, PlanDiagnostic, Reason, Step,
    },
    source::{Diagnostic, Label, Location, Severity, SourceMap, Span},
};

/// A plan that was read from its file.
#[derive(Debug)]
pub(crate) struct Saved {
    pub(crate) plan: Plan,
    /// The places in the files that it was made from, without their text.
    pub(crate) sources: SourceMap,
    /// The paths of these files.
    pub(crate) files: Vec<String>,
    /// Its digest, which was verified.
    pub(crate) digest: String,
}

/// Why a file cannot be used as a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlanFileError {
    #[error("it is not JSON, or incomplete: {0}")]
    NotJson(String),
    #[error("it is JSON but not a plan: {0}")]
    NotAPlan(String),
    #[error("its format version is {0}, and this program reads {FORMAT_VERSION}")]
    Version(String),
    #[error("it was changed since it was saved: its digest does not match")]
    Altered,
    #[error("its `{what}` is invalid: `{found}`")]
    Unknown { what: &'static str, found: String },
}

/// Reads a document.
pub(crate) fn saved_plan(text: &str) -> Result<Saved, PlanFileError> {
    if text.trim_start().starts_with('[') {
        return Err(PlanFileError::NotAPlan("it is a list".to_owned()));
    }
    // Checked first, since the text may have any size and shape.
    let Head { format_version, digest: claimed } =
        serde_json::from_str(text).map_err(|error| not_a_plan(&error))?;
    let version = format_version
        .ok_or_else(|| PlanFileError::NotAPlan("it has no `format_version`".to_owned()))?;
    if major(&version) != major(FORMAT_VERSION) {
        return Err(PlanFileError::Version(version));
    }
    let claimed = claimed.unwrap_or_default();
    let without = text.replacen(&format!("\"digest\": \"{claimed}\""), EMPTY_DIGEST, 1);
    if claimed.is_empty() || digest(&without) != claimed {
        return Err(PlanFileError::Altered);
    }
    drop(without);
    let document = serde_json::from_str::<PlanV1>(text).map_err(|error| not_a_plan(&error))?;
    let mut sources = SourceMap::default();
    let files = document.sources.iter().map(|it| it.path.clone()).collect();
    let plan = plan(document, &mut sources)?;
    Ok(Saved { plan, sources, files, digest: claimed })
}

/// The members that identify a plan. The others are skipped.
#[derive(Deserialize)]
struct Head {
    format_version: Option<String>,
    digest: Option<String>,
}

fn not_a_plan(error: &serde_json::Error) -> PlanFileError {
    match error.classify() {
        Category::Data => PlanFileError::NotAPlan(error.to_string()),
        Category::Io | Category::Syntax | Category::Eof => {
            PlanFileError::NotJson(error.to_string())
        }
    }
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or_default()
}

fn plan(document: PlanV1, sources: &mut SourceMap) -> Result<Plan, PlanFileError> {
    let names = |names: Vec<String>| names.into_iter().map(Name::as_read).collect::<Vec<_>>();
    let PlanV1 { options, controller, impact, changes, unchanged, unmanaged, .. } = document;
    let kept = document.kept_drift.unwrap_or_default().into_iter().map(|it| kept(it, sources));
    let kept = kept.collect::<Result<Vec<_>, _>>()?;
    let globs = |patterns: Vec<String>| {
        Globs::new(&patterns).map_err(|error| unknown("options", &error.to_string()))
    };
    let changes = changes.into_iter().map(|it| change(it, sources));
    let changes = changes.collect::<Result<Vec<_>, _>>()?;
    let overlaps = overlaps(&impact, sources)?;
    let diagnostics = document.diagnostics.into_iter().map(|it| planned(it, sources));
    Ok(Plan {
        options: Options {
            prune: options.prune,
            allow_delete: options.allow_delete,
            rerun: names(options.rerun),
            run_missing: names(options.owed),
            // Their effect is in the changes.
            deleted_not_recreated: Vec::new(),
            only: globs(options.only)?,
            except: globs(options.except)?,
            base: options.base,
            drift: match options.drift {
                Some(it) => word("drift", &it, &Drift::ALL)?,
                None => Drift::default(),
            },
        },
        controller: Controller {
            url: controller.url,
            release: controller.release,
            interface: word("api", &controller.api, &[Interface::Classic])?,
            n_live: controller.live_count,
        },
        changes,
        unchanged: names(unchanged),
        unmanaged: names(unmanaged),
        n_excluded: document.narrowed_away,
        overlaps,
        compared: document.git.map(|it| compared(it, kept)),
        impact: self::impact(impact)?,
        diagnostics: diagnostics.collect::<Result<_, _>>()?,
    })
}

fn unknown(what: &'static str, found: &str) -> PlanFileError {
    PlanFileError::Unknown { what, found: found.to_owned() }
}

/// Reads a word that must be the text of one of these.
fn word<T: ToString + Clone>(
    what: &'static str,
    text: &str,
    all: &[T],
) -> Result<T, PlanFileError> {
    let found = all.iter().find(|it| it.to_string() == text);
    found.cloned().ok_or_else(|| unknown(what, text))
}

fn parsed<T: FromStr>(what: &'static str, text: &str) -> Result<T, PlanFileError> {
    text.parse().map_err(|_| unknown(what, text))
}

fn count(value: &Value) -> Result<Count, PlanFileError> {
    let digits = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    parsed("impact", &digits)
}

fn impact(document: ImpactV1) -> Result<Impact, PlanFileError> {
    Ok(Impact {
        scanned: count(&document.addresses_scanned)?,
        new: count(&document.addresses_new)?,
        dropped: count(&document.addresses_dropped)?,
        before: count(&document.addresses_before)?,
        after: count(&document.addresses_after)?,
        logins: count(&document.login_attempts)?,
        unbounded: document.unbounded.into_iter().map(Name::as_read).collect(),
        space: space(&document.ranges)?,
    })
}

fn space(document: &RangesV1) -> Result<Coverage, PlanFileError> {
    let RangesV1 { stays, new, dropped, twice } = document;
    let set = |texts: &[String]| {
        let ranges = texts.iter().map(|it| parsed::<AddressRange>("ranges", it));
        ranges.collect::<Result<AddressSet, _>>()
    };
    Ok(Coverage { stays: set(stays)?, new: set(new)?, dropped: set(dropped)?, twice: set(twice)? })
}

fn overlaps(document: &ImpactV1, sources: &mut SourceMap) -> Result<Overlaps, PlanFileError> {
    let found = document.overlaps.iter().cloned().map(|it| overlap(it, sources));
    Ok(Overlaps { found: found.collect::<Result<_, _>>()?, is_cut: document.more_overlaps })
}

fn overlap(document: OverlapV1, sources: &mut SourceMap) -> Result<Overlap, PlanFileError> {
    let OverlapV1 { names: [one, other], ranges, addresses, sources: [here, there] } = document;
    let ranges = ranges.iter().map(|it| parsed::<AddressRange>("ranges", it));
    let mut span = |it: Option<PlaceV1>| it.map(|it| place(it, sources));
    Ok(Overlap {
        names: (Name::as_read(one), Name::as_read(other)),
        ranges: ranges.collect::<Result<_, _>>()?,
        addresses: count(&addresses)?,
        spans: (span(here), span(there)),
    })
}

fn change_impact(document: &ChangeImpactV1) -> Result<ChangeImpact, PlanFileError> {
    Ok(ChangeImpact {
        before: count(&document.addresses_before)?,
        after: count(&document.addresses_after)?,
        new: count(&document.addresses_new)?,
        dropped: count(&document.addresses_dropped)?,
        logins: count(&document.login_attempts)?,
        is_unbounded: document.unbounded,
    })
}

fn change(document: ChangeV1, sources: &mut SourceMap) -> Result<Change, PlanFileError> {
    let ChangeV1 {
        name,
        action,
        reason: why,
        reason_detail,
        id,
        steps,
        before,
        after,
        fields,
        source,
        impact,
        origin: origin_key,
    } = document;
    let is_new = action == Action::Create.to_string();
    let is_delete = action == Action::Delete.to_string();
    if is_new != id.is_none() || is_new != before.is_none() || is_delete != after.is_none() {
        return Err(unknown("changes", &name));
    }
    let steps = steps.iter().map(|it| word("steps", it, &Step::ALL));
    let fields = fields.into_iter().map(|it| field(it, sources));
    Ok(Change {
        name: Name::as_read(name),
        action: word("action", &action, &Action::ALL)?,
        reason: reason(&why, reason_detail.as_deref())?,
        id: id.map(RemoteId),
        steps: steps.collect::<Result<_, _>>()?,
        before: before.map(settings).transpose()?,
        after: after.map(settings).transpose()?,
        fields: fields.collect::<Result<_, _>>()?,
        span: source.map(|it| place(it, sources)),
        impact: change_impact(&impact)?,
        origin: origin(origin_key)?,
    })
}

fn origin(text: Option<String>) -> Result<Option<Origin>, PlanFileError> {
    let Some(text) = text else { return Ok(None) };
    let found = Origin::ALL.into_iter().find(|it| it.key() == text);
    found.map(Some).ok_or_else(|| unknown("origin", &text))
}

fn compared(document: GitV1, kept: Vec<KeptDrift>) -> Comparison {
    let GitV1 { base, merge_base, head, readable, dirty, renamed, outside, removed } = document;
    let renamed = renamed.into_iter().map(|RenamedV1 { path, was }| (path, was)).collect();
    Comparison {
        git: Git { base, merge_base, head, dirty, renamed, outside },
        is_readable: readable,
        kept,
        removed: removed.into_iter().map(Name::as_read).collect(),
    }
}

fn kept(document: KeptV1, sources: &mut SourceMap) -> Result<KeptDrift, PlanFileError> {
    let KeptV1 { name, action, fields, source } = document;
    let fields = fields.into_iter().map(|it| field(it, sources));
    Ok(KeptDrift {
        name: Name::as_read(name),
        action: word("action", &action, &Action::ALL)?,
        fields: fields.collect::<Result<_, _>>()?,
        span: source.map(|it| place(it, sources)),
    })
}

fn reason(why: &str, detail: Option<&str>) -> Result<Reason, PlanFileError> {
    match detail {
        Some(detail) if why == "rerun_incomplete" => {
            Ok(Reason::RerunIncomplete(word("reason_detail", detail, &RunState::ALL)?))
        }
        Some(detail) if why == Reason::NotDeclared.key() => {
            let both = [Reason::Removed, Reason::NeverDeclared];
            let found = both.into_iter().find(|it| it.detail().as_deref() == Some(detail));
            found.ok_or_else(|| unknown("reason_detail", detail))
        }
        Some(_) | None => word("reason", why, &Reason::PLAIN),
    }
}

fn settings(document: SettingsV1) -> Result<Settings, PlanFileError> {
    let mut fields = Vec::new();
    for (key, value) in document.0 {
        let members = match value {
            Value::Object(it) => {
                it.into_iter().map(|(of, it)| (format!("{key}.{of}"), it)).collect()
            }
            it => vec![(key, it)],
        };
        for (text, value) in members {
            let of_field = if text == GONE { SettingKey::GoneCredentials.path() } else { &text };
            let (setting, path) = path(of_field)?;
            fields.push(Field { setting, path, value: value_of(setting, value)? });
        }
    }
    Settings::from_fields(fields).map_err(|it| unknown(it.path, &it.value.to_string()))
}

fn credential(kind: CredentialKind, document: CredentialV1) -> Credential {
    let CredentialV1 { description, username, id } = document;
    let description = description.unwrap_or_default();
    Credential { id: CredentialId(id), kind, description, username }
}

fn path(text: &str) -> Result<(SettingKey, &'static str), PlanFileError> {
    setting_of_path(text).ok_or_else(|| unknown("path", text))
}

fn field(document: FieldV1, sources: &mut SourceMap) -> Result<FieldChange, PlanFileError> {
    let FieldV1 { path: text, before, after, source, origin: origin_key } = document;
    let (setting, of) = path(&text)?;
    let field = |it: Value| match it {
        // The kind of target changes, so the value names its kind.
        Value::Object(it) if setting == SettingKey::Target => match it.into_iter().next() {
            Some((key, value)) => {
                let (setting, path) = path(&key)?;
                Ok(Field { setting, path, value: value_of(setting, value)? })
            }
            None => Err(unknown("fields", &text)),
        },
        it => Ok(Field { setting, path: of, value: value_of(setting, it)? }),
    };
    Ok(FieldChange {
        setting,
        path: of,
        before: before.map(field).transpose()?,
        after: after.map(field).transpose()?,
        key: source.map(|it| place(it, sources)),
        origin: origin(origin_key)?,
    })
}

fn value_of(setting: SettingKey, value: Value) -> Result<FieldValue, PlanFileError> {
    let wrong = |error: serde_json::Error| unknown("fields", &error.to_string());
    Ok(match (setting, value) {
        (SettingKey::Credentials(kind), value @ Value::Array(_)) => {
            let documents = serde_json::from_value::<Vec<CredentialV1>>(value).map_err(wrong)?;
            FieldValue::Credentials(documents.into_iter().map(|it| credential(kind, it)).collect())
        }
        (SettingKey::GoneCredentials, value @ Value::Array(_)) => {
            let documents = serde_json::from_value::<Vec<CredentialV1>>(value).map_err(wrong)?;
            FieldValue::Gone(documents.into_iter().map(|it| CredentialId(it.id)).collect())
        }
        (_, value @ Value::Array(_)) => {
            FieldValue::List(serde_json::from_value(value).map_err(wrong)?)
        }
        (_, value) => {
            let scalar = Scalar::deserialize(&value);
            FieldValue::Scalar(scalar.map_err(|_| unknown("fields", &value.to_string()))?)
        }
    })
}

fn planned(
    document: DiagnosticV1,
    sources: &mut SourceMap,
) -> Result<PlanDiagnostic, PlanFileError> {
    let DiagnosticV1 { severity, code, message, help, source, related, refuses } = document;
    let severity = match severity.as_str() {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        other => return Err(unknown("severity", other)),
    };
    let places = source.into_iter().chain(related);
    let labels = places.map(|it| Label { span: place(it, sources), text: None }).collect();
    let diagnostic = Diagnostic { severity, code: code.into(), message, help, labels };
    Ok(PlanDiagnostic { diagnostic, refuses })
}

fn place(document: PlaceV1, sources: &mut SourceMap) -> Span {
    let PlaceV1 { file, line, column, end_line, end_column } = document;
    // A place that ends before it starts is not from this program; drawing it must not fail.
    let end = (end_line.unwrap_or(line), end_column.unwrap_or(column)).max((line, column));
    let (end_line, end_column) = end;
    sources.place(Location { path: file, line, column, end_line, end_column })
}
