//! The names of files in their repository.
//!
//! The reader of an annotation has the repository and not this machine, so its names begin at the
//! root of the repository, whatever folder the program ran in. Does not run git, reads no file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
};

use crate::{render::Named, session::Environment};

/// The variable in which GitHub's runner has the folder that the repository is checked out to.
const WORKSPACE: &str = "GITHUB_WORKSPACE";

/// The names of files, each found once.
#[derive(Debug)]
pub(crate) struct Repository {
    /// The current folder.
    here: PathBuf,
    /// Where the runner has checked out the repository.
    workspace: Option<PathBuf>,
    known: BTreeMap<String, Named>,
    /// The roots of repositories as they are written on this machine, each with a final slash.
    roots: BTreeSet<String>,
}

impl Repository {
    /// Names files as seen from the current folder.
    pub(crate) fn around(environment: &Environment) -> Self {
        let here = std::env::current_dir().unwrap_or_default();
        let workspace = environment.variable(WORKSPACE).map(|it| real(&here.join(it)));
        Self { here, workspace, known: BTreeMap::new(), roots: BTreeSet::new() }
    }

    /// Returns the name of a file by its path as the user would write it: below the runner's
    /// workspace, else below the folder that has `.git`, else as it was given.
    pub(crate) fn named(&mut self, path: &str) -> Named {
        if let Some(known) = self.known.get(path) {
            return known.clone();
        }
        let file = real_place(&self.here.join(path));
        let root = self.root(&file);
        let inside = root.as_deref().and_then(|it| below(it, &file));
        if let Some(root) = &root {
            self.learn(root, path, inside.as_deref().unwrap_or_default());
        }
        let named = match inside {
            Some(path) => Named { path, is_in_repository: true },
            None => Named { path: path.to_owned(), is_in_repository: false },
        };
        self.known.insert(path.to_owned(), named.clone());
        named
    }

    /// Replaces the absolute paths of files in a text by their names.
    pub(crate) fn without_roots(&self, text: &str) -> String {
        // Longer roots first: a repository may lie in another.
        self.roots.iter().rev().fold(text.to_owned(), |text, root| without(&text, root))
    }

    fn root(&self, file: &Path) -> Option<PathBuf> {
        let workspace = self.workspace.as_deref().filter(|it| file.starts_with(it));
        let root = workspace.or_else(|| file.ancestors().find(|it| it.join(".git").exists()));
        root.map(Path::to_owned)
    }

    /// Remembers how a root is written: its real path, and as the user has written it.
    fn learn(&mut self, root: &Path, path: &str, inside: &str) {
        let real = root.display().to_string();
        let given = path.trim_end_matches('/').strip_suffix(inside).unwrap_or_default();
        for root in [real.as_str(), given].map(|it| it.trim_end_matches('/')) {
            if root.starts_with('/') {
                self.roots.insert(root.to_owned() + "/");
            }
        }
    }
}

/// Removes a folder from the text, where a path begins with it.
fn without(text: &str, folder: &str) -> String {
    let is_of_path = |it: char| it.is_alphanumeric() || "/._-~".contains(it);
    let mut parts = text.split(folder);
    let mut found = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if found.ends_with(is_of_path) {
            found.push_str(folder);
        }
        found.push_str(part);
    }
    found
}

/// Returns the path of a file relative to a folder, if it is below it.
fn below(folder: &Path, file: &Path) -> Option<String> {
    let inside = file.strip_prefix(folder).ok()?;
    let names = inside.iter().map(|it| it.to_string_lossy()).collect::<Vec<_>>();
    (!names.is_empty()).then(|| names.join("/"))
}

/// Returns the path of a file, with links to its folder resolved. The file itself may be a link in
/// the repository.
fn real_place(file: &Path) -> PathBuf {
    match (file.parent(), file.file_name()) {
        (Some(folder), Some(name)) => real(folder).join(name),
        (None, _) | (_, None) => real(file),
    }
}

/// Returns the path of a folder without links. A folder that does not exist, such as one of another
/// machine in a saved plan, is resolved by its names alone.
fn real(folder: &Path) -> PathBuf {
    if let Ok(found) = folder.canonicalize() {
        return found;
    }
    let mut path = PathBuf::new();
    for part in folder.components() {
        match part {
            Component::CurDir => (),
            Component::ParentDir => drop(path.pop()),
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => path.push(part),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_where_a_path_begins_with_it() {
        let table = [
            ("`/repo/a.yaml` and /repo/b", "`a.yaml` and b"),
            ("/elsewhere/repo/a.yaml", "/elsewhere/repo/a.yaml"),
            ("https://x/repo/", "https://x/repo/"),
            ("/repo", "/repo"),
        ];
        for (text, want) in table {
            assert_eq!(without(text, "/repo/"), want);
        }
    }

    #[test]
    fn a_missing_file_is_named_by_its_path() {
        assert_eq!(real_place(Path::new("/none/a/../b/./c.yaml")), Path::new("/none/b/c.yaml"));
        assert_eq!(below(Path::new("/none"), Path::new("/none/b/c.yaml")).unwrap(), "b/c.yaml");
        assert_eq!(below(Path::new("/none"), Path::new("/nonesuch/c.yaml")), None);
    }
}
