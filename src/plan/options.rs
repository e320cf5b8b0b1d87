//! What the files and the command line alone show to be wrong with what is asked of a plan.
//!
//! Sees nothing live.

use std::collections::{BTreeMap, BTreeSet};

use super::types::Options;
use crate::{
    codes,
    model::{Desired, State},
    source::Diagnostic,
};

/// Returns what is wrong with the options before any request is sent.
pub(crate) fn check_options(desired: &Desired, options: &Options) -> Vec<Diagnostic> {
    let mut complaints = Vec::new();
    if options.prune {
        complaints.extend(check_prune(desired));
    }
    complaints.extend(check_rerun(desired, options));
    complaints
}

/// Without these two, an empty folder or a forgotten `manage` would mean that all is to go.
fn check_prune(desired: &Desired) -> Vec<Diagnostic> {
    let mut complaints = Vec::new();
    if desired.manage.is_empty() {
        let message =
            "`--prune` needs `manage.names` in a file, which says which names it may delete";
        let help = "add `manage: {names: [\"branch-*\"]}` to a file, with your own patterns";
        complaints.push(Diagnostic::error(&codes::plan::PRUNE_WITHOUT_NAMES, message).help(help));
    }
    if desired.discoveries.is_empty() {
        let message = "`--prune` needs at least one discovery in the files";
        let help = "without one, everything that `manage.names` covers would be deleted";
        complaints
            .push(Diagnostic::error(&codes::plan::PRUNE_WITHOUT_DISCOVERIES, message).help(help));
    }
    complaints
}

fn check_rerun(desired: &Desired, options: &Options) -> Vec<Diagnostic> {
    let by_name = desired.discoveries.iter().map(|it| (&it.name.value, it));
    let by_name = by_name.collect::<BTreeMap<_, _>>();
    let mut complaints = Vec::new();
    for name in options.rerun.iter().collect::<BTreeSet<_>>() {
        let Some(discovery) = by_name.get(name) else {
            let message = format!("`--rerun` names `{name}`, which no file declares");
            let help = "only a discovery that a file declares as present is run again";
            complaints.push(Diagnostic::error(&codes::plan::RERUN_NOT_PRESENT, message).help(help));
            continue;
        };
        let state = match discovery.state() {
            State::Present => continue,
            State::Stopped => "stopped",
            State::Absent => "absent",
        };
        let message = format!("`--rerun` names `{name}`, which is declared {state}");
        let at = discovery.state.as_ref().map_or(discovery.name.span, |it| it.at);
        complaints.push(
            Diagnostic::error(&codes::plan::RERUN_NOT_PRESENT, message)
                .labelled(at, "it is not present"),
        );
    }
    complaints
}
