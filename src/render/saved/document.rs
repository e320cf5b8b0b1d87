//! The versioned types of a saved plan.
//!
//! They are not the model's types: the program's names may change, the file may not. Members may be
//! added within a major version.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::model::{Form, SettingKey};

/// The version of the format. A reader refuses a higher major.
pub(crate) const FORMAT_VERSION: &str = "1.0";

/// A plan: what `trueup plan --out` saves and `--format json` prints.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[schemars(title = "trueup plan")]
pub(crate) struct PlanV1 {
    /// The version of this format, as MAJOR.MINOR.
    pub(crate) format_version: String,
    /// The version of the program that made the plan.
    pub(crate) trueup_version: String,
    /// When it was made, in UTC.
    pub(crate) created_at: String,
    /// `sha256:` and the digest of the document's bytes, this text left empty.
    pub(crate) digest: String,
    /// The options of the plan.
    pub(crate) options: OptionsV1,
    /// Whether the plan is complete: no error left anything out.
    pub(crate) complete: bool,
    /// Whether there is something to do and no error forbids it.
    pub(crate) applyable: bool,
    /// The controller that was planned against.
    pub(crate) controller: ControllerV1,
    /// The files, in the order in which they were read.
    pub(crate) sources: Vec<SourceV1>,
    /// The number of discoveries by action.
    pub(crate) summary: SummaryV1,
    /// The reach in addresses.
    pub(crate) impact: ImpactV1,
    /// The changes, in the order in which they are shown.
    pub(crate) changes: Vec<ChangeV1>,
    /// Discoveries in the files that are already as wanted.
    #[serde(default)]
    pub(crate) unchanged: Vec<String>,
    /// Live discoveries that are not in the files.
    pub(crate) unmanaged: Vec<String>,
    /// The number of discoveries that `only` and `except` excluded.
    #[serde(default)]
    pub(crate) narrowed_away: usize,
    /// The commit that the files were compared with; absent without `--base`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) git: Option<GitV1>,
    /// Drift that is kept; absent without `--base`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kept_drift: Option<Vec<KeptV1>>,
    /// Errors and warnings.
    pub(crate) diagnostics: Vec<DiagnosticV1>,
}

/// The options of a plan.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct OptionsV1 {
    /// Whether undeclared discoveries that the files own are deleted.
    pub(crate) prune: bool,
    /// The number of deletions that `--allow-delete` allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) allow_delete: Option<usize>,
    /// The patterns of names that are planned; an empty list selects all.
    pub(crate) only: Vec<String>,
    /// The patterns of names that are excluded.
    pub(crate) except: Vec<String>,
    /// The names to run again.
    pub(crate) rerun: Vec<String>,
    /// The names whose run an interrupted apply planned and did not start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) owed: Vec<String>,
    /// The reference that the files were compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) base: Option<String>,
    /// `keep`, `revert` or `fail`: how drift is treated. Absent without a base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) drift: Option<String>,
}

/// The comparison with a base.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct GitV1 {
    /// The reference, as the user gave it.
    pub(crate) base: String,
    /// The merge base of this branch and the reference, whose files were compared.
    pub(crate) merge_base: String,
    /// The commit that was checked out.
    pub(crate) head: String,
    /// Whether the files of `merge_base` are valid; otherwise every change counts as `this_change`.
    pub(crate) readable: bool,
    /// Files that differ from `head`; their uncommitted changes count as `this_change`.
    pub(crate) dirty: Vec<String>,
    /// Files that had another path at `merge_base`.
    pub(crate) renamed: Vec<RenamedV1>,
    /// Files of no repository, taken as unchanged since `merge_base`.
    pub(crate) outside: Vec<String>,
    /// Live discoveries that the branch removed from the files and that stay.
    pub(crate) removed: Vec<String>,
}

/// A file that had another path.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct RenamedV1 {
    /// Its path now.
    pub(crate) path: String,
    /// Its path then.
    pub(crate) was: String,
}

/// Drift of one discovery that is kept.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct KeptV1 {
    pub(crate) name: String,
    /// The action that would have reverted it; `update` if only some fields are kept.
    pub(crate) action: String,
    /// The fields, as they would have been changed.
    pub(crate) fields: Vec<FieldV1>,
    /// The discovery's entry in the files.
    pub(crate) source: Option<PlaceV1>,
}

