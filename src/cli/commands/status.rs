//! `status`: one line a live discovery.

use std::{collections::BTreeSet, path::Path, time::Duration};

use clap::Args;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    cli::{
        args::{ControllerArgs, FileArgs, Format},
        connect::{ConnectArgs, ExpectedController, NO_WRITES, connect},
        exit::Exit,
        host::Process,
        output::Output,
        simulator_args::SimulationArgs,
    },
    live,
    model::{Globs, Live, LiveDiscovery, Name, Target, Unreadable, printable, shown_json},
    session::{DEFAULT_FILE, Error, Files, Observer as _, load_files, parse_globs, with_progress},
};

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) files: FileArgs,

    /// Show only discoveries whose names match; repeatable
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Vec<String>,

    /// Hide discoveries whose names match; repeatable
    #[arg(long, value_name = "GLOB")]
    pub(crate) except: Vec<String>,

    /// How to print the discoveries
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) controller: ControllerArgs,

    #[command(flatten)]
    pub(crate) simulation: SimulationArgs,
}

/// How long it may take to read the controller.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Prints the live discoveries.
pub(crate) async fn run(
    args: &StatusArgs,
    process: &Process,
    output: &mut Output<'_>,
) -> Result<Exit, Error> {
    let only = parse_globs("--only", &args.only)?;
    let except = parse_globs("--except", &args.except)?;
    let has_files = !args.files.file.is_empty() || Path::new(DEFAULT_FILE).exists();
    let selection = args.files.selection(None);
    let files = if has_files { Some(load_files(selection, output)?) } else { None };
    let connect_args = ConnectArgs {
        controller: &args.controller,
        simulation: &args.simulation,
        parallelism: NO_WRITES,
    };
    let expected = files.as_ref().map_or(ExpectedController::Any, ExpectedController::ByFiles);
    let connection = connect(connect_args, expected, process, output)?.connection;
    let connection = connection.until(Instant::now() + TIMEOUT);
    let read = live::read(&connection.client, connection.url.clone());
    let live = with_progress(read, &connection, output).await;
    let live = live.map_err(|error| connection.read_error(&error))?;
    let managed = Managed::new(files.as_ref());
    let shown = live
        .discoveries
        .iter()
        .filter(|it| (only.is_empty() || only.is_match(&it.name)) && !except.is_match(&it.name));
    let lines = shown.map(|it| Line::of(it, &managed)).collect::<Vec<_>>();
    if lines.is_empty() {
        output.note(&match live.discoveries.len() {
            0 => "The controller has no discovery.".to_owned(),
            n => format!("None of the controller's {n} discoveries matches the flags."),
        });
    }
    if files.is_none() && !lines.is_empty() {
        output.note(&format!(
            "No files were read, so nothing counts as managed: `{DEFAULT_FILE}` does not exist \
             here, and `--file` is not given."
        ));
    }
    match args.format {
        Format::Text => output.print(&as_text(&lines)),
        Format::Json => output.print(&as_json(&lines, &live)),
    }
    Ok(Exit::Done)
}

/// What the files manage.
struct Managed<'a> {
    names: BTreeSet<&'a Name>,
    globs: Option<&'a Globs>,
}

impl<'a> Managed<'a> {
    fn new(files: Option<&'a Files>) -> Self {
        let desired = files.map(|it| &it.desired);
        let names = desired.into_iter().flat_map(|it| &it.discoveries).map(|it| &it.name.value);
        Self { names: names.collect(), globs: desired.map(|it| &it.manage) }
    }

    /// Returns what manages a discovery: a file, a glob, or nothing.
    fn by(&self, name: &Name) -> &'static str {
        if self.names.contains(name) {
            "file"
        } else if self.globs.is_some_and(|it| it.is_match(name)) {
            "glob"
        } else {
            "no"
        }
    }
}

/// A line about one discovery.
struct Line<'a> {
    discovery: &'a LiveDiscovery,
    run: String,
    n_devices: Option<u64>,
    target: Result<Option<&'a Target>, &'a Unreadable>,
    managed: &'static str,
}

impl<'a> Line<'a> {
    fn of(discovery: &'a LiveDiscovery, managed: &Managed<'_>) -> Self {
        let managed = managed.by(&discovery.name);
        match &discovery.read {
            Ok(read) => Self {
                discovery,
                run: read.run.to_string(),
                n_devices: read.n_devices,
                target: Ok(read.settings.target()),
                managed,
            },
            Err(why) => Self {
                discovery,
                run: "unknown".to_owned(),
                n_devices: None,
                target: Err(why),
                managed,
            },
        }
    }

    /// Returns the target in words, with at most `n_ranges` ranges.
    fn target(&self, n_ranges: usize) -> String {
        match self.target {
            Ok(target) => target.map(|it| target_text(it, n_ranges)).unwrap_or_default(),
            Err(why) => printable(&format!("(cannot be understood: {why})")),
        }
    }
}

/// How many ranges a line of text shows.
const SHOWN_RANGES: usize = 3;

fn target_text(target: &Target, n_ranges: usize) -> String {
    let hops = |hops: Option<u32>| hops.map(|it| format!(", {it} hops")).unwrap_or_default();
    match target {
        Target::Address(it) => format!("address {it}"),
        Target::Ranges(it) => {
            let shown = it.iter().take(n_ranges).map(ToString::to_string);
            let shown = shown.collect::<Vec<_>>().join(", ");
            match it.len().saturating_sub(n_ranges) {
                0 => format!("ranges {shown}"),
                n => format!("ranges {shown} and {n} more"),
            }
        }
        Target::Cidr(it) => format!("cidr {it}"),
        Target::Cdp(it) => format!("cdp {}{}", it.seed, hops(it.hops)),
        Target::Lldp(it) => format!("lldp {}{}", it.seed, hops(it.hops)),
    }
}

fn as_text(lines: &[Line<'_>]) -> String {
    let devices = |it: &Line<'_>| it.n_devices.map_or("-".to_owned(), |it| it.to_string());
    let rows = lines.iter().map(|it| {
        let name = it.discovery.name.to_string();
        [name, it.run.clone(), devices(it), it.managed.to_owned(), it.target(SHOWN_RANGES)]
    });
    let head = ["NAME", "RUN", "DEVICES", "MANAGED", "TARGET"].map(str::to_owned);
    let rows = std::iter::once(head).chain(rows).collect::<Vec<_>>();
    let widths = [0, 1, 2, 3].map(|column| {
        rows.iter().filter_map(|row| row.get(column)).map(|it| it.chars().count()).max()
    });
    let mut text = String::new();
    for [name, run, devices, managed, target] in &rows {
        let [w0, w1, w2, w3] = widths.map(Option::unwrap_or_default);
        let line = format!("{name:w0$}  {run:w1$}  {devices:>w2$}  {managed:w3$}  {target}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn as_json(lines: &[Line<'_>], live: &Live) -> String {
    let discoveries = lines.iter().map(|it| {
        json!({
            "name": it.discovery.name.as_str(),
            "id": it.discovery.id.0,
            "run": it.run,
            "devices": it.n_devices,
            "target": it.target(usize::MAX),
            "managed": it.managed,
        })
    });
    let document = json!({
        "format_version": "1.0",
        "controller": {"url": live.url, "release": live.release, "api": live.interface.to_string()},
        "discoveries": discoveries.collect::<Vec<_>>(),
    });
    shown_json(format!("{document:#}\n"))
}
