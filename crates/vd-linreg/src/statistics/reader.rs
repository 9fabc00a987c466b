//! Rows of a design matrix with their targets and weights, a block at a time.

use estimator::{InputError, Values};
use nalgebra_sparse::CsrMatrix;

use crate::design::{Design, not_finite};
use crate::prepare::rows::check_weights;

/// Rows that are taken together: enough for a matrix product, few enough for a cache.
const BLOCK: usize = 256;

/// Calls `take(rows, weights)` for every block of rows with a positive weight; a row is (x, t), one after the other in one slice.
pub(super) fn blocks(
    x: Design<'_>,
    t: Values<'_>,
    weights: Option<&[f64]>,
    mut take: impl FnMut(&[f64], &[f64]) -> Result<(), InputError>,
) -> Result<(), InputError> {
    let (n, d) = (x.nrows(), x.ncols());
    t.check(n)?;
    if let Some(weights) = weights {
        check_weights(weights, n)?;
    }
    x.check_finite()?;
    let sparse = match x {
        Design::Sparse(x) => Some(CsrMatrix::from(x)),
        _ => None,
    };
    let (mut rows, mut counts) = (Vec::with_capacity(BLOCK * (d + 1)), Vec::with_capacity(BLOCK));
    for i in 0..n {
        let weight = weights.map_or(1.0, |w| w[i]);
        if weight > 0.0 {
            let from = rows.len();
            rows.resize(from + d + 1, 0.0);
            row(x, sparse.as_ref(), i, &mut rows[from..from + d]);
            rows[from + d] = t.as_slice()[i];
            counts.push(weight);
        }
        if counts.len() == BLOCK || (i + 1 == n && !counts.is_empty()) {
            take(&rows, &counts)?;
            rows.clear();
            counts.clear();
        }
    }
    Ok(())
}

fn row(x: Design<'_>, sparse: Option<&CsrMatrix<f64>>, i: usize, out: &mut [f64]) {
    match (x, sparse) {
        (_, Some(sparse)) => {
            let row = sparse.row(i);
            row.col_indices().iter().zip(row.values()).for_each(|(&j, &v)| out[j] = v);
        }
        (dense, _) => dense.copy_row(i, out),
    }
}

/// Refuses a matrix with another number of columns than the statistics have.
pub(super) fn check_columns(x: Design<'_>, expected: usize) -> Result<(), InputError> {
    x.check_columns(expected)
}

/// The error of statistics that left the range of doubles.
pub(super) fn overflow(column: usize) -> InputError {
    not_finite(0, column, f64::INFINITY)
}
