//! Loads the desired state from files.
//!
//! Only this file of the module touches the disk.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{
    policy::{self, PolicyFile},
    problems::{MOST, Problems, in_order, shown_whole, too_many},
    raw,
    read::{Read as _, Reader},
    resolve::{Resolver, check_version},
    tree::{self, Node},
};
use crate::{
    codes,
    model::{Desired, Policy, Sourced},
    source::{Diagnostic, SourceId, SourceMap, Span},
};

/// The result of reading files.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) sources: SourceMap,
    /// Incomplete if one of the diagnostics is an error.
    pub(crate) desired: Desired,
    /// In the order of the files and their lines.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The path of each source on the disk; empty if none was read from there.
    pub(crate) paths: Vec<PathBuf>,
}

/// The most bytes of all files together: twice the size of 100,000 discoveries.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Reads files, and folders with all files inside them.
pub(crate) fn load(paths: &[PathBuf]) -> Loaded {
    let mut disk = Disk::default();
    for path in paths {
        disk.add(path);
    }
    if disk.sources.sources().is_empty() && disk.problems.is_empty() {
        disk.problems.push(no_files("no file is given".to_owned()));
    }
    disk.loaded()
}

impl Loaded {
    /// Replaces the limits of the files by those of another file, and returns the place of the limits
    /// that were replaced, if any.
    pub(crate) fn replace_policy(&mut self, path: &Path) -> Option<Span> {
        let own = self.desired.policy.take();
        let is_same = |it: &SourceId| is_same_file(Path::new(&self.sources.source(*it).path), path);
        let same = self.sources.ids().find(is_same);
        if let Some(id) = same.or_else(|| self.read_another(path)) {
            let source = self.sources.source(id);
            let mut problems = Problems::new(id, MOST);
            self.desired.policy = read_policy(&source.path, &source.text, &mut problems);
            let (found, left_out) = problems.into_parts();
            self.diagnostics.extend(found.into_iter().chain(too_many(&left_out)));
        }
        self.diagnostics = in_order(std::mem::take(&mut self.diagnostics));
        own.filter(|_| same.is_none()).map(|it| it.key)
    }

    /// Reads one more file, and reports it if that fails.
    fn read_another(&mut self, path: &Path) -> Option<SourceId> {
        let sources = std::mem::take(&mut self.sources);
        let n_before = sources.sources().len();
        let mut disk = Disk { sources, ..Disk::default() };
        if path.is_dir() {
            let message = format!("{} is a folder, but `--policy` needs a file", shown(path));
            disk.problems.push(no_files(message));
        } else {
            disk.add(path);
        }
        let Disk { sources, no_text, problems, n_bytes: _, seen: _, paths: _ } = disk;
        self.sources = sources;
        self.diagnostics.extend(problems);
        self.sources.ids().nth(n_before).filter(|it| !no_text.contains(it))
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        (Ok(_) | Err(_), Ok(_) | Err(_)) => false,
    }
}

/// Reads files that are not on the disk, from their paths and bytes. An empty list is not a mistake.
pub(crate) fn read_files(files: Vec<(String, Vec<u8>)>) -> Loaded {
    let mut disk = Disk::default();
    for (path, bytes) in files {
        disk.add_bytes(&path, bytes);
    }
    disk.loaded()
}

/// Reads texts.
#[cfg(test)]
pub(crate) fn read(sources: SourceMap) -> Loaded {
    read_all_but(&BTreeSet::new(), sources)
}

fn read_all_but(no_text: &BTreeSet<SourceId>, sources: SourceMap) -> Loaded {
    let mut resolver = Resolver::default();
    let mut diagnostics = Vec::new();
    let mut left_out = Vec::new();
    for id in sources.ids().filter(|it| !no_text.contains(it)) {
        let source = sources.source(id);
        let room = MOST.saturating_sub(diagnostics.len());
        let mut problems = Problems::new(id, room);
        let file = root(&source.path, &source.text, &mut problems)
            .and_then(|root| raw::File::read(&root, &mut Reader::new(&source.text, &mut problems)));
        if let Some(file) = file {
            resolver.add(&file, &mut problems);
        }
        let (found, more) = problems.into_parts();
        diagnostics.extend(found);
        left_out.extend(more);
    }
    let desired = resolver.finish(&mut diagnostics);
    diagnostics.extend(too_many(&left_out));
    Loaded { sources, desired, diagnostics: in_order(diagnostics), paths: Vec::new() }
}

fn read_policy(path: &str, text: &str, problems: &mut Problems) -> Option<Sourced<Policy>> {
    let root = root(path, text, problems)?;
    let file = PolicyFile::read(&root, &mut Reader::new(text, problems))?;
    check_version(&file.version, problems);
    let Sourced { value, key, at } = file.policy.0?;
    Some(Sourced { value: policy::policy(&value, problems), key, at })
}

/// Reads a file that must not be empty.
fn root<'a>(path: &str, text: &'a str, problems: &mut Problems) -> Option<Node<'a>> {
    let root = tree::read(text, problems)?;
    if let tree::Value::Null = root.value {
        let message = format!("{} is empty", shown_whole(path));
        problems.add(no_files(message).help("a file begins with `version: 1`"));
        return None;
    }
    Some(root)
}

fn no_files(message: String) -> Diagnostic {
    Diagnostic::error(&codes::config::NO_FILES, message)
}

