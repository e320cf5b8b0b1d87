//! `simulator`: the built-in controller as a server.

use trueup_simulator::{self, Simulator};

use crate::{
    cli::{
        exit::Exit,
        simulate::{load, options, save},
        simulator_args::SimulatorArgs,
    },
    session::{Environment, Error, ErrorKind, Observer, interrupted},
};

/// Serves until SIGINT or SIGTERM, and then saves the world.
pub(crate) async fn run(
    args: &SimulatorArgs,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<Exit, Error> {
    let world = load(args.state.as_deref())?;
    let simulator = Simulator::new(options(&args.behaviour, environment), world);
    let listener = tokio::net::TcpListener::bind(args.listen).await;
    let listener = listener.and_then(|it| it.local_addr().map(|address| (it, address)));
    let (listener, address) = listener.map_err(|error| {
        Error::new(ErrorKind::Failed, format!("cannot listen on {}: {error}", args.listen))
    })?;
    observer.print(&format!("http://{address}\n"));
    let served = trueup_simulator::serve(simulator.clone(), listener, interrupted()).await;
    served.map_err(|error| Error::new(ErrorKind::Failed, format!("the server failed: {error}")))?;
    if let Some(path) = &args.state {
        save(&simulator.world_json(), path)?;
    }
    Ok(Exit::Done)
}
