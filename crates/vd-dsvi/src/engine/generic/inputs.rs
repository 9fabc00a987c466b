//! Inputs of one sample to a layer, sparse or dense, and the two loops over lanes that they feed.

use crate::real::Real;

/// One sample's inputs to a layer.
#[derive(Clone, Copy)]
pub(crate) enum Inputs<'a, R> {
    Sparse(&'a [u32], &'a [R]),
    Dense(&'a [R]),
}

impl<R: Real> Inputs<'_, R> {
    /// `f(d, x_d)` for the inputs in `from..to` that are not zero, ascending.
    #[inline(always)]
    pub(crate) fn each(&self, from: usize, to: usize, mut f: impl FnMut(usize, R)) {
        match *self {
            Self::Sparse(index, value) => {
                let start = if from == 0 { 0 } else { index.partition_point(|&d| (d as usize) < from) };
                for (&d, &x) in index[start..].iter().zip(&value[start..]) {
                    if d as usize >= to {
                        break;
                    }
                    f(d as usize, x);
                }
            }
            Self::Dense(values) => {
                for (d, &x) in values.iter().enumerate().take(to).skip(from) {
                    if x != R::ZERO {
                        f(d, x);
                    }
                }
            }
        }
    }
}

/// out += x · row, lane by lane.
#[inline(always)]
pub(crate) fn axpy<R: Real>(out: &mut [R], x: R, row: &[R]) {
    let (out, _) = out.as_chunks_mut::<8>();
    let (row, _) = row.as_chunks::<8>();
    for (o, r) in out.iter_mut().zip(row) {
        for (o, r) in o.iter_mut().zip(r) {
            *o += x * *r;
        }
    }
}

/// Σ a·b over slices of equal length.
#[inline(always)]
pub(crate) fn dot<R: Real>(a: &[R], b: &[R]) -> R {
    let mut sums = [R::ZERO; 8];
    let (a, _) = a.as_chunks::<8>();
    let (b, _) = b.as_chunks::<8>();
    for (a, b) in a.iter().zip(b) {
        for i in 0..8 {
            sums[i] += a[i] * b[i];
        }
    }
    sums.into_iter().fold(R::ZERO, |s, v| s + v)
}
