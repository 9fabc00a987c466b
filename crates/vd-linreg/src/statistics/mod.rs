//! Sufficient statistics: what a fit needs of the rows, taken in one pass, in parts, and merged.
//!
//! | paper | here | shape | meaning |
//! |---|---|---|---|
//! | n | `samples` | 1 | Σ w |
//! | x̄, t̄ | `means` | D + 1 | weighted means, the target's last |
//! | C | `products` | (D + 1)(D + 2)/2 | Σ w (z − z̄)(z − z̄)ᵀ with z = (x, t), the upper triangle by columns |
//!
//! Two parts a and b merge by (Chan, Golub & LeVeque 1979), δ = z̄_b − z̄_a:
//!
//! ```text
//! n = n_a + n_b,    z̄ = z̄_a + δ n_b/n,    C = C_a + C_b + δδᵀ n_a n_b/n
//! ```
//!
//! never as differences of raw sums, which would lose what little a column varies beside its mean.

pub(crate) mod fit;
pub(crate) mod folds;
pub(crate) mod pass;
pub(crate) mod reader;
pub(crate) mod reduced;
pub(crate) mod select;
pub(crate) mod z_scores;
