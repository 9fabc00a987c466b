//! An orthonormal basis of each group's columns.

use nalgebra::{DMatrix, DVector};

use crate::prepare::columns::Columns;
use crate::prepare::kernel;

/// A column adds to a basis only if more than this of its norm is left beside the others.
const NEW: f64 = 1e-8;

/// One group: its columns and its basis, X_g = Q R.
#[derive(Debug, Clone)]
pub(crate) struct Basis {
    /// The group's columns that span it.
    pub columns: Vec<usize>,
    /// Q, column after column.
    pub vectors: Vec<Vec<f64>>,
    /// R, G x G.
    triangle: DMatrix<f64>,
}

impl Basis {
    /// Gram-Schmidt, each vector twice, so that rounding leaves nothing.
    pub fn new<C: Columns>(columns: &C, members: &[usize]) -> Self {
        let (mut kept, mut vectors, mut factors) = (Vec::new(), Vec::<Vec<f64>>::new(), Vec::new());
        for &j in members {
            let mut column = columns.expand(j);
            let before = kernel::dot(&column, &column).sqrt();
            let mut along = vec![0.0; vectors.len()];
            for _ in 0..2 {
                for (a, v) in along.iter_mut().zip(&vectors) {
                    let part = kernel::dot(v, &column);
                    kernel::axpy(-part, v, &mut column);
                    *a += part;
                }
            }
            let norm = kernel::dot(&column, &column).sqrt();
            if norm > NEW * before && before > 0.0 {
                column.iter_mut().for_each(|x| *x /= norm);
                along.push(norm);
                vectors.push(column);
                factors.push(along);
                kept.push(j);
            }
        }
        let size = kept.len();
        let triangle = DMatrix::from_fn(size, size, |i, k| if i <= k { factors[k][i] } else { 0.0 });
        Self { columns: kept, vectors, triangle }
    }

    /// G, how many columns the basis has.
    pub fn size(&self) -> usize {
        self.vectors.len()
    }

    /// The weights of the group's columns that have these weights in the basis.
    pub fn in_columns(&self, theta: &[f64]) -> Vec<f64> {
        let theta = DVector::from_column_slice(theta);
        self.triangle
            .solve_upper_triangular(&theta)
            .map_or_else(|| vec![0.0; self.size()], |w| w.as_slice().to_vec())
    }
}
