//! Sparse linear models and ReLU networks, evaluated at the speed of the weights that are left.
#![doc = include_str!("../README.md")]

mod batch;
mod error;
mod inputs;
mod layer;
mod memory;
mod network;
mod panels;
mod plan;
mod rows;
mod shrink;

pub use error::Error;
pub use layer::Layer;
pub use memory::Memory;
pub use network::Network;
pub use plan::Format;
