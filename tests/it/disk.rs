//! A disk in memory for journals, which loses at a power cut what was not synced.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use trueup::cli::{Appended, Disk};

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Default)]
pub(crate) struct MemoryDisk(Arc<Mutex<BTreeMap<PathBuf, Shared>>>);

/// A file, whatever its name is by now.
type Shared = Arc<Mutex<Kept>>;

#[derive(Clone, Default)]
struct Kept {
    bytes: Vec<u8>,
    /// How many of them are synced.
    n_synced: usize,
    is_locked: bool,
}

impl MemoryDisk {
    /// Ends every process that uses it, and the power: of what was not synced, this many bytes of
    /// each file were written all the same.
    pub(crate) fn lose_power(&self, n_survive: usize) {
        for kept in self.lock().values() {
            let mut kept = kept.lock().unwrap();
            let size = kept.n_synced + n_survive;
            kept.bytes.truncate(size);
            kept.n_synced = kept.bytes.len();
            kept.is_locked = false;
        }
    }

    /// Puts a file there.
    pub(crate) fn put(&self, path: &str, text: &str) {
        let bytes = text.as_bytes().to_vec();
        let kept = Kept { n_synced: bytes.len(), bytes, is_locked: false };
        self.lock().insert(PathBuf::from(path), Arc::new(Mutex::new(kept)));
    }

    /// Returns the text of every file.
    pub(crate) fn texts(&self) -> BTreeMap<PathBuf, String> {
        let text = |it: &Shared| String::from_utf8(it.lock().unwrap().bytes.clone()).unwrap();
        self.lock().iter().map(|(path, it)| (path.clone(), text(it))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Shared>> {
        self.0.lock().unwrap()
    }
}

impl Disk for MemoryDisk {
    fn make_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Appended>> {
        let mut files = self.lock();
        if files.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let kept = Shared::default();
        kept.lock().unwrap().is_locked = true;
        files.insert(path.to_owned(), Arc::clone(&kept));
        Ok(Box::new(Open(kept)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Appended>> {
        let files = self.lock();
        let Some(kept) = files.get(path) else { return Err(io::ErrorKind::NotFound.into()) };
        if std::mem::replace(&mut kept.lock().unwrap().is_locked, true) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(Open(Arc::clone(kept))))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut files = self.lock();
        if files.contains_key(to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let kept = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), kept);
        Ok(())
    }

    fn files(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let files = self.lock();
        Ok(files.keys().filter(|it| it.parent() == Some(folder)).cloned().collect())
    }
}

struct Open(Shared);

impl Open {
    fn with<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(&mut self.0.lock().unwrap())
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
        self.with(|it| it.bytes.extend(bytes));
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.with(|it| it.n_synced = it.bytes.len());
        Ok(())
    }

    fn cut(&mut self, size: u64) -> io::Result<()> {
        let size = usize::try_from(size).unwrap();
        self.with(|it| {
            it.bytes.truncate(size);
            it.n_synced = it.n_synced.min(size);
        });
        Ok(())
    }
}

/// Whoever has it open no longer does.
impl Drop for Open {
    fn drop(&mut self) {
        self.with(|it| it.is_locked = false);
    }
}
