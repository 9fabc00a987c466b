//! The active columns of the design, kept from one use to the next.

use nalgebra::DMatrix;

use crate::design::Design;
use crate::linalg::matvec;

/// The design's active columns, kept from one use to the next.
pub(super) struct ActiveColumns<'d, D: Design> {
    design: &'d D,
    index: Vec<usize>,
    columns: DMatrix<f64>,
}

impl<'d, D: Design> ActiveColumns<'d, D> {
    pub(super) fn new(design: &'d D) -> Self {
        Self { design, index: Vec::new(), columns: DMatrix::zeros(design.rows(), 0) }
    }

    fn select(&mut self, active: &[usize]) -> &DMatrix<f64> {
        if self.index != active {
            let fresh: Vec<usize> = active.iter().copied().filter(|i| !self.index.contains(i)).collect();
            let made = self.design.columns(&fresh);
            let mut next = DMatrix::zeros(self.design.rows(), active.len());
            for (k, i) in active.iter().enumerate() {
                let from = match self.index.iter().position(|j| j == i) {
                    Some(at) => self.columns.column(at),
                    None => made.column(fresh.iter().position(|j| j == i).unwrap_or(0)),
                };
                next.set_column(k, &from);
            }
            self.index = active.to_vec();
            self.columns = next;
        }
        &self.columns
    }

    /// `‖t − Φμ‖²`.
    pub(super) fn squares(&mut self, t: &[f64], active: &[usize], mu: &[f64]) -> f64 {
        let fitted = matvec(self.select(active), mu);
        t.iter().zip(&fitted).map(|(t, f)| (t - f) * (t - f)).sum()
    }
}
