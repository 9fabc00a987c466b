//! What the solvers are checked against; shares no code with them.

pub(crate) mod objective;
pub(crate) mod optimality;
