//! The experiments of `vd-ard`: data sets, protocols, tables, figures and the report.
#![doc = include_str!("../README.md")]

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

pub use error::{Error, Result};
