//! Bagging, and its projection on a sparse model.
//!
//! Where many effects are weak and columns are correlated, the objective has many maxima of nearly the same height whose predictions
//! differ, and which of them a fit ends in is no better than chance. Members fitted to random parts of the rows are therefore
//! averaged (Breiman 1996). The average predicts better but keeps the union of all members' features, so its fitted values, which
//! carry less noise than the targets, are projected back on few features (Piironen and Vehtari 2017): the same objective is
//! maximised with the fitted values in the target's place, at the data's own noise level and a smaller λ.

use core::ops::ControlFlow;

use estimator::{Fit, Report};
use nalgebra::DVector;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::columns::Columns;
use crate::fit::Job;
use crate::operator::Thresholding;
use crate::prepare::{self, Prepared, Rows};
use crate::state::{Beta, State};
use crate::swap::Exchanges;
use crate::{Design, LinregError, Model, Params};

/// Tolerance of the members, in standard errors.
const ROUGH: f64 = 1e-3;

/// How a bagged fit is made, not yet checked.
///
/// | name | default | meaning | range |
/// |---|---|---|---|
/// | `members` | 16 | fits that are averaged | 1 to 10 000 |
/// | `fraction` | 0.8 | share of the rows of positive weight that each is fitted to, without repeats | (0, 1] |
/// | `share` | 1/16 | λ of the projection over λ of the members | (0, 1] |
/// | `seed` | 0 | seed of the draws of rows | |
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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

    fn check(&self) -> Result<(), LinregError> {
        let wrong = |field, value, allowed| Err(LinregError::Parameter { field, value, allowed });
        if !(1..=10_000).contains(&self.members) {
            return wrong("members", self.members as f64, "1 to 10 000");
        }
        if !(self.fraction > 0.0 && self.fraction <= 1.0) {
            return wrong("fraction", self.fraction, "(0, 1]");
        }
        if !(self.share > 0.0 && self.share <= 1.0) {
            return wrong("share", self.share, "(0, 1]");
        }
        Ok(())
    }
}

/// A bagged model projected on few features, and what was projected.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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

impl<P: Thresholding + Clone> Params<P> {
    /// Fits `bagging.members` parts of the rows, averages them, and projects the average on few features.
    ///
    /// For many weak effects; where a sparse truth separates, [`Params::cross_validate`] is better. The members run in parallel,
    /// the result does not depend on the number of threads. `refit` applies to the members. The noise level of the returned
    /// model is that of a fit to all rows.
    ///
    /// # Errors
    /// As [`Params::fit`], and a value of `bagging` out of range.
    pub fn fit_bagged<'x>(
        &self,
        x: impl Into<Design<'x>>,
        t: &DVector<f64>,
        bagging: &Bagging,
    ) -> Result<Bagged, LinregError> {
        let x = x.into();
        self.check()?;
        bagging.check()?;
        x.check_shape()?;
        let rows = Rows::new(x.nrows(), self.weights.as_deref(), self.intercept)?;
        let work = Work { params: self, x, t: t.as_slice(), rows: &rows, bagging };
        match x {
            Design::Dense(m) => work.run(|rows| prepare::dense(m, rows)),
            Design::Sparse(_) => work.run(|rows| prepare::sparse(x, rows)),
        }
    }
}

struct Work<'a, P> {
    params: &'a Params<P>,
    x: Design<'a>,
    t: &'a [f64],
    rows: &'a Rows,
    bagging: &'a Bagging,
}

impl<P: Thresholding + Clone> Work<'_, P> {
    fn run<C: Columns + Send>(
        &self,
        prepare: impl Fn(&Rows) -> Result<Prepared<C>, LinregError> + Sync,
    ) -> Result<Bagged, LinregError> {
        let whole = prepare(self.rows)?;
        // What is averaged need not be exact.
        let tolerance = self.params.tolerance.max(ROUGH);
        let params = Params { tolerance, ..self.params.clone() };
        let noise_std = self.fit(&params, &whole, self.rows)?.noise_std;
        let members: Vec<Result<(DVector<f64>, f64), LinregError>> = (0..self.bagging.members)
            .into_par_iter()
            .map(|member| {
                let rows = self.draw(member);
                match self.fit(&params, &prepare(&rows)?, &rows) {
                    // All targets vary, these do not: the empty model.
                    Err(LinregError::ConstantTarget { value }) => {
                        Ok((DVector::zeros(self.x.ncols()), if self.params.intercept { value } else { 0.0 }))
                    }
                    other => other.map(|model| (model.coefficients, model.intercept)),
                }
            })
            .collect();
        let members = members.into_iter().collect::<Result<Vec<_>, _>>()?;
        let each = 1.0 / members.len() as f64;
        let d = self.x.ncols();
        let (mut mean_coefficients, mut inclusion) = (DVector::zeros(d), DVector::zeros(d));
        let mut mean_intercept = 0.0;
        for (coefficients, intercept) in &members {
            mean_coefficients.axpy(each, coefficients, 1.0);
            mean_intercept += each * intercept;
            inclusion.zip_apply(coefficients, |share, c| *share += if c == 0.0 { 0.0 } else { each });
        }
        let support: Vec<usize> = (0..d).filter(|&j| inclusion[j] > 0.0).collect();
        let fitted = self.x.times(&mean_coefficients, &support, mean_intercept);
        let fit = self.project(&whole, fitted.as_slice(), noise_std)?;
        Ok(Bagged { fit, mean_coefficients, mean_intercept, inclusion })
    }

    /// The rows of one member.
    fn draw(&self, member: usize) -> Rows {
        let count = self.rows.index.len();
        let mut order: Vec<usize> = (0..count).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(self.bagging.seed);
        rng.set_stream(member as u64);
        order.shuffle(&mut rng);
        let size = ((self.bagging.fraction * count as f64).round() as usize).clamp(1, count);
        let mut kept = vec![false; count];
        order[..size].iter().for_each(|&k| kept[k] = true);
        self.rows.filtered(|k| kept[k])
    }

    /// A fit to these rows.
    fn fit<C: Columns>(
        &self,
        params: &Params<P>,
        prepared: &Prepared<C>,
        rows: &Rows,
    ) -> Result<Model, LinregError> {
        let target = prepare::target(self.t, self.x.nrows(), rows)?;
        let job = Job { params, x: self.x, t: self.t, rows, target: &target };
        Ok(job.run(prepared, &mut |_| ControlFlow::Continue(()))?.model)
    }

    /// The maximum of the objective with `fitted` as the target, noise held.
    fn project<C: Columns>(
        &self,
        prepared: &Prepared<C>,
        fitted: &[f64],
        noise_std: f64,
    ) -> Result<Fit<Model, Report>, LinregError> {
        let lambda = self.params.lambda * self.bagging.share;
        let params = Params { lambda, refit: crate::Refit::None, ..self.params.clone() };
        let target = prepare::target(fitted, self.x.nrows(), self.rows)?;
        let job = Job { params: &params, x: self.x, t: fitted, rows: self.rows, target: &target };
        // In the units of the projected target; a constant one is left in its own.
        let norm = job.target_norm();
        let unit = if norm == 0.0 { 1.0 } else { norm };
        let beta = Beta::Fixed((unit / noise_std).powi(2).clamp(f64::MIN_POSITIVE, f64::MAX));
        let mut state = State::empty(&prepared.columns, &target.values, self.rows.n);
        job.approach(prepared, &mut state, beta, &mut Exchanges::new());
        Ok(job.conclude(prepared, state, beta, &mut |_| ControlFlow::Continue(()))?.0)
    }
}
