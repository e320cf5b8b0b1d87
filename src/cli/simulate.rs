//! The built-in controller in the same process. Only here the transport of the client meets the
//! simulator.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use http::{Request, Response};
use tower::Service as _;

use super::{host::Process, simulator_args::SimulatedArgs};
use crate::{
    api::{BoxFuture, Login, NoResponse, NoResponseKind, Processed, Secret, Transport},
    session::{EVERYBODY, Environment, Error, ErrorKind, can_write, write_whole},
};
use trueup_simulator::{Options, Simulator, Unanswered, World};

/// A simulator, and the file that its world is kept in.
pub(crate) struct Simulated {
    pub(crate) simulator: Simulator,
    file: Option<PathBuf>,
    login: Login,
    /// Whether the caller of the program owns it.
    is_external: bool,
}

/// Creates the simulator for the flags, with the world of the file if there is one.
pub(crate) fn simulated(
    args: &SimulatedArgs,
    world: &Path,
    process: &Process,
) -> Result<Simulated, Error> {
    let file = (!world.as_os_str().is_empty()).then(|| world.to_owned());
    let options = options(args, &process.environment);
    let login = Login::new(&options.login.username, Secret::new(&options.login.password));
    let is_external = process.simulator.is_some();
    let simulator = match process.simulator.clone() {
        Some(simulator) => simulator,
        None => Simulator::new(options, load(file.as_deref())?),
    };
    Ok(Simulated { simulator, file, login, is_external })
}

/// The options of the simulator: the flags, and defaults for the others.
pub(crate) fn options(args: &SimulatedArgs, environment: &Environment) -> Options {
    let SimulatedArgs { seed, latency, task_time, run_time, release, rate, fault, quirk } = args;
    let mut options =
        Options { started: environment.clock.start_ms.unsigned_abs(), ..Options::default() };
    options.seed = seed.unwrap_or(options.seed);
    options.latency = latency.unwrap_or(options.latency);
    options.task_time = task_time.unwrap_or(options.task_time);
    options.run_time = run_time.unwrap_or(options.run_time);
    if let Some(release) = release {
        options.release.clone_from(release);
    }
    options.rate = *rate;
    options.faults.clone_from(fault);
    for setting in quirk {
        options.quirks.set(setting.clone());
    }
    let (username, password) =
        (environment.variable("CC_USERNAME"), environment.variable("CC_PASSWORD"));
    if let (Some(username), Some(password)) = (username, password) {
        options.login = trueup_simulator::Login {
            username: username.to_owned(),
            password: password.to_owned(),
        };
    }
    options
}

/// Reads a world. If the file does not exist, the world is new.
pub(crate) fn load(file: Option<&Path>) -> Result<World, Error> {
    let Some(path) = file else { return Ok(World::default()) };
    let unusable = |error: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Invalid, format!("the world `{}`: {error}", path.display()))
    };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(World::default()),
        Err(error) => return Err(unusable(&error)),
    };
    World::from_json(&text).map_err(|error| unusable(&error))
}

/// Saves a world atomically.
pub(crate) fn save(world: &str, path: &Path) -> Result<(), Error> {
    write_whole(path, world, EVERYBODY).map_err(|error| {
        let message = format!("the world could not be saved to `{}`: {error}", path.display());
        Error::new(ErrorKind::Failed, message)
    })
}

impl Simulated {
    /// A transport to it without a socket.
    pub(crate) fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(InProcess { service: self.simulator.service() })
    }

    /// Whether its world still exists after the process.
    pub(crate) fn outlives_the_process(&self) -> bool {
        self.is_external || self.file.is_some()
    }

    pub(crate) fn login(&self) -> Login {
        self.login.clone()
    }

    /// Checks that the world can be saved, before there is anything to lose.
    pub(crate) fn check_file(&self) -> Result<(), Error> {
        let Some(path) = &self.file else { return Ok(()) };
        can_write(path).map_err(|error| {
            let message = format!("the world cannot be saved to `{}`: {error}", path.display());
            Error::new(ErrorKind::Failed, message)
        })
    }

    /// Saves the world to its file, if it has one.
    pub(crate) fn save(&self) -> Result<(), Error> {
        match &self.file {
            Some(path) => save(&self.simulator.world_json(), path),
            None => Ok(()),
        }
    }
}

struct InProcess {
    service: trueup_simulator::Service,
}

impl Transport for InProcess {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, NoResponse>> {
        let mut service = self.service.clone();
        Box::pin(async move {
            let answer = service.call(request).await;
            answer.map_err(|unanswered: Unanswered| {
                let kind = match &unanswered {
                    Unanswered::Cut(_) => NoResponseKind::CutShort,
                    Unanswered::Reset | Unanswered::Lost => NoResponseKind::Lost,
                };
                let why = unanswered.to_string();
                NoResponse::new(Processed::Maybe, kind, why)
            })
        })
    }
}
