//! From the user's numbers to the solvers': rows of weight 0 left out, centred, weighted, every column and the target of norm 1.
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | w_n | `weights` | sample weight: the row counts w_n times |
//! | s_n = √(w_n / max w) | `root_weight` | what rows are multiplied by |
//! | m_d, t̄ | `means`, `Target::mean` | weighted means, 0 without an intercept |
//! | S_d = Σ_n w_n (x_nd − m_d)² | `scales[d]²·max w` | a column's sum of squares |
//! | T² = Σ_n w_n (t_n − t̄)² | `Target::scale²·max w` | the target's |
//! | n = Σ_n w_n | `Rows::n` | the effective number of samples |
//!
//! The method is equivariant to the scale of every column and of the target, so normalising changes no result; it keeps
//! S_d from overflowing.

pub(crate) mod columns;
pub(crate) mod dense;
pub(crate) mod kernel;
pub(crate) mod normalise;
pub(crate) mod prepared;
pub(crate) mod rows;
pub(crate) mod sparse;
