//! Which rows a fit uses, and how much each counts.

use estimator::InputError;

/// The rows in use and how they count.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    /// Indices into the user's rows.
    pub index: Vec<usize>,
    /// s_n of each.
    pub root_weight: Vec<f64>,
    /// The largest weight.
    pub largest: f64,
    /// n = Σ w.
    pub n: f64,
    /// Whether there is an intercept to be orthogonal to.
    pub intercept: bool,
}

impl Rows {
    /// Rows of positive weight among `count`; all of them, with weight 1, if there are no weights.
    pub fn new(count: usize, weights: Option<&[f64]>, intercept: bool) -> Result<Self, InputError> {
        let Some(weights) = weights else {
            return Ok(Self {
                index: (0..count).collect(),
                root_weight: vec![1.0; count],
                largest: 1.0,
                n: count as f64,
                intercept,
            });
        };
        check_weights(weights, count)?;
        let index: Vec<usize> = (0..count).filter(|&i| weights[i] > 0.0).collect();
        let largest = weights.iter().copied().fold(0.0, f64::max);
        let n: f64 = weights.iter().sum();
        let root_weight = index.iter().map(|&i| (weights[i] / largest).sqrt()).collect();
        Ok(Self { index, root_weight, largest, n, intercept })
    }

    /// The same rows without those for which `keep` is false.
    pub fn filtered(&self, keep: impl Fn(usize) -> bool) -> Self {
        let kept: Vec<usize> = (0..self.index.len()).filter(|&k| keep(k)).collect();
        let root_weight: Vec<f64> = kept.iter().map(|&k| self.root_weight[k]).collect();
        let n = root_weight.iter().map(|s| s * s).sum::<f64>() * self.largest;
        Self { index: kept.iter().map(|&k| self.index[k]).collect(), root_weight, n, ..*self }
    }

    /// Σ s².
    pub fn norm_sq(&self) -> f64 {
        self.root_weight.iter().map(|s| s * s).sum()
    }

    /// Degrees of freedom that the intercept takes: 1 or 0.
    pub fn spent(&self) -> f64 {
        f64::from(u8::from(self.intercept))
    }
}

/// Refuses weights of the wrong number, NaN, infinite or negative weights, weights that are all 0, and weights whose sum overflows.
pub(crate) fn check_weights(weights: &[f64], count: usize) -> Result<(), InputError> {
    if weights.len() != count {
        return Err(InputError::entries("the sample weights", count, weights.len()));
    }
    if let Some(row) = weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
        return Err(InputError::Weight { row, value: weights[row] });
    }
    let total: f64 = weights.iter().sum();
    if total == 0.0 {
        return Err(InputError::Weight { row: 0, value: 0.0 });
    }
    if !total.is_finite() {
        return Err(InputError::Range { what: "the sum of the sample weights" });
    }
    Ok(())
}
