//! Which point of a cross-validation curve is taken.

use crate::select::cross_validation::curve::{CvPoint, moments};

/// Which point of the curve is taken. The refit is always that of the smallest error; a rule other than [`Rule::Minimum`] then
/// moves along its λ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Rule {
    /// The smallest error.
    Minimum,
    /// The largest λ whose error is within one standard error (over the samples) of the smallest.
    OneStandardError,
    /// The largest λ whose error exceeds the smallest by at most one standard error of that difference, samples paired. The
    /// errors of neighbouring models go together, so this allows far less than the above and rarely drops a weak feature.
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
    if rule == Rule::Minimum {
        return best;
    }
    // Along the best point's own refit alone. A refit at the sparse end of the path would often be within the allowance where
    // many weak effects ask for none (measured: docs/decisions/vd-linreg.md).
    let within = |k: usize| {
        if curve[k].refit != curve[best].refit {
            return false;
        }
        let allowance = match rule {
            Rule::OneStandardError => curve[best].standard_error,
            _ => {
                let d: Vec<f64> = losses[k].iter().zip(&losses[best]).map(|(a, b)| a - b).collect();
                moments(&d).1
            }
        };
        curve[k].error - curve[best].error <= allowance
    };
    // The path falls in λ: the first is the sparsest.
    (0..curve.len()).find(|&k| within(k)).unwrap_or(best)
}
