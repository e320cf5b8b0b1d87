//! The files of a commit, and their contents.

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
    /// Its root folder, links resolved.
    pub(super) top: PathBuf,
}

/// The entries of a commit under some paths, by path from the root.
pub(super) type Tree = BTreeMap<PathBuf, Entry>;

/// An entry of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    /// The object's name, in hexadecimal.
    pub(super) object: String,
}

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Link,
    /// Another repository.
    Submodule,
}

/// A commit, as a name resolves to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commit {
    /// The full commit id.
    pub(super) id: String,
    /// Whether the name also means something else, which git did not choose.
    pub(super) is_ambiguous: bool,
}

/// A file that had another path at a commit.
#[derive(Clone, Debug)]
pub(super) struct Rename {
    pub(super) was: PathBuf,
    pub(super) object: String,
}

impl Repository<'_> {
    /// Asks git about the repository.
    pub(super) fn ask(&self, args: &[&OsStr]) -> Result<Vec<u8>, GitError> {
        self.git.ask(&self.top, args)
    }

    /// Returns the commit that an expression names.
    pub(super) fn commit(&self, expression: &OsStr) -> Result<Option<Commit>, GitError> {
        // With `--quiet`, git would not report either that the name is ambiguous.
        let args = ["rev-parse", "--verify"].map(OsStr::new);
        let answer = self.git.run(&self.top, &[&args, &[expression][..]].concat(), Vec::new())?;
        if answer.code != Some(0) {
            return Ok(None);
        }
        let id = hexadecimal(&answer.out, "rev-parse")?;
        Ok(Some(Commit { id, is_ambiguous: answer.stderr.contains("is ambiguous") }))
    }

    /// Lists the entries of a commit at or below these paths; all entries if there are no paths.
    pub(super) fn tree(&self, commit: &str, paths: &[PathBuf]) -> Result<Tree, GitError> {
        let args = ["ls-tree", "-r", "-z", "--full-tree", commit, "--"].map(OsStr::new);
        let paths = paths.iter().map(|it| it.as_os_str()).collect::<Vec<_>>();
        let out = self.ask(&[&args, paths.as_slice()].concat())?;
        let entries = out.split(|it| *it == 0).filter(|it| !it.is_empty()).map(entry);
        let entries = entries.collect::<Option<Vec<_>>>();
        let entries = entries.ok_or_else(|| GitError::Unexpected { what: "ls-tree".to_owned() })?;
        Ok(entries.into_iter().filter_map(|(path, entry)| Some((path, entry?))).collect())
    }

    /// Returns the files that were renamed since a commit, by their current path. The index is
    /// compared, so that no filter of the repository runs.
    pub(super) fn renames(&self, commit: &str) -> Result<BTreeMap<PathBuf, Rename>, GitError> {
        let args = ["diff-index", "--cached", "--find-renames", "--diff-filter=R", "--raw"];
        let more = ["-z", "--no-abbrev", "--no-ext-diff", "--ignore-submodules=all", commit, "--"];
        let args = args.into_iter().chain(more).map(OsStr::new).collect::<Vec<_>>();
        let out = self.ask(&args)?;
        let mut parts = out.split(|it| *it == 0);
        let mut renames = BTreeMap::new();
        while let Some(head) = parts.next().filter(|it| !it.is_empty()) {
            let (Some(was), Some(path)) = (parts.next(), parts.next()) else {
                return Err(GitError::Unexpected { what: "diff-index".to_owned() });
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

    /// Returns the files that are committed but deliberately not checked out.
    pub(super) fn not_checked_out(&self) -> Result<BTreeSet<PathBuf>, GitError> {
        let out = self.ask(&["ls-files", "-t", "-z", "--full-name"].map(OsStr::new))?;
        let skipped = out.split(|it| *it == 0).filter_map(|it| it.strip_prefix(b"S "));
        Ok(skipped.map(path_of).collect())
    }

    /// Returns the contents of these objects; `None` if git does not have one of them.
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
            let mut parts = rest.splitn(2, |it| *it == b'\n');
            let (Some(head), Some(behind)) = (parts.next(), parts.next()) else { return Ok(None) };
            let head = String::from_utf8_lossy(head);
            let size = head.strip_prefix(object).and_then(|it| it.strip_prefix(" blob "));
            let Some(size) = size.and_then(|it| it.parse::<usize>().ok()) else { return Ok(None) };
            let (Some(bytes), Some(next)) = (behind.get(..size), behind.get(size + 1..)) else {
                return Err(GitError::Unexpected { what: "cat-file".to_owned() });
            };
            contents.insert(object.to_owned(), bytes.to_vec());
            rest = next;
        }
        Ok(Some(contents))
    }
}

/// Reads `MODE TYPE OBJECT\tPATH`; entries of other kinds are skipped.
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

/// Reads the name of an object.
pub(super) fn hexadecimal(bytes: &[u8], what: &str) -> Result<String, GitError> {
    let text = String::from_utf8_lossy(bytes).trim().to_owned();
    let is_name = matches!(text.len(), 40 | 64) && text.bytes().all(|it| it.is_ascii_hexdigit());
    if is_name { Ok(text) } else { Err(GitError::Unexpected { what: what.to_owned() }) }
}

/// Returns a path that git printed, without its newline.
pub(super) fn printed_path(bytes: &[u8]) -> PathBuf {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    Path::new(OsStr::from_bytes(bytes)).to_owned()
}
