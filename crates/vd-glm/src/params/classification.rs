//! Parameters of a classification.

use core::ops::ControlFlow;

use estimator::{Check, Estimator, Fit, Labels, Report};
use nalgebra::DMatrix;
use nalgebra_sparse::CscMatrix;

use crate::design::far::FarRows;
use crate::design::matrix::Design;
use crate::error::Error;
use crate::model::classifier::Classifier;
use crate::params::settings::{Settings, shared_setters};
use crate::pass::plan::Plan;
use crate::pass::statistics::Statistics;
use crate::progress::Progress;
use crate::select::selection::{CvProgress, Selection};
use crate::select::settings::CrossValidation;

/// How more than two classes are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Coding {
    /// One joint model: P(t = k) = e^{z_k}/Σ_j e^{z_j}.
    #[default]
    Softmax,
    /// One model per class against all others; probabilities are normalised afterwards.
    OneVsRest,
}

/// The probability of a class as a function of its linear predictor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Link {
    /// σ(z) = 1/(1 + e^{−z}).
    #[default]
    Logit,
    /// The normal distribution function Φ(z); for two classes or one-vs-rest.
    Probit,
}

/// Parameters of a classification; not yet checked, fitted directly.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `lambda` | 1 | weight of the divergence: a weight is kept when its squared z-score exceeds it | 1e-100 to 1e100 |
/// | `coding` | [`Coding::Softmax`] | how more than two classes are told apart | |
/// | `by_column` | false | whether a softmax keeps or drops a column for all classes as one decision | |
/// | `link` | [`Link::Logit`] | probability of a class given its predictor | |
/// | `classes` | largest label + 1 | K | above every label |
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
/// λ = 1 is the method of the paper.
///
/// ```
/// use vd_glm::ClassificationParams;
///
/// // The first of three columns decides.
/// let x = nalgebra::DMatrix::from_fn(60, 3, |n, d| ((n * (7 + 4 * d) + d) % 23) as f64 - 11.0);
/// let t: Vec<usize> = (0..60).map(|n| usize::from(x[(n, 0)] + ((n % 5) as f64 - 2.0) > 0.0)).collect();
/// let fit = ClassificationParams::new().lambda(3.0).fit(&x, &t)?;
/// let report = fit.report.require_converged()?;
/// assert_eq!(fit.model.support(), [0]);
/// let p = fit.model.predict_proba(&x)?;
/// assert_eq!(p.shape(), (60, 2));
/// # use vd_glm::nalgebra;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ClassificationParams {
    pub(crate) settings: Settings,
    pub(crate) coding: Coding,
    pub(crate) link: Link,
    pub(crate) classes: Option<usize>,
}

impl ClassificationParams {
    /// The defaults.
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

    /// How more than two classes are told apart.
    #[must_use]
    pub fn coding(mut self, coding: Coding) -> Self {
        self.coding = coding;
        self
    }

    /// Whether the weights of a column for all K classes of a softmax share one α, so that a column is kept or dropped as one decision.
    ///
    /// The divergence of a column is then K KL(α), and it is kept when the mean of its squared z-scores over the classes exceeds λ. A kept column has a
    /// weight for every class: there are fewer columns in the model and more weights. [`Self::false_keeps`] counts columns, by the distribution χ² with K − 1
    /// degrees of freedom (the classes' z-scores of a column sum to zero). Two classes have one weight a column as it is; one-vs-rest fits each class for itself, and
    /// is refused.
    ///
    /// ```
    /// use vd_glm::ClassificationParams;
    ///
    /// // Three classes by the first column; the others are noise.
    /// let x = vd_glm::nalgebra::DMatrix::from_fn(90, 4, |n, d| ((n * (7 + 4 * d) + d * d) % 23) as f64 / 11.0 - 1.0);
    /// let t: Vec<usize> = (0..90).map(|n| (x[(n, 0)] > -0.3) as usize + (x[(n, 0)] > 0.4) as usize).collect();
    /// let fit = ClassificationParams::recommended().by_column(true).fit(&x, &t)?;
    /// assert_eq!(fit.model.support(), [0]);
    /// let log_alpha = fit.model.log_alpha();
    /// assert!((log_alpha[(0, 0)] - log_alpha[(0, 2)]).abs() < 1e-9);
    /// # Ok::<(), vd_glm::Error>(())
    /// ```
    #[must_use]
    pub fn by_column(mut self, by_column: bool) -> Self {
        self.settings.by_column = by_column;
        self
    }

    /// The probability of a class as a function of its linear predictor.
    #[must_use]
    pub fn link(mut self, link: Link) -> Self {
        self.link = link;
        self
    }

