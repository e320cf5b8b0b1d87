//! The desired-state files as they were at the merge base.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    program::{GitError, Program},
    tree::{Commit, Kind, Rename, Repository, Tree, hexadecimal, printed_path},
};

/// The reference to compare with, and the files to compare.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The branch, tag or commit to compare with, as the user typed it: any text.
    pub(crate) reference: String,
    /// The files and folders that the user named, all of which exist.
    pub(crate) given: Vec<PathBuf>,
    /// The files that were read.
    pub(crate) files: Vec<WorkFile>,
}

/// A file as it was read from the disk.
#[derive(Clone, Debug)]
pub(crate) struct WorkFile {
    pub(crate) path: PathBuf,
    /// Without a byte order mark, and with replacement characters if it is not valid UTF-8.
    pub(crate) text: Arc<str>,
}

/// The files at the merge base, and how they were found. Paths are as the user would write them.
#[derive(Clone, Debug, Default)]
pub(crate) struct BaseFiles {
    /// The merge base of the branch and the reference.
    pub(crate) merge_base: String,
    /// The commit that is checked out.
    pub(crate) head: String,
    /// Whether the reference also names something else, such as a tag.
    pub(crate) is_ambiguous: bool,
    /// The contents of the files at `merge_base`, in the order in which they would have been read.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    /// Files that differ from `head`, or that are in `head` but not on disk.
    pub(crate) dirty: Vec<String>,
    /// Renamed files: the current path, and the path at `merge_base`.
    pub(crate) renamed: Vec<(String, String)>,
    /// Files in no repository, used unchanged.
    pub(crate) outside: Vec<String>,
    /// Repositories inside a named folder, which are ignored.
    pub(crate) submodules: Vec<String>,
    /// Files that `git sparse-checkout` leaves out of the working tree: they are ignored in both
    /// versions.
    pub(crate) skipped: Vec<String>,
}

/// Reads the files as they were at the merge base of a reference and `HEAD`.
pub(crate) fn files_at_base(git: &Program, request: &Request) -> Result<BaseFiles, GitError> {
    let Request { reference, given, files } = request;
    let repository = Repository { git, top: top_of_all(git, given)? };
    let Commits { merge_base, head, is_ambiguous } = commits(&repository, reference)?;
    let places = given.iter().filter_map(|it| Place::of(it, &repository.top)).collect::<Vec<_>>();
    let mut paths = places.iter().flat_map(|it| it.paths.clone()).collect::<Vec<_>>();
    if paths.iter().any(|it| it.as_os_str().is_empty()) {
        paths.clear();
    }
    let now = repository.tree(&head, &paths)?;
    let then = repository.tree(&merge_base, &paths)?;
    let work = WorkingTree::new(files, &repository.top);
    let mut found = Found::default();
    for place in &places {
        found.add(place, &then);
    }
    found.follow(&work, &places, &repository, &merge_base)?;
    let in_head = places.iter().flat_map(|it| it.files(&now)).collect::<BTreeMap<_, _>>();
    let (in_head, skipped) = work.without_skipped(in_head, &repository)?;
    found.files.retain(|(path, _, _)| !skipped.contains_key(path));
    let objects = found.files.iter().map(|(_, object, _)| object.as_str());
    let objects = objects.chain(in_head.values().map(|(_, object)| object.as_str())).collect();
    let contents = repository.contents(objects)?;
    let contents = contents.ok_or_else(|| GitError::Partial(short_id(&merge_base).to_owned()))?;
    let dirty = work.dirty(&in_head, &contents);
    let Found { files: then, renamed, submodules, seen: _ } = found;
    let then = then
        .into_iter()
        .map(|(_, object, shown)| (shown, contents.get(&object).cloned().unwrap_or_default()));
    let as_they_are = work.outside.iter().map(|it| (shown(&it.path), it.text.as_bytes().to_vec()));
    Ok(BaseFiles {
        files: then.chain(as_they_are).collect(),
        outside: work.outside.iter().map(|it| shown(&it.path)).collect(),
        merge_base,
        head,
        is_ambiguous,
        dirty,
        renamed,
        submodules,
        skipped: skipped.into_values().collect(),
    })
}

