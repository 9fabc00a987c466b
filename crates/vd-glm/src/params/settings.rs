//! Settings that classification and regression share.

use estimator::{Check, InputError};

use crate::solve::prior::Prior;

/// How the kept weights are estimated again after λ has selected them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Refit {
    /// Nothing: the maximum of the objective at λ.
    #[default]
    None,
    /// Under a normal prior N(0, 1/a) on the weights of standardised columns, by the same bound: θ and σ² maximise
    /// Σ E log p − KL(q ‖ N(0, 1/a)), and so does a, which is one number for a softmax, one per class for one-vs-rest. The log-uniform prior
    /// leaves the scale of the weights free, so that predictions are overconfident where classes are all but separable; this prior does not.
    Ridge,
}

/// What bounds the scale of the weights: a term −½ a (θ² + σ²) per weight in units of standardised columns besides the divergence, as if the
/// log-uniform prior ended in a normal density's tail (the slab of Piironen & Vehtari's regularised horseshoe, 2017).
///
/// The log-uniform prior does not care about scale. Where classes are all but separable, weights then grow until variances of tens
/// stop them, and few weights carry all. The slab adds a to the curvature of a weight and leaves the threshold in closed form:
/// a weight is kept when q² > λ (S + a). Where samples are many (S ≫ a) it changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Slab {
    /// None: the method of the paper.
    #[default]
    None,
    /// This a, above 0.
    Precision(f64),
    /// a is the kept weights' inverse mean square, found by fitting a few times; one for a softmax, one per class for one-vs-rest. It is at least 0.01
    /// (weights of 10 per standard deviation of a column) but for [`crate::Family::Gaussian`]: where columns separate the classes it would fall without end.
    Learned,
}

/// Settings that classification and regression share; the parameters' documentation has the table.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Settings {
    pub lambda: f64,
    /// Where λ follows from the data: the expected number of falsely kept weights per output.
    pub false_keeps: Option<f64>,
    pub refit: Refit,
    pub slab: Slab,
    pub intercept: bool,
    pub tolerance: f64,
    pub max_rounds: usize,
    pub threads: Option<usize>,
    #[cfg_attr(feature = "serde", serde(default))]
    pub whole_curvature: bool,
    pub weights: Option<Vec<f64>>,
    /// Whether a softmax's weights of a column share one α.
    #[cfg_attr(feature = "serde", serde(default))]
    pub by_column: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lambda: 1.0,
            false_keeps: None,
            refit: Refit::None,
            slab: Slab::None,
            intercept: true,
            tolerance: 1e-2,
            max_rounds: 200,
            threads: None,
            whole_curvature: false,
            weights: None,
            by_column: false,
        }
    }
}

impl Settings {
    pub fn check(&self) -> Result<(), InputError> {
        check_lambda(self.lambda)?;
        if let Some(q) = self.false_keeps {
            Check::positive("false_keeps", q)?;
        }
        if let Slab::Precision(a) = self.slab {
            Check::positive("slab precision", a)?;
        }
        let fine = self.tolerance > 0.0 && self.tolerance <= 0.1;
        Check::range("tolerance", self.tolerance, fine, "above 0, at most 0.1")?;
        Check::at_least("max_rounds", self.max_rounds, 1, "at least 1")?;
        if let Some(threads) = self.threads {
            let fine = (1..=1024).contains(&threads);
            Check::range("threads", threads as f64, fine, "1 to 1024")?;
        }
        Ok(())
    }
}

impl Settings {
    /// What is subtracted from the data term of a problem with so many outputs.
    pub fn prior(&self, slab: f64, outputs: usize) -> Prior {
        let lambda = self.lambda;
        match self.by_column && outputs > 1 {
            true => Prior::Shared { lambda, slab, outputs },
            false => Prior::LogUniform { lambda, slab },
        }
    }

    /// The λ of a fit of `columns` columns that vary to `rows` rows, each decision by `group` independent z-scores.
    pub fn resolve(&mut self, rows: usize, columns: usize, group: usize) -> Result<(), InputError> {
        let Some(q) = self.false_keeps else { return Ok(()) };
        // Of few columns half of them is as much as chance may be given.
        let q = q.min(0.5 * columns.max(1) as f64);
        let by_chance = kl_approx::ard::lambda_for_false_keeps(q, columns.max(1), group);
        let schwarz = (rows.max(3) as f64).ln();
        self.lambda = by_chance.map_or(schwarz, |lambda| lambda.max(schwarz));
        Ok(())
    }
}

/// λ from 1e-100 to 1e100.
pub(crate) fn check_lambda(lambda: f64) -> Result<(), InputError> {
    Check::range("lambda", lambda, (1e-100..=1e100).contains(&lambda), "1e-100 to 1e100")
}

/// The setters that both kinds of parameters have.
macro_rules! shared_setters {
    () => {
        /// λ, the weight of the divergence: a weight is kept when its squared z-score given the rest exceeds λ.
        #[must_use]
        pub fn lambda(mut self, lambda: f64) -> Self {
            self.settings.lambda = lambda;
            self.settings.false_keeps = None;
            self
        }
        /// λ from the data instead of [`Self::lambda`]: such that of columns of pure noise at most `q` weights per output are kept in
        /// expectation, λ = F⁻¹_{χ²₁}(1 − q/D), and at least ln N (Schwarz 1978), so that false keeps vanish as samples grow.
        ///
        /// The rate is exact for independent columns and large samples.
        #[must_use]
        pub fn false_keeps(mut self, q: f64) -> Self {
            self.settings.false_keeps = Some(q);
            self
        }
        /// How the kept weights are estimated again after λ has selected them.
        #[must_use]
        pub fn refit(mut self, refit: $crate::Refit) -> Self {
            self.settings.refit = refit;
            self
        }
        /// What bounds the scale of the weights.
        #[must_use]
        pub fn slab(mut self, slab: $crate::Slab) -> Self {
            self.settings.slab = slab;
            self
        }
        /// Whether there is an intercept; it is never penalised.
        #[must_use]
        pub fn intercept(mut self, intercept: bool) -> Self {
            self.settings.intercept = intercept;
            self
        }
        /// The largest departure from the conditions of a maximum at which the fit has converged: slopes in θ and in intercepts in standard errors,
        /// slopes in log σ² over λ.
        #[must_use]
        pub fn tolerance(mut self, tolerance: f64) -> Self {
            self.settings.tolerance = tolerance;
            self
        }
        /// The largest number of rounds, each one pass over the samples (two and more where a step had to be damped).
        #[must_use]
        pub fn max_rounds(mut self, rounds: usize) -> Self {
            self.settings.max_rounds = rounds;
            self
        }
        /// Number of worker threads; those of rayon's global pool unless it is set. The result does not depend on it.
        #[must_use]
        pub fn threads(mut self, threads: usize) -> Self {
            self.settings.threads = Some(threads);
            self
        }
        /// Whether rounds take the curvature among the features from all rows, as [`Self::fit_passes`] does; else from some of them where
        /// there are 16,384 or more. Both end at the same maximum, to the tolerance; the curvature of all rows takes fewer rounds and more time in each.
        #[must_use]
        pub fn whole_curvature(mut self, whole: bool) -> Self {
            self.settings.whole_curvature = whole;
            self
        }
        /// Sample weights ω_n ≥ 0, one per sample: a weight of 2 counts a sample twice, one of 0 leaves it out.
        #[must_use]
        pub fn weights(mut self, weights: &[f64]) -> Self {
            self.settings.weights = Some(weights.to_vec());
            self
        }
    };
}
pub(crate) use shared_setters;
