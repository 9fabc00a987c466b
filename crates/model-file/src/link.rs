//! Where a symbolic link leads.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The most links in a row: what Linux allows.
const MAX_LINKS: usize = 40;

/// The path that `path` leads to: itself unless it is a symbolic link. What the last link names need not exist.
pub(crate) fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..=MAX_LINKS {
        match fs::symlink_metadata(&target) {
            Ok(found) if found.file_type().is_symlink() => {
                let link = fs::read_link(&target)?;
                // A relative link counts from the directory that it stands in.
                target = target.parent().map_or_else(|| link.clone(), |directory| directory.join(&link));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => return Ok(target),
        }
    }
    Err(io::Error::other(format!("more than {MAX_LINKS} links in a row: the link leads in a circle")))
}
