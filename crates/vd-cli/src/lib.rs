//! The parts of `vd`, as a library for its tests, its fuzzers and other doors; the interface is the command line.
#![cfg_attr(doctest, doc = include_str!("../README.md"))]

pub mod cli;
mod command;
mod error;
mod fit;
mod report;
pub mod shared;
mod show;
pub mod table;

pub use command::run;
pub use error::{Error, Place, Result};
