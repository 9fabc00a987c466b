//! Where a table comes from: a file, a folder, a pattern, standard input, or the compact form of what was read before.

use crate::error::{Error, Result};
use crate::table::compact::Compact;
use crate::table::part::{Part, slurp};
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;
use std::sync::Arc;

/// Something that can be read from its beginning, several times.
#[derive(Debug, Clone)]
pub struct Input {
    name: String,
    parts: Arc<[Part]>,
    kept: Option<Arc<Compact>>,
}

impl Input {
    /// A file by its path; all files of a folder; all files that fit a pattern such as `data/*.parquet`. Standard input as `-`, and what is no
    /// regular file, such as a named pipe or a shell's `<(…)`, is read to its end now, up to `limit` bytes.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Usage`] for a longer standard input or pipe, a folder or a pattern without files.
    pub fn new(path: &str, limit: u64) -> Result<Self> {
        let mut input = Self::once(path)?;
        if path == "-" {
            input = Self::from_bytes(path, &slurp("standard input", &mut io::stdin().lock(), limit)?);
        } else if std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
            let mut pipe = File::open(path).map_err(Error::io("open", path))?;
            input = Self::from_bytes(path, &slurp(path, &mut pipe, limit)?);
        }
        Ok(input)
    }

    /// The same, but standard input is read as it comes, once.
    ///
    /// # Errors
    /// [`Error::Usage`] for a folder or a pattern without files, [`Error::Io`] for a folder that cannot be read.
    pub fn once(path: &str) -> Result<Self> {
        let parts = files(path)?
            .into_iter()
            .map(|name| Part { once: name == "-", name, bytes: None })
            .collect::<Vec<_>>();
        Ok(Self { name: path.to_owned(), parts: parts.into(), kept: None })
    }

    /// Bytes in memory under a name; for tests and fuzzing.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Self {
        let part = Part { name: name.to_owned(), once: false, bytes: Some(bytes.into()) };
        Self { name: name.to_owned(), parts: [part].into(), kept: None }
    }

    /// The same table, read from its compact form.
    pub(super) fn kept(&self, compact: Compact) -> Self {
        Self { kept: Some(Arc::new(compact)), ..self.clone() }
    }

    /// Bytes of memory that the compact form takes.
    pub(crate) fn memory(&self) -> u64 {
        self.kept.as_ref().map_or(0, |kept| kept.memory())
    }

    /// The path as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(super) fn compact(&self) -> Option<&Arc<Compact>> {
        self.kept.as_ref()
    }

    /// A reader of the bytes as they lie there, one file after the other.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open_raw(&self) -> Result<Box<dyn BufRead>> {
        let mut all: Box<dyn BufRead> = Box::new(io::empty());
        for part in self.parts.iter() {
            all = match self.parts.len() {
                1 => part.open_raw()?,
                _ => Box::new(all.chain(part.open_raw()?)),
            };
        }
        Ok(all)
    }
}

/// The files that a path stands for, in the order of their names.
fn files(path: &str) -> Result<Vec<String>> {
    if path == "-" {
        return Ok(vec![path.to_owned()]);
    }
    if Path::new(path).is_dir() {
        return of_folder(path);
    }
    if !path.contains(['*', '?', '[']) || Path::new(path).exists() {
        return Ok(vec![path.to_owned()]);
    }
    let found = glob::glob(path).map_err(|error| Error::usage(format!("the pattern {path}: {error}")))?;
    let mut names = Vec::new();
    for entry in found {
        let entry = entry.map_err(|error| {
            let folder = error.path().display().to_string();
            Error::io("read the folder", &folder)(error.into())
        })?;
        if !entry.is_dir() && !is_hidden(&entry) {
            names.push(text_of(&entry)?);
        }
    }
    if names.is_empty() {
        return Err(Error::usage(format!("no file fits the pattern {path}")));
    }
    Ok(names)
}

fn of_folder(path: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in Path::new(path).read_dir().map_err(Error::io("read the folder", path))? {
        let entry = entry.map_err(Error::io("read the folder", path))?.path();
        if is_hidden(&entry) {
            continue;
        }
        if entry.is_dir() {
            let what = format!(
                "the folder {path} holds the folder {}: say which files are meant by a pattern, such as '{path}/**/*.parquet'",
                entry.display()
            );
            return Err(Error::usage(what));
        }
        names.push(text_of(&entry)?);
    }
    if names.is_empty() {
        return Err(Error::usage(format!("there is no file in the folder {path}")));
    }
    names.sort();
    Ok(names)
}

/// Whether a file is about a table rather than a part of it, such as `_SUCCESS` and `.crc` files.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']))
}

fn text_of(path: &Path) -> Result<String> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| Error::usage(format!("the name of the file {} is not UTF-8", path.display())))
}
