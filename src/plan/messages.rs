//! The diagnostics of the planner: their messages, and their order.

use super::{
    origin::{Drift, Git},
    types::{Action, Change, FieldChange, PlanDiagnostic},
};
use crate::{
    codes,
    model::{
        DesiredDiscovery, Field, Interface, LiveDiscovery, Name, Unreadable, brief, printable,
        shown,
    },
    source::{Diagnostic, Span},
};

/// The most names that a diagnostic lists.
const MAX_LISTED: usize = 10;

/// Diagnostics in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Diagnostics {
    found: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    about: Option<Name>,
    planned: PlanDiagnostic,
}

impl Diagnostics {
    /// Adds a diagnostic about a discovery.
    pub(super) fn add(&mut self, about: &Name, diagnostic: Diagnostic) {
        let planned = PlanDiagnostic { diagnostic, refuses: false };
        self.found.push(Entry { about: Some(about.clone()), planned });
    }

    /// Adds a refusal about a discovery.
    pub(super) fn refuse(&mut self, about: &Name, diagnostic: Diagnostic) {
        let planned = PlanDiagnostic { diagnostic, refuses: true };
        self.found.push(Entry { about: Some(about.clone()), planned });
    }

    /// Adds a diagnostic about the plan as a whole.
    pub(super) fn add_general(&mut self, planned: PlanDiagnostic) {
        self.found.push(Entry { about: None, planned });
    }

    pub(super) fn has_error(&self) -> bool {
        self.found.iter().any(|it| it.planned.diagnostic.is_error())
    }

    pub(super) fn append(&mut self, other: Self) {
        self.found.extend(other.found);
    }

    /// Returns them in the order of the files, then those without a place by name. A diagnostic at
    /// a place in `defaults` is returned once, not once for each discovery.
    pub(super) fn into_plan_diagnostics(mut self) -> Vec<PlanDiagnostic> {
        self.found.sort_by(|one, other| key(one).cmp(&key(other)));
        let mut planned = self.found.into_iter().map(|it| it.planned).collect::<Vec<_>>();
        planned.dedup();
        planned
    }
}

fn key(diagnostic: &Entry) -> (bool, Option<Span>, Option<&Name>, &str, &str) {
    let Diagnostic { severity: _, code, message, help: _, labels } = &diagnostic.planned.diagnostic;
    let span = labels.first().map(|it| it.span);
    // For a place in `defaults` the name must not keep equal diagnostics apart.
    let about = diagnostic.about.as_ref().filter(|_| span.is_none());
    (span.is_none(), span, about, code, message)
}

pub(super) fn duplicate_live_name(name: &Name, live: &[&LiveDiscovery]) -> Diagnostic {
    let ids = live.iter().map(|it| shown(&it.id.0)).collect::<Vec<_>>().join(", ");
    let message =
        format!("the controller has {} discoveries named `{name}`: ids {ids}", live.len());
    Diagnostic::error(&codes::live::DUPLICATE_LIVE_NAME, message)
        .help("only the name identifies a discovery: delete all but one on the controller")
}

pub(super) fn unreadable(live: &LiveDiscovery, why: &Unreadable) -> Diagnostic {
    let message = format!("the live discovery `{}` cannot be read: {}", live.name, reason(why));
    Diagnostic::error(&codes::live::UNREADABLE, message)
        .help("it is left alone until then: look at it on the controller")
}

/// Undeclared live discoveries that cannot be read.
pub(super) fn unreadable_unmanaged(all: &[(&LiveDiscovery, &Unreadable)]) -> Diagnostic {
    let texts = all.iter().take(MAX_LISTED);
    let texts = texts.map(|(live, why)| format!("`{}` ({})", live.name, reason(why)));
    let mut listed = texts.collect::<Vec<_>>();
    if let Some(more) = all.len().checked_sub(MAX_LISTED).filter(|it| *it != 0) {
        listed.push(format!("and {more} more"));
    }
    let what = if all.len() == 1 {
        "1 unmanaged live discovery cannot be read".to_owned()
    } else {
        format!("{} unmanaged live discoveries cannot be read", all.len())
    };
    let message = format!("{what}: {}", listed.join(", "));
    Diagnostic::warning(&codes::live::UNREADABLE, message)
        .help("the plan leaves them alone and does not count their addresses")
}

fn reason(why: &Unreadable) -> String {
    let Unreadable { field, found } = why;
    // A value is JSON as a rule, which is safe to show.
    let is_safe = !found.chars().any(char::is_control);
    let found = if is_safe { found.as_str().into() } else { shown(found) };
    format!("`{}` is {found}", shown(field))
}

pub(super) fn being_edited(name: &Name) -> Diagnostic {
    let message = format!("another user may be editing `{name}`: its status is `Edit`");
    Diagnostic::warning(&codes::live::BEING_EDITED, message)
        .help("what the user saves after this plan is applied overwrites it")
}

