//! Files that appear whole or not at all.

use crate::error::Error;
use crate::link::follow;
use crate::temporary;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes a file so that a reader, or a crash at any moment, sees the old content or the new one and nothing between.
///
/// The bytes go to a temporary file beside the target (`.NAME.PID-N.tmp`), are synced to disk, and the file is renamed
/// over the target; then the directory is synced. The permissions of a file that is replaced are kept, and a target that is not a
/// regular file (a device, a pipe) is written as it stands.
///
/// A symbolic link is followed and stays: the file that it names is written, and made if it does not exist. A link that leads
/// in a circle is an error.
///
/// A process that is killed leaves its temporary file behind. The next write of the same target removes it. A
/// running write is safe from that: it holds a lock on its temporary file, which the system releases when the process ends.
///
/// # Errors
/// [`Error::Io`]; the target is then as it was, and the temporary file is gone.
pub fn write_atomic(path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), Error> {
    write_atomic_with(path, |file| file.write_all(bytes))
}

/// [`write_atomic`] for content that is produced piece by piece.
///
/// # Errors
/// [`Error::Io`], also for an error that `write` returns.
pub fn write_atomic_with(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let path = path.as_ref();
    let io_error = |action| move |source| Error::Io { action, path: path.to_owned(), source };
    let target = follow(path).map_err(io_error("follow the link"))?;
    let old = fs::metadata(&target).ok();
    if old.as_ref().is_some_and(|old| !old.is_file() && !old.is_dir()) {
        let mut file = OpenOptions::new().write(true).open(&target).map_err(io_error("open"))?;
        return write(&mut file).and_then(|()| file.flush()).map_err(io_error("write"));
    }
    temporary::sweep(&target);
    let (temporary, file) =
        temporary::create_beside(&target).map_err(io_error("create a temporary file beside it"))?;
    // `file` stays open, and so locked, until the temporary file has become the target.
    let result = fill(&file, old.map(|old| old.permissions()), write)
        .map_err(io_error("write"))
        .and_then(|()| fs::rename(&temporary, &target).map_err(io_error("rename a temporary file to it")));
    if result.is_err() {
        // The first error is the one to report; a temporary file that cannot be removed changes nothing about it.
        let _ = fs::remove_file(&temporary);
        return result;
    }
    sync_directory(&target).map_err(io_error("sync its directory"))
}

fn fill(
    file: &File,
    permissions: Option<fs::Permissions>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    let mut buffered = BufWriter::with_capacity(1 << 16, file);
    write(&mut buffered)?;
    buffered.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// Makes the rename durable. Only Unix lets a directory be opened for that.
fn sync_directory(target: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)?.sync_all()
}
