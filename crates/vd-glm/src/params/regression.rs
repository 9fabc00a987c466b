//! Parameters of a regression: counts, positive amounts, numbers.

use core::ops::ControlFlow;

use estimator::{Estimator, Fit, Report, Values};
use nalgebra::DMatrix;
use nalgebra_sparse::CscMatrix;

use crate::design::far::FarRows;
use crate::design::matrix::Design;
use crate::error::Error;
use crate::family::count::Family;
use crate::model::regressor::Regressor;
use crate::params::settings::{Settings, shared_setters};
use crate::pass::plan::Plan;
use crate::pass::statistics::Statistics;
use crate::progress::Progress;
use crate::select::selection::{CvProgress, Selection};
use crate::select::settings::CrossValidation;

/// Parameters of a regression of counts, positive amounts or numbers; not yet checked, fitted directly.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `family` | [`Family::Poisson`] | distribution of the target | |
/// | `lambda` | 1 | weight of the divergence: a weight is kept when its squared z-score exceeds it | 1e-100 to 1e100 |
/// | `offsets` | 0 each | what is added to the linear predictor: log exposures | finite |
/// | `false_keeps` | none | λ from the expected number of falsely kept weights per output, instead of `lambda` | above 0 |
/// | `slab` | [`Slab::None`](crate::Slab::None) | what bounds the scale of the weights | |
/// | `refit` | [`Refit::None`](crate::Refit::None) | what follows the selection of weights | |
/// | `intercept` | true | | |
/// | `weights` | 1 each | sample weights | from 0, not all 0 |
/// | `tolerance` | 1e-2 | largest departure from the conditions of a maximum at which a fit has converged, as [`Certificate`](crate::Certificate) counts it | above 0, at most 0.1 |
/// | `max_rounds` | 200 | rounds, those that learn the slab included; a refit has as many again | at least 1 |
/// | `whole_curvature` | false | whether rounds take the curvature from all rows, however many | |
/// | `threads` | rayon's | worker threads; the result does not depend on them | 1 to 1024 |
///
/// ```
/// use vd_glm::RegressionParams;
///
/// // Counts whose logarithm rises with the first of three columns.
/// let x = nalgebra::DMatrix::from_fn(60, 3, |n, d| ((n * (7 + 4 * d) + d) % 23) as f64 / 11.0 - 1.0);
/// let t: Vec<f64> = (0..60).map(|n| (1.0 + 1.2 * x[(n, 0)]).exp().round()).collect();
/// let fit = RegressionParams::new().lambda(3.0).fit(&x, &t)?;
/// assert_eq!(fit.model.support(), [0]);
/// # use vd_glm::nalgebra;
/// # Ok::<(), vd_glm::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RegressionParams {
    pub(crate) settings: Settings,
    pub(crate) family: Family,
    pub(crate) offsets: Option<Vec<f64>>,
}

impl RegressionParams {
    /// The defaults: a Poisson regression.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The setting for choosing features: λ from one expected false keep per output and from ln N
    /// ([`Self::false_keeps`] of 1).
    #[must_use]
    pub fn recommended() -> Self {
        Self::new().false_keeps(1.0)
    }

    shared_setters!();

    /// The distribution of the target.
    #[must_use]
    pub fn family(mut self, family: Family) -> Self {
        self.family = family;
        self
    }

    /// What is added to each sample's linear predictor. For counts over unequal times or areas: the logarithms of the exposures.
    #[must_use]
    pub fn offsets(mut self, offsets: &[f64]) -> Self {
        self.offsets = Some(offsets.to_vec());
        self
    }

    /// Checks every parameter against its range.
    ///
    /// # Errors
    /// The first that is out of range.
    pub fn check(&self) -> Result<(), Error> {
        self.settings.check()?;
        self.family.check()?;
        if let Some(offsets) = &self.offsets {
            Values::from(offsets).check(offsets.len())?;
        }
        Ok(())
    }

