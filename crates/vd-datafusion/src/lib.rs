//! Sparse regression of the rows of a query, on one machine or a cluster, by DataFusion.
#![cfg_attr(doctest, doc = include_str!("../README.md"))]

mod cells;
pub mod cli;
mod cluster;
mod coding;
mod dsvi;
mod engine;
mod error;
mod failure;
mod files;
mod fit;
mod function;
mod model;
mod passes;
mod session;
mod survey;
mod wire;
mod work;
pub mod worker;

pub use engine::Engine;
pub use error::{Error, Result};
pub use fit::{Fitted, fit, options};
pub use function::aggregates;

/// What messages and models call the rows.
pub(crate) const QUERY: &str = "the query";
