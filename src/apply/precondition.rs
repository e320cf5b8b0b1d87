//! Whether the precondition of a change still holds.
//!
//! Run state alone moves nothing: a discovery that was started or stopped since is as planned.

use std::collections::BTreeMap;

use crate::{
    events::{Moved, MovedField},
    live::{self, Dialect},
    model::{Difference, Field, LiveDiscovery, Name, Readable, RemoteId, RunState, Settings},
    plan::{Action, Change, Step},
};

/// The live discoveries at one time, by name and by id.
#[derive(Debug)]
pub(crate) struct View<'a> {
    by_name: BTreeMap<&'a Name, Vec<&'a LiveDiscovery>>,
    by_id: BTreeMap<&'a RemoteId, &'a LiveDiscovery>,
    /// Whether absence means something.
    pub(crate) complete: bool,
}

impl<'a> View<'a> {
    /// Makes a view of a list, which is complete or not.
    pub(crate) fn new(discoveries: &'a [LiveDiscovery], complete: bool) -> Self {
        let mut by_name = BTreeMap::<_, Vec<_>>::new();
        for discovery in discoveries {
            by_name.entry(&discovery.name).or_default().push(discovery);
        }
        let by_id = discoveries.iter().map(|it| (&it.id, it)).collect();
        Self { by_name, by_id, complete }
    }

    pub(super) fn named(&self, name: &Name) -> &[&'a LiveDiscovery] {
        self.by_name.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn with_id(&self, id: &RemoteId) -> Option<&'a LiveDiscovery> {
        self.by_id.get(id).copied()
    }
}

impl<'a> From<&'a live::View> for View<'a> {
    fn from(view: &'a live::View) -> Self {
        Self::new(&view.discoveries, view.complete)
    }
}

/// The state of a change before its first write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Precondition {
    /// The live discovery is what was planned against.
    Holds,
    /// It is already as wanted, except for these steps.
    Converged { left: Vec<Step> },
    /// It is neither as planned nor as wanted.
    Moved(Moved),
    /// The list is incomplete, so this is unknown.
    Unknown,
}

/// Returns what has moved if a credential that the change sends is no longer on the controller.
pub(super) fn credentials_gone(change: &Change, dialect: &Dialect) -> Option<Moved> {
    let wanted = change.after.iter().flat_map(Settings::credentials);
    let gone =
        wanted.filter(|it| dialect.credential(&it.id).is_none_or(|known| known.kind != it.kind));
    let gone = gone.map(|it| format!("{it} with the id {}", it.id)).collect::<Vec<_>>();
    let sends = matches!(change.action, Action::Create | Action::Update | Action::Replace);
    if gone.is_empty() || !sends {
        return None;
    }
    let what = format!("the controller no longer has the credential {}", gone.join(", "));
    Some(Moved { what, fields: Vec::new() })
}

/// Compares a change's precondition with the live discoveries.
pub(crate) fn precondition(change: &Change, view: &View<'_>) -> Precondition {
    match (change.action, &change.id) {
        (Action::Create, _) | (_, None) => create_precondition(change, view),
        (Action::Delete, Some(id)) => delete_precondition(change, id, view),
        (Action::Replace, Some(id)) => replace_precondition(change, id, view),
        (Action::Update | Action::Stop | Action::Restart, Some(id)) => {
            in_place_precondition(change, id, view)
        }
    }
}

fn create_precondition(change: &Change, view: &View<'_>) -> Precondition {
    match view.named(&change.name) {
        [] if view.complete => Precondition::Holds,
        [] => Precondition::Unknown,
        [it] if is_wanted(change, it) => Precondition::Converged { left: Vec::new() },
        [it, ..] => Precondition::Moved(moved("another user created it", change, Some(it))),
    }
}

fn delete_precondition(change: &Change, id: &RemoteId, view: &View<'_>) -> Precondition {
    match (view.with_id(id), view.named(&change.name)) {
        (Some(it), _) => unmoved(change, it),
        (None, []) if view.complete => Precondition::Converged { left: Vec::new() },
        (None, []) => Precondition::Unknown,
        (None, [other, ..]) => Precondition::Moved(remade(change, other)),
    }
}

fn replace_precondition(change: &Change, id: &RemoteId, view: &View<'_>) -> Precondition {
    match (view.with_id(id), view.named(&change.name)) {
        (Some(it), _) if holds(change, it) => Precondition::Holds,
        (Some(it), _) if is_wanted(change, it) => Precondition::Converged { left: Vec::new() },
        (Some(it), _) => unmoved(change, it),
        (None, []) if view.complete => Precondition::Converged { left: vec![Step::Create] },
        (None, []) => Precondition::Unknown,
        (None, [other]) if is_wanted(change, other) => Precondition::Converged { left: Vec::new() },
        (None, [other, ..]) => Precondition::Moved(remade(change, other)),
    }
}

