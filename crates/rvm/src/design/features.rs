//! Raw features as a design: columns centred if asked for, scaled by powers of two, the intercept as one more column.
//!
//! The evidence does not change when a column is scaled and its precision with it, so the scaling is free, and by
//! powers of two it is exact: weights come out with the same bits whatever the unit of a column.
//!
//! Centring is not free: the prior then is on the weights of `x_d − m_d`, so that where a column's zero lies does not matter.
//! Without it a column far from zero nearly equals the intercept's column, and the sequential algorithm, which starts from the
//! empty model, ends at a poor maximum.

use nalgebra::{DMatrix, DVector};

use crate::design::gram::Dense;
use crate::design::{Design, exponent_of};
use crate::error::{Error, range};
use crate::linalg::{gram, tr_matvec};
use crate::watch::{Halt, Watch};

/// A centred column whose largest entry is at most this share of the raw column's is rounding: the column is constant.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// The columns of X that are not constant, and ones for the intercept.
pub(crate) struct Features {
    x: DMatrix<f64>,
    original: Vec<usize>,
    exponent: Vec<i32>,
    centre: Option<DVector<f64>>,
}

impl Features {
    /// With `intercept`, a column of ones is candidate D, and constant columns (its copies) are left out. Columns are centred
    /// only beside an intercept, which takes up their means.
    pub(crate) fn new(x: &DMatrix<f64>, intercept: bool, centre: bool) -> Result<Self, Error> {
        let (n, d) = x.shape();
        if !(intercept && centre) {
            return Ok(Self::uncentred(x, intercept));
        }
        let mut this = Self {
            x: DMatrix::zeros(0, 0),
            original: Vec::new(),
            exponent: Vec::new(),
            centre: Some(DVector::zeros(d)),
        };
        let mut columns = Vec::with_capacity(n * (d + 1));
        for j in 0..d {
            let first = exponent_of(x.column(j).amax());
            let scaled: Vec<f64> = x.column(j).iter().map(|&v| libm::scalbn(v, -first)).collect();
            let mean = mean(&scaled);
            let centred: Vec<f64> = scaled.iter().map(|v| v - mean).collect();
            let largest = centred.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            let raw = scaled.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
            if largest <= ROUNDING * raw {
                continue;
            }
            let second = exponent_of(largest);
            columns.extend(centred.iter().map(|&v| libm::scalbn(v, -second)));
            this.original.push(j);
            this.exponent.push(first + second);
            let centre = libm::scalbn(mean, first);
            if !(centre.is_finite() && libm::scalbn(largest, first).is_finite()) {
                return Err(range("a column minus its mean"));
            }
            if let Some(centres) = &mut this.centre {
                centres[j] = centre;
            }
        }
        columns.resize(columns.len() + n, 1.0);
        this.original.push(d);
        this.exponent.push(0);
        this.x = DMatrix::from_vec(n, this.original.len(), columns);
        Ok(this)
    }

    fn uncentred(x: &DMatrix<f64>, intercept: bool) -> Self {
        let (n, d) = x.shape();
        let mut original = Vec::new();
        for j in 0..d {
            let first = x[(0, j)];
            let constant = x.column(j).iter().all(|&v| v == first);
            if !(constant && (intercept || first == 0.0)) {
                original.push(j);
            }
        }
        let live = original.len();
        let mut scaled = DMatrix::from_element(n, live + usize::from(intercept), 1.0);
        let mut exponent = vec![0; live + usize::from(intercept)];
        for (k, &j) in original.iter().enumerate() {
            let e = exponent_of(x.column(j).amax());
            exponent[k] = e;
            for (to, &from) in scaled.column_mut(k).iter_mut().zip(x.column(j).iter()) {
                *to = libm::scalbn(from, -e);
            }
        }
        if intercept {
            original.push(d);
        }
        Self { x: scaled, original, exponent, centre: None }
    }

    /// The scaled matrix, live columns and intercept.
    pub(crate) fn matrix(&self) -> &DMatrix<f64> {
        &self.x
    }

    /// What was subtracted from each of the D columns of X; `None` if nothing was. 0 for columns that were left out.
    pub(crate) fn centre(&self) -> Option<&DVector<f64>> {
        self.centre.as_ref()
    }
}

/// The mean, corrected by the mean of what is left, so that its error is a rounding of the result.
fn mean(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let first = values.iter().sum::<f64>() / n;
    first + values.iter().map(|v| v - first).sum::<f64>() / n
}

impl Design for Features {
    type Quadratic<'d> = Dense;
    fn rows(&self) -> usize {
        self.x.nrows()
    }
    fn len(&self) -> usize {
        self.x.ncols()
    }
    fn columns(&self, active: &[usize]) -> DMatrix<f64> {
        self.x.select_columns(active)
    }
    fn quadratic<'d>(&'d self, b: Option<&[f64]>, z: &[f64], _: &'d Watch<'d>) -> Result<Dense, Halt> {
        Ok(Dense::new(gram(&self.x, b), tr_matvec(&self.x, z)))
    }
    fn original(&self, i: usize) -> usize {
        self.original[i]
    }
    fn exponent(&self, i: usize) -> i32 {
        self.exponent[i]
    }
}