/// The controller that was planned against.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct ControllerV1 {
    /// Scheme, host and port.
    pub(crate) url: String,
    /// The release that it reports.
    pub(crate) release: Option<String>,
    /// The generation of its discovery API.
    pub(crate) api: String,
    /// How many discoveries it had.
    pub(crate) live_count: usize,
}

/// A file that was read.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct SourceV1 {
    /// Its path, as it was given.
    pub(crate) path: String,
    /// The digest of its bytes, in hexadecimal.
    pub(crate) sha256: String,
}

/// The number of discoveries by action.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct SummaryV1 {
    pub(crate) create: usize,
    pub(crate) update: usize,
    pub(crate) replace: usize,
    pub(crate) restart: usize,
    pub(crate) stop: usize,
    pub(crate) delete: usize,
    pub(crate) unchanged: usize,
    pub(crate) unmanaged: usize,
}

/// A plan's reach in addresses. Numbers beyond 2⁵³ are strings of digits.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct ImpactV1 {
    /// The size of the union of the targets of all runs that the plan starts.
    #[schemars(schema_with = "count_schema")]
    pub(crate) addresses_scanned: Value,
    /// Scanned addresses that no live discovery covers now.
    #[schemars(schema_with = "count_schema")]
    pub(crate) addresses_new: Value,
    /// Addresses that a live discovery covers now and none will.
    #[schemars(schema_with = "count_schema")]
    pub(crate) addresses_dropped: Value,
    /// The addresses that live discoveries cover now.
    #[schemars(schema_with = "count_schema")]
    pub(crate) addresses_before: Value,
    /// The addresses that they will cover.
    #[schemars(schema_with = "count_schema")]
    pub(crate) addresses_after: Value,
    /// The maximum number of logins to devices: addresses × credentials × attempts.
    #[schemars(schema_with = "count_schema")]
    pub(crate) login_attempts: Value,
    /// Discoveries whose runs may reach addresses outside any given range.
    pub(crate) unbounded: Vec<String>,
    /// Overlaps of two discoveries, at least one of which is in the files.
    pub(crate) overlaps: Vec<OverlapV1>,
    /// Whether there are more overlaps than these.
    pub(crate) more_overlaps: bool,
    /// The addresses that the controller's discoveries cover, before and after.
    #[serde(default)]
    pub(crate) ranges: RangesV1,
}

/// The addresses that discoveries cover, each list as the fewest ranges, in order.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
pub(crate) struct RangesV1 {
    /// Covered before and after.
    pub(crate) stays: Vec<String>,
    /// Covered only after.
    pub(crate) new: Vec<String>,
    /// Covered only before.
    pub(crate) dropped: Vec<String>,
    /// Covered by two or more discoveries after.
    pub(crate) twice: Vec<String>,
}

/// The overlap of two discoveries.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct OverlapV1 {
    /// Their names, in order.
    pub(crate) names: [String; 2],
    /// The ranges that both scan.
    pub(crate) ranges: Vec<String>,
    #[schemars(schema_with = "count_schema")]
    pub(crate) addresses: Value,
    /// Their entries in the files; `null` for an unmanaged one.
    pub(crate) sources: [Option<PlaceV1>; 2],
}

/// A change's reach in addresses.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct ChangeImpactV1 {
    /// The addresses that the discovery covers now.
    #[schemars(schema_with = "count_schema")]
    pub(crate) addresses_before: Value,
    /// The addresses that it will cover.
    #[schemars(schema_with = "count_schema")]
    pub(crate) addresses_after: Value,
    /// The addresses that its run scans and no live discovery covers now.
    #[schemars(schema_with = "count_schema")]
    pub(crate) addresses_new: Value,
    /// The addresses that it covers now and no discovery will.
    #[schemars(schema_with = "count_schema")]
    pub(crate) addresses_dropped: Value,
    /// The maximum number of logins to devices by its run.
    #[schemars(schema_with = "count_schema")]
    pub(crate) login_attempts: Value,
    /// Whether its run may reach addresses outside its ranges.
    pub(crate) unbounded: bool,
}