/// Shortens a commit id for messages.
pub(crate) fn short_id(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Returns the root of the one repository that the paths are in; some may be in no repository.
fn top_of_all(git: &Program, given: &[PathBuf]) -> Result<PathBuf, GitError> {
    let mut tops = BTreeSet::new();
    for folder in given.iter().map(|it| folder_of(it)).collect::<BTreeSet<_>>() {
        tops.extend(top_of(git, &folder)?);
    }
    let mut tops = tops.into_iter();
    match (tops.next(), tops.next()) {
        (None, _) => {
            Err(GitError::NoRepository(given.first().map(|it| shown(it)).unwrap_or_default()))
        }
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => Err(GitError::TwoRepositories(shown(&one), shown(&other))),
    }
}

/// Returns the folder in which to run git for a path.
fn folder_of(path: &Path) -> PathBuf {
    if path.is_dir() {
        return path.to_owned();
    }
    // A named link is followed within its folder.
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        Some(_) | None => PathBuf::from("."),
    }
}

/// Returns the root of the repository that a folder is in, links resolved.
fn top_of(git: &Program, folder: &Path) -> Result<Option<PathBuf>, GitError> {
    let top = git.ask_if_repository(folder, &["rev-parse", "--show-toplevel"].map(OsStr::new))?;
    let top = top.map(|it| fs::canonicalize(printed_path(&it))).transpose();
    top.map_err(|error| GitError::NotRun(error.to_string()))
}

/// The commits that are compared.
struct Commits {
    merge_base: String,
    head: String,
    is_ambiguous: bool,
}

/// Returns the merge base of the branch and the reference, and `HEAD`.
fn commits(repository: &Repository<'_>, reference: &str) -> Result<Commits, GitError> {
    // Git would read it as a flag or an exclusion, or truncate it.
    let is_bad = reference.is_empty() || reference.starts_with(['-', '^']);
    if is_bad || reference.chars().any(char::is_control) {
        return Err(GitError::BadReference(reference.to_owned()));
    }
    let head = repository.commit(OsStr::new("HEAD^{commit}"))?.ok_or(GitError::NoCommit)?;
    let base = repository.commit(format!("{reference}^{{commit}}").as_ref())?;
    let Commit { id: base, is_ambiguous } =
        base.ok_or_else(|| GitError::UnknownReference(reference.to_owned()))?;
    let Commit { id: head, is_ambiguous: _ } = head;
    let args = ["merge-base", &base, &head].map(OsStr::new);
    let answer = repository.git.run(&repository.top, &args, Vec::new())?;
    match answer.code {
        Some(0) => {
            let merge_base = hexadecimal(&answer.out, "merge-base")?;
            Ok(Commits { merge_base, head, is_ambiguous })
        }
        Some(1) => {
            let args = ["rev-parse", "--is-shallow-repository"].map(OsStr::new);
            let is_shallow = repository.ask(&args)?.trim_ascii() == b"true";
            let reference = reference.to_owned();
            Err(if is_shallow {
                GitError::Shallow(reference)
            } else {
                GitError::Unrelated(reference)
            })
        }
        _ => Err(GitError::Failed { what: "merge-base".to_owned(), stderr: answer.stderr }),
    }
}

/// A path that the user named, within the repository.
struct Place {
    /// As the user wrote it.
    given: PathBuf,
    /// From the root. A file that is a link has two: its own, and its target.
    paths: Vec<PathBuf>,
    is_folder: bool,
}

