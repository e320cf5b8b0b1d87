//! The way to the controller: where it is, who logs in, and over what.

use std::{fs, num::NonZeroUsize, path::Path, sync::Arc};

use super::{
    args::{Api, ControllerArgs},
    exit::Exit,
    files::Files,
    simulate::{Simulated, simulated},
    simulator_args::SimulationArgs,
    terminal::output::Output,
};
use crate::{
    api::{
        ApiError, Client, ClientLimits, ControllerUrl, ErrorClass, Login, Proxy, Secret, Transport,
        Wire, WireOptions,
    },
    codes,
    live::ReadError,
    source::Diagnostic,
};

/// A controller that can be talked to, and the world behind it where it is the built-in one.
pub(crate) struct Connection {
    pub(crate) client: Client,
    /// How the controller is called to the user.
    pub(crate) url: String,
    pub(crate) simulated: Option<Simulated>,
}

impl Connection {
    /// Whether what is written to it outlives the process, so that a journal of it is of use.
    pub(crate) fn has_journals(&self) -> bool {
        self.simulated.as_ref().is_none_or(Simulated::outlives_the_process)
    }

    /// Saves the world behind it, where it is the built-in controller with a file. What came of
    /// an apply matters more than what came of that.
    pub(crate) fn saved(&self, exit: Exit, output: &mut Output<'_>) -> Result<Exit, Exit> {
        let saved = match &self.simulated {
            Some(simulated) => simulated.save(output),
            None => Ok(()),
        };
        match saved {
            Err(failed) if exit == Exit::Done => Err(failed),
            Ok(()) | Err(_) => Ok(exit),
        }
    }
}

/// What a command's flags say of the way to the controller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectArgs<'a> {
    pub(crate) controller: &'a ControllerArgs,
    pub(crate) simulation: &'a SimulationArgs,
    pub(crate) parallelism: NonZeroUsize,
}

/// What a command knows of the controller beside its flags.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ExpectedController<'a> {
    Any,
    /// The one that the files name, if they do.
    ByFiles(&'a Files),
    /// The one that a saved plan was made against.
    ByPlan(&'a str),
}

impl ExpectedController<'_> {
    /// Returns the controller that is named, if one is.
    fn controller(self) -> Option<ControllerUrl> {
        match self {
            Self::Any => None,
            Self::ByFiles(files) => files.controller.as_ref().map(|it| it.value.clone()),
            Self::ByPlan(url) => url.parse().ok(),
        }
    }
}

/// How the built-in controller is called to the user.
const SIMULATOR: &str = "simulator";

/// How many writes may be in flight where a command sends none.
pub(crate) const NO_WRITES: NonZeroUsize = NonZeroUsize::MIN;

/// Prepares the way to the controller. Sends nothing yet.
pub(crate) fn connect(
    way: ConnectArgs<'_>,
    meant: ExpectedController<'_>,
    output: &mut Output<'_>,
) -> Result<Connection, Exit> {
    // Which API is used hangs on the release, and every release so far has the classic one.
    let (Api::Auto | Api::Classic) = way.controller.api;
    let simulation = way.simulation;
    if simulation.simulate.is_none()
        && let Some(flag) = simulation.behaviour.first_given()
    {
        output.error(&format!("`{flag}` is for the built-in controller"), Some("add `--simulate`"));
        return Err(Exit::Invalid);
    }
    if let ExpectedController::ByPlan(url) = meant
        && (url == SIMULATOR) != simulation.simulate.is_some()
    {
        refuse_other_plan(
            if url == SIMULATOR { "a real controller" } else { "the simulator" },
            url,
            output,
        );
        return Err(Exit::Refused);
    }
    match &simulation.simulate {
        Some(world) => connect_simulated(way, Path::new(world), output),
        None => connect_real(way, meant, output),
    }
}

fn connect_simulated(
    way: ConnectArgs<'_>,
    world: &Path,
    output: &mut Output<'_>,
) -> Result<Connection, Exit> {
    let simulated = simulated(&way.simulation.behaviour, world, output)?;
    let base = "http://127.0.0.1".parse::<ControllerUrl>();
    let base = base.expect("invariant: a loopback address may be plain");
    let transport = simulated.transport();
    let client = Client::new(transport, base, simulated.login(), pace(way, output));
    Ok(Connection { client, url: SIMULATOR.to_owned(), simulated: Some(simulated) })
}

fn connect_real(
    way: ConnectArgs<'_>,
    meant: ExpectedController<'_>,
    output: &mut Output<'_>,
) -> Result<Connection, Exit> {
    let args = way.controller;
    // All that is missing is said in one go.
    let given = controller(args, meant, output);
    let login = login(args, output);
    let options = wire_options(args, output);
    let (Given { url, whence }, login, options) = (given?, login?, options?);
    let insecure = options.insecure && url.is_https();
    let wire = Wire::new(&url, options).map_err(|error| {
        output.error(&error.to_string(), None);
        Exit::Invalid
    })?;
    if let Some(whence) = whence
        && meant.controller().is_some_and(|it| !it.same_controller(&url))
    {
        match meant {
            ExpectedController::Any => (),
            ExpectedController::ByFiles(files) => refuse_other_files(whence, &url, files, output),
            ExpectedController::ByPlan(planned) => {
                refuse_other_plan(&format!("{whence}, {url}"), planned, output);
            }
        }
        return Err(Exit::Refused);
    }
    if insecure {
        let message =
            "the controller's certificate is not verified (`--insecure` or `CC_INSECURE`)";
        output.warn(message);
    }
    let transport: Arc<dyn Transport> = Arc::new(wire);
    let text = url.to_string();
    let client = Client::new(transport, url, login, pace(way, output));
    Ok(Connection { client, url: text, simulated: None })
}

