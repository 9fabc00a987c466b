//! Solvers, in normalised units (S_d = 1, T = 1): coordinate ascent, the block algorithm, the path downwards, swap moves.

pub(crate) mod ascent;
pub(crate) mod block;
pub(crate) mod descent;
pub(crate) mod least_squares;
pub(crate) mod operator;
pub(crate) mod pair_moves;
pub(crate) mod pre_estimate;
pub(crate) mod state;
pub(crate) mod swap_moves;
pub(crate) mod universal;
