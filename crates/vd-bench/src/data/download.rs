//! Files from public mirrors: resumed where they broke off, checked by SHA-256 of what they hold, whole or not at all.
//!
//! A file is downloaded to `NAME.gz.part`, unpacked in bounded memory to check its length and SHA-256, and only then renamed to
//! `NAME.gz`. What is there and right is left alone. A part that breaks off is kept and continued (HTTP `Range`) by the next
//! attempt or the next run; a part that turns out wrong is deleted. Nothing that a server says is believed: the bytes taken are
//! bounded by the known length, the time by timeouts.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

use super::{idx, mnist};
use crate::error::{Error, Result};

/// Where MNIST is asked for, in this order; each is a folder that ends in a slash.
pub const MIRRORS: [&str; 3] = [
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
];

/// How far a download is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file's name, without `.gz`.
    pub name: &'a str,
    /// Packed bytes on disk.
    pub received: u64,
    /// Packed bytes in all, where the server says so.
    pub total: Option<u64>,
}

/// What is told of the progress, and may stop it.
pub type Watch<'a> = dyn FnMut(&Progress) -> ControlFlow<()> + 'a;

/// Attempts at one mirror that bring nothing; those that bring something are not counted.
const FRUITLESS: u32 = 3;
/// Bytes read at a time, and the least that an attempt must bring to count as one that did.
const STEP: usize = 1 << 16;
/// The wait after a fruitless attempt, times their number.
const PAUSE: Duration = Duration::from_millis(200);

/// Downloads what is missing or wrong into `directory` (made if need be) and returns the paths of all files.
///
/// `watch` is called at least every 64 KiB.
///
/// # Errors
/// [`Error::NoMirror`] with what happened at every mirror, [`Error::Stopped`] by `watch`, [`Error::InTheWay`] for a wrong file that
/// is not a download, [`Error::Busy`] if another download is at work there, [`Error::Write`], [`Error::Read`].
pub fn download<M: AsRef<str>>(
    directory: &Path,
    files: &[mnist::File],
    mirrors: &[M],
    watch: &mut Watch,
) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(directory).map_err(Error::write(directory))?;
    let _lock = Lock::take(directory)?;
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_resolve(Some(Duration::from_secs(15)))
        .timeout_connect(Some(Duration::from_secs(15)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .timeout_per_read(Some(Duration::from_secs(30)))
        // Longer transfers are continued by the next attempt; a server that drips byte by byte runs out of attempts.
        .timeout_recv_body(Some(Duration::from_secs(120)))
        .http_status_as_error(false)
        .build()
        .into();
    files.iter().map(|file| one(&agent, directory, file, mirrors, watch)).collect()
}

/// Whether a file, plain or gzipped, holds what it should. A damaged one does not.
///
/// # Errors
/// [`Error::Read`] if it cannot be opened.
pub fn holds(path: &Path, file: &mnist::File) -> Result<bool> {
    let mut packed = BufReader::with_capacity(STEP, File::open(path).map_err(Error::read(path))?);
    let gzip = idx::is_gzip(path, &mut packed)?;
    let unpacked: &mut dyn Read = if gzip { &mut GzDecoder::new(packed) } else { &mut packed };
    // One byte more than there may be, so that a longer file shows; what comes after it is never unpacked.
    let mut unpacked = unpacked.take(file.length + 1);
    let (mut sum, mut length, mut buffer) = (Sha256::new(), 0, vec![0; STEP]);
    loop {
        match unpacked.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                sum.update(&buffer[..n]);
                length += n as u64;
            }
            Err(_) => return Ok(false),
        }
    }
    let found: String = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(length == file.length && found == file.sha256)
}

/// Keeps a second download out of the directory.
struct Lock {
    path: PathBuf,
    /// The system drops the lock when the process dies.
    _file: File,
}

