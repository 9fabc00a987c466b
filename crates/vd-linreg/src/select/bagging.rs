//! Bagging, and its projection on a sparse model.
//!
//! Where many effects are weak and columns are correlated, the objective has many maxima of nearly the same height whose predictions
//! differ, and which of them a fit ends in is no better than chance. Members fitted to random parts of the rows are therefore
//! averaged (Breiman 1996). The average predicts better but keeps the union of all members' features, so its fitted values, which
//! carry less noise than the targets, are projected back on few features (Piironen and Vehtari 2017): the same objective is
//! maximised with the fitted values in the target's place, at the data's own noise level and a smaller λ.

use estimator::{Check, Fit, InputError, Report, Values};
use nalgebra::DVector;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::design::Design;
use crate::error::Error;
use crate::job::Job;
use crate::model::Model;
use crate::params::{Params, Refit};
use crate::prepare::columns::Columns;
use crate::prepare::normalise::target;
use crate::prepare::prepared::Prepared;
use crate::prepare::rows::Rows;
use crate::problem::{Problem, Task, solve};
use crate::progress::unwatched;
use crate::solve::operator::Thresholding;
use crate::solve::state::Beta;
use crate::solve::swap_moves::SwapMoves;

/// Tolerance of the members, in standard errors.
const ROUGH: f64 = 1e-3;

/// Settings of a bagged fit; the fit checks them first.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `members` | 16 | fits that are averaged | 1 to 10 000 |
/// | `fraction` | 0.8 | share of the rows of positive weight that each is fitted to, without repeats | (0, 1] |
/// | `share` | 1/16 | λ of the projection over λ of the members | (0, 1] |
/// | `seed` | 0 | seed of the draws of rows | |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "StoredBagging"))]
pub struct Bagging {
    members: usize,
    fraction: f64,
    share: f64,
    seed: u64,
}

impl Default for Bagging {
    fn default() -> Self {
        Self { members: 16, fraction: 0.8, share: 1.0 / 16.0, seed: 0 }
    }
}

impl Bagging {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// The number of fits that are averaged.
    #[must_use]
    pub fn members(mut self, members: usize) -> Self {
        self.members = members;
        self
    }
    /// The share of the rows that each is fitted to.
    #[must_use]
    pub fn fraction(mut self, fraction: f64) -> Self {
        self.fraction = fraction;
        self
    }
    /// λ of the projection over λ of the members: smaller follows the average more closely, with more features.
    #[must_use]
    pub fn share(mut self, share: f64) -> Self {
        self.share = share;
        self
    }
    /// Seed of the draws of rows.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks every value against its range.
    ///
    /// # Errors
    /// [`InputError::Parameter`] with the name, the value and the range.
    pub fn check(&self) -> Result<(), Error> {
        Check::range("members", self.members as f64, (1..=10_000).contains(&self.members), "1 to 10 000")?;
        let share = |v: f64| v > 0.0 && v <= 1.0;
        Check::range("fraction", self.fraction, share(self.fraction), "a number above 0, at most 1")?;
        Check::range("share", self.share, share(self.share), "a number above 0, at most 1")?;
        Ok(())
    }
}

/// [`Bagging`] as it is stored: read first, then checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(rename = "Bagging")]
struct StoredBagging {
    members: usize,
    fraction: f64,
    share: f64,
    seed: u64,
}

#[cfg(feature = "serde")]
impl TryFrom<StoredBagging> for Bagging {
    type Error = Error;

    fn try_from(stored: StoredBagging) -> Result<Self, Error> {
        let StoredBagging { members, fraction, share, seed } = stored;
        let checked = Self { members, fraction, share, seed };
        checked.check()?;
        Ok(checked)
    }
}

/// A bagged model projected on few features, and what was projected.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "StoredBagged"))]
pub struct Bagged {
    /// The projection. Its report is that of the projected problem, whose target is the average's fitted values.
    pub fit: Fit<Model, Report>,
    /// The members' mean coefficients, D entries: the average itself, with every feature that any member keeps.
    pub mean_coefficients: DVector<f64>,
    /// The members' mean intercept.
    pub mean_intercept: f64,
    /// The share of members that keep each feature, D entries.
    pub inclusion: DVector<f64>,
}

/// [`Bagged`] as it is stored: read first, then checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(rename = "Bagged")]
struct StoredBagged {
    fit: Fit<Model, Report>,
    mean_coefficients: DVector<f64>,
    mean_intercept: f64,
    inclusion: DVector<f64>,
}

#[cfg(feature = "serde")]
impl TryFrom<StoredBagged> for Bagged {
    type Error = InputError;

    fn try_from(stored: StoredBagged) -> Result<Self, InputError> {
        let StoredBagged { fit, mean_coefficients, mean_intercept, inclusion } = stored;
        let expected = fit.model.coefficients().len();
        for (what, found) in [
            ("stored mean coefficients", mean_coefficients.len()),
            ("stored inclusion shares", inclusion.len()),
        ] {
            if found != expected {
                return Err(InputError::entries(what, expected, found));
            }
        }
        Ok(Self { fit, mean_coefficients, mean_intercept, inclusion })
    }
}

