//! The parts of `vd`, as a library for its tests and fuzzers; the interface is the command line.
#![cfg_attr(doctest, doc = include_str!("../README.md"))]

pub mod cli;
mod command;
mod error;
mod fit;
pub mod model;
mod show;
pub mod table;

pub use command::{c99, run};
pub use error::{Error, Place, Result};
