//! Which point of a cross-validation curve is taken.

use crate::select::curve::{CvPoint, moments};

/// Which point of the curve is taken. The refit is always that of the smallest loss; a rule other than [`Rule::Minimum`] then
/// moves along its λ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Rule {
    /// The smallest loss.
    Minimum,
    /// The largest λ whose loss is within one standard error (over the samples) of the smallest.
    OneStandardError,
    /// The largest λ whose loss exceeds the smallest by at most one standard error of that difference, samples paired.
    #[default]
    PairedStandardError,
}

/// The index of the point that the rule takes.
pub(crate) fn choose(curve: &[CvPoint], losses: &[Vec<f64>], rule: Rule) -> usize {
    let mut best = 0;
    for (k, p) in curve.iter().enumerate() {
        if p.error < curve[best].error {
            best = k;
        }
    }
    let within = |k: usize| {
        if curve[k].refit != curve[best].refit {
            return false;
        }
        let allowance = match rule {
            Rule::Minimum => 0.0,
            Rule::OneStandardError => curve[best].standard_error,
            Rule::PairedStandardError => {
                let d: Vec<f64> = losses[k].iter().zip(&losses[best]).map(|(a, b)| a - b).collect();
                moments(&d).1
            }
        };
        curve[k].error - curve[best].error <= allowance
    };
    // The path falls in λ: the first is the sparsest.
    (0..curve.len()).find(|&k| within(k)).unwrap_or(best)
}
