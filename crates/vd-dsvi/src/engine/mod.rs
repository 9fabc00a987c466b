//! The two engines that do gradient steps, and the state that they move.

pub(crate) mod fast;
pub(crate) mod generic;
pub(crate) mod state;
pub(crate) mod step;
