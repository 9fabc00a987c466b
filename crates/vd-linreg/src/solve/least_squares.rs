//! Least squares on a few columns by conjugate gradients (CGLS), without forming a matrix.

use crate::prepare::columns::{Columns, Residual};

/// θ on `support` minimising ‖t − Xθ‖², started from `theta`; the residual it leaves.
///
/// Stops at a relative gradient of `tolerance`, or after twice as many steps as there are columns.
pub(crate) fn refit<C: Columns>(
    columns: &C,
    target: &[f64],
    support: &[usize],
    theta: &mut [f64],
    tolerance: f64,
) -> Residual {
    let mut r = Residual::new(target.to_vec());
    for &j in support {
        columns.add(j, -theta[j], &mut r);
    }
    let mut s: Vec<f64> = support.iter().map(|&j| columns.dot(j, &r)).collect();
    let mut p = s.clone();
    let mut gamma: f64 = s.iter().map(|x| x * x).sum();
    // The target has norm 1, so gradients are correlations.
    let goal = tolerance * tolerance;
    for _ in 0..2 * support.len() + 10 {
        if !(gamma > goal) {
            break;
        }
        let mut direction = Residual::new(vec![0.0; r.raw.len()]);
        for (&j, &p) in support.iter().zip(&p) {
            columns.add(j, p, &mut direction);
        }
        let norm = columns.norm_sq(&direction);
        if !(norm > 0.0) {
            break;
        }
        let step = gamma / norm;
        for (&j, &p) in support.iter().zip(&p) {
            theta[j] += step * p;
        }
        crate::prepare::kernel::axpy(-step, &direction.raw, &mut r.raw);
        r.offset -= step * direction.offset;
        for (s, &j) in s.iter_mut().zip(support) {
            *s = columns.dot(j, &r);
        }
        let next: f64 = s.iter().map(|x| x * x).sum();
        let factor = next / gamma;
        for (p, s) in p.iter_mut().zip(&s) {
            *p = s + factor * *p;
        }
        gamma = next;
    }
    r
}
