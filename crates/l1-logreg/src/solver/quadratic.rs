//! min_u gᵀ(u − β) + ½ (u − β)ᵀ H (u − β) + Σ λ₁ⱼ|u_j|: the model that a proximal Newton step minimises.
//!
//! Coordinate descent finds which coordinates are zero and the signs of the others; now and then a Newton jump solves the linear system
//! that those signs leave, and what crosses zero on the way is set to zero. The jump is kept if the model's value falls.
//!
//! | symbol | here | meaning |
//! |---|---|---|
//! | H | `h` | curvature, n x n, ridge and damping included |
//! | q = g + H (u − β) | `q` | gradient of the smooth part at u |

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::{MatMut, MatRef, Par};

use crate::scalar::Scalar;

/// Sweeps of coordinate descent between two jumps.
const SWEEPS: usize = 6;
/// Rounds of sweeps and a jump.
const ROUNDS: usize = 25;
/// Halvings of a jump.
const HALVINGS: i32 = 6;

pub(crate) struct Quadratic<'a, T> {
    pub h: &'a [T],
    pub g: &'a [f64],
    pub beta: &'a [f64],
    pub l1: &'a [f64],
}

/// The model with the coordinates F that have no kink minimised out: H̃ = H_PP − H_PF H_FF⁻¹ H_FP, g̃ = g_P − H_PF H_FF⁻¹ g_F.
struct Reduced<T> {
    h: Vec<T>,
    g: Vec<f64>,
    /// −H_FF⁻¹ g_F, and H_FF⁻¹ H_FP by columns of length |F|.
    constant: Vec<f64>,
    slope: Vec<f64>,
}

