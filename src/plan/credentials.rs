//! Resolves the credentials in the files to credentials on the controller.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::{
    codes,
    model::{
        Credential, CredentialKind, CredentialRef, Credentials, DesiredCredentials, Sourced, shown,
    },
    source::{Diagnostic, Span, Spanned},
};

/// The most candidates that a diagnostic lists.
const MAX_LISTED: usize = 12;

/// The resolved credentials.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    pub(super) credentials: Credentials,
    /// Kinds with an unresolved reference; nothing is known about them.
    pub(super) unresolved: BTreeSet<CredentialKind>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Resolves every reference, and reports those that fail.
pub(super) fn resolve(wanted: &DesiredCredentials, known: &[Credential]) -> Resolved {
    let mut resolved = Resolved::default();
    for (kind, given) in wanted {
        match resolve_kind(*kind, given, known, &mut resolved.diagnostics) {
            Some(credentials) => {
                resolved.credentials.insert(*kind, credentials);
            }
            None => {
                resolved.unresolved.insert(*kind);
            }
        }
    }
    resolved
}

/// Returns the credentials of a kind, or `None` if a reference failed.
fn resolve_kind(
    kind: CredentialKind,
    given: &Sourced<Vec<Spanned<CredentialRef>>>,
    known: &[Credential],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<BTreeSet<Credential>> {
    let mut found = BTreeMap::<&Credential, Span>::new();
    let mut has_failed = false;
    for wanted in &given.value {
        let candidates = known.iter().filter(|it| it.kind == kind && wanted.value.matches(it));
        let candidates = candidates.collect::<Vec<_>>();
        let [credential] = candidates.as_slice() else {
            diagnostics.push(unresolved(kind, wanted, &candidates, known));
            has_failed = true;
            continue;
        };
        if let Some(first) = found.insert(credential, wanted.span) {
            let message = format!("the {kind} credential `{}` is listed twice", text(credential));
            diagnostics.push(
                Diagnostic::warning(&codes::plan::CREDENTIAL_TWICE, message)
                    .labelled(wanted.span, "here")
                    .labelled(first, "and here"),
            );
        }
    }
    (!has_failed).then(|| found.into_keys().cloned().collect())
}

fn unresolved(
    kind: CredentialKind,
    wanted: &Spanned<CredentialRef>,
    candidates: &[&Credential],
    known: &[Credential],
) -> Diagnostic {
    let name = reference(&wanted.value);
    if !candidates.is_empty() {
        let message = format!("`{name}` matches {} {kind} credentials", candidates.len());
        let help = format!("choose one by its `username` or its `id`: {}", listed(candidates));
        return Diagnostic::error(&codes::plan::CREDENTIAL_AMBIGUOUS, message)
            .at(wanted.span)
            .help(help);
    }
    let elsewhere = known.iter().filter(|it| wanted.value.matches(it)).collect::<Vec<_>>();
    if !elsewhere.is_empty() {
        let kinds = elsewhere.iter().map(|it| it.kind).collect::<BTreeSet<_>>();
        let kinds = kinds.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" and ");
        let message = format!("`{name}` is a credential of kind {kinds}, not `{kind}`");
        return Diagnostic::error(&codes::plan::CREDENTIAL_OF_ANOTHER_KIND, message)
            .at(wanted.span)
            .help(format!("list it under {kinds}, or name one of kind `{kind}` here"));
    }
    let of_kind = known.iter().filter(|it| it.kind == kind).collect::<Vec<_>>();
    let help = if of_kind.is_empty() {
        format!("the controller has no {kind} credential: create one there first")
    } else {
        format!("the controller's {kind} credentials: {}", listed(&of_kind))
    };
    let message = format!("the controller has no {kind} credential `{name}`");
    Diagnostic::error(&codes::plan::CREDENTIAL_MISSING, message).at(wanted.span).help(help)
}

/// Lists credentials with their ids, ready to copy.
fn listed(credentials: &[&Credential]) -> String {
    let mut sorted = credentials.to_vec();
    sorted.sort_by_key(|it| (text(it), &it.id));
    let texts = sorted.iter().take(MAX_LISTED);
    let texts = texts.map(|it| format!("{}, id {}", text(it), shown(&it.id.0)));
    let mut listed = texts.collect::<Vec<_>>().join("; ");
    if let Some(more) = sorted.len().checked_sub(MAX_LISTED).filter(|it| *it != 0) {
        write!(listed, "; and {more} more").expect("invariant: a string takes all text");
    }
    listed
}

fn text(credential: &Credential) -> String {
    shown(&credential.to_string()).into_owned()
}

fn reference(wanted: &CredentialRef) -> String {
    shown(&wanted.to_string()).into_owned()
}
