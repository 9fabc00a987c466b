//! How the uncertainty of logits enters the probabilities.
//!
//! | symbol | meaning |
//! |---|---|
//! | `m`, `S` | posterior mean and covariance of one row's logits `a` |
//! | `b` | the class with the largest mean |
//! | `v_k` | variance that decides between b and k: of `a_b − a_k` for softmax, the mean of the two machines' for one-vs-rest |
//! | `v` | `Σ_{k≠b} ω_k v_k`, with `ω` the softmax of the other classes' means |
//! | `κ` | `(1 + π v/8)^{-1/2}`, MacKay 1992 |
//!
//! With two classes `σ(κ m)` is within 0.02 of the integral `E σ(a)`. With more, one factor κ for the whole row stands in for the
//! integral over the joint posterior: what two logits have in common does not matter, and the order of the classes stays.

use nalgebra::DMatrix;

/// How the posterior variance of logits enters the probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Moderation {
    /// Scaled with two classes, plain with more. `examples/rvm_calibration.rs` compares the choices.
    #[default]
    Automatic,
    /// Logits at the posterior mean.
    Plain,
    /// All logits of a row scaled by `κ = (1 + π v/8)^{-1/2}`, with v the variance that decides between the classes. The most
    /// probable class stays the same.
    Scaled,
}

impl Moderation {
    /// Whether logits of `classes` classes are scaled.
    pub(super) fn scales(self, classes: usize) -> bool {
        match self {
            Self::Automatic => classes == 2,
            Self::Plain => false,
            Self::Scaled => true,
        }
    }
}

/// κ of a row of logits with these means; `variance(b, k)` is `v_k`.
pub(super) fn row_factor(mean: &[f64], variance: impl Fn(usize, usize) -> f64) -> f64 {
    let best = (1..mean.len()).fold(0, |best, k| if mean[k] > mean[best] { k } else { best });
    let others = || (0..mean.len()).filter(|&k| k != best);
    let top = others().map(|k| mean[k]).fold(f64::NEG_INFINITY, f64::max);
    let (mut total, mut sum) = (0.0, 0.0);
    for k in others() {
        let share = (mean[k] - top).exp();
        total += share;
        sum += share * variance(best, k);
    }
    let v = (sum / total).max(0.0);
    1.0 / (core::f64::consts::PI / 8.0 * v).sqrt().hypot(1.0)
}

/// The index of the largest entry of each row; of equal ones the first.
pub(super) fn argmax_rows(m: &DMatrix<f64>) -> Vec<usize> {
    m.row_iter()
        .map(|row| (1..row.len()).fold(0, |best, k| if row[k] > row[best] { k } else { best }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_classes_have_mackays_factor() {
        for (m, v) in [(0.3, 0.0), (2.0, 1.5), (-4.0, 30.0)] {
            let kappa = row_factor(&[0.0, m], |_, _| v);
            assert!((kappa - 1.0 / (1.0 + std::f64::consts::PI * v / 8.0).sqrt()).abs() < 1e-15);
        }
    }

    #[test]
    fn a_class_out_of_the_question_has_no_say() {
        let kappa = row_factor(&[1.0, 0.5, -800.0], |_, k| if k == 2 { 1e6 } else { 2.0 });
        assert!((kappa - row_factor(&[1.0, 0.5], |_, _| 2.0)).abs() < 1e-12);
        assert_eq!(row_factor(&[1e308, -1e308, -1e308], |_, _| f64::INFINITY), 0.0);
    }
}