pub(super) fn similar_name(name: &Name, similar: &Name) -> Diagnostic {
    let message = format!("`{name}` does not exist on the controller, but `{similar}` does");
    Diagnostic::warning(&codes::live::SIMILAR_NAME, message).help(
        "they differ only in letter case or spaces, and are two discoveries to the controller",
    )
}

pub(super) fn no_cli_credential(it: &DesiredDiscovery) -> Diagnostic {
    let message = format!("`{}` would be created without a `cli` credential", it.name.value);
    Diagnostic::error(&codes::plan::NO_CLI_CREDENTIAL, message)
        .at(it.name.span)
        .help("add one: `credentials: {cli: [DESCRIPTION]}`, here or in `defaults`")
}

pub(super) fn no_snmp_credential(it: &DesiredDiscovery) -> Diagnostic {
    let message = format!("`{}` would be created without an SNMP credential", it.name.value);
    Diagnostic::warning(&codes::plan::NO_SNMP_CREDENTIAL, message)
        .at(it.name.span)
        .help("the controller may reject it, or find less: add `snmp_v3` or `snmp_v2_read`")
}

pub(super) fn create_starts_a_run(it: &DesiredDiscovery, interface: Interface) -> Diagnostic {
    let name = &it.name.value;
    let message = format!("creating `{name}` starts a run in spite of `rerun: never`");
    let at = it.rerun.as_ref().map_or(it.name.span, |it| it.at);
    Diagnostic::warning(&codes::plan::CREATE_STARTS_A_RUN, message)
        .at(at)
        .help(format!("the {interface} interface cannot create a discovery without running it"))
}

/// `fields` are the controller's fields that show the discovery's own credentials.
pub(super) fn own_credentials(it: &DesiredDiscovery, fields: &[String]) -> Diagnostic {
    let name = &it.name.value;
    let message = format!(
        "`{name}` has its own credentials ({}), which cannot be read; an edit would lose them",
        field_names(fields)
    );
    Diagnostic::error(&codes::live::OWN_CREDENTIALS, message).at(it.name.span).help(
        "set `state: present` and `on_change: replace` to recreate it without them, or change it on \
         the controller by hand",
    )
}

/// The same if a replace is the consent to lose them.
pub(super) fn own_credentials_lost(it: &DesiredDiscovery, fields: &[String]) -> Diagnostic {
    let name = &it.name.value;
    let message = format!(
        "replacing `{name}` loses its own credentials ({}): they cannot be read",
        field_names(fields)
    );
    let at = it.on_change.as_ref().map_or(it.name.span, |it| it.at);
    Diagnostic::warning(&codes::live::OWN_CREDENTIALS_LOST, message).at(at)
}

pub(super) fn secrets_not_sent(it: &DesiredDiscovery, fields: &[String]) -> Diagnostic {
    let name = &it.name.value;
    let message = format!(
        "`{name}` has masked secrets ({}): an edit does not send them",
        field_names(fields)
    );
    Diagnostic::warning(&codes::live::SECRETS_NOT_SENT, message)
        .at(it.name.span)
        .help("its global credentials are kept; check its runs after the edit")
}

fn field_names(fields: &[String]) -> String {
    fields.iter().map(|it| format!("`{}`", shown(it))).collect::<Vec<_>>().join(", ")
}

pub(super) fn immutable_while_stopped(it: &DesiredDiscovery, paths: &[&str]) -> Diagnostic {
    let paths = paths.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    let name = &it.name.value;
    let message = format!("`{name}` has to stay stopped, and {paths} cannot be changed in place");
    let at = it.state.as_ref().map_or(it.name.span, |it| it.at);
    Diagnostic::error(&codes::plan::IMMUTABLE_WHILE_STOPPED, message)
        .at(at)
        .help("it would have to be deleted and created again: `state: present` allows that")
}

pub(super) fn hops_not_reported(it: &DesiredDiscovery, at: Span) -> Diagnostic {
    let name = &it.name.value;
    let message = format!("the controller does not report the hops of `{name}`");
    Diagnostic::warning(&codes::live::HOPS_NOT_REPORTED, message)
        .at(at)
        .help("they cannot be compared, so a difference is not noticed")
}

pub(super) fn run_state_unknown(it: &DesiredDiscovery, status: &str, effect: &str) -> Diagnostic {
    let name = &it.name.value;
    let message = format!("it is not known whether `{name}` runs ({}): {effect}", shown(status));
    Diagnostic::warning(&codes::live::RUN_STATE_UNKNOWN, message)
        .at(it.name.span)
        .help("look at it on the controller, or run it with `--rerun`")
}

