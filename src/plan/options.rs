//! Checks the options of a plan against the files, before any request.

use std::collections::{BTreeMap, BTreeSet};

use super::types::Options;
use crate::{
    codes,
    model::{Desired, State},
    source::Diagnostic,
};

/// Returns the errors in the options.
pub(crate) fn check_options(desired: &Desired, options: &Options) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    if options.prune {
        diagnostics.extend(check_prune(desired));
    }
    diagnostics.extend(check_rerun(desired, options));
    diagnostics
}

/// Requires both, because otherwise an empty folder or a missing `manage` would delete everything.
fn check_prune(desired: &Desired) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    if desired.manage.is_empty() {
        let message =
            "`--prune` needs `manage.names` in a file, which says which names it may delete";
        let help = "add `manage: {names: [\"branch-*\"]}` to a file, with your own patterns";
        diagnostics.push(Diagnostic::error(&codes::plan::PRUNE_WITHOUT_NAMES, message).help(help));
    }
    if desired.discoveries.is_empty() {
        let message = "`--prune` needs at least one discovery in the files";
        let help = "without one, everything that `manage.names` covers would be deleted";
        diagnostics
            .push(Diagnostic::error(&codes::plan::PRUNE_WITHOUT_DISCOVERIES, message).help(help));
    }
    diagnostics
}

fn check_rerun(desired: &Desired, options: &Options) -> Vec<Diagnostic> {
    let by_name = desired.discoveries.iter().map(|it| (&it.name.value, it));
    let by_name = by_name.collect::<BTreeMap<_, _>>();
    let mut diagnostics = Vec::new();
    for name in options.rerun.iter().collect::<BTreeSet<_>>() {
        let Some(discovery) = by_name.get(name) else {
            let message = format!("`--rerun` names `{name}`, which no file declares");
            let help = "only a discovery that a file declares as present is run again";
            diagnostics
                .push(Diagnostic::error(&codes::plan::RERUN_NOT_PRESENT, message).help(help));
            continue;
        };
        let state = match discovery.state() {
            State::Present => continue,
            State::Stopped => "stopped",
            State::Absent => "absent",
        };
        let message = format!("`--rerun` names `{name}`, which is declared {state}");
        let at = discovery.state.as_ref().map_or(discovery.name.span, |it| it.at);
        diagnostics.push(
            Diagnostic::error(&codes::plan::RERUN_NOT_PRESENT, message)
                .labelled(at, "it is not present"),
        );
    }
    diagnostics
}
