//! A plan as text, in Terraform's line shapes where tools parse them.
//!
//! Without colour: `cli` colours a line by its sign. Of diagnostics, only the number of errors is
//! here, because `cli` draws them.

use super::{
    attributes,
    drift::{drift_text, origins},
    impact::impact_text,
};
use crate::{
    model::{Globs, Name, quoted, shown},
    plan::{Action, Change, Plan, Step},
    source::SourceMap,
};

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    Changes,
    /// Also the discoveries that do not change.
    All,
}

/// Returns the plan as text, ending with its impact and its summary.
pub(crate) fn plan_text(plan: &Plan, sources: &SourceMap, show: Show) -> String {
    let mut parts = plan.changes.iter().map(block).collect::<Vec<_>>();
    if show == Show::All {
        parts.extend(names(["discovery is", "discoveries are"], "unchanged", &plan.unchanged));
        parts.extend(names(
            ["live discovery is", "live discoveries are"],
            "in no file",
            &plan.unmanaged,
        ));
    }
    parts.extend(drift_text(plan));
    parts.extend(impact_text(plan, sources));
    let ending = [narrowed(plan), forbidden(plan), summary(plan)];
    parts.push(ending.into_iter().flatten().collect());
    parts.join("\n")
}

/// Draws a change: what happens and why, and the settings that it concerns.
pub(super) fn block(change: &Change) -> String {
    let Change { name, action, reason, steps, origin, .. } = change;
    let origin = origin.map(|it| format!("; {it}")).unwrap_or_default();
    let (what, lead) = match action {
        Action::Delete => ("will be destroyed", "  -"),
        Action::Replace => ("must be replaced", "-/+"),
        Action::Update => ("will be updated in-place", "  ~"),
        Action::Stop => ("will be stopped", "  ."),
        Action::Restart => ("will be restarted", "  !"),
        Action::Create => ("will be created", "  +"),
    };
    match action {
        Action::Stop | Action::Restart => {
            format!("  # {name} {what}\n  # ({reason}{origin})\n{lead} {name}\n")
        }
        Action::Delete | Action::Create => {
            format!("  # {name} {what}\n  # ({reason}{origin})\n{}", resource(lead, change))
        }
        Action::Update | Action::Replace => {
            let steps = steps.iter().map(Step::to_string).collect::<Vec<_>>().join(", ");
            let resource = resource(lead, change);
            format!("  # {name} {what}\n  # ({reason}; steps: {steps}{origin})\n{resource}")
        }
    }
}

fn resource(lead: &str, change: &Change) -> String {
    let name = quoted(change.name.as_str());
    let attributes = attributes::lines(change).into_iter().map(|it| it + "\n");
    let attributes = attributes.collect::<String>();
    format!("{lead} resource \"discovery\" {name} {{\n{attributes}    }}\n")
}

/// Lists discoveries that do not change.
fn names([one, many]: [&str; 2], what: &str, names: &[Name]) -> Option<String> {
    let n = names.len();
    let title = format!("  # {n} {} {what}\n", plural(n, one, many));
    let names = names.iter().map(|it| format!("    {it}\n"));
    (n != 0).then(|| std::iter::once(title).chain(names).collect())
}

/// Notes that `--only` or `--except` limit the plan.
pub(super) fn narrowed(plan: &Plan) -> Option<String> {
    let flags = |flag: &str, globs: &Globs| {
        globs.patterns().iter().map(|it| format!("--{flag} {}", shown(it))).collect::<Vec<_>>()
    };
    let options = &plan.options;
    let flags = [flags("only", &options.only), flags("except", &options.except)].concat();
    let n = plan.n_excluded;
    let discoveries = plural(n, "discovery", "discoveries");
    let text = format!("Limited by {}: {n} {discoveries} ignored.\n", flags.join(" "));
    (!flags.is_empty()).then_some(text)
}

/// Counts errors and refusals, so that the plan is not mistaken for a complete one.
pub(super) fn forbidden(plan: &Plan) -> Option<String> {
    let errors = plan.diagnostics.iter().filter(|it| it.diagnostic.is_error());
    let (refusals, errors): (Vec<_>, Vec<_>) = errors.partition(|it| it.refuses);
    let counts =
        [counted(errors.len(), "error", "errors"), counted(refusals.len(), "refusal", "refusals")];
    let counts = counts.into_iter().flatten().collect::<Vec<_>>().join(" and ");
    if counts.is_empty() {
        return None;
    }
    let left_out = if plan.leaves_something_out() {
        " The discoveries with errors are left out of it."
    } else {
        ""
    };
    Some(format!("This plan cannot be applied: {counts}.{left_out}\n"))
}

fn summary(plan: &Plan) -> Option<String> {
    if plan.changes.is_empty() {
        return plan.is_complete().then(|| format!("{}\n", nothing(plan)));
    }
    let line = counts(plan);
    let reach = [runs(plan), addresses(plan), unbounded(plan)];
    let reach = reach.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let lines = [Some(line), (!reach.is_empty()).then_some(reach), origins(plan)];
    Some(lines.into_iter().flatten().map(|it| it + "\n").collect())
}

/// Returns the message for a plan without changes.
pub(super) fn nothing(plan: &Plan) -> &'static str {
    if plan.is_only_drift() {
        return "No changes. The only differences are drift, which is left alone.";
    }
    "No changes. Your infrastructure matches the configuration."
}

/// Counts the changes, as Terraform does.
pub(super) fn counts(plan: &Plan) -> String {
    let it = plan.summary();
    let add = it.create + it.replace;
    let change = it.update + it.restart + it.stop;
    let destroy = it.delete + it.replace;
    format!("Plan: {add} to add, {change} to change, {destroy} to destroy.")
}

pub(super) fn runs(plan: &Plan) -> Option<String> {
    let part = |n: usize, what: &str| (n != 0).then(|| format!("{n} to {what}"));
    let parts = [part(plan.n_runs_started(), "start"), part(plan.n_runs_stopped(), "stop")];
    let parts = parts.into_iter().flatten().collect::<Vec<_>>();
    (!parts.is_empty()).then(|| format!("Runs: {}.", parts.join(", ")))
}

pub(super) fn addresses(plan: &Plan) -> Option<String> {
    let impact = &plan.impact;
    let (scanned, new) = (impact.scanned.grouped(), impact.new.grouped());
    let scanned =
        (!impact.scanned.is_zero()).then(|| format!("{scanned} scanned, {new} of them new"));
    let dropped =
        (!impact.dropped.is_zero()).then(|| format!("{} dropped", impact.dropped.grouped()));
    let parts = [scanned, dropped].into_iter().flatten().collect::<Vec<_>>();
    (!parts.is_empty()).then(|| format!("Addresses: {}.", parts.join(", ")))
}

fn unbounded(plan: &Plan) -> Option<String> {
    let names = plan.impact.unbounded.iter().map(Name::to_string).collect::<Vec<_>>();
    (!names.is_empty()).then(|| format!("Unbounded: {}.", names.join(", ")))
}

/// Returns the host and port of a URL. Anything else is returned unchanged.
pub(super) fn host(url: &str) -> &str {
    let (_, behind) = url.split_once("://").unwrap_or(("", url));
    behind.split(['/', '?', '#']).next().unwrap_or(behind)
}

/// Returns a number with its noun, or `None` for zero.
pub(super) fn counted(n: usize, one: &str, many: &str) -> Option<String> {
    (n != 0).then(|| format!("{n} {}", plural(n, one, many)))
}

pub(super) fn plural<'a>(n: usize, one: &'a str, many: &'a str) -> &'a str {
    if n == 1 { one } else { many }
}
