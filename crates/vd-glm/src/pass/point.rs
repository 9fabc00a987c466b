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

    /// (1 − t)·self + t·other in (θ, σ², b, c).
    pub(crate) fn towards(&self, other: &Self, t: f64) -> Self {
        let mix = |a: f64, b: f64| a + t * (b - a);
        let mut columns: Vec<usize> = self.weights.iter().chain(&other.weights).map(|w| w.column).collect();
        columns.sort_unstable();
        columns.dedup();
        let mut weights = Vec::with_capacity(columns.len());
        for column in columns {
            let (from, to) = (self.find(column), other.find(column));
            // A weight that only one end keeps is 0, with the same centre, at the other.
            let Some(any) = to.or(from) else { continue };
            let none = Weight { mean: 0.0, variance: 0.0, ..*any };
            let (from, to) = (from.unwrap_or(&none), to.unwrap_or(&none));
            weights.push(Weight {
                column,
                mean: mix(from.mean, to.mean),
                variance: mix(from.variance, to.variance),
                centre: mix(from.centre, to.centre),
            });
        }
        weights.retain(|w| w.mean != 0.0 && w.variance > 0.0);
        Self { intercept: mix(self.intercept, other.intercept), weights }
    }

    /// Σ_d KL(α_d) over the kept weights; a pruned one has KL(∞) = 0.
    pub(crate) fn divergence(&self) -> f64 {
        self.weights.iter().map(|w| kl_approx::exact::kl(w.log_alpha())).sum()
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
    pub(crate) fn towards(&self, other: &Self, t: f64) -> Self {
        let pairs = self.outputs.iter().zip(&other.outputs);
        Self { outputs: pairs.map(|(a, b)| a.towards(b, t)).collect() }
    }

    pub(crate) fn divergence(&self) -> f64 {
        self.outputs.iter().map(Predictor::divergence).sum()
    }

    /// `goal` without its new weights, and with those that it prunes as they are here: no weight enters or leaves.
    pub(crate) fn steady(&self, goal: &Self) -> Self {
        let one = |(from, to): (&Predictor, &Predictor)| Predictor {
            intercept: to.intercept,
            weights: from.weights.iter().map(|w| *to.find(w.column).unwrap_or(w)).collect(),
        };
        Self { outputs: self.outputs.iter().zip(&goal.outputs).map(one).collect() }
    }

    /// This point with `goal`'s new weights, nothing else changed.
    pub(crate) fn entering(&self, goal: &Self) -> Self {
        let one = |(from, to): (&Predictor, &Predictor)| {
            let mut weights = from.weights.clone();
            weights.extend(to.weights.iter().filter(|w| from.find(w.column).is_none()));
            weights.sort_unstable_by_key(|w| w.column);
            Predictor { intercept: from.intercept, weights }
        };
        Self { outputs: self.outputs.iter().zip(&goal.outputs).map(one).collect() }
    }

    /// Number of kept weights.
    pub(crate) fn kept(&self) -> usize {
        self.outputs.iter().map(|o| o.weights.len()).sum()
    }
}
