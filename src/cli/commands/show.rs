//! `show`: prints a saved plan.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::{
    cli::{
        args::PlanOutputArgs,
        exit::Exit,
        output::Output,
        plan_output::{detailed_exit, print_plan},
    },
    model::shown_json,
    render::{PlanAbout, Saved},
    session::{Error, Observer as _, SavedPlan, load_plan, report_refusals},
};

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The saved plan
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    pub(crate) plan: PathBuf,

    #[command(flatten)]
    pub(crate) printing: PlanOutputArgs,
}

/// Prints the plan as it was saved, without asking the controller.
pub(crate) fn run(args: &ShowArgs, output: &mut Output<'_>) -> Result<Exit, Error> {
    let SavedPlan { saved: Saved { plan, sources, files, digest }, text } = load_plan(&args.plan)?;
    let (_, others) = plan.split_diagnostics();
    output.diagnostics(&others, &sources);
    let about = PlanAbout {
        digest: &digest,
        files: &files,
        sources: &sources,
        // A saved plan has them among its own.
        warnings: &[],
        saved_to: Some(args.plan.display().to_string()),
        show: args.printing.show.into(),
    };
    // trueup escapes a plan when it saves it; another program may not.
    let document = || shown_json(text.clone());
    print_plan(&args.printing, &plan, &about, document, output);
    report_refusals(&plan, &sources, output);
    Ok(if args.printing.detailed_exitcode { detailed_exit(&plan) } else { Exit::Done })
}
