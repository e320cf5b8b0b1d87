//! Applies the `rules` of a policy to warnings.
//!
//! Knows only codes, not their meaning.

use super::types::PlanDiagnostic;
use crate::{
    codes::{self, Code},
    model::{Grade, Policy, Sourced},
    source::{Diagnostic, Severity},
};

/// The warning that replaces those beyond the limit, of any code.
const TOO_MANY: &Code = &codes::config::TOO_MANY;

/// Applies the grades: removes warnings that are off, and turns those graded as errors into
/// refusals.
pub(crate) fn apply_grades(
    policy: Option<&Policy>,
    diagnostics: Vec<PlanDiagnostic>,
) -> Vec<PlanDiagnostic> {
    let Some(policy) = policy else { return diagnostics };
    diagnostics.into_iter().filter_map(|it| grade(policy, it)).collect()
}

fn grade(policy: &Policy, planned: PlanDiagnostic) -> Option<PlanDiagnostic> {
    let PlanDiagnostic { diagnostic, refuses } = planned;
    if diagnostic.is_error() {
        return Some(PlanDiagnostic { diagnostic, refuses });
    }
    let mut rule = policy.rules.get(&*diagnostic.code);
    if diagnostic.code == TOO_MANY.name {
        // A flood of other warnings must not evade a rule.
        rule = policy.rules.values().find(|it| it.value == Grade::Error).or(rule);
    }
    match rule {
        None | Some(Sourced { value: Grade::Warn, .. }) => {
            Some(PlanDiagnostic { diagnostic, refuses })
        }
        Some(Sourced { value: Grade::Off, .. }) => None,
        Some(Sourced { value: Grade::Error, key: _, at }) => {
            let diagnostic = Diagnostic { severity: Severity::Error, ..diagnostic };
            let diagnostic = diagnostic.labelled(*at, "`rules` makes it an error");
            Some(PlanDiagnostic { diagnostic, refuses: true })
        }
    }
}
