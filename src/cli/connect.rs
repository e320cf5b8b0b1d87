//! The connection to the controller: its address, the login, and the transport.

use std::{fs, num::NonZeroUsize, path::Path, sync::Arc};

use clap::Args;

use super::{
    args::{Api, ControllerArgs},
    exit::Exit,
    host::Process,
    simulate::{Simulated, simulated},
    simulator_args::SimulationArgs,
};
use crate::{
    api::{
        Client, ClientLimits, ControllerUrl, Login, Proxy, Secret, Transport, Wire, WireOptions,
    },
    codes,
    session::{
        Connection, Connector, Environment, Error, ErrorKind, ExpectedController, Files, Observer,
    },
    source::Diagnostic,
};

/// The flags of a command about the controller.
#[derive(Debug, Args)]
pub(crate) struct ConnectArgs {
    #[command(flatten)]
    controller: ControllerArgs,

    #[command(flatten)]
    simulation: SimulationArgs,
}

/// The name of the built-in controller in messages and plans.
const SIMULATOR: &str = "simulator";

/// The parallelism of a command that sends no writes.
pub(crate) const NO_WRITES: NonZeroUsize = NonZeroUsize::MIN;

/// Connects as the flags and the environment say.
pub(crate) struct ArgsConnector<'a> {
    args: &'a ConnectArgs,
    parallelism: NonZeroUsize,
    process: &'a Process,
    /// The built-in controller, if the connection is to it.
    simulated: Option<Simulated>,
}

impl<'a> ArgsConnector<'a> {
    pub(crate) fn new(
        args: &'a ConnectArgs,
        parallelism: NonZeroUsize,
        process: &'a Process,
    ) -> Self {
        Self { args, parallelism, process, simulated: None }
    }

    /// Saves the world after an apply. If that fails, the exit code of a failed apply still counts.
    pub(crate) fn save_world(&self, exit: Exit, observer: &mut dyn Observer) -> Exit {
        let Some(Err(error)) = self.simulated.as_ref().map(Simulated::save) else { return exit };
        observer.error(&error);
        if exit == Exit::Done { error.kind.into() } else { exit }
    }

    fn connect_simulated(&mut self, world: &Path) -> Result<Connection, Error> {
        let simulated = simulated(&self.args.simulation.behaviour, world, self.process)?;
        let base = "http://127.0.0.1".parse::<ControllerUrl>();
        let base = base.expect("invariant: a loopback address may be plain");
        let client = Client::new(simulated.transport(), base, simulated.login(), self.limits());
        let has_journals = simulated.outlives_the_process();
        self.simulated = Some(simulated);
        Ok(Connection { client, url: SIMULATOR.to_owned(), has_journals })
    }

