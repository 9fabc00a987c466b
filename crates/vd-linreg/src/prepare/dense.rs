//! Dense design matrices, by columns or by rows.

use estimator::InputError;
use rayon::prelude::*;

use crate::design::{Design, not_finite};
use crate::prepare::columns::Dense;
use crate::prepare::normalise::normalise;
use crate::prepare::prepared::Prepared;
use crate::prepare::rows::Rows;

/// Normalised columns of a dense matrix.
pub(crate) fn dense(x: Design<'_>, rows: &Rows) -> Result<Prepared<Dense>, InputError> {
    let (n, d, kept) = (x.nrows(), x.ncols(), rows.index.len());
    let mut values = vec![0.0; kept * d];
    let mut moments = vec![(0.0, 0.0); d];
    let bad = values
        .par_chunks_mut(kept.max(1))
        .zip(moments.par_iter_mut())
        .enumerate()
        .with_min_len(8)
        .find_map_first(|(j, (out, moment))| {
            let gathered;
            let column = match x {
                Design::Dense(x) => &x.as_slice()[j * n..(j + 1) * n],
                _ => {
                    gathered = gather(x, j);
                    &gathered
                }
            };
            if let Some(row) = column.iter().position(|v| !v.is_finite()) {
                return Some(not_finite(row, j, column[row]));
            }
            let normalised = normalise(|i| column[i], rows);
            out.copy_from_slice(&normalised.values);
            *moment = (normalised.mean, normalised.scale);
            None
        });
    if let Some(error) = bad {
        return Err(error);
    }
    Prepared::new(Dense { rows: kept, values }, moments)
}

fn gather(x: Design<'_>, j: usize) -> Vec<f64> {
    let mut column = vec![0.0; x.nrows()];
    x.visit(j, |i, v| column[i] = v);
    column
}
