//! The whole comment: its parts in order, shortened until it fits.

use super::{
    changes::{ACTIONS, Extent, diffs, table},
    diagnostics::diagnostics,
    drift,
    inert::{Open, argument, code, details, fence, label, short_code, verbatim, word_of_comment},
    names::names,
};
use crate::{
    model::{Globs, Name},
    plan::{Controller, Plan},
    render::{
        drift::{origins, sections},
        impact::{self, Section, place},
        plan::{Show, addresses, counts, forbidden, host, nothing, plural, runs},
    },
    source::{Diagnostic, SourceMap, Span},
};

/// What a comment shows besides the plan.
#[derive(Clone, Debug)]
pub(crate) struct PlanAbout<'a> {
    /// The digest of the plan's document.
    pub(crate) digest: &'a str,
    /// The paths of the files of the desired state.
    pub(crate) files: &'a [String],
    pub(crate) sources: &'a SourceMap,
    /// Warnings about the files that are not part of the plan.
    pub(crate) warnings: &'a [Diagnostic],
    /// The file to which the plan was saved.
    pub(crate) saved_to: Option<String>,
    pub(crate) show: Show,
}

/// The maximum length of a comment in bytes. GitHub refuses 65,536 characters and more.
const MOST: usize = 65_535;

/// The maximum length of the diagnostics, so that they never displace the changes.
const MOST_OF_DIAGNOSTICS: usize = 16 << 10;

/// The most bytes of one list of texts in the head or the footer.
const MOST_OF_LIST: usize = 1_000;

/// The most bytes of one text in the head or the footer.
const MOST_OF_TEXT: usize = 300;

/// The most bytes of one name in the impact.
const MOST_OF_NAME: usize = 100;

/// The name of the controller of `--simulate`.
const SIMULATOR: &str = "simulator";

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Everything,
    ChangedFields,
    Table,
    Counts,
}

impl Level {
    /// Returns a note on what is left out.
    fn note(self) -> Option<&'static str> {
        match self {
            Self::Everything => None,
            Self::ChangedFields => Some(
                "**Shortened to fit in a comment, step 2 of 4: changed fields only.** The settings \
                 of created and deleted discoveries are left out.",
            ),
            Self::Table => Some(
                "**Shortened to fit in a comment, step 3 of 4: the table only.** The settings are \
                 left out.",
            ),
            Self::Counts => Some(
                "**Shortened to fit in a comment, step 4 of 4: counts, and the names of deleted \
                 and replaced discoveries.** All other names, and the settings, are left out.",
            ),
        }
    }

    /// Returns its name in the footer.
    fn name(self) -> &'static str {
        match self {
            Self::Everything => "everything (step 1 of 4)",
            Self::ChangedFields => "changed fields only (step 2 of 4)",
            Self::Table => "the table only (step 3 of 4)",
            Self::Counts => {
                "counts, and the names of deleted and replaced discoveries (step 4 of 4)"
            }
        }
    }
}

/// Returns as much of a plan as fits in a comment.
pub(crate) fn plan_markdown(plan: &Plan, about: &PlanAbout<'_>) -> String {
    let page = Page { plan, about };
    let levels = [Level::Everything, Level::ChangedFields, Level::Table];
    let pages = levels.into_iter().map(|it| page.with_table(it));
    pages.into_iter().find(|it| it.len() <= MOST).unwrap_or_else(|| page.with_counts())
}

struct Page<'a> {
    plan: &'a Plan,
    about: &'a PlanAbout<'a>,
}

