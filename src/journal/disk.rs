//! The only interface between journals and the disk, so that a test can lose unsynced bytes.

use std::{
    fs::{self, DirBuilder, DirEntry, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// The number of attempts to lock a file, and the pause between them: a process that only reads a
/// file releases it soon.
const LOCK_ATTEMPTS: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// A disk that has journals.
pub trait Disk: Send + Sync {
    /// Makes a private folder that git ignores, unless it exists.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;

    /// Makes a file, readable by its owner only and locked. Fails if it exists.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Appended>>;

    /// Opens a file to append to it, and locks it.
    ///
    /// If another process has the lock, the error's kind is [`io::ErrorKind::WouldBlock`].
    fn open(&self, path: &Path) -> io::Result<Box<dyn Appended>>;

    /// Opens a file to read it, with a shared lock. Permission to read is enough.
    ///
    /// If another process has the lock, the error's kind is [`io::ErrorKind::WouldBlock`].
    fn open_shared(&self, path: &Path) -> io::Result<Box<dyn Appended>> {
        self.open(path)
    }

    /// Renames a file within its folder. Fails if the new name exists.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Returns the files of a folder, sorted; none if there is no such folder.
    fn files(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;
}

/// A file that is locked until it is dropped, or its process ends.
pub trait Appended: Send {
    /// Returns its size in bytes.
    fn size(&mut self) -> io::Result<u64>;

    /// Reads at most this many bytes from an offset.
    fn read(&mut self, from: u64, most: u64) -> io::Result<Vec<u8>>;

    /// Appends bytes. They may be lost until they are synced.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Syncs everything appended, so that it survives a crash of the process or the machine.
    fn sync(&mut self) -> io::Result<()>;

    /// Truncates it to a size.
    fn cut(&mut self, size: u64) -> io::Result<()>;
}

/// The disk of this machine.
#[derive(Clone, Copy, Debug)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => sync_folder(folder)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (),
            Err(error) => return Err(error),
        }
        let ignored = folder.join(".gitignore");
        if ignored.exists() { Ok(()) } else { fs::write(ignored, "*\n") }
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Appended>> {
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create_new(true).mode(0o600).open(path)?;
        // A process that reads the folder right now releases the lock soon.
        file.lock()?;
        sync_folder(path)?;
        Ok(Box::new(file))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Appended>> {
        let file = OpenOptions::new().read(true).append(true).open(path)?;
        lock(|| file.try_lock())?;
        Ok(Box::new(file))
    }

    fn open_shared(&self, path: &Path) -> io::Result<Box<dyn Appended>> {
        let file = File::open(path)?;
        lock(|| file.try_lock_shared())?;
        Ok(Box::new(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        // Unlike a rename, this fails if the new name exists.
        fs::hard_link(from, to)?;
        fs::remove_file(from)?;
        sync_folder(to)
    }

    fn files(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        // Files of the current folder have bare names, as the user gives them.
        let is_bare = folder.as_os_str().is_empty();
        let entries = match fs::read_dir(if is_bare { Path::new(".") } else { folder }) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let path = |it: DirEntry| folder.join(it.file_name());
        let paths = entries.map(|it| it.map(path));
        let mut paths = paths.collect::<io::Result<Vec<_>>>()?;
        paths.retain(|it| it.is_file());
        paths.sort();
        Ok(paths)
    }
}

/// Syncs the name of a file or folder.
fn sync_folder(of: &Path) -> io::Result<()> {
    let folder = of.parent().filter(|it| !it.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Locks a file. Fails if another process keeps it locked.
fn lock(try_lock: impl Fn() -> Result<(), TryLockError>) -> io::Result<()> {
    for _ in 0..LOCK_ATTEMPTS {
        match try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::ErrorKind::WouldBlock.into())
}

impl Appended for File {
    fn size(&mut self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read(&mut self, from: u64, most: u64) -> io::Result<Vec<u8>> {
        self.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        self.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, size: u64) -> io::Result<()> {
        self.set_len(size)
    }
}
