//! Averaging over supports: which columns matter is left open as far as the data leave it open.
//!
//! A single maximum of the objective has to decide for every column. Where columns stand in for one another or effects are near the
//! threshold, several supports explain the data about as well, and their average predicts better than any one of them (Hoeting et
//! al. 1999). A support γ of k columns is weighed by its evidence, with the noise variance integrated out:
//!
//! ```text
//! θ_γ ~ N(0, σ²v),  p(σ²) ∝ 1/σ²,  a background θ ~ N(0, σ²h) on every column (h = 0: none),  K = I + h XXᵀ
//! log p(t | γ, v, h) = −½ log|K| − ½ log|I + v X_γᵀK⁻¹X_γ| − ½(n − 1) log R_γ + const
//! R_γ = tᵀK⁻¹t − rᵀA⁻¹r,   A = X_γᵀK⁻¹X_γ + I/v,   r = X_γᵀK⁻¹t
//! p(γ) = k! Γ(2D − k)/Γ(2D + 1) · D …(the beta-binomial with b = D: each size about half as likely as the one before)
//! ```
//!
//! in normalised units (columns of norm 1). v is the scale of the kept columns' squared z-scores; it is drawn with the supports. The
//! background stands for many effects too weak to be told apart; with it and no support at all the model is ridge regression.
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | K⁻¹ | the weights in `background` | metric of the rows, I without a background |
//! | s_j, q_j | `precision`, `product` | x_jᵀK⁻¹x_j + 1/v and x_jᵀK⁻¹t, both given the columns of γ |
//! | q_j²/(s_j R_γ) | `share` | share of R_γ that column j takes if it joins |
//! | p_j | `odds` → `probability` | probability that j is in, given all other columns |
//!
//! A group of columns that is one decision is one of the D, and enters by an orthonormal basis (`based`): its size is the number of columns
//! that the basis needs, k counts decisions in p(γ) and columns in v^(−k/2).
//!
//! `walk` moves from support to support and weighs what it sees; `project` finds few columns whose fitted values are those of the average.

pub(crate) mod averaged;
pub(crate) mod background;
pub(crate) mod based;
pub(crate) mod conditional;
pub(crate) mod evidence;
pub(crate) mod finish;
pub(crate) mod fit;
pub(crate) mod gram;
pub(crate) mod plan;
pub(crate) mod progress;
pub(crate) mod project;
pub(crate) mod settings;
pub(crate) mod tally;
pub(crate) mod units;
pub(crate) mod walk;