impl Place {
    /// Returns `None` for a path that is not in the repository.
    fn of(given: &Path, top: &Path) -> Option<Self> {
        let from_top = |path: &Path| {
            path.strip_prefix(top)
                .map(Path::to_owned)
                .ok()
                .filter(|_| path != top || given.is_dir())
        };
        let target = fs::canonicalize(given).ok().and_then(|it| from_top(&it));
        if given.is_dir() {
            return Some(Self { given: given.to_owned(), paths: vec![target?], is_folder: true });
        }
        let own = own_path(given).and_then(|it| from_top(&it));
        let mut paths = own.into_iter().chain(target).collect::<Vec<_>>();
        paths.dedup();
        let is_here = !paths.is_empty();
        is_here.then(|| Self { given: given.to_owned(), paths, is_folder: false })
    }

    /// Returns the former path of this folder, if one of its files had the same place inside that
    /// folder. The former folder is below the root.
    fn folder_before(&self, path: &Path, was: &Path) -> Option<PathBuf> {
        let folder = self.paths.first().filter(|_| self.is_folder)?;
        let end = path.strip_prefix(folder).ok()?;
        let before = was.ancestors().nth(end.iter().count()).filter(|_| was.ends_with(end))?;
        (before != Path::new("") && before != folder).then(|| before.to_owned())
    }

    /// Returns the files that it selects in a commit, by path from the root, with their displayed
    /// paths and their objects. The rules are those for files on disk.
    fn files<'t>(
        &self,
        tree: &'t Tree,
    ) -> impl Iterator<Item = (&'t PathBuf, (String, &'t String))> {
        let one = self.paths.iter().filter(|_| !self.is_folder);
        let one = one.filter_map(|it| tree.get_key_value(it));
        let one = one.filter(|(_, it)| it.kind == Kind::File).take(1);
        let one = one.map(|(path, entry)| (path, (shown(&self.given), &entry.object)));
        let folder = self.paths.first().filter(|_| self.is_folder);
        let below = folder.into_iter().flat_map(|folder| {
            tree.iter().filter_map(move |(path, entry)| {
                let inside = path.strip_prefix(folder).ok()?;
                let is_read = entry.kind == Kind::File && is_searched_for(inside);
                is_read.then(|| (path, (shown(&self.given.join(inside)), &entry.object)))
            })
        });
        let mut found = one.chain(below).collect::<Vec<_>>();
        found.sort();
        found.into_iter()
    }
}

/// Returns the path of a file with the links to its folder resolved; the file itself may be a link.
fn own_path(path: &Path) -> Option<PathBuf> {
    Some(fs::canonicalize(folder_of(path)).ok()?.join(path.file_name()?))
}

/// Whether the search of a folder reads a file: YAML by its name, and not hidden.
fn is_searched_for(inside: &Path) -> bool {
    let is_hidden = inside.iter().any(|it| it.as_encoded_bytes().starts_with(b"."));
    !is_hidden && inside.extension().is_some_and(|it| it == "yaml" || it == "yml")
}

/// Files of a commit, by path from the root, with their displayed paths and their objects.
type Committed<'t> = BTreeMap<&'t PathBuf, (String, &'t String)>;

/// The files on disk.
struct WorkingTree<'a> {
    /// By path from the root.
    inside: BTreeMap<PathBuf, &'a WorkFile>,
    /// Files of no repository.
    outside: Vec<&'a WorkFile>,
}

impl<'a> WorkingTree<'a> {
    fn new(files: &'a [WorkFile], top: &Path) -> Self {
        let mut work = Self { inside: BTreeMap::new(), outside: Vec::new() };
        for it in files {
            let target = fs::canonicalize(&it.path).ok();
            match target.and_then(|path| path.strip_prefix(top).map(Path::to_owned).ok()) {
                Some(path) => drop(work.inside.insert(path, it)),
                None => work.outside.push(it),
            }
        }
        work
    }

