//! D + 2 rows that have the same statistics as all rows.
//!
//! Every solver here sees the data through products of centred columns and n alone. So statistics are turned into the smallest table that has them: with
//! C = VΛVᵀ (of columns scaled to norm 1), R = Λ^{1/2}Vᵀ has RᵀR = C, and a reflection takes R's D + 1 rows to D + 2 rows whose columns sum to
//! zero, as an intercept needs. Each counts n/(D + 2) times. A fit to them is the fit to all rows, to rounding.

use estimator::InputError;
use faer::{Mat, Side};
use nalgebra::DMatrix;

use crate::error::Error;
use crate::prepare::normalise::CONSTANT_ULPS;
use crate::statistics::pass::Statistics;

/// A table with given statistics.
#[derive(Debug)]
pub(super) struct Reduced {
    /// Centred where there is an intercept.
    pub x: DMatrix<f64>,
    pub t: Vec<f64>,
    pub weights: Vec<f64>,
}

impl Reduced {
    /// The table for fits with or without an intercept.
    ///
    /// # Errors
    /// No rows; products outside the range of doubles; an eigendecomposition that fails.
    pub fn new(statistics: &Statistics, intercept: bool) -> Result<Self, Error> {
        let (d, n) = (statistics.features(), statistics.samples());
        if !(n > 0.0) {
            return Err(InputError::Empty { what: "the statistics", rows: 0, cols: d }.into());
        }
        let product = |i: usize, j: usize| {
            let about_zero = if intercept { 0.0 } else { n * mean(statistics, i) * mean(statistics, j) };
            statistics.product(i, j) + about_zero
        };
        let norms: Vec<f64> = (0..=d)
            .map(|j| {
                let norm = product(j, j).max(0.0).sqrt();
                if norm <= CONSTANT_ULPS * n.sqrt() * statistics.largest(j) { 0.0 } else { norm }
            })
            .collect();
        if norms.iter().any(|norm| !norm.is_finite()) {
            return Err(InputError::Range { what: "the norm of a column" }.into());
        }
        let correlation = Mat::from_fn(d + 1, d + 1, |i, j| match (i == j, norms[i] * norms[j] > 0.0) {
            (true, _) => 1.0,
            (false, true) => product(i, j) / norms[i] / norms[j],
            (false, false) => 0.0,
        });
        let eigen = correlation
            .self_adjoint_eigen(Side::Lower)
            .map_err(|_| Error::NotPositiveDefinite { size: d + 1 })?;
        // What is below rounding is nothing: its root would not be, and levels of a category, which sum to one, would no longer depend on
        // each other.
        let values: Vec<f64> = (0..=d).map(|k| eigen.S()[k]).collect();
        let floor = (d + 1) as f64 * f64::EPSILON * values.iter().fold(0.0, |top: f64, v| top.max(*v));
        let root = |k: usize| if values[k] > floor { values[k].sqrt() } else { 0.0 };
        let mut table = DMatrix::from_fn(d + 1, d + 1, |k, j| root(k) * eigen.U()[(j, k)]);
        if intercept {
            table = orthogonal_to_ones(&table);
        }
        let rows = table.nrows();
        let weight = n / rows as f64;
        for (j, mut column) in table.column_iter_mut().enumerate() {
            let unit = column.norm();
            column *= if unit > 0.0 { norms[j] / unit / weight.sqrt() } else { 0.0 };
        }
        let t = table.column(d).iter().copied().collect();
        Ok(Self { x: table.remove_column(d), t, weights: vec![weight; rows] })
    }
}

/// Features, targets and the weight of each row.
type Table = (DMatrix<f64>, Vec<f64>, Vec<f64>);

impl Statistics {
    /// The smallest table that has these statistics: D + 2 rows (D + 1 without an intercept), their targets, and the weight of each.
    ///
    /// Its means, and its centred products (without an intercept its products about zero), are those of all rows, so that a fit to it, with
    /// these weights, is the fit to all rows, to rounding: what has no function for statistics can be given this.
    ///
    /// ```
    /// use vd_linreg::{Params, Statistics, synthetic::Spec};
    /// let problem = Spec::new(200, 20, 3, 0.5).problem(1);
    /// let mut statistics = Statistics::new(20)?;
    /// statistics.update(&problem.x, problem.t.as_slice())?;
    /// let (x, t, weights) = statistics.table(true)?;
    /// assert_eq!(x.nrows(), 22);
    /// let fit = Params::new().weights(&weights).fit(&x, &t)?;
    /// assert_eq!(fit.model.support(), Params::new().fit(&problem.x, problem.t.as_slice())?.model.support());
    /// # Ok::<(), vd_linreg::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InputError::Empty`] for statistics of no rows; products outside the range of doubles.
    pub fn table(&self, intercept: bool) -> Result<Table, Error> {
        let Reduced { mut x, mut t, weights } = Reduced::new(self, intercept)?;
        if intercept {
            for (mut column, mean) in x.column_iter_mut().zip(self.feature_means()) {
                column.add_scalar_mut(*mean);
            }
            t.iter_mut().for_each(|t| *t += self.target_mean());
        }
        Ok((x, t, weights))
    }
}

fn mean(statistics: &Statistics, j: usize) -> f64 {
    statistics.feature_means().get(j).copied().unwrap_or_else(|| statistics.target_mean())
}

/// One row more, with the same products of columns and columns that sum to zero: I − 2vvᵀ/vᵀv takes the first axis to the constant one, so that what
/// has nothing on the first axis has nothing on the constant one after it.
fn orthogonal_to_ones(table: &DMatrix<f64>) -> DMatrix<f64> {
    let rows = table.nrows() + 1;
    let mut v = vec![1.0 / (rows as f64).sqrt(); rows];
    v[0] += 1.0;
    let square: f64 = v.iter().map(|x| x * x).sum();
    let mut out = table.clone().insert_row(0, 0.0);
    for mut column in out.column_iter_mut() {
        let along: f64 = column.iter().zip(&v).map(|(x, v)| x * v).sum();
        column.iter_mut().zip(&v).for_each(|(x, v)| *x -= 2.0 * along / square * v);
    }
    out
}