fn count_schema(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({"type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]+$"})
}

/// The change of one discovery.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeV1 {
    pub(crate) name: String,
    /// `create`, `update`, `replace`, `restart`, `stop` or `delete`.
    pub(crate) action: String,
    /// The reason.
    pub(crate) reason: String,
    /// Detail of the reason: the run state, or whether the discovery ever was in the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason_detail: Option<String>,
    /// The discovery's id; `null` for a create.
    pub(crate) id: Option<String>,
    /// `stop`, `edit`, `run`, `delete` and `create`, in the order in which they are carried out.
    pub(crate) steps: Vec<String>,
    /// The whole live discovery; `null` for a create. With `id` it is the precondition.
    pub(crate) before: Option<SettingsV1>,
    /// The same with the wanted settings put in; `null` for a delete.
    pub(crate) after: Option<SettingsV1>,
    /// The fields that differ, for display only.
    pub(crate) fields: Vec<FieldV1>,
    /// The discovery's entry in the files.
    pub(crate) source: Option<PlaceV1>,
    pub(crate) impact: ChangeImpactV1,
    /// The origin: `this_change`, `drift` or `both`. Absent without `--base`, for a restart that the
    /// branch does not ask for, and for a change that an interrupted apply left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<String>,
}

/// A discovery's settings, by the keys of the files.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct SettingsV1(pub(crate) Map<String, Value>);

impl JsonSchema for SettingsV1 {
    fn schema_name() -> Cow<'static, str> {
        "SettingsV1".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = generator.subschema_for::<Option<String>>();
        let number = generator.subschema_for::<Option<u64>>();
        let list = generator.subschema_for::<Option<Vec<String>>>();
        let neighbours = generator.subschema_for::<Option<NeighboursV1>>();
        let credentials = json_schema!({
            "description": "By kind; `gone` has the ids that are of no kind any more.",
            "allOf": [generator.subschema_for::<CredentialsV1>()],
        });
        let mut properties = Map::new();
        for key in SettingKey::ALL {
            let members = match key.form() {
                Form::Target => vec![
                    ("address", &text),
                    ("ranges", &list),
                    ("cidr", &text),
                    ("cdp", &neighbours),
                    ("lldp", &neighbours),
                ],
                Form::Credentials => vec![("credentials", &credentials)],
                Form::Text => vec![(key.path(), &text)],
                Form::Number => vec![(key.path(), &number)],
                Form::Set | Form::List => vec![(key.path(), &list)],
            };
            properties.extend(members.into_iter().map(|(it, of)| (it.to_owned(), json!(of))));
        }
        json_schema!({
            "description": "A discovery's settings, by the keys of the files.",
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        })
    }
}

/// A neighbour discovery.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used: settings are read by their paths")]
struct NeighboursV1 {
    seed: String,
    /// Absent if the controller does not report it.
    hops: Option<u32>,
}

/// Global credentials by kind, and the ids of those that are gone.
#[derive(JsonSchema)]
#[serde(transparent)]
#[expect(dead_code, reason = "only its schema is used: settings are read by their paths")]
struct CredentialsV1(BTreeMap<String, Vec<CredentialV1>>);

/// A global credential, without its secret. One that is gone has its id only.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<String>,
    pub(crate) id: String,
}

/// One field of a change.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct FieldV1 {
    /// The key in the files; `target` if the kind of target changes.
    pub(crate) path: String,
    /// The value before; absent if it was not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<Value>,
    /// The value after; absent if it is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<Value>,
    /// The place of the key in the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<PlaceV1>,
    /// The origin: `this_change`, `drift` or `both`; absent without `--base`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<String>,
}

/// A place in a file. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct PlaceV1 {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end_line: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end_column: Option<usize>,
}

/// An error or a warning.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub(crate) struct DiagnosticV1 {
    /// `error` or `warning`.
    pub(crate) severity: String,
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
    /// The place of the problem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<PlaceV1>,
    /// The other places involved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) related: Vec<PlaceV1>,
    /// Whether a limit or a protection refuses the plan.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) refuses: bool,
}
