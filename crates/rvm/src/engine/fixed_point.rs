//! The fixed-point updates of all precisions at once: MacKay's and EM's.
//!
//! With `γ_j = 1 − α_j Σ_jj`, at the posterior for the old precisions:
//! - MacKay (1992), Tipping 2001 eq. 16: `α_j ← γ_j / μ_j²`; fast, without a promise that the evidence rises;
//! - EM, Tipping 2001 eq. 48: `α_j ← 1 / (μ_j² + Σ_jj)`; the evidence never falls, but precisions take long to run off.
//!
//! Both have the same stationary points, `α (μ² + Σ_jj) = 1`, and those where `α = ∞`.

use crate::engine::algorithm::Algorithm;

/// A function leaves when its precision exceeds this many times what the data say about its weight: `γ` is then below
/// 1e-9, and nothing in the model notices.
const GONE: f64 = 1e9;

/// One round of updates.
pub(crate) struct Round {
    /// Positions that stay.
    pub(crate) stay: Vec<usize>,
    /// Their new precisions.
    pub(crate) alpha: Vec<f64>,
    /// Largest `│Δ log α│`, ∞ if a function left.
    pub(crate) change: f64,
}

/// New precisions from the posterior's means and variances; `curvature` is `β h_jj`.
pub(crate) fn update(
    algorithm: Algorithm,
    alpha: &[f64],
    mean: &[f64],
    variance: &[f64],
    curvature: &[f64],
    floor: f64,
) -> Round {
    let mut round = Round { stay: Vec::new(), alpha: Vec::new(), change: 0.0 };
    for j in 0..alpha.len() {
        let square = mean[j] * mean[j];
        let new = match algorithm {
            Algorithm::MacKay => (1.0 - alpha[j] * variance[j]).max(0.0) / square,
            _ => 1.0 / (square + variance[j]),
        };
        if new.is_nan() || !(new <= GONE * curvature[j]) {
            round.change = f64::INFINITY;
            continue;
        }
        let new = new.max(floor).max(f64::MIN_POSITIVE);
        round.change = round.change.max((new / alpha[j]).ln().abs());
        round.stay.push(j);
        round.alpha.push(new);
    }
    round
}
