//! Lists and reads the files of a commit.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
};

use super::program::{GitError, Program};

/// A repository.
#[derive(Debug)]
pub(super) struct Repository<'a> {
    pub(super) git: &'a Program,
    /// Its root, with links resolved.
    pub(super) top: PathBuf,
}

/// The entries of a commit below some paths, by path from the root.
pub(super) type Tree = BTreeMap<PathBuf, Entry>;

/// The entry at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    /// The id of the object, in hexadecimal.
    pub(super) object: String,
}

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Link,
    /// A submodule.
    Submodule,
}

/// A commit that a name was resolved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commit {
    /// Its full id.
    pub(super) id: String,
    /// Whether the name is ambiguous.
    pub(super) is_ambiguous: bool,
}

/// A renamed file.
#[derive(Clone, Debug)]
pub(super) struct Rename {
    pub(super) was: PathBuf,
    pub(super) object: String,
}

impl Repository<'_> {
    /// Runs git for the repository.
    pub(super) fn ask(&self, args: &[&OsStr]) -> Result<Vec<u8>, GitError> {
        self.git.ask(&self.top, args, Vec::new())
    }

    /// Resolves an expression to a commit.
    pub(super) fn commit(&self, expression: &OsStr) -> Result<Option<Commit>, GitError> {
        // With `--quiet`, git would not report an ambiguous name.
        let args = ["rev-parse", "--verify"].map(OsStr::new);
        let answer = self.git.run(&self.top, &[&args, &[expression][..]].concat(), Vec::new())?;
        if answer.code != Some(0) {
            return Ok(None);
        }
        let id = hexadecimal(&answer.out, "rev-parse")?;
        Ok(Some(Commit { id, is_ambiguous: answer.said.contains("is ambiguous") }))
    }

    /// Lists the entries of a commit at or below these paths; all without paths.
    pub(super) fn tree(&self, commit: &str, paths: &[PathBuf]) -> Result<Tree, GitError> {
        let args = ["ls-tree", "-r", "-z", "--full-tree", commit, "--"].map(OsStr::new);
        let paths = paths.iter().map(|it| it.as_os_str()).collect::<Vec<_>>();
        let out = self.ask(&[&args, paths.as_slice()].concat())?;
        let entries = out.split(|it| *it == 0).filter(|it| !it.is_empty()).map(entry);
        let entries = entries.collect::<Option<Vec<_>>>();
        let entries = entries.ok_or_else(|| GitError::Strange { what: "ls-tree".to_owned() })?;
        Ok(entries.into_iter().filter_map(|(path, entry)| Some((path, entry?))).collect())
    }

    /// Returns the renamed files by their current path. The index is compared, so that no filter of
    /// the repository runs.
    pub(super) fn renames(&self, commit: &str) -> Result<BTreeMap<PathBuf, Rename>, GitError> {
        let args = ["diff-index", "--cached", "--find-renames", "--diff-filter=R", "--raw"];
        let more = ["-z", "--no-abbrev", "--no-ext-diff", "--ignore-submodules=all", commit, "--"];
        let args = args.into_iter().chain(more).map(OsStr::new).collect::<Vec<_>>();
        let out = self.ask(&args)?;
        let mut parts = out.split(|it| *it == 0);
        let mut renames = BTreeMap::new();
        while let Some(head) = parts.next().filter(|it| !it.is_empty()) {
            let (Some(was), Some(path)) = (parts.next(), parts.next()) else {
                return Err(GitError::Strange { what: "diff-index".to_owned() });
            };
            let object = str::from_utf8(head).ok().and_then(|it| it.split(' ').nth(2));
            let object = hexadecimal(object.unwrap_or_default().as_bytes(), "diff-index")?;
            renames.insert(path_of(path), Rename { was: path_of(was), object });
        }
        Ok(renames)
    }

    /// Lists the files of the index at or below a folder.
    pub(super) fn indexed(&self, folder: &Path) -> Result<Vec<PathBuf>, GitError> {
        let args = ["ls-files", "-z", "--full-name", "--"].map(OsStr::new);
        let out = self.ask(&[&args, &[folder.as_os_str()][..]].concat())?;
        Ok(out.split(|it| *it == 0).filter(|it| !it.is_empty()).map(path_of).collect())
    }

    /// Returns the committed files that are deliberately not on disk.
    pub(super) fn not_checked_out(&self) -> Result<BTreeSet<PathBuf>, GitError> {
        let out = self.ask(&["ls-files", "-t", "-z", "--full-name"].map(OsStr::new))?;
        let skipped = out.split(|it| *it == 0).filter_map(|it| it.strip_prefix(b"S "));
        Ok(skipped.map(path_of).collect())
    }

    /// Returns the contents of these objects; `None` for a missing one.
    pub(super) fn contents(
        &self,
        objects: BTreeSet<&str>,
    ) -> Result<Option<BTreeMap<String, Vec<u8>>>, GitError> {
        if objects.is_empty() {
            return Ok(Some(BTreeMap::new()));
        }
        let input = objects.iter().flat_map(|it| [it, "\n"]).collect::<String>();
        let args = ["cat-file", "--batch"].map(OsStr::new);
        let answer = self.git.run(&self.top, &args, input.into_bytes())?;
        let mut rest = answer.out.as_slice();
        let mut contents = BTreeMap::new();
        for object in objects {
            let Some((head, behind)) = split_line(rest) else { return Ok(None) };
            let head = String::from_utf8_lossy(head);
            let size = head.strip_prefix(object).and_then(|it| it.strip_prefix(" blob "));
            let Some(size) = size.and_then(|it| it.parse::<usize>().ok()) else { return Ok(None) };
            let (Some(bytes), Some(next)) = (behind.get(..size), behind.get(size + 1..)) else {
                return Err(GitError::Strange { what: "cat-file".to_owned() });
            };
            contents.insert(object.to_owned(), bytes.to_vec());
            rest = next;
        }
        Ok(Some(contents))
    }
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|it| *it == b'\n')?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}

/// Parses `MODE TYPE OBJECT\tPATH`; other kinds are ignored.
fn entry(text: &[u8]) -> Option<(PathBuf, Option<Entry>)> {
    let tab = text.iter().position(|it| *it == b'\t')?;
    let (head, path) = (str::from_utf8(text.get(..tab)?).ok()?, path_of(text.get(tab + 1..)?));
    let mut words = head.split(' ');
    let (mode, _, object) = (words.next()?, words.next()?, words.next()?);
    let kind = match mode {
        "100644" | "100755" | "100664" => Kind::File,
        "120000" => Kind::Link,
        "160000" => Kind::Submodule,
        _ => return Some((path, None)),
    };
    Some((path, Some(Entry { kind, object: object.to_owned() })))
}

fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes.to_vec()))
}

/// Parses the id of an object.
pub(super) fn hexadecimal(bytes: &[u8], what: &str) -> Result<String, GitError> {
    let text = String::from_utf8_lossy(bytes).trim().to_owned();
    let is_name = matches!(text.len(), 40 | 64) && text.bytes().all(|it| it.is_ascii_hexdigit());
    if is_name { Ok(text) } else { Err(GitError::Strange { what: what.to_owned() }) }
}

/// Parses a folder's path, without the line ending.
pub(super) fn printed_path(bytes: &[u8]) -> PathBuf {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    Path::new(OsStr::from_bytes(bytes)).to_owned()
}