impl<P: Thresholding + Clone> Params<P> {
    /// Fits `bagging.members` parts of the rows, averages them, and projects the average on few features.
    ///
    /// For many weak effects; where a sparse truth separates, [`Params::cross_validate`] is better. The members run in parallel,
    /// the result does not depend on the number of threads. `refit` applies to the members. The noise level of the returned
    /// model is that of a fit to all rows.
    ///
    /// # Errors
    /// As [`Params::fit`], and a value of `bagging` out of range.
    pub fn fit_bagged<'x, 't>(
        &self,
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        bagging: &Bagging,
    ) -> Result<Bagged, Error> {
        bagging.check()?;
        solve(self, x.into(), t.into(), *bagging)
    }
}

/// One member: its coefficients and its intercept.
type Member = (DVector<f64>, f64);

impl<P: Thresholding + Clone> Task<P> for Bagging {
    type Output = Bagged;

    fn run<C: Columns + Send>(
        self,
        problem: Problem<'_, P>,
        prepare: impl Fn(&Rows) -> Result<Prepared<C>, InputError> + Sync,
    ) -> Result<Bagged, Error> {
        let whole = prepare(problem.rows)?;
        // What is averaged need not be exact.
        let tolerance = problem.params.tolerance.max(ROUGH);
        let params = Params { tolerance, ..problem.params.clone() };
        let rough = Problem { params: &params, ..problem };
        let noise_std = fit(rough, &whole)?.noise_std;
        let members: Vec<Result<Member, Error>> = (0..self.members)
            .into_par_iter()
            .map(|member| {
                let rows = self.draw(problem.rows, member);
                self.member(Problem { rows: &rows, ..rough }, &prepare(&rows)?)
            })
            .collect();
        let members = members.into_iter().collect::<Result<Vec<_>, _>>()?;
        let d = problem.x.ncols();
        let each = 1.0 / members.len() as f64;
        let (mut mean_coefficients, mut inclusion) = (DVector::zeros(d), DVector::zeros(d));
        let mut mean_intercept = 0.0;
        for (coefficients, intercept) in &members {
            mean_coefficients.axpy(each, coefficients, 1.0);
            mean_intercept += each * intercept;
            inclusion.zip_apply(coefficients, |share, c| *share += if c == 0.0 { 0.0 } else { each });
        }
        let support: Vec<usize> = (0..d).filter(|&j| inclusion[j] > 0.0).collect();
        let fitted = problem.x.times(&mean_coefficients, &support, mean_intercept);
        let projected = Problem { t: fitted.as_slice(), ..problem };
        let fit = self.project(projected, &whole, noise_std)?;
        Ok(Bagged { fit, mean_coefficients, mean_intercept, inclusion })
    }
}

impl Bagging {
    /// The rows of one member.
    fn draw(&self, rows: &Rows, member: usize) -> Rows {
        let count = rows.index.len();
        let mut order: Vec<usize> = (0..count).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(member as u64);
        order.shuffle(&mut rng);
        let size = ((self.fraction * count as f64).round() as usize).clamp(1, count);
        let mut kept = vec![false; count];
        order[..size].iter().for_each(|&k| kept[k] = true);
        rows.filtered(|k| kept[k])
    }

    /// The fit to one member's rows.
    fn member<C: Columns, P: Thresholding + Clone>(
        &self,
        problem: Problem<'_, P>,
        prepared: &Prepared<C>,
    ) -> Result<Member, Error> {
        match fit(problem, prepared) {
            // All targets vary, these do not: the empty model.
            Err(Error::Input(InputError::ConstantTarget { value })) => {
                let intercept = if problem.params.intercept { value } else { 0.0 };
                Ok((DVector::zeros(problem.x.ncols()), intercept))
            }
            other => other.map(|model| (model.coefficients, model.intercept)),
        }
    }

    /// The maximum of the objective with the average's fitted values as the target, noise held.
    fn project<C: Columns, P: Thresholding + Clone>(
        &self,
        problem: Problem<'_, P>,
        prepared: &Prepared<C>,
        noise_std: f64,
    ) -> Result<Fit<Model, Report>, Error> {
        let lambda = problem.params.lambda * self.share;
        let params = Params { lambda, refit: Refit::None, ..problem.params.clone() };
        let target = target(problem.t, problem.rows)?;
        let job = Job { problem: Problem { params: &params, ..problem }, target: &target };
        let beta = Beta::Fixed((job.target_unit() / noise_std).powi(2).clamp(f64::MIN_POSITIVE, f64::MAX));
        let mut state = job.empty(prepared);
        job.approach(prepared, &mut state, beta, &mut SwapMoves::new());
        Ok(job.conclude(prepared, state, beta, &mut unwatched)?.0)
    }
}

/// A fit to the problem's rows.
fn fit<C: Columns, P: Thresholding + Clone>(
    problem: Problem<'_, P>,
    prepared: &Prepared<C>,
) -> Result<Model, Error> {
    let target = target(problem.t, problem.rows)?;
    Ok(Job { problem, target: &target }.run(prepared, &mut unwatched)?.model)
}