impl Lock {
    fn take(directory: &Path) -> Result<Self> {
        let path = directory.join(".download.lock");
        let file = File::create(&path).map_err(Error::write(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path, _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Busy { path: directory.to_owned() }),
            Err(TryLockError::Error(source)) => Err(Error::Write { path, source }),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// How an attempt ended short of a whole file.
enum Broken {
    /// The mirror cannot help (not found, unreachable).
    Mirror(String),
    /// The transfer broke off; more may come.
    Transfer(String),
    Fatal(Error),
}

fn one<M: AsRef<str>>(
    agent: &ureq::Agent,
    directory: &Path,
    file: &mnist::File,
    mirrors: &[M],
    watch: &mut Watch,
) -> Result<PathBuf> {
    let target = directory.join(format!("{}.gz", file.name));
    // What the reader would take: it may be plain, or spelt otherwise.
    if let Ok(found) = idx::find(directory, file.name) {
        if holds(&found, file)? {
            return Ok(found);
        }
        if found != target {
            return Err(Error::InTheWay { path: found });
        }
    }
    let part = directory.join(format!("{}.gz.part", file.name));
    if part.is_file() && holds(&part, file)? {
        return whole(&part, target);
    }
    let mut attempts = Vec::new();
    for mirror in mirrors {
        let url = format!("{}{}.gz", mirror.as_ref(), file.name);
        match from(agent, &url, &part, file, watch)? {
            Ok(()) => return whole(&part, target),
            Err(why) => attempts.push(format!("{url}: {why}")),
        }
    }
    Err(Error::NoMirror { file: file.name.into(), directory: directory.to_owned(), attempts })
}

fn whole(part: &Path, target: PathBuf) -> Result<PathBuf> {
    fs::rename(part, &target).map_err(Error::write(&target))?;
    Ok(target)
}

/// Completes the part from one mirror; the inner error says why this mirror did not help.
fn from(
    agent: &ureq::Agent,
    url: &str,
    part: &Path,
    file: &mnist::File,
    watch: &mut Watch,
) -> Result<Result<(), String>> {
    let length = || fs::metadata(part).map_or(0, |m| m.len());
    let mut fruitless = 0;
    loop {
        let before = length();
        match fetch(agent, url, part, before, file, watch) {
            Ok(()) if holds(part, file)? => return Ok(Ok(())),
            Ok(()) => {
                remove(part)?;
                if before == 0 {
                    return Ok(Err("its length or SHA-256 is wrong".into()));
                }
                // The beginning may have come from elsewhere: once more, all from here.
            }
            Err(Broken::Fatal(error)) => return Err(error),
            Err(Broken::Mirror(why)) => return Ok(Err(why)),
            Err(Broken::Transfer(why)) => {
                if length() < before + STEP as u64 {
                    fruitless += 1;
                }
                if fruitless == FRUITLESS {
                    return Ok(Err(format!("{why} (gave up after {FRUITLESS} attempts)")));
                }
                std::thread::sleep(PAUSE * fruitless);
            }
        }
    }
}

/// Fetches what is missing of a part that has `have` bytes.
fn fetch(
    agent: &ureq::Agent,
    url: &str,
    part: &Path,
    have: u64,
    file: &mnist::File,
    watch: &mut Watch,
) -> Result<(), Broken> {
    let mut request = agent.get(url).header("Accept-Encoding", "identity");
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let response = request.call().map_err(|e| Broken::Mirror(e.to_string()))?;
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok());
    let (mut received, total) = match response.status().as_u16() {
        200 => (0, header("content-length").and_then(|v| v.parse().ok())),
        206 => match header("content-range").and_then(content_range) {
            Some((first, total)) if first == have => (have, total),
            _ => return Err(restart(part, "the server continued at another place")),
        },
        416 => return Err(restart(part, "the server has no more than what is there")),
        status => return Err(Broken::Mirror(format!("HTTP status {status}"))),
    };
    // Packed data are never much longer than what they hold.
    let limit = file.length + (file.length >> 8) + 4096;
    let mut out = open(part, received == 0).map_err(|e| unwritable(part, e))?;
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; STEP];
    loop {
        if watch(&Progress { name: file.name, received, total }).is_break() {
            return Err(Broken::Fatal(Error::Stopped { file: file.name.into() }));
        }
        let n = body.read(&mut buffer).map_err(|e| Broken::Transfer(e.to_string()))?;
        if n == 0 {
            break;
        }
        received += n as u64;
        if received > limit {
            remove(part).map_err(Broken::Fatal)?;
            return Err(Broken::Mirror("more bytes than the file can have".into()));
        }
        out.write_all(&buffer[..n]).map_err(|e| unwritable(part, e))?;
    }
    out.sync_all().map_err(|e| unwritable(part, e))?;
    match total {
        Some(total) if received < total => {
            Err(Broken::Transfer(format!("broke off at {received} of {total} bytes")))
        }
        _ => Ok(()),
    }
}

fn open(part: &Path, afresh: bool) -> io::Result<File> {
    let out = OpenOptions::new().create(true).append(true).open(part)?;
    if afresh {
        out.set_len(0)?;
    }
    Ok(out)
}

/// A full disk, most likely: the part would only be in the way.
fn unwritable(part: &Path, source: io::Error) -> Broken {
    let _ = fs::remove_file(part);
    Broken::Fatal(Error::Write { path: part.to_owned(), source })
}

/// Gives a part up.
fn restart(part: &Path, why: &str) -> Broken {
    remove(part).map_or_else(Broken::Fatal, |()| Broken::Transfer(why.into()))
}

fn remove(part: &Path) -> Result<()> {
    match fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::write(part)(error)),
        _ => Ok(()),
    }
}

/// The first byte and the length of `bytes FIRST-LAST/LENGTH`; the length may be `*`.
fn content_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split_once('-')?.0.parse().ok()?, total.parse().ok()))
}
