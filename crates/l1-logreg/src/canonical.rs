//! Which of equally good softmax weights is returned.
//!
//! Softmax probabilities do not change when one number is added to a feature's weights of all K classes. The L1 norm
//! Σ_k |w_jk + c| is smallest for c = −m with m any median of w_j1 … w_jK. For odd K the median is one number; for even K it is the
//! interval between the two middle weights, and so the optimum is not unique. The rule of [`SharedShift::MostZeros`] picks one point.

use nalgebra::{DMatrix, DVector};

use crate::penalty::{Intercept, Penalty};

/// Which of equally good softmax weights is returned (three classes or more, L1 penalty). Predictions and the objective are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum SharedShift {
    /// Per feature, of the shifts with the least L1 norm, the one with the most zeros; of two such, the one with the smaller
    /// Euclidean norm; of two such, the one with the larger weights. The result does not depend on the solver's route.
    /// An unpenalised intercept is shifted to sum zero.
    #[default]
    MostZeros,
    /// The weights at which the solver arrived. For an even number of classes they depend on its route.
    AsSolved,
}

/// The median of `weights` to be taken off them: for an even number the lower or the upper middle weight, by the rule of
/// [`SharedShift::MostZeros`].
fn median(weights: &[f64]) -> f64 {
    let mut sorted = weights.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (lower, upper) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
    let zeros = |m: f64| weights.iter().filter(|&&w| w == m).count();
    let square = |m: f64| weights.iter().map(|w| (w - m) * (w - m)).sum::<f64>();
    match zeros(lower).cmp(&zeros(upper)) {
        core::cmp::Ordering::Greater => lower,
        core::cmp::Ordering::Less => upper,
        core::cmp::Ordering::Equal if square(upper) < square(lower) => upper,
        core::cmp::Ordering::Equal => lower,
    }
}

/// Shifts softmax weights (D x K) and intercepts (K) to the point that [`SharedShift::MostZeros`] states.
pub(crate) fn shift(
    weights: &mut DMatrix<f64>,
    intercept: &mut DVector<f64>,
    penalty: Penalty,
    kind: Intercept,
) {
    // With a ridge part the penalty is strictly convex, so that the optimum is unique.
    if penalty == Penalty::L1 {
        for mut row in weights.row_iter_mut() {
            let m = median(row.clone_owned().as_slice());
            row.apply(|w| *w -= m);
        }
    }
    let m = match kind {
        Intercept::Unpenalised => intercept.mean(),
        Intercept::Penalised if penalty == Penalty::L1 => median(intercept.as_slice()),
        Intercept::Penalised | Intercept::None => 0.0,
    };
    intercept.apply(|b| *b -= m);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_rule_picks_the_stated_point() {
        // Odd: the median. Even: an end of the median interval, by zeros, then by closeness to the mean.
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[0.0, 0.0, 1.0, 2.0]), 0.0);
        assert_eq!(median(&[-1.0, 0.5, 0.5, -3.0]), 0.5);
        assert_eq!(median(&[0.0, 1.0, 2.0, 9.0]), 2.0);
        assert_eq!(median(&[-9.0, 1.0, 2.0, 3.0]), 1.0);
        assert_eq!(median(&[0.0, 1.0]), 0.0);
    }

    proptest! {
        #[test]
        fn the_norm_never_grows_and_the_solvers_shift_is_forgotten(
            weights in proptest::collection::vec(prop_oneof![Just(0.0), -3.0..3.0_f64], 3..9), by in -2.0..2.0_f64,
        ) {
            let norm = |m: f64| weights.iter().map(|w| (w - m).abs()).sum::<f64>();
            let m = median(&weights);
            prop_assert!(norm(m) <= norm(0.0) + 1e-12);
            for other in &weights {
                prop_assert!(norm(m) <= norm(*other) + 1e-12);
            }
            // At least one class is the reference, with the weight zero.
            prop_assert!(weights.contains(&m));
            let moved: Vec<f64> = weights.iter().map(|w| w + by).collect();
            let distinct = |v: &[f64]| { let mut s = v.to_vec(); s.sort_by(f64::total_cmp); s.dedup(); s.len() == v.len() };
            if distinct(&weights) && distinct(&moved) {
                prop_assert!((median(&moved) - by - m).abs() < 1e-12);
            }
        }
    }
}
