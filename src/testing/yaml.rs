//! A file of desired state.

use super::{
    live::some_live,
    planned::{NOW_MS, expect_rendered},
    printed::{expect_json, expect_line, expect_shown},
};
use crate::{
    cli::{Style, drawn},
    config::{self, Loaded},
    model::Globs,
    plan::{self, Options, PlanDiagnostic},
    render::diagnostics_json,
    source::{Diagnostic, SourceMap, Span},
};

/// Reads a file; draws its diagnostics, or plans it against a controller with some discoveries.
pub fn read_yaml(bytes: &[u8]) {
    let Loaded { sources, desired, diagnostics, paths: _ } =
        config::read_files(vec![("discoveries.yaml".to_owned(), bytes.to_vec())]);
    expect_drawn(&diagnostics, &sources, bytes);
    let of_files = diagnostics.iter().cloned();
    let of_files = of_files.map(|diagnostic| PlanDiagnostic { diagnostic, refuses: false });
    let limits = desired.policy.as_ref().map(|it| &it.value);
    let mut found = plan::apply_grades(limits, of_files.collect());
    found.extend(plan::check_files(&desired));
    let graded = found.iter().map(|it| it.diagnostic.clone()).collect::<Vec<_>>();
    expect_drawn(&graded, &sources, bytes);
    expect_json(&diagnostics_json(&found, &sources));
    for it in &desired.discoveries {
        expect_inside(it.name.span, &sources);
        expect_line(&it.name.value.to_string(), bytes);
    }
    for it in &desired.controllers {
        expect_inside(it.span, &sources);
    }
    if diagnostics.iter().any(Diagnostic::is_error) {
        return;
    }
    let live = some_live();
    let options = Options { prune: true, except: Globs::default(), ..Options::default() };
    for prune in [false, true] {
        let options = Options { prune, ..options.clone() };
        if !plan::check_options(&desired, &options).is_empty() {
            continue;
        }
        let plan = plan::plan(&desired, &live, &options, NOW_MS);
        let bug = plan.diagnostics.iter().find(|it| it.diagnostic.code == "trueup::plan::bug");
        assert!(bug.is_none(), "{bug:#?}");
        expect_rendered(&plan, &sources, &diagnostics, bytes);
    }
}

/// Draws diagnostics for every kind of terminal, and checks their places.
pub(super) fn expect_drawn(diagnostics: &[Diagnostic], sources: &SourceMap, input: &[u8]) {
    for Diagnostic { severity: _, code: _, message: _, help: _, labels } in diagnostics {
        for label in labels {
            expect_inside(label.span, sources);
        }
    }
    for (width, unicode) in [(100, true), (1, false)] {
        let plain = drawn(diagnostics, sources, Style { colour: false, unicode, width });
        expect_shown(&plain, input);
        let starts = |it: &&str| it.starts_with("Error: ") || it.starts_with("Warning: ");
        assert_eq!(plain.lines().filter(starts).count(), diagnostics.len(), "{plain}");
        let coloured = drawn(diagnostics, sources, Style { colour: true, unicode, width });
        expect_shown(&without_colour(&coloured), input);
    }
}

fn expect_inside(span: Span, sources: &SourceMap) {
    if span.has_text() {
        let text = &sources.source(span.source).text;
        assert!(text.get(span.start..span.end).is_some(), "{span:?} of {} bytes", text.len());
    }
    let at = sources.locate(span);
    assert!((at.line, at.column) <= (at.end_line, at.end_column), "{at:?}");
}

/// Removes colours, but no other escape sequences.
fn without_colour(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |before, part| {
        let rest = part.trim_start_matches(|it: char| it.is_ascii_digit() || it == ';');
        match rest.strip_prefix('m') {
            Some(rest) => before + rest,
            None => before + "\u{1b}[" + part,
        }
    })
}