fn pace(way: ConnectArgs<'_>, output: &Output<'_>) -> ClientLimits {
    ClientLimits::new(way.parallelism, output.host.now_ms.unsigned_abs())
}

/// Where the controller is, and who says so if it is not the files.
struct Given {
    url: ControllerUrl,
    whence: Option<&'static str>,
}

/// Finds the controller: by the flag, the environment, or the files.
fn controller(
    args: &ControllerArgs,
    meant: ExpectedController<'_>,
    output: &mut Output<'_>,
) -> Result<Given, Exit> {
    let from_env = output.host.var("CC_URL").map(|it| ("`CC_URL`", it.to_owned()));
    let flag = args.controller.clone().filter(|it| !it.is_empty());
    let given = flag.map(|it| ("`--controller`", it)).or(from_env);
    let Some((whence, text)) = given else {
        // A saved plan says what it was made against, and not where a password is to be sent.
        let named = match meant {
            ExpectedController::ByFiles(_) => meant.controller(),
            ExpectedController::Any | ExpectedController::ByPlan(_) => None,
        };
        let Some(url) = named else {
            let help = "set `CC_URL`, or pass `--controller URL`, or try `--simulate`";
            output.error("no controller is given", Some(help));
            return Err(Exit::Invalid);
        };
        return Ok(Given { url, whence: None });
    };
    let url = text.parse::<ControllerUrl>().map_err(|error| {
        output.error(&format!("{whence} cannot be used: {error}"), None);
        Exit::Invalid
    })?;
    Ok(Given { url, whence: Some(whence) })
}

fn refuse_other_plan(given: &str, planned: &str, output: &mut Output<'_>) {
    let message = format!("the plan was made against {planned}, which is not {given}");
    let help = "apply it to the controller that it was made against, or plan again";
    output.error(&message, Some(help));
}

fn refuse_other_files(whence: &str, url: &ControllerUrl, files: &Files, output: &mut Output<'_>) {
    let message = format!("the files are for another controller than {whence}, {url}");
    let complaint = Diagnostic::error(&codes::plan::OTHER_CONTROLLER, message);
    let complaint = match &files.controller {
        Some(url) => complaint.labelled(url.span, "the controller of the files"),
        None => complaint,
    };
    let help = "plan against the controller that the files name, or change it there";
    output.complain(&[complaint.help(help)], &files.sources);
}

fn login(args: &ControllerArgs, output: &mut Output<'_>) -> Result<Login, Exit> {
    let flag = args.username.clone().filter(|it| !it.is_empty());
    let username = flag.or_else(|| output.host.var("CC_USERNAME").map(str::to_owned));
    if username.is_none() {
        let help = "set `CC_USERNAME`, or pass `--username NAME`";
        output.error("no user name for the controller is given", Some(help));
    }
    let password = password(args, output);
    match (username, password) {
        (Some(username), Some(password)) => Ok(Login::new(username, password)),
        (None, _) | (_, None) => Err(Exit::Invalid),
    }
}

fn password(args: &ControllerArgs, output: &mut Output<'_>) -> Option<Secret> {
    let Some(path) = &args.password_file else {
        let password = output.host.var("CC_PASSWORD").map(Secret::new);
        if password.is_none() {
            let help = "set `CC_PASSWORD`, or pass `--password-file FILE`";
            output.error("no password for the controller is given", Some(help));
        }
        return password;
    };
    let file = path.display();
    match fs::read_to_string(path) {
        Ok(text) => match text.lines().next() {
            Some(password) if !password.is_empty() => return Some(Secret::new(password)),
            Some(_) | None => {
                output.error(&format!("the first line of `{file}` has no password"), None);
            }
        },
        Err(error) => output.error(&format!("the password file `{file}`: {error}"), None),
    }
    None
}

fn wire_options(args: &ControllerArgs, output: &mut Output<'_>) -> Result<WireOptions, Exit> {
    let ca_cert = match &args.ca_cert {
        Some(path) => Some(fs::read(path).map_err(|error| {
            output.error(&format!("the certificates `{}`: {error}", path.display()), None);
            Exit::Invalid
        })?),
        None => None,
    };
    let insecure = match output.host.var("CC_INSECURE").map(parse_bool) {
        Some(Some(it)) => args.insecure || it,
        None => args.insecure,
        Some(None) => {
            let help = "write `true` or `false`";
            output.error("`CC_INSECURE` is neither true nor false", Some(help));
            return Err(Exit::Invalid);
        }
    };
    let var = |upper: &str, lower: &str| {
        let host = &output.host;
        host.var(upper).or_else(|| host.var(lower)).map(str::to_owned)
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

/// Says why the live state could not be read, and returns the exit code for it.
pub(crate) fn report_read_error(error: &ReadError, url: &str, output: &mut Output<'_>) -> Exit {
    let help = match error {
        ReadError::Api(error) if error.was_busy() => Some(
            "it is busy or just starting: try again later, or give `apply` longer with `--timeout`",
        ),
        ReadError::Api(_) | ReadError::Unreadable { .. } => None,
    };
    output.error(&format!("the controller `{url}` cannot be read: {error}"), help);
    match error {
        ReadError::Api(error) => unanswered(error),
        ReadError::Unreadable { .. } => Exit::Failed,
    }
}

fn unanswered(error: &ApiError) -> Exit {
    match error.class() {
        ErrorClass::Unreachable | ErrorClass::Unauthorized => Exit::Unreachable,
        ErrorClass::BadResponse => Exit::Failed,
    }
}
