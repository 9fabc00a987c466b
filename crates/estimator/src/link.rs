//! Link functions between scores and probabilities, in `f64`, without overflow.
//!
//! | symbol | here | equation |
//! |---|---|---|
//! | σ(z) | [`sigmoid`] | 1/(1 + e^{−z}) |
//! | log(1 + e^z) | [`softplus`] | −log σ(−z) |
//! | lse(z) | [`log_sum_exp`] | log Σ_k e^{z_k} |
//! | p_k | [`softmax_in_place`] | e^{z_k − lse(z)} |
//!
//! Trainers keep their own vectorised kernels; predictions and scores use the functions of this module.

/// σ(z) = 1/(1 + e^{−z}), accurate in both tails.
#[must_use]
pub fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 {
        1.0 / (1.0 + (-z).exp())
    } else {
        let e = z.exp();
        e / (1.0 + e)
    }
}

/// log(1 + e^z) = −log σ(−z), accurate in both tails.
#[must_use]
pub fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

/// log Σ_k e^{z_k}; −∞ for no scores. NaN if a score is NaN.
#[must_use]
pub fn log_sum_exp(z: &[f64]) -> f64 {
    let top = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return if z.iter().any(|v| v.is_nan()) { f64::NAN } else { top };
    }
    let sum: f64 = z.iter().map(|v| (v - top).exp()).sum();
    top + sum.ln()
}

/// Replaces scores by probabilities e^{z_k − lse(z)}.
pub fn softmax_in_place(z: &mut [f64]) {
    let top = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    z.iter_mut().for_each(|v| *v = (*v - top).exp());
    let sum: f64 = z.iter().sum();
    z.iter_mut().for_each(|v| *v /= sum);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tails_keep_their_relative_accuracy() {
        // e^{-40} = 4.248354255291588995e-18, to 19 digits.
        let tiny = 4.248_354_255_291_589e-18;
        assert!((sigmoid(-40.0) / tiny - 1.0).abs() < 1e-15);
        assert!((softplus(-40.0) / tiny - 1.0).abs() < 1e-15);
        assert_eq!((sigmoid(800.0), sigmoid(-800.0), softplus(800.0)), (1.0, 0.0, 800.0));
        assert_eq!(log_sum_exp(&[1e300, 1e300]), 1e300);
        assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
        assert!(log_sum_exp(&[f64::NAN]).is_nan() && log_sum_exp(&[0.0, f64::NAN]).is_nan());
        let mut wide = [-1e300, 0.0, -1e300];
        softmax_in_place(&mut wide);
        assert_eq!(wide, [0.0, 1.0, 0.0]);
    }

    proptest! {
        #[test]
        fn two_scores_are_a_sigmoid(a in -700.0..700.0_f64, b in -700.0..700.0_f64) {
            let mut p = [a, b];
            softmax_in_place(&mut p);
            prop_assert!((p[0] - sigmoid(a - b)).abs() <= 1e-15);
            prop_assert!((log_sum_exp(&[a, b]) - (b + softplus(a - b))).abs() <= 1e-13 * (1.0 + a.abs().max(b.abs())));
            // The derivative of softplus is the sigmoid, by Richardson's central difference.
            let slope = |h: f64| (softplus(a + h) - softplus(a - h)) / (2.0 * h);
            let derivative = (4.0 * slope(0.5e-3) - slope(1e-3)) / 3.0;
            prop_assert!((derivative - sigmoid(a)).abs() <= 1e-9);
        }
    }
}
