//! `man` and `reference`: the pages that the program writes of itself.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Arg, ArgAction, Args, Command, ValueEnum, ValueHint};

use crate::{
    cli::exit::Exit,
    config,
    reference::{Block, Manual, code_reference, file_format, markdown, roff},
    session::{Error, ErrorKind, Observer},
};

#[derive(Debug, Args)]
pub(crate) struct ReferenceArgs {
    /// Which page
    #[arg(value_name = "PAGE")]
    pub(crate) page: ReferencePage,
}

/// A page of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReferencePage {
    FileFormat,
    CommandLine,
    ExitCodes,
    DiagnosticCodes,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write all manual pages to this folder, which is made if it is not there
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: Option<PathBuf>,
}

/// Returns a page of the reference, as Markdown.
pub(crate) fn reference(args: &ReferenceArgs, root: Command) -> String {
    let page = match args.page {
        ReferencePage::FileFormat => file_format(&config::schema()),
        ReferencePage::CommandLine => command_line(root),
        ReferencePage::ExitCodes => exit_codes(),
        ReferencePage::DiagnosticCodes => code_reference(),
    };
    let note = "<!-- Written by `trueup reference`: change the program, not this file. -->\n\n";
    [note, &markdown(&page)].concat()
}

/// Returns the manual page of the program, or writes all manual pages into a folder and returns
/// `None`.
pub(crate) fn man(
    args: &ManArgs,
    root: Command,
    observer: &mut dyn Observer,
) -> Result<Option<String>, Error> {
    let mut pages = manuals(root);
    let Some(folder) = &args.out else { return Ok(Some(pages.swap_remove(0).1)) };
    write_all(folder, &pages).map_err(|error| {
        let folder = folder.display();
        let message = format!("the pages cannot be written to `{folder}`: {error}");
        Error::new(ErrorKind::Failed, message)
    })?;
    observer.note(&format!("Wrote {} pages to {}.", pages.len(), folder.display()));
    Ok(None)
}

fn write_all(folder: &Path, pages: &[(String, String)]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    pages.iter().try_for_each(|(name, text)| fs::write(folder.join(name), text))
}

/// Returns the names and texts of all manual pages, that of the program first.
fn manuals(root: Command) -> Vec<(String, String)> {
    let root = built(root);
    let mut pages = Vec::new();
    let mut add = |manual: Manual<'_>, blocks: &[Block]| {
        pages.push((format!("{}.{}", manual.name, manual.section), roff(manual, blocks)));
    };
    let commands = root.get_subcommands().collect::<Vec<_>>();
    // What stands below its help is the exit codes in short, and they come at length.
    let mut blocks = described(&root.clone().after_help(None::<&str>), 2);
    let rows = commands.iter().map(|it| vec![format!("`trueup {}`", it.get_name()), about(it)]);
    blocks.push(Block::heading(2, "Commands"));
    blocks.push(Block::Table(vec!["command", "does"], rows.collect()));
    blocks.extend(exit_status());
    blocks.extend(see_also());
    add(Manual { name: "trueup", section: 1, about: &about(&root) }, &blocks);
    for command in commands {
        let name = format!("trueup-{}", command.get_name());
        let mut blocks = described(command, 2);
        blocks.extend(exit_status());
        blocks.extend(see_also());
        add(Manual { name: &name, section: 1, about: &about(command) }, &blocks);
    }
    let manual = Manual { name: "trueup-files", section: 5, about: "the files of trueup" };
    add(manual, &file_format(&config::schema()));
    let manual = Manual { name: "trueup-codes", section: 7, about: "the codes of complaints" };
    add(manual, &code_reference());
    pages
}

/// The page on the command line: each command, its flags, and what they do.
fn command_line(root: Command) -> Vec<Block> {
    let root = built(root);
    let mut page = vec![Block::heading(1, "Command line"), Block::Text(about(&root) + ".")];
    let row = |it: &Command| {
        let name = it.get_name();
        vec![format!("[`trueup {name}`](#trueup-{name})"), about(it)]
    };
    let rows = root.get_subcommands().map(row).collect();
    page.push(Block::Table(vec!["command", "does"], rows));
    page.push(Block::Text(
        "How each of them ends says its [exit code](exit-codes.md). Complaints have \
         [codes](diagnostic-codes.md), and what stands in the files is in the \
         [file format](file-format.md)."
            .to_owned(),
    ));
    for command in root.get_subcommands() {
        page.push(Block::heading(2, format!("trueup {}", command.get_name())));
        page.push(Block::Text(about(command) + "."));
        page.extend(described(command, 3));
    }
    page
}

