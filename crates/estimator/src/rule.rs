//! Which point of a cross-validation curve is taken.

use crate::cv_point::{CvPoint, mean_and_error};

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

impl Rule {
    /// The index of the point that the rule takes: the smallest error's, or the sparsest of its refit's within the allowance. `curve` falls in λ;
    /// `losses` has each point's losses, one per sample.
    ///
    /// A refit other than the best point's is not considered: at the sparse end of the path one would often be within the allowance where many weak
    /// effects ask for none (measured: docs/decisions/vd-linreg.md). Where a point's losses are missing, [`Rule::PairedStandardError`] allows it nothing.
    ///
    /// ```
    /// use estimator::{CvPoint, Rule};
    ///
    /// let point = |lambda, error| CvPoint { lambda, refit: (), error, standard_error: 0.2, kept: 3.0 };
    /// let curve = [point(4.0, 1.5), point(2.0, 1.1), point(1.0, 1.0)];
    /// assert_eq!(Rule::Minimum.choose(&curve, &[]), 2);
    /// assert_eq!(Rule::OneStandardError.choose(&curve, &[]), 1);
    /// ```
    #[must_use]
    pub fn choose<R: PartialEq>(self, curve: &[CvPoint<R>], losses: &[Vec<f64>]) -> usize {
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
            let allowance = match self {
                Self::Minimum => 0.0,
                Self::OneStandardError => curve[best].standard_error,
                Self::PairedStandardError => {
                    let Some((own, least)) = losses.get(k).zip(losses.get(best)) else { return k == best };
                    let d: Vec<f64> = own.iter().zip(least).map(|(a, b)| a - b).collect();
                    mean_and_error(&d).1
                }
            };
            curve[k].error - curve[best].error <= allowance
        };
        // The path falls in λ: the first is the sparsest.
        (0..curve.len()).find(|&k| within(k)).unwrap_or(best)
    }
}

#[cfg(test)]
mod tests {
    use super::{CvPoint, Rule, mean_and_error};

    /// Four points: the losses of eight samples around means 4, 1.1, 1.0 and 0.9; the third has another refit.
    fn curve() -> (Vec<CvPoint<bool>>, Vec<Vec<f64>>) {
        let spread = [-0.4, 0.4, -0.2, 0.2, -0.3, 0.3, -0.1, 0.1];
        let losses: Vec<Vec<f64>> = [(4.0, 1.0), (1.1, 1.1), (1.0, -1.0), (0.9, 1.0)]
            .map(|(mean, turn)| spread.map(|s| mean + turn * s).to_vec())
            .into();
        let point = |(k, loss): (usize, &Vec<f64>)| {
            let (error, standard_error) = mean_and_error(loss);
            CvPoint { lambda: 8.0 / (k + 1) as f64, refit: k == 2, error, standard_error, kept: k as f64 }
        };
        (losses.iter().enumerate().map(point).collect(), losses)
    }

    #[test]
    fn each_rule_takes_its_point() {
        let (curve, losses) = curve();
        assert_eq!(Rule::Minimum.choose(&curve, &losses), 3);
        // 1.1 is 0.2 above 0.9: more than the standard error 0.103, of the loss and of the paired difference.
        assert_eq!(Rule::OneStandardError.choose(&curve, &losses), 3);
        assert_eq!(Rule::PairedStandardError.choose(&curve, &losses), 3);
        let with = |error: f64| -> Vec<CvPoint<bool>> {
            let moved = |p: &CvPoint<bool>| if p.lambda == 4.0 { error } else { p.error };
            curve.iter().map(|p| CvPoint { error: moved(p), ..p.clone() }).collect()
        };
        let near = with(0.95);
        assert_eq!(Rule::Minimum.choose(&near, &losses), 3);
        assert_eq!(Rule::OneStandardError.choose(&near, &losses), 1);
        // The samples move together: the difference is known to 0.01.
        assert_eq!(Rule::PairedStandardError.choose(&near, &losses), 3);
        assert_eq!(Rule::PairedStandardError.choose(&with(0.905), &losses), 1);
        // Without losses nothing is known of the difference.
        assert_eq!(Rule::PairedStandardError.choose(&with(0.905), &[]), 3);
    }
}