    /// Fits numbers.
    ///
    /// # Errors
    /// Parameters out of range, shapes that disagree, entries that are not finite, targets that the family refuses.
    pub fn fit<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
    ) -> Result<Fit<Regressor, Report>, Error> {
        crate::fit::regress::fit(self, x.into(), t.into(), None)
    }

    /// [`RegressionParams::fit`] with a callback after every round; breaking keeps what has been reached.
    ///
    /// # Errors
    /// As [`RegressionParams::fit`].
    pub fn fit_with<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Fit<Regressor, Report>, Error> {
        crate::fit::regress::fit(self, x.into(), t.into(), Some(&mut progress))
    }

    /// [`RegressionParams::fit`] for rows that lie elsewhere, whose targets have this mean; `pass` makes one pass over them.
    ///
    /// It is called once for each point that the rounds visit, twice where more than 128 columns vary and the columns near the threshold
    /// have changed; its class is none. The rows it reads are standardised as [`FarRows`] says, one
    /// [`Pass`](crate::pass::Pass) for all or several that are merged.
    ///
    /// The model is that of [`RegressionParams::fit`] to rounding where that takes the curvature from all rows: below 16,384 rows, or with
    /// [`Self::whole_curvature`]. Else both end within the tolerance, on other ways.
    ///
    /// ```
    /// use vd_glm::{Block, FarRows, RegressionParams, pass};
    ///
    /// // The same counts as above, in two parts of 30 rows.
    /// let x = |n: usize, d: usize| ((n * (7 + 4 * d) + d) % 23) as f64 / 11.0 - 1.0;
    /// let t = |n: usize| (1.0 + 1.2 * x(n, 0)).exp().round();
    /// let mean = |f: &dyn Fn(usize) -> f64| (0..60).map(f).sum::<f64>() / 60.0;
    /// let means: Vec<f64> = (0..3).map(|d| mean(&|n| x(n, d))).collect();
    /// let scales = (0..3).map(|d| mean(&|n| (x(n, d) - means[d]).powi(2)).sqrt()).collect();
    /// let rows = FarRows { rows: 60, means, scales };
    /// let fit = RegressionParams::new().lambda(3.0).fit_passes(&rows, mean(&t), |plan, _| {
    ///     let mut all = pass::Pass::new(plan);
    ///     for part in 0..2 {
    ///         let place = |k: usize| (30 * part + k % 30, k / 30);
    ///         let values = (0..90).map(place).map(|(n, d)| (x(n, d) - rows.means[d]) / rows.scales[d]);
    ///         let block = Block::dense(30, 3, values.collect()).ok_or("the shape")?;
    ///         let targets: Vec<f64> = (30 * part..30 * part + 30).map(&t).collect();
    ///         let targets = pass::Targets { values: &targets, weights: None, offsets: None };
    ///         let mut own = pass::Pass::new(plan);
    ///         own.update(plan, &block, targets).map_err(|error| error.to_string())?;
    ///         all.merge(&own);
    ///     }
    ///     Ok(all.finish())
    /// })?;
    /// assert_eq!(fit.model.support(), [0]);
    /// # Ok::<(), vd_glm::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`RegressionParams::fit`]; [`Error::Pass`] for a pass that fails or whose sums are not of the plan; [`estimator::InputError::Combination`] for
    /// sample weights and offsets.
    pub fn fit_passes(
        &self,
        rows: &FarRows,
        mean: f64,
        mut pass: impl FnMut(&Plan, Option<usize>) -> Result<Statistics, String>,
    ) -> Result<Fit<Regressor, Report>, Error> {
        crate::fit::far::regress(self, rows, mean, &mut pass)
    }

    /// One fit per λ of `lambdas`, in the order of falling λ, each started from the one before.
    ///
    /// # Errors
    /// As [`Self::fit`]; a λ out of range, no λ at all.
    pub fn path<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        lambdas: &[f64],
    ) -> Result<Vec<Fit<Regressor, Report>>, Error> {
        crate::fit::regress::path(self, x.into(), t.into(), lambdas)
    }

    /// Chooses λ and the refit by cross-validation on the log loss, then fits all samples. `lambda`, `false_keeps` and `refit` are not used.
    ///
    /// # Errors
    /// As [`Self::fit`]; [`estimator::InputError::Folds`]; a value of `cv` out of range.
    pub fn cross_validate<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        cv: &CrossValidation,
    ) -> Result<Selection<Regressor>, Error> {
        self.cross_validate_with(x, t, cv, |_| ControlFlow::Continue(()))
    }

    /// [`Self::cross_validate`] with a callback after every λ. A callback that breaks ends the curve there; the choice among its points
    /// is made and fitted, with the status [`estimator::Status::StoppedByCallback`].
    ///
    /// # Errors
    /// As [`Self::cross_validate`].
    pub fn cross_validate_with<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        cv: &CrossValidation,
        mut progress: impl FnMut(&CvProgress<'_>) -> ControlFlow<()>,
    ) -> Result<Selection<Regressor>, Error> {
        let (x, t) = (x.into(), t.into());
        self.check()?;
        let subject = crate::fit::cross_validate::Numbers { params: self, x, t };
        crate::fit::cross_validate::search(&subject, x, cv, &mut progress)
    }
}

macro_rules! estimator {
    ($matrix:ty) => {
        impl Estimator<$matrix, [f64]> for RegressionParams {
            type Model = Regressor;
            type Report = Report;
            type Error = Error;

            fn check(&self) -> Result<(), Error> {
                Self::check(self)
            }

            fn fit_with(
                &self,
                x: &$matrix,
                t: &[f64],
                progress: &mut dyn FnMut(&dyn estimator::Progress) -> ControlFlow<()>,
            ) -> Result<Fit<Regressor, Report>, Error> {
                crate::fit::regress::fit(self, x.into(), t.into(), Some(&mut |p| progress(p)))
            }
        }
    };
}
estimator!(DMatrix<f64>);
estimator!(CscMatrix<f64>);
