//! What happens to features and labels before a solver sees them.

pub(crate) mod c_min;
pub(crate) mod columns;
pub(crate) mod targets;
