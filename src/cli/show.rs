//! `show`: prints a saved plan.

use super::{
    args::{PlanFormat, ShowArgs},
    exit::Exit,
    output::Output,
    saved::{self, Read},
};
use crate::{
    model::shown_json,
    render::{self, PlanAbout, Saved},
};

/// Prints the plan as it was saved; asks no controller.
pub(crate) fn run(args: &ShowArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
    let Read { saved: Saved { plan, sources, files, digest }, text } =
        saved::read(&args.plan, output)?;
    let complaints = plan.diagnostics.iter().map(|it| it.diagnostic.clone()).collect::<Vec<_>>();
    output.complain(&complaints, &sources);
    match args.format {
        PlanFormat::Text => output.print(&render::plan_text(&plan, args.show.into())),
        // What we saved is this already; what somebody else made need not be.
        PlanFormat::Json => output.print_document(&shown_json(text)),
        PlanFormat::Markdown | PlanFormat::Html => {
            let about = PlanAbout {
                digest: &digest,
                files: &files,
                sources: &sources,
                // A saved plan has them among its own.
                warnings: &[],
                saved_to: Some(args.plan.display().to_string()),
                show: args.show.into(),
            };
            let page = match args.format {
                PlanFormat::Html => render::plan_page(&plan, &about),
                PlanFormat::Markdown | PlanFormat::Text | PlanFormat::Json => {
                    render::plan_markdown(&plan, &about)
                }
            };
            output.print_document(&page);
        }
    }
    let has_changes = args.detailed_exitcode && !plan.changes.is_empty();
    Ok(if has_changes { Exit::Changes } else { Exit::Done })
}
