//! Everything that can go wrong in a reproduction, each with the file or field at fault.

use std::path::PathBuf;

/// What went wrong, and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A data file is not where it was looked for.
    #[error("{}: no such file (looked for {names}; `cargo xtask data mnist` downloads MNIST)", path.display())]
    Missing {
        /// The directory searched.
        path: PathBuf,
        /// The names tried.
        names: String,
    },
    /// A file could not be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A gzip stream is damaged.
    #[error("{}: damaged gzip stream: {source}", path.display())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// What the decoder found.
        source: std::io::Error,
    },
    /// The first four bytes are not those of the kind of IDX file that was asked for.
    #[error("{}: wrong magic number 0x{found:08x}, expected 0x{expected:08x} ({kind})", path.display())]
    Magic {
        /// The file.
        path: PathBuf,
        /// The number found.
        found: u32,
        /// The number wanted.
        expected: u32,
        /// What it stands for.
        kind: &'static str,
    },
    /// The header asks for more data than this reader takes.
    #[error("{}: the header says {dims:?}, {size} bytes of data; at most {limit} are read", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The dimensions in the header.
        dims: Vec<u32>,
        /// Their product.
        size: u128,
        /// The most that is read.
        limit: u64,
    },
    /// The file ends before the data that its header announces.
    #[error("{}: truncated: the header announces {expected} bytes of data, {found} are there", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// The bytes announced.
        expected: u64,
        /// The bytes found.
        found: u64,
    },
    /// The file goes on after the data that its header announces.
    #[error("{}: data goes on after the {expected} bytes that the header announces", path.display())]
    Trailing {
        /// The file.
        path: PathBuf,
        /// The bytes announced.
        expected: u64,
    },
    /// The images have another shape than the method expects.
    #[error("{}: images of {rows} x {columns}, expected 28 x 28", path.display())]
    ImageShape {
        /// The file.
        path: PathBuf,
        /// Rows of an image.
        rows: u32,
        /// Columns of an image.
        columns: u32,
    },
    /// A file has no objects in it.
    #[error("{}: no objects in it", path.display())]
    NoObjects {
        /// The file.
        path: PathBuf,
    },
    /// Images and labels differ in number.
    #[error("{}: {image_count} images, but {}: {label_count} labels", images.display(), labels.display())]
    Counts {
        /// The file of images.
        images: PathBuf,
        /// How many images.
        image_count: usize,
        /// The file of labels.
        labels: PathBuf,
        /// How many labels.
        label_count: usize,
    },
    /// A label is not a digit.
    #[error("{}: label {index} is {value}, allowed are 0 to 9", path.display())]
    Label {
        /// The file.
        path: PathBuf,
        /// Which label (from 0).
        index: usize,
        /// Its value.
        value: u8,
    },
    /// A file is well formed, but it is not the published one.
    #[error(
        "{}: SHA-256 {found}, but MNIST's is {expected}: a damaged or another file (--mnist-unchecked takes it as it is)",
        path.display()
    )]
    Checksum {
        /// The file.
        path: PathBuf,
        /// The sum found.
        found: String,
        /// MNIST's sum.
        expected: String,
    },
    /// No mirror gave a file.
    #[error(
        "no mirror gave {file}.gz:\n  {}\nBy hand: put train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and \
         t10k-labels-idx1-ubyte, plain or gzipped, from any source into {}; this command then checks them. Behind a proxy, set HTTPS_PROXY; \
         --mirror URL asks another place.",
        attempts.join("\n  "), directory.display()
    )]
    NoMirror {
        /// The file's name, without `.gz`.
        file: String,
        /// The directory it was to go to.
        directory: PathBuf,
        /// What happened at each mirror.
        attempts: Vec<String>,
    },
    /// A file that is not the published one would be read before the downloaded one.
    #[error("{}: is not MNIST's file, and would be read in the place of the downloaded one; move it away", path.display())]
    InTheWay {
        /// The file.
        path: PathBuf,
    },
    /// A download was asked to stop; what came is kept.
    #[error("stopped while downloading {file}.gz; the same command continues it")]
    Stopped {
        /// The file's name, without `.gz`.
        file: String,
    },
    /// An embedded data set does not decode; the binary is damaged.
    #[error("the embedded {name} data do not decode: {reason}")]
    Embedded {
        /// The data set.
        name: &'static str,
        /// Why.
        reason: String,
    },
    /// A split cannot be drawn.
    #[error("a split of {train} train objects from {objects} is not possible")]
    Split {
        /// Train objects asked for.
        train: usize,
        /// Objects there are.
        objects: usize,
    },
    /// A file or directory could not be written.
    #[error("{}: cannot be written: {source}; nothing was left behind", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The output path is a file, or a directory that is not a result of this program.
    #[error("{}: is there and no result of `reproduce`; it is left alone (choose another --out)", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
    },
    /// Another run is writing to the same place.
    #[error("{}: another run is writing there", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// An experiment's name is not known.
    #[error("no experiment '{id}'; there are: {}", known.join(", "))]
    UnknownId {
        /// The name given.
        id: String,
        /// The names there are.
        known: Vec<&'static str>,
    },
    /// Options that contradict each other.
    #[error("{0}")]
    Usage(String),
    /// A fit failed.
    #[error("{what}: {reason}")]
    Fit {
        /// Which fit.
        what: String,
        /// What it said.
        reason: String,
    },
    /// A picture could not be drawn.
    #[error("figure {id}: {reason}")]
    Figure {
        /// The figure.
        id: String,
        /// Why.
        reason: String,
    },
    /// What is committed differs from what was made.
    #[error("{} differences between the committed results and this run:\n  {}", differences.len(), differences.join("\n  "))]
    Differs {
        /// One line each.
        differences: Vec<String>,
    },
    /// A program that was called failed.
    #[error("{program}: {reason}")]
    Program {
        /// The program.
        program: String,
        /// What happened.
        reason: String,
    },
    /// The run was interrupted; nothing was written.
    #[error("interrupted; nothing was written")]
    Interrupted,
}

impl Error {
    /// An [`Error::Write`] for `path`.
    pub fn write(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Write { path, source }
    }

    /// An [`Error::Read`] for `path`.
    pub fn read(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Read { path, source }
    }

    /// An [`Error::Fit`] that names the fit.
    pub fn fit<E: std::fmt::Display>(what: impl Into<String>) -> impl FnOnce(E) -> Self {
        let what = what.into();
        move |reason| Self::Fit { what, reason: reason.to_string() }
    }
}

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
