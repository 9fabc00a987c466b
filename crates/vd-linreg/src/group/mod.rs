//! Groups of columns that share one α: kept or pruned together.
//!
//! With q(w_d) = N(θ_d, αθ_d²) for the G members of a group the divergence is G·KL(α). In an orthonormal basis of the group's columns
//! (normalised units) the group's optimum, all else held, is closed as a single column's is:
//!
//! ```text
//! q_g = Q_gᵀ(t − X_{−g}θ_{−g}),  z_g² = β‖q_g‖²,  (1 + 2u)² dKL/du = z_g²/(λG),  θ_g = q_g · 2u/(1 + 2u)
//! ```
//!
//! so a group is pruned exactly where the mean squared z-score of its members is at most λ. The basis makes the answer the same whatever
//! columns span the group: which level of a categorical column is left out, or how its indicators are coded, does not matter. G is the number
//! of columns that the basis needs.

pub(crate) mod ascent;
pub(crate) mod basis;
pub(crate) mod fit;
