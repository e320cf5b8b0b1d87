//! `show`: prints a saved plan.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::{
    cli::{
        args::{PlanFormat, Show},
        exit::Exit,
        planning::{detailed, say_refusals},
        saved::{self, Read},
        terminal::output::Output,
    },
    model::shown_json,
    render::{self, PlanAbout, Saved},
};

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The saved plan
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    pub(crate) plan: PathBuf,

    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: PlanFormat,

    /// What to show: the changes, or unchanged and unmanaged names too
    #[arg(long, value_name = "WHAT", default_value = "changes")]
    pub(crate) show: Show,

    /// Exit with 2 if there are changes, with 3 if there is nothing but drift
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// Prints the plan as it was saved; asks no controller.
pub(crate) fn run(args: &ShowArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
    let Read { saved: Saved { plan, sources, files, digest }, text } =
        saved::read(&args.plan, output)?;
    let (_, complaints) = plan.complaints();
    output.complain(&complaints, &sources);
    match args.format {
        PlanFormat::Text => output.print(&render::plan_text(&plan, &sources, args.show.into())),
        // What we saved is this already; what somebody else made need not be.
        PlanFormat::Json => output.print_document(&shown_json(text)),
        PlanFormat::TerraformJson => output.print_document(&render::plan_terraform(&plan)),
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
            if args.format == PlanFormat::Html {
                output.print_document(&render::plan_page(&plan, &about));
            } else {
                output.print_markdown(&render::plan_markdown(&plan, &about));
            }
        }
    }
    say_refusals(&plan, &sources, output);
    Ok(if args.detailed_exitcode { detailed(&plan) } else { Exit::Done })
}
