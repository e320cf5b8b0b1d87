//! `simulator`: the built-in controller as a server.

use trueup_simulator::{self, Simulator};

use crate::cli::{
    exit::Exit,
    run::interrupted,
    simulate::{load, options, save},
    simulator_args::SimulatorArgs,
    terminal::output::Output,
};

/// Serves until SIGINT or SIGTERM, and then saves the world.
pub(crate) async fn run(args: &SimulatorArgs, output: &mut Output<'_>) -> Result<Exit, Exit> {
    let world = load(args.state.as_deref(), output)?;
    let simulator = Simulator::new(options(&args.behaviour, output), world);
    let listener = tokio::net::TcpListener::bind(args.listen).await;
    let listener = listener.and_then(|it| it.local_addr().map(|address| (it, address)));
    let (listener, address) = listener.map_err(|error| {
        output.error(&format!("cannot listen on {}: {error}", args.listen), None);
        Exit::Failed
    })?;
    output.print(&format!("http://{address}\n"));
    let served = trueup_simulator::serve(simulator.clone(), listener, interrupted()).await;
    if let Err(error) = served {
        output.error(&format!("the server failed: {error}"), None);
        return Err(Exit::Failed);
    }
    let Some(path) = &args.state else { return Ok(Exit::Done) };
    save(&simulator.world_json(), path).map_err(|error| {
        output
            .error(&format!("the world could not be saved to `{}`: {error}", path.display()), None);
        Exit::Failed
    })?;
    Ok(Exit::Done)
}