impl<T: Scalar> Reduced<T> {
    fn new(model: &Quadratic<T>, free: &[usize], held: &[usize]) -> Option<Self> {
        let (f, p) = (free.len(), held.len());
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
        let mut b: Vec<f64> = free.iter().map(|&j| -model.g[j]).chain(cross.iter().copied()).collect();
        cholesky_solve(&mut a, &mut b, f)?;
        let (constant, slope) = b.split_at(f);
        let mut h = vec![T::default(); p * p];
        for (c, column) in h.chunks_exact_mut(p.max(1)).enumerate() {
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
        let g = (0..p)
            .map(|c| model.g[held[c]] + (0..f).map(|k| cross[c * f + k] * constant[k]).sum::<f64>())
            .collect();
        Some(Self { h, g, constant: constant.to_vec(), slope: slope.to_vec() })
    }

    /// The move of F that goes with a move of P.
    fn free_change(&self, change: &[f64]) -> Vec<f64> {
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

/// Solves A X = B in place for a symmetric positive definite A (n x n, lower half used); None when it is not.
fn cholesky_solve<T: Scalar>(a: &mut [T], b: &mut [T], n: usize) -> Option<()> {
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

struct Point<T> {
    u: Vec<f64>,
    q: Vec<T>,
}

fn soft(v: f64, t: f64) -> f64 {
    if v > t {
        v - t
    } else if v < -t {
        v + t
    } else {
        0.0
    }
}

fn axpy<T: Scalar>(y: &mut [T], a: T, x: &[T]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * *x;
    }
}

impl<T: Scalar> Quadratic<'_, T> {
    fn size(&self) -> usize {
        self.g.len()
    }

    fn column(&self, j: usize) -> &[T] {
        &self.h[j * self.size()..(j + 1) * self.size()]
    }

    fn curvature(&self, j: usize) -> f64 {
        self.h[j * self.size() + j].to_f64()
    }

    /// u − β of the minimiser, to a fraction `accuracy` of the starting distance from optimality.
    ///
    /// Coordinates without an L1 penalty (the intercepts) have no kink: they are eliminated exactly first, by a Schur complement. For
    /// the others that amounts to centring the features, without which coordinate descent would crawl.
    pub fn solve(&self, accuracy: f64) -> Vec<f64> {
        let (free, held): (Vec<usize>, Vec<usize>) =
            (0..self.size()).filter(|&j| self.curvature(j) > 0.0).partition(|&j| self.l1[j] == 0.0);
        let Some(reduced) = (!free.is_empty()).then(|| Reduced::new(self, &free, &held)).flatten() else {
            return self.descend(accuracy);
        };
        let pick = |v: &[f64]| held.iter().map(|&j| v[j]).collect::<Vec<f64>>();
        let inner = Quadratic { h: &reduced.h, g: &reduced.g, beta: &pick(self.beta), l1: &pick(self.l1) };
        let change = inner.descend(accuracy);
        let mut out = vec![0.0; self.size()];
        for (&j, c) in held.iter().zip(&change) {
            out[j] = *c;
        }
        for (&j, c) in free.iter().zip(reduced.free_change(&change)) {
            out[j] = c;
        }
        out
    }

    fn descend(&self, accuracy: f64) -> Vec<f64> {
        let q = self.g.iter().map(|&v| T::from_f64(v)).collect();
        let mut at = Point { u: self.beta.to_vec(), q };
        let first = self.distance(&at);
        for round in 0..ROUNDS {
            for _ in 0..SWEEPS {
                self.sweep(&mut at);
            }
            if self.distance(&at) <= accuracy * first || round + 1 == ROUNDS || !self.jump(&mut at) {
                break;
            }
        }
        at.u.iter().zip(self.beta).map(|(u, b)| u - b).collect()
    }

    /// max_j |subgradient_j| / √H_jj.
    fn distance(&self, at: &Point<T>) -> f64 {
        let mut largest = 0.0_f64;
        for j in 0..self.size() {
            let (q, l1, c) = (at.q[j].to_f64(), self.l1[j], self.curvature(j));
            if c > 0.0 {
                let v =
                    if at.u[j] == 0.0 { (q.abs() - l1).max(0.0) } else { (q + l1 * at.u[j].signum()).abs() };
                largest = largest.max(v / c.sqrt());
            }
        }
        largest
    }

    fn sweep(&self, at: &mut Point<T>) {
        for j in 0..self.size() {
            let c = self.curvature(j);
            if c > 0.0 {
                let old = at.u[j];
                let new = soft(old - at.q[j].to_f64() / c, self.l1[j] / c);
                if new != old {
                    at.u[j] = new;
                    axpy(&mut at.q, T::from_f64(new - old), self.column(j));
                }
            }
        }
    }

    /// The model's value against that at β (differences keep the digits that sums would lose), and the rounding to expect of it.
    fn value(&self, at: &Point<T>) -> (f64, f64) {
        let (mut value, mut size) = (0.0, 0.0);
        for j in 0..self.size() {
            let change = at.u[j] - self.beta[j];
            let smooth = 0.5 * (self.g[j] + at.q[j].to_f64()) * change;
            let rough = self.l1[j] * (at.u[j].abs() - self.beta[j].abs());
            value += smooth + rough;
            size += smooth.abs() + rough.abs();
        }
        (value, 4.0 * T::EPSILON * size)
    }

    /// A Newton step on the coordinates that are not zero; false when it brought nothing.
    fn jump(&self, at: &mut Point<T>) -> bool {
        let n = self.size();
        let support: Vec<usize> =
            (0..n).filter(|&j| (at.u[j] != 0.0 || self.l1[j] == 0.0) && self.curvature(j) > 0.0).collect();
        let Some(step) = self.newton(at, &support) else { return false };
        let (before, rounding) = self.value(at);
        let distance = self.distance(at);
        // Further and further back, and at last only to where the first coordinate reaches zero: that always descends.
        let kink = support
            .iter()
            .zip(&step)
            .filter(|&(&j, s)| self.l1[j] > 0.0 && at.u[j] * s < 0.0)
            .map(|(&j, s)| -at.u[j] / s)
            .fold(1.0, f64::min);
        let lengths = (0..HALVINGS).map(|i| 0.5_f64.powi(i)).filter(|&t| t > kink).chain([kink]);
        for t in lengths {
            let mut new = Point { u: at.u.clone(), q: at.q.clone() };
            for (&j, s) in support.iter().zip(&step) {
                let moved = at.u[j] + t * s;
                let crosses = moved * at.u[j] <= 0.0 || (t == kink && -at.u[j] / s == kink);
                new.u[j] = if self.l1[j] > 0.0 && crosses { 0.0 } else { moved };
                let change = new.u[j] - at.u[j];
                if change != 0.0 {
                    axpy(&mut new.q, T::from_f64(change), self.column(j));
                }
            }
            // Where the value is all rounding, the distance from optimality decides.
            let value = self.value(&new).0;
            if value < before - rounding
                || (value <= before + rounding && self.distance(&new) < 0.9 * distance)
            {
                *at = new;
                return true;
            }
        }
        false
    }

    fn newton(&self, at: &Point<T>, support: &[usize]) -> Option<Vec<f64>> {
        let m = support.len();
        let mut a = vec![T::default(); m * m];
        let mut b: Vec<T> = Vec::with_capacity(m);
        for (c, &j) in support.iter().enumerate() {
            let column = self.column(j);
            for (r, &i) in support.iter().enumerate().skip(c) {
                a[c * m + r] = column[i];
            }
            // Coordinates that only rounding tells apart are kept apart.
            let jitter = 16.0 * T::EPSILON * (m as f64).sqrt();
            a[c * m + c] = T::from_f64(column[j].to_f64() * (1.0 + jitter));
            let sign = if at.u[j] == 0.0 { 0.0 } else { at.u[j].signum() };
            b.push(T::from_f64(-(at.q[j].to_f64() + self.l1[j] * sign)));
        }
        cholesky_solve(&mut a, &mut b, m)?;
        Some(b.iter().map(|v| v.to_f64()).collect())
    }
}