    /// K, where a class may be empty; otherwise the largest label + 1.
    #[must_use]
    pub fn classes(mut self, classes: usize) -> Self {
        self.classes = Some(classes);
        self
    }

    /// Checks every parameter against its range.
    ///
    /// # Errors
    /// The first that is out of range.
    pub fn check(&self) -> Result<(), Error> {
        self.settings.check()?;
        if let Some(classes) = self.classes {
            Check::at_least("classes", classes, 2, "at least 2")?;
        }
        Ok(())
    }

    /// Fits labels.
    ///
    /// # Errors
    /// Parameters out of range, shapes that disagree, entries that are not finite, labels that are no classes.
    pub fn fit<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Labels<'t>>,
    ) -> Result<Fit<Classifier, Report>, Error> {
        crate::fit::classify::fit(self, x.into(), t.into(), None)
    }

    /// [`ClassificationParams::fit`] with a callback after every round; breaking keeps what has been reached.
    ///
    /// # Errors
    /// As [`ClassificationParams::fit`].
    pub fn fit_with<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Labels<'t>>,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Fit<Classifier, Report>, Error> {
        crate::fit::classify::fit(self, x.into(), t.into(), Some(&mut progress))
    }

    /// [`ClassificationParams::fit`] for rows that lie elsewhere, `counts` of them in each class; `pass` makes one pass over them.
    ///
    /// It is called once for each point that the rounds visit, twice where more than 128 columns vary and the columns near the threshold
    /// have changed. The rows it reads are standardised as [`FarRows`] says, one
    /// [`Pass`](crate::pass::Pass) for all or several that are merged. Their target is the label where the plan's likelihood is of two classes
    /// and no class is named; where one is, 1 for rows of this class and 0 for others.
    ///
    /// The model is that of [`ClassificationParams::fit`] to rounding where that takes the curvature from all rows: below 16,384 rows, or with
    /// [`Self::whole_curvature`]. Else both end within the tolerance, on other ways.
    ///
    /// # Errors
    /// As [`ClassificationParams::fit`]; [`Error::Pass`] for a pass that fails or whose sums are not of the plan; [`estimator::InputError::Combination`] for
    /// sample weights and for a softmax of more than two classes, whose rounds couple the classes row by row.
    pub fn fit_passes(
        &self,
        rows: &FarRows,
        counts: &[usize],
        mut pass: impl FnMut(&Plan, Option<usize>) -> Result<Statistics, String>,
    ) -> Result<Fit<Classifier, Report>, Error> {
        crate::fit::far::classify(self, rows, counts, &mut pass)
    }

    /// One fit per λ of `lambdas`, in the order of falling λ, each started from the one before.
    ///
    /// # Errors
    /// As [`Self::fit`]; a λ out of range, no λ at all.
    pub fn path<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Labels<'t>>,
        lambdas: &[f64],
    ) -> Result<Vec<Fit<Classifier, Report>>, Error> {
        crate::fit::classify::path(self, x.into(), t.into(), lambdas)
    }

    /// Chooses λ and the refit by cross-validation on the log loss, then fits all samples. `lambda`, `false_keeps` and `refit` are not used.
    ///
    /// # Errors
    /// As [`Self::fit`]; [`estimator::InputError::Folds`]; a value of `cv` out of range.
    pub fn cross_validate<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Labels<'t>>,
        cv: &CrossValidation,
    ) -> Result<Selection<Classifier>, Error> {
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
        t: impl Into<Labels<'t>>,
        cv: &CrossValidation,
        mut progress: impl FnMut(&CvProgress<'_>) -> ControlFlow<()>,
    ) -> Result<Selection<Classifier>, Error> {
        let (x, t) = (x.into(), t.into());
        self.check()?;
        let classes = t.classes(x.nrows(), self.classes)?;
        let subject = crate::fit::cross_validate::Classes { params: self, x, t, classes };
        crate::fit::cross_validate::search(&subject, x, cv, &mut progress)
    }
}

macro_rules! estimator {
    ($matrix:ty) => {
        impl Estimator<$matrix, [usize]> for ClassificationParams {
            type Model = Classifier;
            type Report = Report;
            type Error = Error;

            fn check(&self) -> Result<(), Error> {
                Self::check(self)
            }

            fn fit_with(
                &self,
                x: &$matrix,
                t: &[usize],
                progress: &mut dyn FnMut(&dyn estimator::Progress) -> ControlFlow<()>,
            ) -> Result<Fit<Classifier, Report>, Error> {
                crate::fit::classify::fit(self, x.into(), t.into(), Some(&mut |p| progress(p)))
            }
        }
    };
}
estimator!(DMatrix<f64>);
estimator!(CscMatrix<f64>);
