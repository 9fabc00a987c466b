//! The quadratic model without its coordinates that have no kink, and the linear systems.
//!
//! | symbol | here | meaning |
//! |---|---|---|
//! | F, P | `free`, `held` | coordinates without and with an L1 penalty |
//! | H̃ = H_PP − H_PF H_FF⁻¹ H_FP | [`Reduced::hessian`] | the Schur complement |
//! | g̃ = g_P − H_PF H_FF⁻¹ g_F | [`Reduced::gradient`] | |
//! | −H_FF⁻¹ g_F | [`Reduced::constant`] | the move of F when P stays |
//! | H_FF⁻¹ H_FP | [`Reduced::slope`] | by columns of length \|F\| |

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::{MatMut, MatRef, Par};

use crate::registers::clear_upper;
use crate::scalar::Scalar;

/// A symmetric matrix by columns and a gradient.
pub(super) struct Model<'a, T> {
    pub hessian: &'a [T],
    pub gradient: &'a [f64],
}

impl<T: Scalar> Model<'_, T> {
    fn column(&self, j: usize) -> &[T] {
        let n = self.gradient.len();
        &self.hessian[j * n..(j + 1) * n]
    }
}

/// The model with the free coordinates minimised out.
pub(super) struct Reduced<T> {
    pub hessian: Vec<T>,
    pub gradient: Vec<f64>,
    constant: Vec<f64>,
    slope: Vec<f64>,
}

impl<T: Scalar> Reduced<T> {
    pub fn new(model: &Model<'_, T>, free: &[usize], held: &[usize]) -> Option<Self> {
        let f = free.len();
        let entry = |i: usize, j: usize| model.column(j)[i].to_f64();
        let jitter = 1.0 + 16.0 * T::EPSILON * (f as f64).sqrt();
        let mut a: Vec<f64> = vec![0.0; f * f];
        for (c, &j) in free.iter().enumerate() {
            for (r, &i) in free.iter().enumerate() {
                a[c * f + r] = entry(i, j) * if r == c { jitter } else { 1.0 };
            }
        }
        // One right-hand side for g_F, and one for every column of H_FP.
        let cross: Vec<f64> = held.iter().flat_map(|&j| free.iter().map(move |&i| entry(i, j))).collect();
        let mut b: Vec<f64> = free.iter().map(|&j| -model.gradient[j]).chain(cross.iter().copied()).collect();
        cholesky_solve(&mut a, &mut b, f)?;
        let (constant, slope) = b.split_at(f);
        let gradient = (0..held.len())
            .map(|c| model.gradient[held[c]] + (0..f).map(|k| cross[c * f + k] * constant[k]).sum::<f64>())
            .collect();
        let hessian = complement(model, free, held, slope);
        Some(Self { hessian, gradient, constant: constant.to_vec(), slope: slope.to_vec() })
    }

    /// The move of F that goes with a move of P.
    pub fn free_change(&self, change: &[f64]) -> Vec<f64> {
        let f = self.constant.len();
        let mut out = self.constant.clone();
        for (c, &v) in change.iter().enumerate().filter(|c| *c.1 != 0.0) {
            for k in 0..f {
                out[k] -= self.slope[c * f + k] * v;
            }
        }
        out
    }
}

/// H_PP − H_PF (H_FF⁻¹ H_FP).
fn complement<T: Scalar>(model: &Model<'_, T>, free: &[usize], held: &[usize], slope: &[f64]) -> Vec<T> {
    let (f, p) = (free.len(), held.len());
    let mut hessian = vec![T::default(); p * p];
    for (c, column) in hessian.chunks_exact_mut(p.max(1)).enumerate() {
        let full = model.column(held[c]);
        let own: Vec<T> = slope[c * f..(c + 1) * f].iter().map(|&v| T::from_f64(-v)).collect();
        for (r, out) in column.iter_mut().enumerate() {
            *out = full[held[r]];
        }
        for (k, v) in own.iter().enumerate() {
            let from = model.column(free[k]);
            for (r, out) in column.iter_mut().enumerate() {
                *out += from[held[r]] * *v;
            }
        }
    }
    hessian
}

/// Solves A X = B in place for a symmetric positive definite A (n x n, lower half used); None when it is not.
pub(super) fn cholesky_solve<T: Scalar>(a: &mut [T], b: &mut [T], n: usize) -> Option<()> {
    let solved = factor_and_solve(a, b, n);
    clear_upper();
    solved
}

fn factor_and_solve<T: Scalar>(a: &mut [T], b: &mut [T], n: usize) -> Option<()> {
    let request = llt::factor::cholesky_in_place_scratch::<T>(n, Par::Seq, Default::default());
    let mut memory = MemBuffer::try_new(request).ok()?;
    let l = MatMut::from_column_major_slice_mut(&mut *a, n, n);
    llt::factor::cholesky_in_place(
        l,
        Default::default(),
        Par::Seq,
        MemStack::new(&mut memory),
        Default::default(),
    )
    .ok()?;
    let columns = b.len() / n;
    let mut none = MemBuffer::try_new(llt::solve::solve_in_place_scratch::<T>(n, columns, Par::Seq)).ok()?;
    let l = MatRef::from_column_major_slice(&*a, n, n);
    let x = MatMut::from_column_major_slice_mut(&mut *b, n, columns);
    llt::solve::solve_in_place(l, x, Par::Seq, MemStack::new(&mut none));
    b.iter().all(|v| v.to_f64().is_finite()).then_some(())
}
