//! From outputs to predictions.

use serde::{Deserialize, Serialize};

/// How the outputs of a [`Function`](crate::Function) become predictions.
///
/// | link | outputs z | prediction |
/// |---|---|---|
/// | `Identity` | 1 | z |
/// | `Log` | 1 | e^z, the expected count |
/// | `Logistic` | 1 | 1/(1 + e^z) and 1/(1 + e^−z), the probabilities of the first and the second class |
/// | `Softmax` | K | e^{z_k} / Σ_j e^{z_j} |
/// | `OneVsRest` | K | σ(z_k) / Σ_j σ(z_j) with σ(z) = 1/(1 + e^−z) |
///
/// Where the outputs have variances v, predictions are averages over z ~ N(m, v): exactly e^{m + v/2} for a count, and for classes
/// MacKay's (1992) approximation E σ(z) ≈ σ(m/√(1 + πv/8)), which is within 0.02 of the integral. A softmax is taken apart into pairs of
/// classes (Daunizeau 2017): p_k ∝ 1/(1 + Σ_{j≠k} e^{−(m_k − m_j)/√(1 + π(v_k + v_j)/8)}), which is the softmax itself at v = 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Link {
    /// The output is the prediction.
    Identity,
    /// One output; its logistic function is the probability of the second class.
    Logistic,
    /// K outputs; their softmax is the probabilities.
    Softmax,
    /// K outputs; their logistic functions, divided by their sum, are the probabilities.
    OneVsRest,
    /// One output; its exponential is the expected count.
    Log,
}

impl Link {
    /// Replaces outputs by predictions: a number, or one probability per class. `variances` is empty, or has the variance of each
    /// output.
    pub fn respond(self, y: &mut Vec<f64>, variances: &[f64]) {
        let variance = |k: usize| variances.get(k).copied().unwrap_or(0.0);
        match self {
            Self::Identity => {}
            Self::Log => y.iter_mut().enumerate().for_each(|(k, z)| *z = (*z + 0.5 * variance(k)).exp()),
            Self::Logistic => {
                let z = y.first().copied().unwrap_or(0.0) * moderation(variance(0));
                *y = vec![logistic(-z), logistic(z)];
            }
            Self::Softmax if variances.is_empty() => {
                let max = y.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                y.iter_mut().for_each(|v| *v = (*v - max).exp());
                divide_by_sum(y);
            }
            Self::Softmax => {
                let m = y.clone();
                for (k, y) in y.iter_mut().enumerate() {
                    let against = |j: usize| (-(m[k] - m[j]) * moderation(variance(k) + variance(j))).exp();
                    *y = 1.0 / (1.0 + (0..m.len()).filter(|&j| j != k).map(against).sum::<f64>());
                }
                divide_by_sum(y);
            }
            Self::OneVsRest => {
                y.iter_mut().enumerate().for_each(|(k, z)| *z = logistic(*z * moderation(variance(k))));
                divide_by_sum(y);
            }
        }
    }
}

/// 1/√(1 + πv/8).
fn moderation(variance: f64) -> f64 {
    1.0 / (1.0 + core::f64::consts::PI * variance / 8.0).sqrt()
}

/// 1 / (1 + e^−z), in the form that the exported C has.
pub(crate) fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// Probabilities that sum to one; equal ones where all are zero.
fn divide_by_sum(y: &mut [f64]) {
    let sum: f64 = y.iter().sum();
    if sum > 0.0 {
        y.iter_mut().for_each(|v| *v /= sum);
    } else {
        let share = 1.0 / y.len() as f64;
        y.fill(share);
    }
}

#[cfg(test)]
mod tests {
    use super::Link;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn probabilities_sum_to_one(z in prop::collection::vec(-800.0_f64..800.0, 1..6)) {
            for link in [Link::Softmax, Link::OneVsRest, Link::Logistic] {
                let mut y = z.clone();
                link.respond(&mut y, &[]);
                prop_assert!((y.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{link:?} {y:?}");
                prop_assert!(y.iter().all(|p| (0.0..=1.0).contains(p)));
            }
        }

        /// Two classes of a softmax are a logistic function of the difference.
        #[test]
        fn two_classes_of_a_softmax_are_logistic(a in -30.0_f64..30.0, b in -30.0_f64..30.0) {
            let (mut two, mut one) = (vec![a, b], vec![b - a]);
            Link::Softmax.respond(&mut two, &[]);
            Link::Logistic.respond(&mut one, &[]);
            prop_assert!((two[1] - one[1]).abs() < 1e-14 && (two[0] - one[0]).abs() < 1e-14);
        }

        /// With variances, two classes of a softmax are a logistic function of the difference, whose variances add; a constant added
        /// to every score changes nothing; and the average over z is within 0.02 of the integral.
        #[test]
        fn averages_over_the_outputs(
            m in prop::collection::vec(-6.0_f64..6.0, 2), v in prop::collection::vec(0.0_f64..9.0, 2), shift in -50.0_f64..50.0,
        ) {
            let (mut two, mut moved, mut one) = (m.clone(), m.iter().map(|z| z + shift).collect::<Vec<_>>(), vec![m[1] - m[0]]);
            Link::Softmax.respond(&mut two, &v);
            Link::Softmax.respond(&mut moved, &v);
            Link::Logistic.respond(&mut one, &[v[0] + v[1]]);
            prop_assert!((two[1] - one[1]).abs() < 1e-12 && (two[1] - moved[1]).abs() < 1e-10);
            // A sum over 4001 points of the normal distribution.
            let (mean, sd) = (m[1] - m[0], (v[0] + v[1]).sqrt());
            let (mut sum, mut total) = (0.0, 0.0);
            for i in -2000..=2000 {
                let e = f64::from(i) * 0.004;
                let weight = (-0.5 * e * e).exp();
                total += weight;
                sum += weight * super::logistic(mean + sd * e);
            }
            prop_assert!((one[1] - sum / total).abs() < 0.02, "{} {}", one[1], sum / total);
            let mut none = m.clone();
            Link::Softmax.respond(&mut none, &[0.0, 0.0]);
            let mut plain = m.clone();
            Link::Softmax.respond(&mut plain, &[]);
            prop_assert!((none[0] - plain[0]).abs() < 1e-14);
        }
    }
}
