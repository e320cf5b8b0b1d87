//! An in-memory disk for journals that loses unsynced data in a power cut.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use trueup::cli::{Appended, Disk};
use trueup_simulator::Disconnect;

/// An in-memory disk. Clones share the same disk.
#[derive(Clone, Default)]
pub(crate) struct MemoryDisk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    files: BTreeMap<PathBuf, Shared>,
    /// The file that was created last.
    newest: Option<PathBuf>,
    death: Option<(Moment, Disconnect)>,
    /// Whether the process that uses it is dead: later operations have no effect.
    is_dead: bool,
    /// The number of syncs left before they fail, if any.
    n_syncs_left: Option<u64>,
}

/// The operation right after which the process dies, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Appended(u64),
    Synced(u64),
}

/// A file, independent of its current name.
type Shared = Arc<Mutex<Kept>>;

#[derive(Clone, Default)]
struct Kept {
    bytes: Vec<u8>,
    /// The number of bytes that are synced.
    n_synced: usize,
    is_locked: bool,
}

impl MemoryDisk {
    /// Ends every process that uses it and cuts the power: this many unsynced bytes of each file
    /// were written nevertheless.
    pub(crate) fn lose_power(&self, n_survive: usize) {
        let mut state = self.lock();
        (state.is_dead, state.death) = (false, None);
        for kept in state.files.values() {
            let mut kept = kept.lock().unwrap();
            let size = kept.n_synced.saturating_add(n_survive);
            kept.bytes.truncate(size);
            kept.n_synced = kept.bytes.len();
            kept.is_locked = false;
        }
    }

    /// Makes the process die at a moment, and cuts its connection then.
    pub(crate) fn die_at(&self, moment: Moment, disconnect: Disconnect) {
        self.lock().death = Some((moment, disconnect));
    }

    /// Makes syncs fail after this many, until reset with `None`.
    pub(crate) fn sync_only(&self, times: Option<u64>) {
        self.lock().n_syncs_left = times;
    }

    /// Returns the bytes that are not synced.
    pub(crate) fn unsynced(&self) -> Vec<u8> {
        let unsynced = |it: &Kept| it.bytes[it.n_synced..].to_vec();
        self.lock().files.values().flat_map(|it| unsynced(&it.lock().unwrap())).collect()
    }

    /// Returns the file that was created last.
    pub(crate) fn newest(&self) -> Option<PathBuf> {
        self.lock().newest.clone()
    }

    /// Creates a synced file.
    pub(crate) fn put(&self, path: &str, text: &str) {
        let bytes = text.as_bytes().to_vec();
        let kept = Kept { n_synced: bytes.len(), bytes, is_locked: false };
        self.lock().files.insert(PathBuf::from(path), Arc::new(Mutex::new(kept)));
    }

    /// Removes a file.
    pub(crate) fn remove(&self, path: &str) {
        self.lock().files.remove(&PathBuf::from(path));
    }

    /// Returns the text of every file.
    pub(crate) fn texts(&self) -> BTreeMap<PathBuf, String> {
        // A line may be torn within a character.
        let text = |it: &Shared| String::from_utf8_lossy(&it.lock().unwrap().bytes).into_owned();
        self.lock().files.iter().map(|(path, it)| (path.clone(), text(it))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    /// Counts down to the moment at which the process dies.
    fn note(&mut self, what: Moment) {
        let Some((moment, disconnect)) = &mut self.death else { return };
        let ((Moment::Appended(n_left), Moment::Appended(_))
        | (Moment::Synced(n_left), Moment::Synced(_))) = (moment, what)
        else {
            return;
        };
        *n_left = n_left.saturating_sub(1);
        if *n_left == 0 {
            disconnect.cut();
            self.is_dead = true;
        }
    }
}

impl Disk for MemoryDisk {
    fn make_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Appended>> {
        let mut state = self.lock();
        if state.files.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let kept = Shared::default();
        kept.lock().unwrap().is_locked = true;
        state.files.insert(path.to_owned(), Arc::clone(&kept));
        state.newest = Some(path.to_owned());
        Ok(Box::new(Open { disk: self.clone(), kept }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Appended>> {
        let state = self.lock();
        let Some(kept) = state.files.get(path) else { return Err(io::ErrorKind::NotFound.into()) };
        if std::mem::replace(&mut kept.lock().unwrap().is_locked, true) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(Open { disk: self.clone(), kept: Arc::clone(kept) }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock();
        if state.is_dead {
            return Ok(());
        }
        if state.files.contains_key(to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let kept = state.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.files.insert(to.to_owned(), kept);
        Ok(())
    }

    fn files(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let state = self.lock();
        Ok(state.files.keys().filter(|it| it.parent() == Some(folder)).cloned().collect())
    }
}

struct Open {
    disk: MemoryDisk,
    kept: Shared,
}

impl Open {
    fn with<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(&mut self.kept.lock().unwrap())
    }

    /// Changes the file, unless the process is dead; it may die right after this.
    fn change(&mut self, what: Moment, work: impl FnOnce(&mut Kept)) {
        let mut state = self.disk.lock();
        if !state.is_dead {
            self.with(work);
            state.note(what);
        }
    }
}

impl Appended for Open {
    fn size(&mut self) -> io::Result<u64> {
        Ok(self.with(|it| it.bytes.len() as u64))
    }

    fn read(&mut self, from: u64, most: u64) -> io::Result<Vec<u8>> {
        let (from, most) = (usize::try_from(from).unwrap(), usize::try_from(most).unwrap());
        Ok(self.with(|it| it.bytes.iter().skip(from).take(most).copied().collect()))
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.change(Moment::Appended(1), |it| it.bytes.extend(bytes));
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if let Some(n_left) = &mut self.disk.lock().n_syncs_left {
            *n_left = n_left.checked_sub(1).ok_or(io::ErrorKind::StorageFull)?;
        }
        self.change(Moment::Synced(1), |it| it.n_synced = it.bytes.len());
        Ok(())
    }

    fn cut(&mut self, size: u64) -> io::Result<()> {
        if self.disk.lock().is_dead {
            return Ok(());
        }
        let size = usize::try_from(size).unwrap();
        self.with(|it| {
            it.bytes.truncate(size);
            it.n_synced = it.n_synced.min(size);
        });
        Ok(())
    }
}

/// Releases the lock.
impl Drop for Open {
    fn drop(&mut self) {
        self.with(|it| it.is_locked = false);
    }
}
