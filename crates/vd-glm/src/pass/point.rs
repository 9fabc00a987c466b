//! Where a fit stands: the kept weights of every output, in standardised units.

/// A kept weight: q(w) = N(θ, σ²) about a centre of its column.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Weight {
    /// Its column.
    pub column: usize,
    /// θ, not 0.
    pub mean: f64,
    /// σ² = αθ².
    pub variance: f64,
    /// c: the linear predictor's variance is Σ σ² (x − c)². With an intercept the bound is largest at the column's w-weighted mean,
    /// which makes the intercept's posterior move with the weight's; without one c is 0.
    pub centre: f64,
}

impl Weight {
    /// log α = log σ² − log θ².
    #[must_use]
    pub fn log_alpha(&self) -> f64 {
        self.variance.ln() - 2.0 * self.mean.abs().ln()
    }
}

/// One linear predictor: z = b + Σ w_d x_d.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Predictor {
    /// b.
    pub intercept: f64,
    /// The kept weights, columns ascending; every other is exactly 0.
    pub weights: Vec<Weight>,
}

impl Predictor {
    /// θ_d and σ_d² of a column, 0 where it is pruned.
    pub(crate) fn find(&self, column: usize) -> Option<&Weight> {
        self.weights.binary_search_by_key(&column, |w| w.column).ok().map(|at| &self.weights[at])
    }
}

/// One predictor per output: one for two classes or a number, K for a softmax of K classes.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Point {
    /// The predictors.
    pub outputs: Vec<Predictor>,
}

impl Point {
    /// Number of kept weights.
    pub(crate) fn kept(&self) -> usize {
        self.outputs.iter().map(|o| o.weights.len()).sum()
    }
}
