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
const HALVINGS: usize = 6;

pub(crate) struct Quadratic<'a, T> {
    pub h: &'a [T],
    pub g: &'a [f64],
    pub beta: &'a [f64],
    pub l1: &'a [f64],
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
    pub fn solve(&self, accuracy: f64) -> Vec<f64> {
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

    /// The model's value against that at β (differences keep the digits that sums would lose).
    fn value(&self, at: &Point<T>) -> f64 {
        (0..self.size())
            .map(|j| {
                let change = at.u[j] - self.beta[j];
                0.5 * (self.g[j] + at.q[j].to_f64()) * change
                    + self.l1[j] * (at.u[j].abs() - self.beta[j].abs())
            })
            .sum()
    }

    /// A Newton step on the coordinates that are not zero; false when it brought nothing.
    fn jump(&self, at: &mut Point<T>) -> bool {
        let n = self.size();
        let support: Vec<usize> =
            (0..n).filter(|&j| (at.u[j] != 0.0 || self.l1[j] == 0.0) && self.curvature(j) > 0.0).collect();
        let Some(step) = self.newton(at, &support) else { return false };
        let before = self.value(at);
        let mut t = 1.0;
        for _ in 0..HALVINGS {
            let mut new = Point { u: at.u.clone(), q: at.q.clone() };
            for (&j, s) in support.iter().zip(&step) {
                let moved = at.u[j] + t * s;
                new.u[j] = if self.l1[j] > 0.0 && moved * at.u[j] <= 0.0 { 0.0 } else { moved };
                let change = new.u[j] - at.u[j];
                if change != 0.0 {
                    axpy(&mut new.q, T::from_f64(change), self.column(j));
                }
            }
            if self.value(&new) < before {
                *at = new;
                return true;
            }
            t *= 0.5;
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
        let request = llt::factor::cholesky_in_place_scratch::<T>(m, Par::Seq, Default::default());
        let mut memory = MemBuffer::try_new(request).ok()?;
        let stack = MemStack::new(&mut memory);
        let l = MatMut::from_column_major_slice_mut(&mut a, m, m);
        llt::factor::cholesky_in_place(l, Default::default(), Par::Seq, stack, Default::default()).ok()?;
        let l = MatRef::from_column_major_slice(&a, m, m);
        let x = MatMut::from_column_major_slice_mut(&mut b, m, 1);
        let mut none = MemBuffer::try_new(llt::solve::solve_in_place_scratch::<T>(m, 1, Par::Seq)).ok()?;
        llt::solve::solve_in_place(l, x, Par::Seq, MemStack::new(&mut none));
        let step: Vec<f64> = b.iter().map(|v| v.to_f64()).collect();
        step.iter().all(|v| v.is_finite()).then_some(step)
    }
}
