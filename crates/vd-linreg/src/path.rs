//! The path of solutions from the empty model downwards.

use nalgebra::DVector;

use core::ops::ControlFlow;

use estimator::{Fit, Report};

use crate::columns::Columns;
use crate::descent::{descend, rho_max};
use crate::fit::Job;
use crate::operator::Thresholding;
use crate::prepare::{self, Prepared, Rows};
use crate::state::{Beta, State};
use crate::swap::Exchanges;
use crate::{Design, LinregError, Model, Noise, Params};

/// Solutions at falling λ, each started from the one before.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Path {
    /// One converged fit per λ, in the order of the path: λ falling.
    pub fits: Vec<Fit<Model, Report>>,
    /// The λ above which the model is empty.
    pub empty_from: f64,
}

/// `points` values of λ from `largest` to `smallest`, evenly in log λ.
///
/// # Errors
/// [`LinregError::Parameter`] unless 0 < smallest ≤ largest < ∞ and there are 1 to 1 000 000 points.
pub fn default_lambdas(largest: f64, smallest: f64, points: usize) -> Result<Vec<f64>, LinregError> {
    if !(smallest > 0.0 && smallest <= largest && largest.is_finite()) {
        return Err(LinregError::Parameter {
            field: "smallest",
            value: smallest,
            allowed: "(0, largest], largest finite",
        });
    }
    if !(1..=1_000_000).contains(&points) {
        return Err(LinregError::Parameter {
            field: "points",
            value: points as f64,
            allowed: "1 to 1 000 000",
        });
    }
    let step = if points > 1 { (smallest / largest).ln() / (points - 1) as f64 } else { 0.0 };
    Ok((0..points).map(|k| largest * (step * k as f64).exp()).collect())
}

impl<P: Thresholding + Clone> Params<P> {
    /// Fits at every λ of `lambdas` (sorted to fall), each started from the one before, with one noise level for all.
    ///
    /// The noise is the pilot's, or fixed; a learned β would make each λ another noise level, so it is refused. `lambda`,
    /// `algorithm` and the callback of the parameters are not used: the path is coordinate ascent's.
    ///
    /// # Errors
    /// As [`Params::fit`]; [`LinregError::Parameter`] for a λ out of range, an empty list, or a learned noise.
    pub fn path<'x>(
        &self,
        x: impl Into<Design<'x>>,
        t: &DVector<f64>,
        lambdas: &[f64],
    ) -> Result<Path, LinregError> {
        let x = x.into();
        self.check()?;
        x.check_shape()?;
        let mut lambdas = lambdas.to_vec();
        lambdas.sort_by(|a, b| b.total_cmp(a));
        if lambdas.is_empty() {
            return Err(LinregError::Empty { what: "the list of λ", rows: 0, cols: 1 });
        }
        for &lambda in &lambdas {
            Params { lambda, ..self.clone() }.check()?;
        }
        if matches!(self.noise, Noise::Learned | Noise::Gamma { .. }) {
            return Err(LinregError::Parameter {
                field: "noise",
                value: f64::NAN,
                allowed: "Noise::Pilot or Noise::Fixed on a path",
            });
        }
        let rows = Rows::new(x.nrows(), self.weights.as_deref(), self.intercept)?;
        match x {
            Design::Dense(m) => follow(self, x, t, &rows, &prepare::dense(m, &rows)?, &lambdas),
            Design::Sparse(_) => follow(self, x, t, &rows, &prepare::sparse(x, &rows)?, &lambdas),
        }
    }
}

fn follow<C: Columns, P: Thresholding + Clone>(
    params: &Params<P>,
    x: Design<'_>,
    t: &DVector<f64>,
    rows: &Rows,
    prepared: &Prepared<C>,
    lambdas: &[f64],
) -> Result<Path, LinregError> {
    let target = prepare::target(t.as_slice(), x.nrows(), rows)?;
    let columns = &prepared.columns;
    let empty = State::empty(columns, &target.values, rows.n);
    let top = rho_max(&empty);
    let base = Job { params, x, t: t.as_slice(), rows, target: &target };
    let mut exchanges = Exchanges::new();
    let beta = base.noise(prepared, &mut empty.clone(), &mut exchanges)?;
    let Beta::Fixed(precision) = beta else {
        return Err(LinregError::Divergence { name: "learned noise", what: "a path" });
    };
    let (mut state, mut at) = (empty, top);
    exchanges.restrict(prepared.varying(), 1.0 / precision);
    let mut fits = Vec::with_capacity(lambdas.len());
    for &lambda in lambdas {
        let params = Params { lambda, ..params.clone() };
        let rho = lambda / precision;
        descend(columns, &params.divergence, &mut state, at, rho, lambda, &mut exchanges);
        let job = Job { params: &params, ..base };
        let (fit, reached) = job.conclude(prepared, state, beta, &mut |_| ControlFlow::Continue(()))?;
        (state, at) = (reached, rho.min(at));
        fits.push(fit);
    }
    Ok(Path { fits, empty_from: top * precision })
}
