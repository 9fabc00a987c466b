//! `K ≈ L Lᵀ` by Cholesky with complete pivoting, stopped when nothing above rounding is left.
//!
//! For a positive semidefinite K the rest is positive semidefinite, so no entry of it exceeds its largest diagonal
//! entry: stopping at `d_max ≤ ε k_max` bounds every entry's error by `ε k_max`. A smooth kernel in few dimensions has a
//! few dozen columns whatever N, and then every product with K costs O(N r) where it would cost O(N²).

use nalgebra::DMatrix;

use crate::kernel::Kernel;
use crate::linalg::axpy;

/// ε: the rounding of K itself is 1e-16.
const TOLERANCE: f64 = 1e-13;
/// Columns at most.
const MOST: usize = 320;
/// After this many columns, less than `TRIAL_REST` of the trace must be left for the factor to be worth finishing.
const TRIAL: usize = 48;
const TRIAL_REST: f64 = 0.02;

/// `L` (N x r), or `None` if K is not of low rank. `x` has the rows, which are the centres too.
pub(crate) fn factor(kernel: &Kernel, x: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let n = x.nrows();
    let mut rest = kernel.diagonal(x);
    if !rest.iter().all(|d| d.is_finite() && *d >= 0.0) {
        return None;
    }
    let trace: f64 = rest.iter().sum();
    let largest = rest.iter().copied().fold(0.0, f64::max);
    let most = MOST.min(n.div_ceil(3));
    let mut l: Vec<f64> = Vec::new();
    for r in 0..=most {
        let (pivot, d) =
            rest.iter().enumerate().fold((0, 0.0), |b, (i, &d)| if d > b.1 { (i, d) } else { b });
        if d <= TOLERANCE * largest {
            return Some(DMatrix::from_vec(n, r, l));
        }
        if r == most || (r == TRIAL && rest.iter().sum::<f64>() > TRIAL_REST * trace) {
            return None;
        }
        let centre: Vec<f64> = x.row(pivot).iter().copied().collect();
        let mut column = vec![0.0; n];
        kernel.column(x, &centre, &mut column);
        for k in 0..r {
            axpy(&mut column, -l[k * n + pivot], &l[k * n..(k + 1) * n]);
        }
        let scale = 1.0 / d.sqrt();
        for (c, rest) in column.iter_mut().zip(&mut rest) {
            *c *= scale;
            *rest = (*rest - *c * *c).max(0.0);
        }
        if !column.iter().all(|c| c.is_finite()) {
            return None;
        }
        rest[pivot] = 0.0;
        l.extend_from_slice(&column);
    }
    None
}