impl Page<'_> {
    fn with_table(&self, level: Level) -> String {
        let mut parts = self.head(level);
        if matches!(level, Level::Everything | Level::ChangedFields) {
            parts.extend(drift::table(self.plan, self.about.sources));
        }
        parts.extend(table(self.plan, self.about.sources));
        parts.extend(self.diagnostics(MOST_OF_DIAGNOSTICS));
        match level {
            Level::Everything => parts.extend(diffs(self.plan, Extent::All)),
            Level::ChangedFields => parts.extend(diffs(self.plan, Extent::ChangedFields)),
            Level::Table | Level::Counts => (),
        }
        self.finished(parts, level)
    }

    /// Returns the counts and the names. Diagnostics get the room that the names leave.
    fn with_counts(&self) -> String {
        let level = Level::Counts;
        let mut parts = self.head(level);
        parts.push(self.counted());
        let counted = self.diagnostics(0);
        let taken = [&parts, &self.foot(level)].map(|it| joined(it).len()).iter().sum::<usize>();
        let taken = taken + counted.as_ref().map_or(0, String::len) + MOST_OF_OTHERS;
        let names = names(self.plan, MOST.saturating_sub(taken));
        let left = MOST.saturating_sub(taken + names.len());
        let listed = self.diagnostics(left.min(MOST_OF_DIAGNOSTICS));
        parts.extend((!names.is_empty()).then_some(names));
        parts.extend(listed.filter(|it| it.len() <= left).or(counted));
        self.finished(parts, level)
    }

    /// Appends the remaining parts.
    fn finished(&self, mut parts: Vec<String>, level: Level) -> String {
        let foot = self.foot(level);
        let taken = joined(&parts).len() + joined(&foot).len();
        parts.extend(self.others(MOST.saturating_sub(taken)));
        parts.extend(foot);
        joined(&parts)
    }

    fn head(&self, level: Level) -> Vec<String> {
        let plan = self.plan;
        let host = host(&plan.controller.url);
        let marker = format!(
            "<!-- trueup {} {} -->",
            word_of_comment(host),
            word_of_comment(self.about.digest)
        );
        let what = if drift::is_report(plan) { "Drift on" } else { "Plan for" };
        let title = format!("### {what} {}", short_code(host, MOST_OF_TEXT));
        let mut parts = vec![format!("{marker}\n{title}")];
        parts.extend(summary(plan));
        let at = |it: Span| short_code(&place(it, self.about.sources), MOST_OF_NAME);
        let kept_drift = sections(plan, |it| short_code(it, MOST_OF_NAME));
        let impact = impact::sections(plan, |it| short_code(it.as_str(), MOST_OF_NAME), at);
        parts.extend(kept_drift.iter().chain(&impact).map(|Section { title, lines }| {
            let lines = lines.iter().map(|it| format!("\n- {it}"));
            std::iter::once(format!("{title}:\n")).chain(lines).collect::<String>()
        }));
        parts.extend(forbidden(plan).map(|it| format!("**{}**", it.trim_end())));
        parts.extend(narrowed(plan));
        parts.extend(level.note().map(|it| format!("> {it}{}", self.whole_plan())));
        parts
    }

    /// Names the command that shows the whole plan.
    fn whole_plan(&self) -> String {
        let command =
            self.about.saved_to.as_ref().map(|it| format!("trueup show {}", argument(it)));
        let command = command.filter(|it| it.len() <= MOST_OF_TEXT);
        command.map(|it| format!(" All of it: {}", verbatim(&it))).unwrap_or_default()
    }

    fn diagnostics(&self, room: usize) -> Option<String> {
        let of_plan = self.plan.diagnostics.iter().map(|it| &it.diagnostic);
        let all = self.about.warnings.iter().chain(of_plan).collect::<Vec<_>>();
        diagnostics(&all, self.about.sources, room)
    }

    /// Counts the changes by action.
    fn counted(&self) -> String {
        let count = |action| self.plan.changes.iter().filter(|it| it.action == action).count();
        let counts = ACTIONS.into_iter().map(|(action, what)| (count(action), what));
        let lines = counts.filter(|(n, _)| *n != 0).map(|(n, what)| format!("- {n} {what}"));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Lists the discoveries that do not change, with `--show all`. Too many names are only counted.
    fn others(&self, room: usize) -> Vec<String> {
        if self.about.show == Show::Changes {
            return Vec::new();
        }
        let Plan { unchanged, unmanaged, .. } = self.plan;
        let n = unchanged.len();
        let unchanged_title =
            format!("{n} {} unchanged", plural(n, "discovery is", "discoveries are"));
        let n = unmanaged.len();
        let unmanaged_title =
            format!("{n} live {} in no file", plural(n, "discovery is", "discoveries are"));
        let both = [(unchanged_title, unchanged), (unmanaged_title, unmanaged)];
        let mut left = room;
        let mut parts = Vec::new();
        for (title, names) in both.into_iter().filter(|(_, names)| !names.is_empty()) {
            let lines = names.iter().map(|it| label(it.as_str())).collect::<Vec<_>>().join("\n");
            let whole = details(Open::No, &title, &fence("text", &lines));
            // The other list may only have room for its count.
            let fits = whole.len() + MOST_OF_OTHERS <= left;
            let part =
                if fits { whole } else { format!("{title}; the names do not fit in a comment.") };
            left = left.saturating_sub(part.len() + 2);
            parts.push(part);
        }
        parts
    }

    fn foot(&self, level: Level) -> Vec<String> {
        let Controller { url, release, interface, n_live } = &self.plan.controller;
        let release = release.as_deref().map(|it| short_code(it, MOST_OF_TEXT));
        let release = release.unwrap_or_else(|| "unknown".to_owned());
        let many = plural(*n_live, "discovery", "discoveries");
        let url = short_code(url, MOST_OF_TEXT);
        let files = self.about.files.iter().map(String::as_str).collect::<Vec<_>>();
        let compared = self.plan.compared.as_ref().map(|it| drift::compared(&it.git));
        let lines = [
            format!("- Controller: {url}, {interface} interface, {n_live} {many}"),
            format!("- Release: {release}"),
            format!("- Files: {}", listed(&files)),
            format!("- Digest: {}", code(self.about.digest)),
            format!("- Shown: {}", level.name()),
            format!("- Apply: {}", self.command()),
        ];
        let lines = compared.into_iter().chain(lines).collect::<Vec<_>>();
        vec!["---".to_owned(), lines.join("\n")]
    }

    /// Returns the command that applies exactly this plan.
    fn command(&self) -> String {
        if !self.plan.is_complete() {
            return "not possible because of the errors".to_owned();
        }
        if self.plan.changes.is_empty() {
            return "nothing to do".to_owned();
        }
        let saved_to = self.about.saved_to.as_deref().unwrap_or("plan.json");
        let simulate = if self.plan.controller.url == SIMULATOR { " --simulate" } else { "" };
        let path = argument(saved_to);
        // A shortened path would be the path of another file.
        let line = if path.len() <= MOST_OF_PATH {
            verbatim(&format!("trueup apply {path}{simulate}"))
        } else {
            format!("`trueup apply` with the plan file {}", short_code(&path, MOST_OF_TEXT))
        };
        match self.about.saved_to {
            Some(_) => line,
            None => format!("{line}, after saving the plan with `trueup plan --out plan.json`"),
        }
    }
}

