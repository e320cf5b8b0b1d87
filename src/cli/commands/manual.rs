//! `man` and `reference`: the documentation that is generated from the program.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Arg, Args, Command, ValueEnum, ValueHint};
use clap_mangen::Man;

use crate::{
    cli::exit::Exit,
    config,
    reference::{Block, code_reference, file_format, man_sections, markdown},
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
    /// Write all manual pages to this folder, and create it if it is missing
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
        let message = format!("cannot write the manual pages to `{folder}`: {error}");
        Error::new(ErrorKind::Failed, message)
    })?;
    observer.note(&format!("Wrote {} manual pages to {}.", pages.len(), folder.display()));
    Ok(None)
}

fn write_all(folder: &Path, pages: &[(String, String)]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    pages.iter().try_for_each(|(name, text)| fs::write(folder.join(name), text))
}

/// Returns the names and texts of all manual pages, that of the program first.
fn manuals(root: Command) -> Vec<(String, String)> {
    let root = built(root);
    // The exit codes below the help are a summary of the section that follows here.
    let mut pages = vec![command_manual(root.clone().after_help(None::<&str>))];
    pages.extend(root.get_subcommands().cloned().map(command_manual));
    let files = Command::new("trueup-files").about("the files of trueup");
    pages.push(manual(files, "5", &file_format(&config::schema())));
    let codes = Command::new("trueup-codes").about("the diagnostic codes of trueup");
    pages.push(manual(codes, "7", &code_reference()));
    pages
}

fn command_manual(mut command: Command) -> (String, String) {
    let mut page = Vec::new();
    if let Some(more) = after_help(&command) {
        page.extend([Block::heading(2, "More"), Block::lines("text", more)]);
        // `clap_mangen` would fill these lines as one paragraph.
        command = command.after_help(None::<&str>).after_long_help(None::<&str>);
    }
    page.extend([Block::heading(2, "Exit status"), exit_table()]);
    page.push(Block::heading(2, "See also"));
    let text = "`trueup`(1), `trueup-files`(5) for the files, `trueup-codes`(7) for the \
                diagnostic codes, and `trueup COMMAND --help`.";
    page.push(Block::Text(text.to_owned()));
    manual(command, "1", &page)
}

/// Returns the name and the text of a manual page: the command, then the blocks.
fn manual(command: Command, section: &str, page: &[Block]) -> (String, String) {
    let is_command = section == "1";
    let version = concat!("trueup ", env!("CARGO_PKG_VERSION"));
    // An empty date has to be quoted, or the version would stand in its place.
    let man = Man::new(command).section(section).date("\"\"").source(version);
    let mut text = Vec::new();
    let written = if is_command {
        man.render(&mut text)
    } else {
        man.render_title(&mut text).and_then(|()| man.render_name_section(&mut text))
    };
    written.expect("invariant: memory can be written to");
    let text = String::from_utf8(text).expect("invariant: help is UTF-8");
    // A flag that is hyphenated at the end of a line cannot be copied.
    let text = text.replacen("\n.SH NAME\n", "\n.nh\n.ad l\n.SH NAME\n", 1);
    (man.get_filename(), text + &man_sections(page))
}

/// The page on the command line: each command with its arguments.
///
/// `clap-markdown` does not fit: it drops the help headings and the `[=WORLD]` of an optional value,
/// and it fills the aligned lines below the help as one paragraph.
fn command_line(root: Command) -> Vec<Block> {
    let root = built(root);
    let mut page = vec![Block::heading(1, "Command line"), Block::Text(about(&root) + ".")];
    let row = |it: &Command| {
        let name = it.get_name();
        vec![format!("[`trueup {name}`](#trueup-{name})"), about(it)]
    };
    let rows = root.get_subcommands().map(row).collect();
    page.push(Block::Table(vec!["command", "description"], rows));
    page.push(Block::Text(
        "See also the [exit codes](exit-codes.md), the [diagnostic codes](diagnostic-codes.md) and \
         the [file format](file-format.md)."
            .to_owned(),
    ));
    for command in root.get_subcommands() {
        page.push(Block::heading(2, format!("trueup {}", command.get_name())));
        page.push(Block::Text(about(command) + "."));
        page.extend(described(command));
    }
    page
}

/// The page on the exit codes.
fn exit_codes() -> Vec<Block> {
    vec![
        Block::heading(1, "Exit codes"),
        Block::Text(
            "The first row that applies decides. Warnings never change the exit code.".to_owned(),
        ),
        exit_table(),
    ]
}

fn exit_table() -> Block {
    let row = |it: &Exit| {
        vec![format!("`{}`", it.code()), format!("`{}`", it.name()), it.meaning().to_owned()]
    };
    Block::Table(vec!["exit", "name in `--events`", "meaning"], Exit::ALL.iter().map(row).collect())
}

/// clap completes a command line lazily: usage lines and `--help` are missing before this.
fn built(mut root: Command) -> Command {
    root.build();
    root
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

/// The usage line of a command, and its arguments under their headings.
fn described(command: &Command) -> Vec<Block> {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    let mut blocks = vec![Block::heading(3, "Usage"), Block::lines("sh", usage)];
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
        blocks.push(Block::heading(3, heading));
        blocks.push(Block::Table(vec!["argument", "default", "description"], rows));
    }
    if let Some(more) = after_help(command) {
        blocks.extend([Block::heading(3, "More"), Block::lines("text", more)]);
    }
    blocks
}

fn after_help(command: &Command) -> Option<String> {
    let help = command.get_after_long_help().or_else(|| command.get_after_help());
    help.map(ToString::to_string)
}

/// A row of the table: how the argument is written, its default, its help and possible values.
fn row(arg: &Arg) -> Vec<String> {
    let short = arg.get_short().map(|it| format!("`-{it}`, ")).unwrap_or_default();
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let help = help.replace(" (see more with '--help')", "");
    let takes_value = arg.get_action().takes_values();
    let defaults = arg.get_default_values().iter().filter(|_| takes_value);
    let defaults = defaults.map(|it| it.to_string_lossy()).collect::<Vec<_>>().join(", ");
    // Where the default depends on something, only the help says it.
    let (help, default) = match help.rsplit_once(" [default: ") {
        Some((help, default)) => (help.to_owned(), default.trim_end_matches(']').to_owned()),
        None => (help, defaults),
    };
    let values = arg.get_possible_values();
    let values = values.iter().map(|it| format!("`{}`", it.get_name())).collect::<Vec<_>>();
    let values = match values.as_slice() {
        [_, ..] if takes_value => format!(" ({})", values.join(", ")),
        _ => String::new(),
    };
    let default = if default.is_empty() { default } else { format!("`{default}`") };
    vec![format!("{short}`{arg}`"), default, help + &values]
}
