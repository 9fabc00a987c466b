//! The quadratic model that the precision updates work on: `H = Φᵀ B Φ` and `c = Φᵀ B ẑ`, by columns.

use nalgebra::DMatrix;

use crate::watch::Halt;

/// Columns of `H` when they are asked for, its diagonal, and the linear term.
pub(crate) trait Gram {
    /// M, the number of candidates.
    fn len(&self) -> usize;
    /// `H_mm`.
    fn diagonal(&self) -> &[f64];
    /// `c_m`.
    fn linear(&self) -> &[f64];
    /// `H[:, active]`, column-major, into `out` (M · active long).
    fn columns(&self, active: &[usize], out: &mut [f64]) -> Result<(), Halt>;
}

/// `H` whole: for raw features, of which there are few.
pub(crate) struct Dense {
    h: DMatrix<f64>,
    diagonal: Vec<f64>,
    linear: Vec<f64>,
}

impl Dense {
    pub(crate) fn new(h: DMatrix<f64>, linear: Vec<f64>) -> Self {
        let diagonal = (0..h.nrows()).map(|i| h[(i, i)]).collect();
        Self { h, diagonal, linear }
    }
}

impl Gram for Dense {
    fn len(&self) -> usize {
        self.linear.len()
    }
    fn diagonal(&self) -> &[f64] {
        &self.diagonal
    }
    fn linear(&self) -> &[f64] {
        &self.linear
    }
    fn columns(&self, active: &[usize], out: &mut [f64]) -> Result<(), Halt> {
        let m = self.h.nrows();
        for (k, &i) in active.iter().enumerate() {
            out[k * m..(k + 1) * m].copy_from_slice(&self.h.as_slice()[i * m..(i + 1) * m]);
        }
        Ok(())
    }
}