/// The maximum length of the path of a plan. No system accepts more.
const MOST_OF_PATH: usize = 4_096;

/// The maximum length of the two lists of unchanged discoveries if they have no names.
const MOST_OF_OTHERS: usize = 250;

/// Joins the parts with blank lines.
fn joined(parts: &[String]) -> String {
    parts.join("\n\n") + "\n"
}

fn summary(plan: &Plan) -> Option<String> {
    if plan.changes.is_empty() {
        let text = nothing(plan);
        let text = text.split_once(". ").map(|(what, why)| format!("**{what}.** {why}"));
        return text.filter(|_| plan.is_complete());
    }
    let names = plan.impact.unbounded.iter().map(Name::as_str).collect::<Vec<_>>();
    let unbounded = (!names.is_empty()).then(|| format!("Unbounded: {}.", listed(&names)));
    let reach = [runs(plan), addresses(plan), unbounded].into_iter().flatten();
    let reach = reach.collect::<Vec<_>>().join(" ");
    let line = format!("**{}**", counts(plan));
    let lines = [Some(line), (!reach.is_empty()).then_some(reach), origins(plan)];
    Some(lines.into_iter().flatten().collect::<Vec<_>>().join("\n"))
}

/// Notes that `--only` or `--except` limit the plan.
fn narrowed(plan: &Plan) -> Option<String> {
    let flags = |flag: &str, globs: &Globs| {
        globs.patterns().iter().map(|it| format!("--{flag} {}", argument(it))).collect::<Vec<_>>()
    };
    let options = &plan.options;
    let flags = [flags("only", &options.only), flags("except", &options.except)].concat();
    let flags = flags.iter().map(String::as_str).collect::<Vec<_>>();
    let n = plan.n_excluded;
    let discoveries = plural(n, "discovery", "discoveries");
    (!flags.is_empty())
        .then(|| format!("Limited by {}: {n} {discoveries} ignored.", listed(&flags)))
}

/// Lists as many texts as fit, as code.
fn listed(texts: &[&str]) -> String {
    let mut list = String::new();
    for (at, text) in texts.iter().enumerate() {
        let next = short_code(text, MOST_OF_TEXT);
        if at != 0 && MOST_OF_LIST < list.len() + next.len() {
            let n = texts.len() - at;
            return format!("{list} and {n} more");
        }
        list.push_str(if at == 0 { "" } else { ", " });
        list.push_str(&next);
    }
    list
}
