//! The door to DataFusion as a whole: one binary, since each links all of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)] // A failure here is the test's.

mod cluster;
mod data;
mod equality;
mod refusals;