/// The page on the exit codes.
fn exit_codes() -> Vec<Block> {
    vec![
        Block::heading(1, "Exit codes"),
        Block::Text("The first that fits. Warnings never change it.".to_owned()),
        exit_table(),
    ]
}

fn exit_table() -> Block {
    let row = |it: &Exit| {
        vec![format!("`{}`", it.code()), format!("`{}`", it.name()), it.meaning().to_owned()]
    };
    Block::Table(vec!["exit", "name in `--events`", "meaning"], Exit::ALL.iter().map(row).collect())
}

fn exit_status() -> [Block; 2] {
    [Block::heading(2, "Exit status"), exit_table()]
}

fn see_also() -> [Block; 2] {
    let text = "`trueup`(1), `trueup-files`(5) for the files, `trueup-codes`(7) for the codes of \
                complaints, and `trueup COMMAND --help`.";
    [Block::heading(2, "See also"), Block::Text(text.to_owned())]
}

/// The command line as it is parsed, its usages worked out.
fn built(mut root: Command) -> Command {
    root.build();
    root
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

/// How a command is called, and its arguments under their headings.
fn described(command: &Command, level: usize) -> Vec<Block> {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    let mut blocks = vec![Block::heading(level, "Usage"), Block::lines("sh", usage)];
    let mut groups = Vec::<(String, Vec<Vec<String>>)>::new();
    for arg in command.get_arguments().filter(|it| !it.is_hide_set()) {
        let default = if arg.is_positional() { "Arguments" } else { "Options" };
        let heading = arg.get_help_heading().unwrap_or(default).to_owned();
        match groups.iter_mut().find(|(it, _)| *it == heading) {
            Some((_, rows)) => rows.push(row(arg)),
            None => groups.push((heading, vec![row(arg)])),
        }
    }
    for (heading, rows) in groups {
        blocks.push(Block::heading(level, heading));
        blocks.push(Block::Table(vec!["argument", "default", "what it does"], rows));
    }
    if let Some(more) = command.get_after_long_help().or_else(|| command.get_after_help()) {
        blocks.push(Block::heading(level, "More"));
        blocks.push(Block::lines("text", more.to_string()));
    }
    blocks
}

/// An argument: how it is written, its default, what it does and which values it takes.
fn row(arg: &Arg) -> Vec<String> {
    let takes_value = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let value = arg.get_value_names().and_then(|it| it.first()).map(ToString::to_string);
    let value = value.filter(|_| takes_value).unwrap_or_default();
    let long = arg.get_long().map(|it| {
        if arg.is_require_equals_set() {
            format!("--{it}[={value}]")
        } else {
            format!("--{it} {value}").trim_end().to_owned()
        }
    });
    let short = arg.get_short().map(|it| format!("-{it}"));
    let names = [short, long].into_iter().flatten().map(|it| format!("`{it}`"));
    let mut written = names.collect::<Vec<_>>().join(", ");
    if written.is_empty() {
        written = format!("`{value}`");
    }
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    // Here is nothing more to see.
    let help = help.replace(" (see more with '--help')", "");
    let (help, default) = match help.rsplit_once(" [default: ") {
        Some((help, default)) => (help.to_owned(), default.trim_end_matches(']').to_owned()),
        None => (help, defaults(arg)),
    };
    let default = match default.as_str() {
        "" => String::new(),
        text => format!("`{text}`"),
    };
    vec![written, default, [help, values(arg)].concat()]
}

fn defaults(arg: &Arg) -> String {
    let is_shown = matches!(arg.get_action(), ArgAction::Set);
    let values = arg.get_default_values().iter().filter(|_| is_shown);
    values.map(|it| it.to_string_lossy()).collect::<Vec<_>>().join(", ")
}

/// Returns the words that an argument takes, where it takes no other.
fn values(arg: &Arg) -> String {
    let values = arg.get_possible_values();
    let words = values.iter().map(|it| format!("`{}`", it.get_name())).collect::<Vec<_>>();
    let is_flag = !matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    if is_flag || words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}
