//! KL and its gradient at one log α, in double precision: a table of polynomials in log α instead of the slices' exp and
//! division, which cost twice as much where nothing else runs beside them.
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | log α | `l` | logarithm of the dropout rate |
//! | x | `x` | log α inside its piece, in [−1, 1) |
//! | e | `e` | 1/α or α, whichever is small |

use crate::coefficients::EXCESS_AT_ZERO;
use crate::kernel::f64_kernel::{exp, polynomial};
use crate::tables::{self, EDGE, PIECES_PER_UNIT};

/// The piece that log α lies in, and where in it. Both are exact: pieces are multiples of powers of two.
#[inline(always)]
fn piece(l: f64) -> (usize, f64) {
    let scaled = (l + EDGE) * PIECES_PER_UNIT;
    let piece = scaled as usize;
    let centre = (piece as f64 + 0.5) * (1.0 / PIECES_PER_UNIT) - EDGE;
    (piece, (l - centre) * (2.0 * PIECES_PER_UNIT))
}

/// KL(α).
#[inline]
pub(crate) fn kl(l: f64) -> f64 {
    if l.abs() < EDGE {
        let (piece, x) = piece(l);
        if let Some(c) = tables::KL.get(piece) {
            return polynomial::<12>(|k| c[k], x);
        }
    }
    beyond(l).0
}

/// dKL/d log α.
#[inline]
pub(crate) fn kl_grad(l: f64) -> f64 {
    if l.abs() < EDGE {
        let (piece, x) = piece(l);
        if let Some(c) = tables::GRAD.get(piece) {
            return polynomial::<12>(|k| c[k], x);
        }
    }
    beyond(l).1
}

/// Both.
#[inline]
pub(crate) fn kl_with_grad(l: f64) -> (f64, f64) {
    if l.abs() < EDGE {
        let (piece, x) = piece(l);
        if let (Some(c), Some(d)) = (tables::KL.get(piece), tables::GRAD.get(piece)) {
            return (polynomial::<12>(|k| c[k], x), polynomial::<12>(|k| d[k], x));
        }
    }
    beyond(l)
}

/// Both beyond the tables, by the series at the two ends; NaN at NaN.
fn beyond(l: f64) -> (f64, f64) {
    if l > 0.0 {
        let e = exp(-l);
        (e * polynomial::<6>(|k| tables::NEAR[k], e), e * polynomial::<6>(|k| tables::NEAR_GRAD[k], e))
    } else {
        let e = exp(l);
        let tail = e * polynomial::<6>(|k| tables::FAR[k], e);
        let grad = e * polynomial::<6>(|k| tables::FAR_GRAD[k], e);
        ((EXCESS_AT_ZERO - 0.5 * l) - tail, -0.5 + grad)
    }
}