fn in_place_precondition(change: &Change, id: &RemoteId, view: &View<'_>) -> Precondition {
    let Some(found) = view.with_id(id) else {
        return match view.named(&change.name) {
            [] if view.complete => Precondition::Moved(moved("it is gone", change, None)),
            [] => Precondition::Unknown,
            [other, ..] => Precondition::Moved(remade(change, other)),
        };
    };
    let run = found.read.as_ref().ok().map(|it| it.run);
    let as_planned = holds(change, found);
    match change.action {
        Action::Stop if run.is_some_and(|it| it != RunState::Running) => {
            Precondition::Converged { left: Vec::new() }
        }
        Action::Restart if as_planned && run == Some(RunState::Running) => {
            Precondition::Converged { left: Vec::new() }
        }
        Action::Update if !as_planned && is_wanted(change, found) => {
            // Another user's edit stops no run: a planned stop stays if it still runs.
            let is_left = |it: &Step| match it {
                Step::Stop => run == Some(RunState::Running),
                Step::Run => true,
                Step::Edit | Step::Delete | Step::Create => false,
            };
            Precondition::Converged { left: change.steps.iter().copied().filter(is_left).collect() }
        }
        _ => unmoved(change, found),
    }
}

fn unmoved(change: &Change, found: &LiveDiscovery) -> Precondition {
    if holds(change, found) {
        return Precondition::Holds;
    }
    let what = match &found.read {
        Err(why) => format!("it can no longer be understood: {why}"),
        Ok(_) if found.name != change.name => format!("it was renamed to {}", found.name),
        Ok(_) => "its settings were changed".to_owned(),
    };
    Precondition::Moved(moved(what, change, Some(found)))
}

/// Whether a discovery is exactly as planned against, regardless of its run.
fn holds(change: &Change, found: &LiveDiscovery) -> bool {
    let settings = found.read.as_ref().ok().map(|it| &it.settings);
    found.name == change.name && settings.is_some() && settings == change.before.as_ref()
}

/// Whether a discovery has the name and every setting that the change is meant to set.
fn is_wanted(change: &Change, found: &LiveDiscovery) -> bool {
    let Ok(Readable { settings, .. }) = &found.read else { return false };
    let wanted = change.after.as_ref();
    found.name == change.name && wanted.is_some_and(|it| it.differences(settings).is_empty())
}

fn remade(change: &Change, other: &LiveDiscovery) -> Moved {
    moved(
        format!("it was deleted and created again, with the id {}", other.id),
        change,
        Some(other),
    )
}

fn moved(what: impl Into<String>, change: &Change, found: Option<&LiveDiscovery>) -> Moved {
    let settings = found.and_then(|it| it.read.as_ref().ok()).map(|it| &it.settings);
    let fields = settings.map(|it| moved_fields(change, it)).unwrap_or_default();
    Moved { what: what.into(), fields }
}

/// Returns every field that differs from the precondition. A create has none, so its wanted
/// settings are compared.
fn moved_fields(change: &Change, found: &Settings) -> Vec<MovedField> {
    let wanted = change.after.as_ref();
    let Some(before) = &change.before else {
        let differences = wanted.map(|it| it.differences(found)).unwrap_or_default();
        return differences.into_iter().map(MovedField::from).collect();
    };
    let (found_fields, before_fields) = (found.fields(), before.fields());
    let after_fields = wanted.map(Settings::fields).unwrap_or_default();
    let value = |fields: &[Field], path: &str| {
        fields.iter().find(|it| it.path == path).map(|it| it.value.clone())
    };
    let gained = found_fields.iter().filter(|it| value(&before_fields, it.path).is_none());
    let paths = before_fields.iter().chain(gained).map(|it| it.path);
    let field = |path| MovedField {
        path,
        planned_against: value(&before_fields, path),
        found: value(&found_fields, path),
        wanted: value(&after_fields, path),
    };
    paths.map(field).filter(|it| it.found != it.planned_against).collect()
}

impl From<Difference> for MovedField {
    fn from(Difference { setting: _, path, have, want }: Difference) -> Self {
        let value = |it: Option<Field>| it.map(|it| it.value);
        Self { path, planned_against: None, found: value(have), wanted: value(want) }
    }
}

/// Describes each difference: the value found, and the wanted one.
pub(super) fn describe(differences: &[Difference]) -> String {
    let value = |field: &Option<Field>| {
        field.as_ref().map_or_else(|| "not set".to_owned(), |it| it.value.to_string())
    };
    let one = |it: &Difference| {
        format!("`{}` is {} instead of {}", it.path, value(&it.have), value(&it.want))
    };
    differences.iter().map(one).collect::<Vec<_>>().join(", ")
}
