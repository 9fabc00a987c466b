//! Results appear whole or not at all: they are written beside their place and moved there by renaming.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};

/// The file whose presence says that a directory is a result of this program.
pub const MARKER: &str = "summary.json";

/// A result under construction: a hidden directory beside the one it will become.
#[derive(Debug)]
pub struct Staging {
    target: PathBuf,
    partial: PathBuf,
    previous: PathBuf,
    lock_path: PathBuf,
    /// Held as long as this value lives; the system drops it when the process dies.
    _lock: File,
    /// `None` once committed or dropped. Shared with the interrupt handler.
    live: Arc<Mutex<Option<PathBuf>>>,
}

impl Staging {
    /// Prepares to replace `target`.
    ///
    /// What a killed run left behind is put right first: its half-written directory goes, the result it was about to replace comes
    /// back.
    ///
    /// # Errors
    /// [`Error::Write`] if the place is not writable, [`Error::Foreign`] if `target` holds other files, [`Error::Busy`] if another
    /// run is at work there.
    pub fn begin(target: &Path) -> Result<Self> {
        let target = std::path::absolute(target).map_err(Error::write(target))?;
        let name = target.file_name().map(|n| n.to_string_lossy().into_owned());
        let (Some(parent), Some(name)) = (target.parent(), name) else {
            return Err(Error::Usage(format!("{}: not a directory that can be made", target.display())));
        };
        let beside = |what: &str| parent.join(format!(".{name}.{what}"));
        let (partial, previous, lock_path) = (beside("partial"), beside("previous"), beside("lock"));
        refuse_foreign(&target)?;
        fs::create_dir_all(parent).map_err(Error::write(parent))?;
        let lock = File::create(&lock_path).map_err(Error::write(&target))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Busy { path: target }),
            Err(TryLockError::Error(source)) => return Err(Error::Write { path: lock_path, source }),
        }
        if !target.exists() && previous.exists() {
            fs::rename(&previous, &target).map_err(Error::write(&target))?;
        }
        for leftover in [&partial, &previous] {
            remove(leftover).map_err(Error::write(leftover))?;
        }
        if let Err(source) = fs::create_dir(&partial) {
            let _ = fs::remove_file(&lock_path);
            return Err(Error::Write { path: target, source });
        }
        let live = Arc::new(Mutex::new(Some(partial.clone())));
        Ok(Self { target, partial, previous, lock_path, _lock: lock, live })
    }

    /// What an interrupt handler needs to leave nothing behind.
    #[must_use]
    pub fn guard(&self) -> Guard {
        Guard { live: Arc::clone(&self.live), lock_path: self.lock_path.clone() }
    }

    /// Writes a file of the result; `name` may have one directory in it.
    ///
    /// # Errors
    /// [`Error::Write`], naming the file in its final place.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> Result<()> {
        let path = self.partial.join(name);
        let fault = |source| Error::Write { path: self.target.join(name), source };
        // One level at most, and not recursively: after an interrupt nothing may come back into being.
        if let Some(parent) = path.parent().filter(|parent| *parent != self.partial && !parent.is_dir()) {
            fs::create_dir(parent).map_err(fault)?;
        }
        let mut file = File::create(&path).map_err(fault)?;
        // Some file systems report a full disk only here.
        file.write_all(contents.as_ref()).and_then(|()| file.sync_all()).map_err(fault)
    }

    /// Puts the finished result in its place; what was there before goes.
    ///
    /// # Errors
    /// [`Error::Write`]; what was there before is then still there.
    pub fn commit(self) -> Result<PathBuf> {
        // From here on an interrupt waits: the two renames belong together.
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        let replaced = self.target.exists();
        if replaced {
            fs::rename(&self.target, &self.previous).map_err(Error::write(&self.target))?;
        }
        if let Err(source) = fs::rename(&self.partial, &self.target) {
            if replaced {
                let _ = fs::rename(&self.previous, &self.target);
            }
            return Err(Error::Write { path: self.target.clone(), source });
        }
        *live = None;
        drop(live);
        let _ = remove(&self.previous);
        Ok(self.target.clone())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        self.guard().discard();
    }
}

/// Removes an unfinished result; does nothing to a finished one.
#[derive(Debug, Clone)]
pub struct Guard {
    live: Arc<Mutex<Option<PathBuf>>>,
    lock_path: PathBuf,
}

impl Guard {
    /// Removes the unfinished result, if it is unfinished.
    pub fn discard(&self) {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(partial) = live.take() {
            // A thread may be writing a file at this very moment: then the directory is not empty, once.
            for _ in 0..5 {
                if remove(&partial).is_ok() {
                    break;
                }
            }
        }
        let _ = fs::remove_file(&self.lock_path);
    }
}

/// Refuses a target that exists and is neither empty nor a result.
fn refuse_foreign(target: &Path) -> Result<()> {
    let foreign = || Error::Foreign { path: target.to_owned() };
    match fs::read_dir(target) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => Err(foreign()),
        Err(source) => Err(Error::Read { path: target.to_owned(), source }),
        Ok(mut entries) => match entries.next() {
            Some(_) if !target.join(MARKER).is_file() => Err(foreign()),
            _ => Ok(()),
        },
    }
}

fn remove(path: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// Replaces one file by writing beside it and renaming.
///
/// # Errors
/// [`Error::Write`]; the file is then as it was.
pub fn replace_file(path: &Path, contents: &[u8]) -> Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = parent.join(format!(".{name}.partial"));
    let written = fs::create_dir_all(parent)
        .and_then(|()| File::create(&beside))
        .and_then(|mut file| file.write_all(contents).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    written.map_err(|source| {
        let _ = fs::remove_file(&beside);
        Error::Write { path: path.to_owned(), source }
    })
}
