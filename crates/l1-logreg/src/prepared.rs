//! Data that has been checked and laid out for the solvers.

use crate::design::Design;
use crate::error::Error;
use crate::features::Features;
use crate::loss::Loss;
use crate::params::Params;
use crate::problem::{Problem, State};
use crate::scalar::Scalar;
use crate::solver::{Options, Outcome, Solver, fista, lbfgs, newton};

/// The largest magnitude of a feature.
pub(crate) const LIMIT: f64 = 1e300;
/// From this many weights on, ridge is left to L-BFGS.
const LARGE_RIDGE: usize = 1500;
/// From this many (example, class pair) combinations on, softmax curvature costs too much.
const MANY_EDGES: usize = 1 << 32;

pub(crate) struct Prepared<'a, T: Scalar> {
    pub design: Design<'a, T>,
    pub labels: Vec<u32>,
    pub classes: usize,
    pub scale: Vec<f64>,
}

/// The labels as small numbers, and the number of classes.
pub(crate) fn check_labels(
    labels: &[usize],
    rows: usize,
    classes: Option<usize>,
) -> Result<(Vec<u32>, usize), Error> {
    if labels.len() != rows {
        return Err(Error::Shape { what: "the labels", found: labels.len(), expected: rows });
    }
    let largest = labels.iter().copied().max().unwrap_or(0);
    // More classes than rows leave a class without examples; the largest possible count keeps a stray label from taking all memory.
    let classes = classes.unwrap_or_else(|| largest.saturating_add(1).min(rows.max(2)));
    if let Some((row, &label)) = labels.iter().enumerate().find(|&(_, &t)| t >= classes) {
        return Err(Error::Label { row, label, classes });
    }
    if classes > rows.max(2) {
        return Err(Error::Parameter {
            name: "classes",
            value: classes as f64,
            allowed: "at most the number of rows",
        });
    }
    let mut counts = vec![0_usize; classes];
    for &t in labels {
        counts[t] += 1;
    }
    let found = counts.iter().filter(|&&c| c > 0).count();
    if found < 2 {
        return Err(Error::OneClass { found });
    }
    if let Some(class) = counts.iter().position(|&c| c == 0) {
        return Err(Error::RareClass { class, found: 0, needed: 1 });
    }
    Ok((labels.iter().map(|&t| t as u32).collect(), classes))
}

/// A power of two near the largest magnitude of every column; 1 for a column of zeros.
pub(crate) fn scales<X: Features>(x: &X) -> Result<Vec<f64>, Error> {
    if x.rows() == 0 || x.columns() == 0 {
        return Err(Error::Empty { rows: x.rows(), columns: x.columns() });
    }
    let largest = x.column_max()?;
    let limit = LIMIT;
    if let Some((column, &value)) = largest.iter().enumerate().find(|&(_, &m)| m > limit) {
        return Err(Error::TooLarge { column, value, limit });
    }
    Ok(largest
        .iter()
        .map(|&m| if m > 0.0 { m.log2().round().exp2().clamp(1e-300, LIMIT) } else { 1.0 })
        .collect())
}

/// Whether products in `T` keep their precision and range with such columns.
pub(crate) fn fits<T: Scalar>(scale: &[f64]) -> bool {
    scale.iter().all(|&s| s <= T::LIMIT && s >= 1.0 / T::LIMIT)
}

impl<T: Scalar> Prepared<'_, T> {
    pub fn problem(&self, params: &Params, c: f64) -> Problem<'_, T> {
        Problem {
            design: &self.design,
            labels: &self.labels,
            classes: self.classes,
            loss: params.loss,
            penalty: params.penalty,
            intercept: params.intercept,
            scale: &self.scale,
            lambda: 1.0 / c,
        }
    }

    fn algorithm(&self, params: &Params) -> Solver {
        if params.solver != Solver::Auto {
            return params.solver;
        }
        let (n, k, weights) = (self.labels.len(), self.classes, self.scale.len() * self.classes);
        let edges = if params.loss == Loss::Softmax { n.saturating_mul(k * (k - 1) / 2) } else { n };
        let smooth = params.penalty.parts().0 == 0.0;
        match (smooth, edges > MANY_EDGES) {
            (true, many) if many || weights > LARGE_RIDGE => Solver::Lbfgs,
            (false, true) => Solver::Fista,
            _ => Solver::ProximalNewton,
        }
    }

    /// The weights at C, from `start` or from the model without weights.
    pub fn solve(
        &self,
        params: &Params,
        c: f64,
        start: Option<&[f64]>,
        options: &mut Options,
    ) -> (Vec<f64>, Outcome) {
        let problem = self.problem(params, c);
        let mut state: State<T> = problem.start();
        if let Some(beta) = start {
            state.beta.copy_from_slice(beta);
            problem.refresh(&mut state);
        }
        let outcome = match self.algorithm(params) {
            Solver::Fista => fista::solve(&problem, &mut state, options),
            Solver::Lbfgs => lbfgs::solve(&problem, &mut state, options),
            Solver::ProximalNewton | Solver::Auto => newton::solve(&problem, &mut state, options),
        };
        (state.beta, outcome)
    }
}