    fn connect_real(
        &self,
        expected: ExpectedController<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Connection, Error> {
        let (args, environment) = (&self.args.controller, &self.process.environment);
        // One error has everything that is missing.
        let given = given_controller(args, expected, environment);
        let login = login(args, environment);
        let options = wire_options(args, environment);
        let (given, login, options) = match (given, login, options) {
            (Ok(given), Ok(login), Ok(options)) => (given, login, options),
            (given, login, options) => {
                let errors = [given.err(), login.err(), options.err()].into_iter().flatten();
                return Err(errors.reduce(Error::and).expect("invariant: one of them is an error"));
            }
        };
        let GivenController { url, given_by } = given;
        let insecure = options.insecure && url.is_https();
        let wire = Wire::new(&url, options)
            .map_err(|error| Error::new(ErrorKind::Invalid, error.to_string()))?;
        if let Some(given_by) = given_by
            && expected.controller().is_some_and(|it| !it.same_controller(&url))
        {
            let given = format!("{given_by}, {url}");
            match expected {
                ExpectedController::Any => (),
                ExpectedController::ByFiles(files) => {
                    return Err(other_controller_than_in_files(&given, files));
                }
                ExpectedController::ByPlan(planned) => {
                    return Err(other_controller_than_planned(&given, planned));
                }
            }
        }
        if insecure {
            observer.warn(
                "the controller's certificate is not verified (`--insecure` or `CC_INSECURE`)",
            );
        }
        let transport: Arc<dyn Transport> = Arc::new(wire);
        let text = url.to_string();
        let client = Client::new(transport, url, login, self.limits());
        Ok(Connection { client, url: text, has_journals: true })
    }

    fn limits(&self) -> ClientLimits {
        let started = self.process.environment.clock.start_ms.unsigned_abs();
        ClientLimits::new(self.parallelism, started)
    }
}

impl Connector for ArgsConnector<'_> {
    fn connect(
        &mut self,
        expected: ExpectedController<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Connection, Error> {
        // The release decides which API is used, and every release so far has the classic one.
        let ConnectArgs { controller, simulation } = self.args;
        let (Api::Auto | Api::Classic) = controller.api;
        if simulation.simulate.is_none()
            && let Some(flag) = simulation.behaviour.first_given()
        {
            let message = format!("`{flag}` needs the built-in controller");
            return Err(Error::new(ErrorKind::Invalid, message).help("add `--simulate`"));
        }
        if let ExpectedController::ByPlan(url) = expected
            && (url == SIMULATOR) != simulation.simulate.is_some()
        {
            let given = if url == SIMULATOR { "a real controller" } else { "the simulator" };
            return Err(other_controller_than_planned(given, url));
        }
        match &simulation.simulate {
            Some(world) => self.connect_simulated(Path::new(world)),
            None => self.connect_real(expected, observer),
        }
    }

    fn check_before_writes(&self) -> Result<(), Error> {
        self.simulated.as_ref().map_or(Ok(()), Simulated::check_file)
    }
}

/// The address of the controller, and the flag or variable that gives it, if it is not the files.
struct GivenController {
    url: ControllerUrl,
    given_by: Option<&'static str>,
}

/// Finds the controller: by the flag, the environment, or the files.
fn given_controller(
    args: &ControllerArgs,
    expected: ExpectedController<'_>,
    environment: &Environment,
) -> Result<GivenController, Error> {
    let from_env = environment.variable("CC_URL").map(|it| ("`CC_URL`", it.to_owned()));
    let flag = args.controller.clone().filter(|it| !it.is_empty());
    let given = flag.map(|it| ("`--controller`", it)).or(from_env);
    let Some((given_by, text)) = given else {
        // A saved plan names its controller, but does not say where to send a password.
        let named = match expected {
            ExpectedController::ByFiles(_) => expected.controller(),
            ExpectedController::Any | ExpectedController::ByPlan(_) => None,
        };
        return match named {
            Some(url) => Ok(GivenController { url, given_by: None }),
            None => Err(Error::new(ErrorKind::Invalid, "no controller is given")
                .help("set `CC_URL`, or pass `--controller URL`, or try `--simulate`")),
        };
    };
    match text.parse::<ControllerUrl>() {
        Ok(url) => Ok(GivenController { url, given_by: Some(given_by) }),
        Err(error) => {
            let message = format!("{given_by} cannot be used: {error}");
            Err(Error::new(ErrorKind::Invalid, message))
        }
    }
}

fn other_controller_than_planned(given: &str, planned: &str) -> Error {
    let message = format!("the plan was made against {planned}, which is not {given}");
    Error::new(ErrorKind::Refused, message)
        .help("apply it to the controller that it was made against, or plan again")
}

fn other_controller_than_in_files(given: &str, files: &Files) -> Error {
    let message = format!("the files are for another controller than {given}");
    let diagnostic = Diagnostic::error(&codes::plan::OTHER_CONTROLLER, message);
    let diagnostic = match &files.controller {
        Some(url) => diagnostic.labelled(url.span, "the controller of the files"),
        None => diagnostic,
    };
    let help = "plan against the controller that the files name, or change it there";
    Error::in_files(ErrorKind::Refused, vec![diagnostic.help(help)], files.sources.clone())
}

fn login(args: &ControllerArgs, environment: &Environment) -> Result<Login, Error> {
    let flag = args.username.clone().filter(|it| !it.is_empty());
    let username = flag.or_else(|| environment.variable("CC_USERNAME").map(str::to_owned));
    let username = username.ok_or_else(|| {
        Error::new(ErrorKind::Invalid, "no user name for the controller is given")
            .help("set `CC_USERNAME`, or pass `--username NAME`")
    });
    match (username, password(args, environment)) {
        (Ok(username), Ok(password)) => Ok(Login::new(username, password)),
        (Err(username), Err(password)) => Err(username.and(password)),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
    }
}

fn password(args: &ControllerArgs, environment: &Environment) -> Result<Secret, Error> {
    let Some(path) = &args.password_file else {
        return environment.variable("CC_PASSWORD").map(Secret::new).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "no password for the controller is given")
                .help("set `CC_PASSWORD`, or pass `--password-file FILE`")
        });
    };
    let file = path.display();
    let message = match fs::read_to_string(path) {
        Ok(text) => match text.lines().next() {
            Some(password) if !password.is_empty() => return Ok(Secret::new(password)),
            Some(_) | None => format!("the first line of `{file}` has no password"),
        },
        Err(error) => format!("the password file `{file}`: {error}"),
    };
    Err(Error::new(ErrorKind::Invalid, message))
}

fn wire_options(args: &ControllerArgs, environment: &Environment) -> Result<WireOptions, Error> {
    let ca_cert = match &args.ca_cert {
        Some(path) => Some(fs::read(path).map_err(|error| {
            let message = format!("the certificates `{}`: {error}", path.display());
            Error::new(ErrorKind::Invalid, message)
        })?),
        None => None,
    };
    let insecure = match environment.variable("CC_INSECURE").map(parse_bool) {
        Some(Some(it)) => args.insecure || it,
        None => args.insecure,
        Some(None) => {
            let message = "`CC_INSECURE` is neither true nor false";
            return Err(Error::new(ErrorKind::Invalid, message).help("write `true` or `false`"));
        }
    };
    let var = |upper: &str, lower: &str| {
        environment.variable(upper).or_else(|| environment.variable(lower)).map(str::to_owned)
    };
    let exceptions = var("NO_PROXY", "no_proxy");
    let proxy =
        var("HTTPS_PROXY", "https_proxy").map(|url| Proxy { url: Secret::new(url), exceptions });
    Ok(WireOptions { insecure, ca_cert, proxy })
}

/// Reads what Go's `ParseBool` takes, as the Terraform provider does.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}
