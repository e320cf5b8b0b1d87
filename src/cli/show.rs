//! `show`: prints a saved plan.

use super::{
    args::{PlanFormat, ShowArgs},
    exit::Exit,
    output::Output,
    saved::{self, Read},
};
use crate::render::{self, Saved};

/// Prints the plan as it was saved; asks no controller.
pub(crate) fn run(args: &ShowArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
    let Read { saved: Saved { plan, sources }, text } = saved::read(&args.plan, output)?;
    let complaints = plan.diagnostics.iter().map(|it| it.diagnostic.clone()).collect::<Vec<_>>();
    output.complain(&complaints, &sources);
    match args.format {
        PlanFormat::Text => output.print(&render::plan_text(&plan, args.show.into())),
        PlanFormat::Json => output.print_document(&text),
    }
    let has_changes = args.detailed_exitcode && !plan.changes.is_empty();
    Ok(if has_changes { Exit::Changes } else { Exit::Done })
}
