//! Applies the `rules` of a policy to warnings.
//!
//! Knows only codes, not their meaning.

use super::types::PlanDiagnostic;
use crate::{
    codes::{self, Code},
    model::{Grade, Policy, Sourced},
    source::{Diagnostic, Severity},
};

/// Stands for warnings that are not shown, whatever their codes.
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
    match rule_of(policy, &diagnostic.code) {
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

fn rule_of<'a>(policy: &'a Policy, code: &str) -> Option<&'a Sourced<Grade>> {
    if code == TOO_MANY.name {
        // A rule must not be evaded by a flood of other warnings.
        let strictest = policy.rules.values().find(|it| it.value == Grade::Error);
        return strictest.or_else(|| policy.rules.get(code));
    }
    policy.rules.get(code)
}
