//! The choice of C by cross-validation.

pub(crate) mod choice;
mod fold;
pub(crate) mod params;
pub(crate) mod search;
