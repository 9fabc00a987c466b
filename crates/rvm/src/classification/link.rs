//! The link functions of the Laplace approximations.
//!
//! Their bits decide over fits, so that they stay as they are; `estimator`'s differ in the last place.

/// `log(1 + e^x)`.
pub(super) fn softplus(x: f64) -> f64 {
    if x > 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}

/// `1 / (1 + e^{−x})`, accurate in both tails.
pub(super) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// `log Σ exp` of a row, which is replaced by its softmax.
pub(super) fn normalise(row: &mut [f64]) -> f64 {
    let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = row.iter().map(|e| (e - top).exp()).sum();
    for e in row.iter_mut() {
        *e = (*e - top).exp() / sum;
    }
    top + sum.ln()
}
