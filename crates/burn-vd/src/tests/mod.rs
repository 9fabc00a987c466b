//! Tests that need the crate's inside.

mod divergence;
