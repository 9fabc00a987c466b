//! Temporary files beside their target: made under a lock, and swept once nobody holds it.
//!
//! The name is `.NAME.PID-N.tmp`. The lock is the operating system's lock on an open file, which ends with the process
//! that holds it. A temporary file whose lock can be taken therefore belongs to nobody.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const SUFFIX: &str = ".tmp";

/// `.NAME.`
fn prefix(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    prefix
}

/// A new, locked file beside the target, under a name that no other process or thread takes.
pub(crate) fn create_beside(target: &Path) -> io::Result<(PathBuf, File)> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let Some(name) = target.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
    };
    if target.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "the path names a directory"));
    }
    // A left-over of a killed process with this id may hold the first names.
    for _ in 0..1000 {
        let mut temporary = prefix(name);
        temporary.push(format!("{}-{}{SUFFIX}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
        let temporary = target.with_file_name(temporary);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) if is_ours(&file, &temporary) => return Ok((temporary, file)),
            // Between its making and its locking another process swept the file.
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "a thousand temporary files are in the way"))
}

/// Locks a new file. `false` if a sweep got hold of the file before.
///
/// Where the file system has no locks the file counts as ours: a sweep needs a lock too, and so leaves the file alone.
fn is_ours(file: &File, path: &Path) -> bool {
    match file.try_lock() {
        Ok(()) => path.exists(),
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => true,
    }
}

/// Removes what killed writes of this target left beside it. What cannot be removed stays: it is in nobody's way.
pub(crate) fn sweep(target: &Path) {
    let Some(name) = target.file_name() else { return };
    let prefix = prefix(name);
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let regular = entry.file_type().is_ok_and(|kind| kind.is_file());
        if regular && is_temporary(&entry.file_name(), &prefix) {
            remove_if_nobodys(&entry.path());
        }
    }
}

/// Whether a name is `prefix`, a process's number, `-`, a counter and `.tmp`.
fn is_temporary(name: &OsStr, prefix: &OsStr) -> bool {
    let number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let middle = name
        .as_encoded_bytes()
        .strip_prefix(prefix.as_encoded_bytes())
        .and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
    let mut parts = middle.into_iter().flat_map(|middle| middle.split(|&byte| byte == b'-'));
    parts.next().is_some_and(number) && parts.next().is_some_and(number) && parts.next().is_none()
}

fn remove_if_nobodys(path: &Path) {
    if let Ok(file) = File::open(path)
        && file.try_lock().is_ok()
    {
        // Removed while the lock is held, so that the file's maker, if it has yet to lock it, sees that the file is gone.
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::{is_temporary, prefix};
    use std::ffi::OsStr;

    #[test]
    fn only_the_targets_own_temporary_files_match() {
        let prefix = prefix(OsStr::new("m.vd"));
        let matches = |name: &str| is_temporary(OsStr::new(name), &prefix);
        assert!(matches(".m.vd.12-0.tmp") && matches(".m.vd.4294967295-18446744073709551615.tmp"));
        for other in [
            "m.vd",
            ".m.vd",
            ".m.vd.tmp",
            ".m.vd.12.tmp",
            ".m.vd.-1.tmp",
            ".m.vd.1-.tmp",
            ".m.vd.1-2-3.tmp",
            ".m.vd.1-2.tmp~",
            ".m.vd.a-2.tmp",
            ".m.vd.x.1-2.tmp",
            ".n.vd.1-2.tmp",
            "m.vd.1-2.tmp",
            ".m.vd.1-2",
        ] {
            assert!(!matches(other), "{other}");
        }
    }
}
