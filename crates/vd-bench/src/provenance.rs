//! Where a result comes from: revision, compiler, machine, data, command line.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::data::digits;
use crate::data::mnist::Mnist;

/// Everything that a later reader needs to make the same result, and to judge its times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The commit, or "unknown" outside a checkout.
    pub git_revision: String,
    /// Whether tracked files differed from it.
    pub git_dirty: Option<bool>,
    /// The compiler that built the program.
    pub rustc: String,
    /// `release` or `debug`.
    pub profile: String,
    /// The target triple.
    pub target: String,
    /// The processor's name.
    pub cpu: String,
    /// Cores that the run could use.
    pub cores: usize,
    /// Units of work run side by side.
    pub jobs: usize,
    /// Data set or file → SHA-256 of its uncompressed bytes.
    pub data_sha256: BTreeMap<String, String>,
    /// The command line, without directories of this machine.
    pub command: String,
}

impl Provenance {
    /// Looks everything up. `arguments` are those after the program's name.
    #[must_use]
    pub fn collect(root: &Path, arguments: &[String], jobs: usize, mnist: Option<&Mnist>) -> Self {
        let git = |arguments: &[&str]| {
            let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
            output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let mut data_sha256 = BTreeMap::from([("digits".to_owned(), digits::SHA256.to_owned())]);
        data_sha256.extend(mnist.iter().flat_map(|m| m.sha256.iter().cloned()));
        Self {
            git_revision: git(&["rev-parse", "HEAD"]).unwrap_or_else(|| "unknown".into()),
            git_dirty: git(&["status", "--porcelain", "--untracked-files=no"])
                .map(|changes| !changes.is_empty()),
            rustc: env!("VD_RUSTC_VERSION").into(),
            profile: env!("VD_PROFILE").into(),
            target: env!("VD_TARGET").into(),
            cpu: cpu(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            jobs,
            data_sha256,
            command: command(arguments),
        }
    }
}

/// The command line as a reader would type it; the values of `--mnist` and `--out` are left out.
fn command(arguments: &[String]) -> String {
    let mut words = vec!["cargo xtask".to_owned()];
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        match word.split_once('=').map_or(word.as_str(), |(flag, _)| flag) {
            flag @ ("--mnist" | "--out") => {
                words.push(format!("{flag} DIR"));
                if word == flag {
                    rest.next();
                }
            }
            _ => words.push(word.clone()),
        }
    }
    words.join(" ")
}

/// The processor's name where the system tells it in a file, else its architecture.
fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}
