//! The experiments of `vd-ard`: data sets, protocols, tables, figures and the report.
#![doc = include_str!("../README.md")]

pub mod bench;
pub mod bless;
pub mod cli;
pub mod data;
mod error;
pub mod experiment;
pub mod figure;
pub mod fits;
pub mod output;
mod progress;
pub mod protocol;
pub mod provenance;
pub mod record;
mod report;
pub mod reproduce;
mod run;
pub mod split;
pub mod summary;
pub mod table;

use std::path::{Path, PathBuf};

pub use error::{Error, Result};

/// The workspace: where cargo says, else where this was built, else here.
#[must_use]
pub fn root() -> PathBuf {
    let crate_directory = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let crate_directory = crate_directory.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    let root = crate_directory.ancestors().find(|path| path.join("Cargo.lock").is_file());
    root.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

/// The workspace's README, its examples compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct RootReadme;

/// A guide, its example compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/how-to/choose-lambda.md")]
struct ChooseLambda;
