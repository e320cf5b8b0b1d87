//! How much a warning matters, as the policy grades it.
//!
//! Knows codes, and nothing of what they are about.

use super::types::PlanDiagnostic;
use crate::{
    codes::{self, Code},
    model::{Grade, Policy, Sourced},
    source::{Diagnostic, Severity},
};

/// Warnings that were not told for their number: what is among them, nobody knows.
const TOO_MANY: &Code = &codes::config::TOO_MANY;

/// Grades complaints: leaves those out that are off, and makes refusals of those that are errors.
pub(crate) fn apply_grades(
    policy: Option<&Policy>,
    complaints: Vec<PlanDiagnostic>,
) -> Vec<PlanDiagnostic> {
    let Some(policy) = policy else { return complaints };
    complaints.into_iter().filter_map(|it| grade(policy, it)).collect()
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
        // Whoever writes enough other warnings must not get past a rule.
        let strictest = policy.rules.values().find(|it| it.value == Grade::Error);
        return strictest.or_else(|| policy.rules.get(code));
    }
    policy.rules.get(code)
}
