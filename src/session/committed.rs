//! Journals that were committed to git.
//!
//! A journal is what one apply wrote on one machine. Who can commit files could have a scan done in
//! its name, past the limits of the policy, so that one that git keeps is not used.

use std::path::{Path, PathBuf};

use super::{
    environment::Environment,
    error::{Error, ErrorKind},
    observer::Observer,
};
use crate::git::{self, GitError, Program};

/// Finds out, before any of these journals is used, that none is kept by git.
pub(super) async fn refuse_committed(
    journals: Vec<PathBuf>,
    environment: &Environment,
    observer: &mut dyn Observer,
) -> Result<(), Error> {
    if journals.is_empty() || !environment.asks_git || !is_around(&journals) {
        return Ok(());
    }
    let env = environment.variables.clone();
    // Git may take its time, and Ctrl-C must not have to wait for it.
    let asked = tokio::task::spawn_blocking(move || first_kept(&Program::find(&env)?, journals));
    match asked.await.unwrap_or_else(|error| Err(GitError::NotRun(error.to_string()))) {
        Ok(None) => Ok(()),
        Ok(Some(path)) => {
            let path = path.display();
            let message =
                format!("the journal `{path}` is in git, and no journal of an apply belongs there");
            Err(Error::new(ErrorKind::Invalid, message).help(format!(
                "nothing was sent; find out who committed it, then `git rm --cached {path}`, or \
                 remove the file if no apply of this folder wrote it"
            )))
        }
        Err(error) => {
            observer.warn(&format!(
                "it is not known whether the journal of an earlier apply is in git: {error}"
            ));
            Ok(())
        }
    }
}

fn first_kept(git: &Program, journals: Vec<PathBuf>) -> Result<Option<PathBuf>, GitError> {
    for path in journals {
        if git::is_tracked(git, &path)? {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Whether the folder of the first is in a repository at all: most machines that apply have no
/// need for git.
fn is_around(journals: &[PathBuf]) -> bool {
    let folder = journals.first().and_then(|it| it.parent());
    let folder = folder.filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().unwrap_or_default();
    folder.ancestors().any(|it| it.join(".git").exists())
}