pub(super) fn run_age_unknown(it: &DesiredDiscovery) -> Diagnostic {
    let name = &it.name.value;
    let message =
        format!("it is not known when the last run of `{name}` ended: it is not run again");
    let at = it.rerun.as_ref().map_or(it.name.span, |it| it.at);
    Diagnostic::warning(&codes::live::RUN_AGE_UNKNOWN, message)
        .at(at)
        .help("run it once with `--rerun`")
}

pub(super) fn already_running(it: &DesiredDiscovery) -> Diagnostic {
    let message = format!("`{}` is already running: `--rerun` is ignored", it.name.value);
    Diagnostic::warning(&codes::live::ALREADY_RUNNING, message).at(it.name.span)
}

pub(super) fn rerun_narrowed_away(it: &DesiredDiscovery) -> Diagnostic {
    let name = &it.name.value;
    let message = format!("`--rerun` names `{name}`, which `--only` or `--except` excludes");
    Diagnostic::warning(&codes::plan::RERUN_NARROWED_AWAY, message).at(it.name.span)
}

pub(super) fn matches_nothing(pattern: &str) -> Diagnostic {
    let pattern = printable(pattern);
    let message = format!("`--only {pattern}` matches no discovery, in the files or live");
    Diagnostic::warning(&codes::plan::MATCHES_NOTHING, message).help("check the pattern for a typo")
}

pub(super) fn too_many_deletions(n_deletions: usize, n_covered: usize) -> Diagnostic {
    let message = format!(
        "`--prune` would delete {n_deletions} of the {n_covered} discoveries that `manage.names` \
         covers"
    );
    Diagnostic::error(&codes::plan::TOO_MANY_DELETIONS, message)
        .help(format!("to delete all of them, pass `--allow-delete {n_deletions}`"))
}

/// A drifted field, with `--drift fail`.
pub(super) fn drifted_field(change: &Change, field: &FieldChange) -> Diagnostic {
    let FieldChange { setting: _, path, before, after, key, origin: _ } = field;
    let value = |it: &Option<Field>| match it {
        Some(it) => brief(&it.value.to_string()),
        None => "not set".to_owned(),
    };
    let message = format!(
        "`{path}` of `{}` was changed on the controller: it is {} there and {} in the files",
        change.name,
        value(before),
        value(after)
    );
    refused(message, key.or(change.span), "was changed on the controller")
}

/// A drifted discovery, with `--drift fail`.
pub(super) fn drifted(change: &Change) -> Diagnostic {
    let (drift, again) = match change.action {
        Action::Create => ("deleted", ""),
        Action::Delete => ("created", " again"),
        Action::Stop => ("started", ""),
        Action::Update | Action::Replace | Action::Restart => ("changed", ""),
    };
    let message = format!("`{}` was {drift} on the controller", change.name);
    refused(message, change.span, &format!("was {drift} on the controller{again}"))
}

fn refused(message: String, at: Option<Span>, label: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(&codes::drift::DRIFT, message).help(
        "`--drift revert` changes it back to the files, `--drift keep` leaves it alone; or copy \
         what is on the controller into the files",
    );
    match at {
        Some(at) => diagnostic.labelled(at, label),
        None => diagnostic,
    }
}

/// The files of the base have errors. `why` has the first ones.
pub(super) fn unreadable_base(why: &str, git: &Git, drift: Drift) -> Diagnostic {
    let commit = git.merge_base.get(..7).unwrap_or(&git.merge_base);
    let message = format!("the files at {commit}, the base, have errors: {why}");
    match drift {
        Drift::Revert => Diagnostic::warning(&codes::drift::UNREADABLE_BASE, message)
            .help("everything counts as this branch; the current files are not the cause"),
        Drift::Keep | Drift::Fail => Diagnostic::error(&codes::drift::UNREADABLE_BASE, message)
            .help(format!(
                "`--drift {drift}` needs to know what is drift: compare with a commit whose files are \
                 valid, or omit the flag"
            )),
    }
}

pub(super) fn bug(violation: &str) -> Diagnostic {
    let message = format!("this plan breaks an internal rule: {violation}");
    Diagnostic::error(&codes::plan::BUG, message)
        .help("this is a bug in trueup: please report it; nothing was changed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::Scenario;

    #[test]
    fn a_broken_rule_is_a_bug() {
        let bug = bug("the changes are out of order");
        assert!(bug.is_error() && bug.message.contains("the changes are out of order"));
        assert_eq!(bug.code, "trueup::plan::bug");
    }

    #[test]
    fn a_stopped_discovery_is_not_replaced_for_an_immutable_setting() {
        let scenario = Scenario::new("lab; cidr 10.0.0.0/24; state stopped", "");
        let [lab] = scenario.desired.discoveries.as_slice() else { panic!("{scenario:?}") };
        let diagnostic = immutable_while_stopped(lab, &["cidr"]);
        assert!(diagnostic.is_error() && diagnostic.message.contains("`cidr`"));
        assert_eq!(diagnostic.code, "trueup::plan::immutable_while_stopped");
    }
}
