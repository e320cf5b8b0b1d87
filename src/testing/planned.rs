//! Invariants of every plan.

use super::printed::{expect_json, expect_shown};
use crate::{
    plan::Plan,
    render::{
        About, PlanAbout, Saved, Show, digest_of, plan_json, plan_markdown, plan_text, saved_plan,
    },
    source::{Diagnostic, SourceMap},
};

/// The time of all plans: 2026-01-01T00:00:00Z.
pub(super) const NOW_MS: i64 = 1_767_225_600_000;

/// The most characters that a comment may have.
const COMMENT: usize = 65_536;

/// Renders a plan in every format; saves it and reads it back, which must give the same plan.
pub(super) fn expect_rendered(
    plan: &Plan,
    sources: &SourceMap,
    warnings: &[Diagnostic],
    input: &[u8],
) {
    expect_printed(plan, sources, warnings, input);
    let text = plan_json(plan, About { sources, warnings, now_ms: NOW_MS });
    let document = expect_json(&text);
    let again = expect_readable(&text);
    let again_shown = plan_text(&again.plan, &again.sources, Show::All);
    assert_eq!(again_shown, plan_text(plan, sources, Show::All));
    expect_printed(&again.plan, &again.sources, &[], input);
    // A plan that was read has no digests of the files, and so another digest of its own.
    let mut rewritten = expect_json(&rewritten(&again));
    let mut document = document;
    for member in ["sources", "digest"] {
        for it in [&mut rewritten, &mut document] {
            it.as_object_mut().expect("invariant: a plan is an object").shift_remove(member);
        }
    }
    assert_eq!(rewritten, document);
}

/// Expects that a plan that we wrote can be read.
pub(super) fn expect_readable(text: &str) -> Saved {
    saved_plan(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Writes a plan that was read.
pub(super) fn rewritten(saved: &Saved) -> String {
    plan_json(&saved.plan, About { sources: &saved.sources, warnings: &[], now_ms: NOW_MS })
}

/// Renders a plan for people.
pub(super) fn expect_printed(
    plan: &Plan,
    sources: &SourceMap,
    warnings: &[Diagnostic],
    input: &[u8],
) {
    for show in [Show::Changes, Show::All] {
        expect_shown(&plan_text(plan, sources, show), input);
        let files = sources.sources().iter().map(|it| it.path.clone()).collect::<Vec<_>>();
        let document = plan_json(plan, About { sources, warnings, now_ms: NOW_MS });
        let digest = digest_of(&document);
        let saved_to = Some("plan.json".to_owned());
        let about = PlanAbout { digest, files: &files, sources, warnings, saved_to, show };
        let markdown = plan_markdown(plan, &about);
        assert!(markdown.len() < COMMENT, "{} bytes", markdown.len());
        expect_shown(&markdown, input);
    }
    let diagnostics = plan.diagnostics.iter().map(|it| it.diagnostic.clone()).collect::<Vec<_>>();
    super::yaml::expect_drawn(&diagnostics, sources, input);
}
