//! A Newton jump on the coordinates that are not zero, by conjugate gradients.
//!
//! Once the support is known, coordinate descent goes on at the pace of a linear method: thousands of sweeps where the data are nearly
//! separable. Conjugate gradients, scaled by the diagonal, need two passes over the stored values an iteration, as a sweep does.
//!
//! | symbol | here | meaning |
//! |---|---|---|
//! | d | `Jump::step` | move of the support |
//! | y = X d | `Jump::image` | |
//! | Σ m_j d_j | `Jump::shift` | how the intercept gives way |
//! | q_j | `slopes` | gradient of the smooth part where the jump begins |

use crate::scalar::Scalar;
use crate::solver::columns::quadratic::Quadratic;

/// Iterations of conjugate gradients in one jump.
const ITERATIONS: usize = 100;
/// Halvings of a jump.
const HALVINGS: i32 = 6;

/// A move of some coordinates and what it does to the scores.
#[derive(Clone)]
struct Jump {
    step: Vec<f64>,
    image: Vec<f64>,
    shift: f64,
}

impl Jump {
    fn none(coordinates: usize, rows: usize) -> Self {
        Self { step: vec![0.0; coordinates], image: vec![0.0; rows], shift: 0.0 }
    }
}

impl<T: Scalar> Quadratic<'_, T> {
    /// A Newton step on the support, cut where coordinates cross zero; false when it brought nothing.
    pub(super) fn jump(&mut self, target: f64) -> bool {
        let support = self.support();
        let slopes: Vec<f64> = support.iter().map(|&at| self.slope(at)).collect();
        let whole = self.newton(&support, &slopes, target);
        // Further and further back, and at last only to where the first coordinate reaches zero: that always descends.
        let kink = support
            .iter()
            .zip(&whole.step)
            .filter(|&(&at, s)| self.coordinates[at].at * s < 0.0)
            .map(|(&at, s)| -self.coordinates[at].at / s)
            .fold(1.0, f64::min);
        let lengths = (0..HALVINGS).map(|i| 0.5_f64.powi(i)).filter(|&t| t > kink).chain([kink]);
        for length in lengths {
            let jump = self.cut(&support, &whole, length, length == kink);
            if self.gain(&support, &slopes, &jump) < 0.0 {
                self.take(&support, &jump);
                return true;
            }
        }
        false
    }

    /// The minimiser on the support with its signs held, to a distance of `target` from optimal.
    fn newton(&self, support: &[usize], slopes: &[f64], target: f64) -> Jump {
        let c = |at: usize| &self.coordinates[at];
        let mut jump = Jump::none(support.len(), self.rows.len());
        let mut residual: Vec<f64> =
            support.iter().zip(slopes).map(|(&at, q)| -(q + c(at).l1 * c(at).at.signum())).collect();
        let scaled = |r: &[f64]| -> Vec<f64> {
            support.iter().zip(r).map(|(&at, r)| r / (c(at).curvature + c(at).l2)).collect()
        };
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mut z = scaled(&residual);
        let mut direction = z.clone();
        let mut power = dot(&residual, &z);
        for _ in 0..ITERATIONS {
            let far = support.iter().zip(&residual).any(|(&at, r)| r.abs() > target * c(at).l1);
            if !far {
                break;
            }
            let (bent, image, shift) = self.bend(support, &direction);
            let length = power / dot(&direction, &bent);
            if !(length.is_finite() && length > 0.0) {
                break;
            }
            add(&mut jump.step, length, &direction);
            add(&mut jump.image, length, &image);
            jump.shift += length * shift;
            add(&mut residual, -length, &bent);
            z = scaled(&residual);
            let next = dot(&residual, &z);
            for (d, z) in direction.iter_mut().zip(&z) {
                *d = z + next / power * *d;
            }
            power = next;
        }
        jump
    }

    /// The curvature times a direction on the support; X times it; its Σ m_j d_j.
    fn bend(&self, support: &[usize], direction: &[f64]) -> (Vec<f64>, Vec<f64>, f64) {
        let mut image = vec![0.0; self.rows.len()];
        let mut shift = 0.0;
        for (&at, &d) in support.iter().zip(direction) {
            self.coordinates[at].add_to(&mut image, d);
            shift += self.coordinates[at].mean * d;
        }
        let pull: Vec<f64> = self.rows.iter().zip(&image).map(|(r, y)| r[0] * (y - shift)).collect();
        let bent = support.iter().zip(direction).map(|(&at, &d)| {
            let c = &self.coordinates[at];
            c.dot(&pull) + c.l2 * d
        });
        (bent.collect(), image, shift)
    }

    /// The jump at a length, with what crosses zero set to zero (at the `kink`, what reaches it).
    fn cut(&self, support: &[usize], whole: &Jump, length: f64, kink: bool) -> Jump {
        let scale = |v: &[f64]| v.iter().map(|v| length * v).collect::<Vec<f64>>();
        let mut jump =
            Jump { step: scale(&whole.step), image: scale(&whole.image), shift: length * whole.shift };
        for (&at, (step, full)) in support.iter().zip(jump.step.iter_mut().zip(&whole.step)) {
            let c = &self.coordinates[at];
            let reached = kink && length < 1.0 && -c.at / full == length;
            if (c.at + *step) * c.at <= 0.0 || reached {
                let excess = -c.at - *step;
                c.add_to(&mut jump.image, excess);
                jump.shift += c.mean * excess;
                *step = -c.at;
            }
        }
        jump
    }

    /// By how much the model's value changes with a jump.
    fn gain(&self, support: &[usize], slopes: &[f64], jump: &Jump) -> f64 {
        let bent: f64 =
            self.rows.iter().zip(&jump.image).map(|(r, y)| r[0] * (y - jump.shift) * (y - jump.shift)).sum();
        let of_coordinate = |((&at, q), d): ((&usize, &f64), &f64)| {
            let c = &self.coordinates[at];
            q * d + 0.5 * c.l2 * d * d + c.l1 * ((c.at + d).abs() - c.at.abs())
        };
        0.5 * bent + support.iter().zip(slopes).zip(&jump.step).map(of_coordinate).sum::<f64>()
    }

    fn take(&mut self, support: &[usize], jump: &Jump) {
        for (&at, d) in support.iter().zip(&jump.step) {
            self.coordinates[at].at += d;
        }
        for (row, y) in self.rows.iter_mut().zip(&jump.image) {
            row[1] += y;
        }
        self.shift += jump.shift;
    }
}

fn add(y: &mut [f64], a: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}
