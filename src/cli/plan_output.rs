//! Prints plans, for `plan` and `show`.

use super::{
    args::{PlanFormat, PlanOutputArgs},
    exit::Exit,
    output::Output,
};
use crate::{
    plan::Plan,
    render::{self, PlanAbout},
    session::Observer as _,
};

/// Prints a plan. `document` makes its saved form.
pub(crate) fn print_plan(
    args: &PlanOutputArgs,
    plan: &Plan,
    about: &PlanAbout<'_>,
    document: impl Fn() -> String,
    output: &mut Output<'_>,
) {
    match args.format {
        PlanFormat::Text => output.print(&render::plan_text(plan, about.sources, about.show)),
        PlanFormat::Json => output.print_document(&document()),
        PlanFormat::TerraformJson => output.print_document(&render::plan_terraform(plan)),
        PlanFormat::Markdown => output.print_markdown(&render::plan_markdown(plan, about)),
        PlanFormat::Html => output.print_document(&render::plan_page(plan, about)),
    }
}

impl PlanFormat {
    /// Returns the flag that wants stdout for a document, if it is one.
    pub(crate) fn stdout_flag(self) -> Option<&'static str> {
        match self {
            Self::Text => None,
            Self::Json => Some("--format json"),
            Self::Markdown => Some("--format markdown"),
            Self::TerraformJson => Some("--format terraform-json"),
            Self::Html => Some("--format html"),
        }
    }

    /// Whether the page names the digest of the plan.
    pub(crate) fn has_digest(self) -> bool {
        match self {
            Self::Markdown | Self::Html => true,
            Self::Text | Self::Json | Self::TerraformJson => false,
        }
    }
}

/// Returns what there is to do in a plan without errors, for `--detailed-exitcode`.
pub(crate) fn detailed_exit(plan: &Plan) -> Exit {
    if plan.is_only_drift() {
        return Exit::Drift;
    }
    if plan.changes.is_empty() { Exit::Done } else { Exit::Changes }
}