    /// Splits off the committed files that are not checked out, with their displayed paths.
    fn without_skipped<'t>(
        &self,
        in_head: Committed<'t>,
        repository: &Repository<'_>,
    ) -> Result<(Committed<'t>, BTreeMap<PathBuf, String>), GitError> {
        if in_head.keys().all(|it| self.inside.contains_key(*it)) {
            return Ok((in_head, BTreeMap::new()));
        }
        let skipped = repository.not_checked_out()?;
        let is_skipped = |path: &PathBuf| skipped.contains(path) && !self.inside.contains_key(path);
        let (skipped, rest): (Committed<'t>, Committed<'t>) =
            in_head.into_iter().partition(|(path, _)| is_skipped(path));
        let skipped = skipped.into_iter().map(|(path, (shown, _))| (path.clone(), shown));
        Ok((rest, skipped.collect()))
    }

    /// Lists the files that differ from `HEAD`.
    fn dirty(&self, in_head: &Committed<'_>, contents: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
        let is_same = |path: &PathBuf, file: &WorkFile| {
            let committed = in_head.get(path).and_then(|(_, object)| contents.get(*object));
            committed.is_some_and(|it| as_text(it) == as_text(file.text.as_bytes()))
        };
        let changed = self.inside.iter().filter(|(path, file)| !is_same(path, file));
        let changed = changed.map(|(_, file)| shown(&file.path));
        let gone = in_head.iter().filter(|(path, _)| !self.inside.contains_key(**path));
        let gone = gone.map(|(_, (shown, _))| shown.clone());
        changed.chain(gone).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// Normalizes line ends and the byte order mark, which git or an editor may have changed.
fn as_text(bytes: &[u8]) -> String {
    let text: Cow<'_, str> = String::from_utf8_lossy(bytes);
    text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n")
}

/// The files found in the commit so far.
#[derive(Default)]
struct Found {
    /// The path from the root, the object, and the displayed path.
    files: Vec<(PathBuf, String, String)>,
    seen: BTreeSet<PathBuf>,
    renamed: Vec<(String, String)>,
    submodules: Vec<String>,
}

impl Found {
    fn add(&mut self, place: &Place, tree: &Tree) {
        for (path, (shown, object)) in place.files(tree) {
            if self.seen.insert(path.clone()) {
                self.files.push((path.clone(), object.clone(), shown));
            }
        }
        let folder = place.paths.first().filter(|_| place.is_folder);
        let inside = tree
            .iter()
            .filter(|(_, it)| it.kind == Kind::Submodule)
            .filter_map(|(it, _)| folder.and_then(|folder| it.strip_prefix(folder).ok()));
        self.submodules.extend(inside.map(|it| shown(&place.given.join(it))));
    }

    /// Finds renamed files. If a whole folder was renamed, this also adds those of its files that
    /// were not moved with it.
    fn follow(
        &mut self,
        work: &WorkingTree<'_>,
        places: &[Place],
        repository: &Repository<'_>,
        commit: &str,
    ) -> Result<(), GitError> {
        let new = work.inside.iter().filter(|(path, _)| !self.seen.contains(*path));
        let new = new.collect::<Vec<_>>();
        if new.is_empty() {
            return Ok(());
        }
        let renames = repository.renames(commit)?;
        let mut folders = BTreeSet::new();
        for (path, file) in new {
            let Some(Rename { was, object }) = renames.get(path) else { continue };
            self.renamed.push((shown(&file.path), shown(was)));
            if self.seen.insert(was.clone()) {
                self.files.push((was.clone(), object.clone(), shown(was)));
            }
            folders.extend(places.iter().filter_map(|it| it.folder_before(path, was)));
        }
        for folder in folders {
            let is_read = |it: &PathBuf| it.strip_prefix(&folder).is_ok_and(is_searched_for);
            // If the folder still exists, its files may belong to another command.
            if repository.indexed(&folder)?.iter().any(is_read) {
                continue;
            }
            let tree = repository.tree(commit, std::slice::from_ref(&folder))?;
            let place = Place { given: folder.clone(), paths: vec![folder], is_folder: true };
            self.add(&place, &tree);
        }
        Ok(())
    }
}
