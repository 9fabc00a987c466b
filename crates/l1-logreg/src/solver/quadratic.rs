//! min_u gᵀ(u − β) + ½ (u − β)ᵀ H (u − β) + Σ λ₁ⱼ|u_j|: the model that a proximal Newton step minimises.
//!
//! Coordinate descent finds which coordinates are zero and the signs of the others; now and then a Newton jump solves the linear system
//! that those signs leave, and what crosses zero on the way is set to zero. The jump is kept if the model's value falls.
//!
//! | symbol | here | meaning |
//! |---|---|---|
//! | H | `hessian` | curvature, n x n, ridge and damping included |
//! | g | `gradient` | gradient of the smooth part at β |
//! | β | `start` | where the step begins |
//! | λ₁ | `l1` | L1 penalty of every coordinate |
//! | u | `Point::at` | |
//! | q = g + H (u − β) | `Point::slope` | gradient of the smooth part at u |

use crate::scalar::Scalar;
use crate::solver::schur::{Model, Reduced, cholesky_solve};

/// Sweeps of coordinate descent between two jumps.
const SWEEPS: usize = 6;
/// Rounds of sweeps and a jump.
const ROUNDS: usize = 25;
/// Halvings of a jump.
const HALVINGS: i32 = 6;

pub(super) struct Quadratic<'a, T> {
    pub hessian: &'a [T],
    pub gradient: &'a [f64],
    pub start: &'a [f64],
    pub l1: &'a [f64],
}

struct Point<T> {
    at: Vec<f64>,
    slope: Vec<T>,
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
        self.gradient.len()
    }

    fn column(&self, j: usize) -> &[T] {
        &self.hessian[j * self.size()..(j + 1) * self.size()]
    }

    fn curvature(&self, j: usize) -> f64 {
        self.hessian[j * self.size() + j].to_f64()
    }

    /// u − β of the minimiser, to a fraction `accuracy` of the starting distance from optimality.
    ///
    /// Coordinates without an L1 penalty (the intercepts) have no kink: they are eliminated exactly first, by a Schur complement. For
    /// the others that amounts to centring the features, without which coordinate descent would crawl.
    pub fn solve(&self, accuracy: f64) -> Vec<f64> {
        let (free, held): (Vec<usize>, Vec<usize>) =
            (0..self.size()).filter(|&j| self.curvature(j) > 0.0).partition(|&j| self.l1[j] == 0.0);
        let model = Model { hessian: self.hessian, gradient: self.gradient };
        let Some(reduced) = (!free.is_empty()).then(|| Reduced::new(&model, &free, &held)).flatten() else {
            return self.descend(accuracy);
        };
        let pick = |v: &[f64]| held.iter().map(|&j| v[j]).collect::<Vec<f64>>();
        let inner = Quadratic {
            hessian: &reduced.hessian,
            gradient: &reduced.gradient,
            start: &pick(self.start),
            l1: &pick(self.l1),
        };
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
        let slope = self.gradient.iter().map(|&v| T::from_f64(v)).collect();
        let mut point = Point { at: self.start.to_vec(), slope };
        let first = self.distance(&point);
        for round in 0..ROUNDS {
            for _ in 0..SWEEPS {
                self.sweep(&mut point);
            }
            if self.distance(&point) <= accuracy * first || round + 1 == ROUNDS || !self.jump(&mut point) {
                break;
            }
        }
        point.at.iter().zip(self.start).map(|(u, b)| u - b).collect()
    }

    /// max_j |subgradient_j| / √H_jj.
    fn distance(&self, point: &Point<T>) -> f64 {
        let mut largest = 0.0_f64;
        for j in 0..self.size() {
            let (q, l1, c) = (point.slope[j].to_f64(), self.l1[j], self.curvature(j));
            if c > 0.0 {
                let v = if point.at[j] == 0.0 {
                    (q.abs() - l1).max(0.0)
                } else {
                    (q + l1 * point.at[j].signum()).abs()
                };
                largest = largest.max(v / c.sqrt());
            }
        }
        largest
    }

    fn sweep(&self, point: &mut Point<T>) {
        for j in 0..self.size() {
            let c = self.curvature(j);
            if c > 0.0 {
                let old = point.at[j];
                let new = soft(old - point.slope[j].to_f64() / c, self.l1[j] / c);
                if new != old {
                    point.at[j] = new;
                    axpy(&mut point.slope, T::from_f64(new - old), self.column(j));
                }
            }
        }
    }

    /// The model's value against that at β (differences keep the digits that sums would lose), and the rounding to expect of it.
    fn value(&self, point: &Point<T>) -> (f64, f64) {
        let (mut value, mut size) = (0.0, 0.0);
        for j in 0..self.size() {
            let change = point.at[j] - self.start[j];
            let smooth = 0.5 * (self.gradient[j] + point.slope[j].to_f64()) * change;
            let rough = self.l1[j] * (point.at[j].abs() - self.start[j].abs());
            value += smooth + rough;
            size += smooth.abs() + rough.abs();
        }
        (value, 4.0 * T::EPSILON * size)
    }

    /// A Newton step on the coordinates that are not zero; false when it brought nothing.
    fn jump(&self, point: &mut Point<T>) -> bool {
        let n = self.size();
        let support: Vec<usize> = (0..n)
            .filter(|&j| (point.at[j] != 0.0 || self.l1[j] == 0.0) && self.curvature(j) > 0.0)
            .collect();
        let Some(step) = self.newton(point, &support) else { return false };
        let (before, rounding) = self.value(point);
        let distance = self.distance(point);
        // Further and further back, and at last only to where the first coordinate reaches zero: that always descends.
        let kink = support
            .iter()
            .zip(&step)
            .filter(|&(&j, s)| self.l1[j] > 0.0 && point.at[j] * s < 0.0)
            .map(|(&j, s)| -point.at[j] / s)
            .fold(1.0, f64::min);
        let lengths = (0..HALVINGS).map(|i| 0.5_f64.powi(i)).filter(|&t| t > kink).chain([kink]);
        for t in lengths {
            let mut new = Point { at: point.at.clone(), slope: point.slope.clone() };
            for (&j, s) in support.iter().zip(&step) {
                let moved = point.at[j] + t * s;
                let crosses = moved * point.at[j] <= 0.0 || (t == kink && -point.at[j] / s == kink);
                new.at[j] = if self.l1[j] > 0.0 && crosses { 0.0 } else { moved };
                let change = new.at[j] - point.at[j];
                if change != 0.0 {
                    axpy(&mut new.slope, T::from_f64(change), self.column(j));
                }
            }
            // Where the value is all rounding, the distance from optimality decides.
            let value = self.value(&new).0;
            if value < before - rounding
                || (value <= before + rounding && self.distance(&new) < 0.9 * distance)
            {
                *point = new;
                return true;
            }
        }
        false
    }

    fn newton(&self, point: &Point<T>, support: &[usize]) -> Option<Vec<f64>> {
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
            let sign = if point.at[j] == 0.0 { 0.0 } else { point.at[j].signum() };
            b.push(T::from_f64(-(point.slope[j].to_f64() + self.l1[j] * sign)));
        }
        cholesky_solve(&mut a, &mut b, m)?;
        Some(b.iter().map(|v| v.to_f64()).collect())
    }
}