/// The files that have been read so far.
#[derive(Debug, Default)]
struct Disk {
    sources: SourceMap,
    /// Files that are not UTF-8 text, kept for their diagnostics.
    no_text: BTreeSet<SourceId>,
    problems: Vec<Diagnostic>,
    n_bytes: u64,
    /// The files that have been read: a file that is named twice is read once.
    seen: BTreeSet<PathBuf>,
    /// The path of each source.
    paths: Vec<PathBuf>,
}

impl Disk {
    /// Reads the files as the desired state.
    fn loaded(self) -> Loaded {
        let Self { sources, no_text, mut problems, n_bytes: _, seen: _, paths } = self;
        let Loaded { sources, desired, diagnostics, paths: _ } = read_all_but(&no_text, sources);
        problems.extend(diagnostics);
        Loaded { sources, desired, diagnostics: in_order(problems), paths }
    }

    /// Adds a path that the user gave. A link is followed only within its folder: diagnostics quote
    /// lines, and the author of a repository must not be able to make them quote other files.
    fn add(&mut self, path: &Path) {
        if is_unsafe_link(path) {
            let message = format!("{} is a link that leads out of its folder", shown(path));
            let help =
                "name the file itself: links are followed only to YAML files in the same folder";
            return self.problems.push(no_files(message).help(help));
        }
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => self.add_folder(path),
            Ok(_) => self.add_file(path),
            Err(error) => self.unreadable(path, &error),
        }
    }

    fn add_folder(&mut self, folder: &Path) {
        let mut files = Vec::new();
        let before = self.problems.len();
        self.search(folder, &mut files);
        if files.is_empty() && self.problems.len() == before {
            let message = format!("{} has no YAML file", shown(folder));
            self.problems.push(no_files(message).help(
                "files end in `.yaml` or `.yml`; links and names that begin with `.` are left out",
            ));
        }
        files.sort();
        for file in &files {
            self.add_file(file);
        }
    }

    fn search(&mut self, folder: &Path, files: &mut Vec<PathBuf>) {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.unreadable(folder, &error),
        };
        for entry in entries {
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            match entry.file_type() {
                Ok(it) if it.is_dir() => self.search(&path, files),
                Ok(it) if it.is_file() && is_yaml(&path) => files.push(path),
                Ok(_) => (),
                Err(error) => self.unreadable(&path, &error),
            }
        }
    }

    fn add_file(&mut self, path: &Path) {
        let identity = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if !self.seen.insert(identity) {
            return;
        }
        let mut bytes = Vec::new();
        let rest = MAX_BYTES.saturating_sub(self.n_bytes);
        let read = fs::File::open(path).and_then(|it| it.take(rest + 1).read_to_end(&mut bytes));
        if let Err(error) = read {
            return self.unreadable(path, &error);
        }
        let n_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if rest < n_bytes {
            let megabytes = MAX_BYTES / (1024 * 1024);
            let message =
                format!("with {}, the files are larger than {megabytes} MiB", shown(path));
            return self.problems.push(no_files(message).help("is it the right file?"));
        }
        self.n_bytes += n_bytes;
        self.add_bytes(&path.to_string_lossy(), bytes);
        self.paths.push(path.to_owned());
    }

    /// Adds the bytes of a file, which may not be text.
    fn add_bytes(&mut self, path: &str, bytes: Vec<u8>) {
        let (text, bad_from) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let from = error.utf8_error().valid_up_to();
                (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(from))
            }
        };
        let without_mark = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let n_mark = text.len() - without_mark.len();
        let source = self.sources.add(path, without_mark);
        if let Some(start) = bad_from.map(|it| it - n_mark) {
            self.no_text.insert(source);
            let span = Span { source, start, end: start + char::REPLACEMENT_CHARACTER.len_utf8() };
            let message = "the file is not UTF-8 text from here on";
            self.problems.push(
                Diagnostic::error(&codes::config::SYNTAX, message)
                    .at(span)
                    .help("save it as UTF-8"),
            );
        }
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        let why = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
            io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
            _ => error.to_string(),
        };
        self.problems.push(no_files(format!("cannot read {}: {why}", shown(path))));
    }
}

/// Whether a path is a link that leads out of its folder, to a hidden file or folder, or to a file
/// that is not named as YAML.
fn is_unsafe_link(path: &Path) -> bool {
    // With a slash at the end, a link would not be recognized.
    let path: PathBuf = path.components().collect();
    // A shell passes these for process substitution, and they cannot be committed.
    if !path.is_symlink() || path.starts_with("/dev") || path.starts_with("/proc") {
        return false;
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    };
    // A broken link is reported when it is read.
    let (Ok(target), Ok(folder)) = (fs::canonicalize(&path), fs::canonicalize(folder)) else {
        return false;
    };
    let Ok(inside) = target.strip_prefix(&folder) else { return true };
    // Kubernetes mounts volumes through folders with names that begin with two dots.
    let is_hidden = |name: &[u8]| name.starts_with(b".") && !name.starts_with(b"..");
    inside.components().any(|it| is_hidden(it.as_os_str().as_encoded_bytes()))
        || (target.is_file() && !is_yaml(&target))
}

fn shown(path: &Path) -> String {
    shown_whole(&path.to_string_lossy())
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "yaml" || it == "yml")
}
