//! min_δ gᵀδ + ½ Σ_i w_i (X δ)_i² + Σ λ₁ⱼ|β_j + δ_j| + ½ λ₂ⱼ(β_j + δ_j)², by columns of X.
//!
//! | symbol | here | meaning |
//! |---|---|---|
//! | w_i, u_i | `Quadratic::rows` | weight of a sample, and Σ_j x_ij δ_j over the penalised coordinates |
//! | S = Σ w_i | `Quadratic::weight` | curvature of the free intercept; 0 without one |
//! | m_j = Σ w_i x_ij / S | [`Coordinate::mean`] | how the intercept gives way: δ_0 = −g_0/S − Σ m_j δ_j |
//! | Σ m_j δ_j | `Quadratic::shift` | |
//! | g_j − m_j g_0 | [`Coordinate::slope`] | gradient of the loss with the intercept minimised out |
//! | Σ w_i x_ij² − S m_j² | [`Coordinate::curvature`] | |
//!
//! An unpenalised intercept is minimised out exactly, which amounts to centring the features without storing them centred.

use crate::design::column::Column;
use crate::scalar::Scalar;
use crate::solver::columns::lane::Lane;
use crate::solver::problem::Problem;

/// Rounds of a sweep over all coordinates, sweeps over those that are not zero, and a jump.
const ROUNDS: usize = 25;
/// Sweeps over what is not zero between two jumps.
const SWEEPS: usize = 6;
/// A centred curvature below this share of the plain one is rounding: the column is constant.
const CONSTANT: f64 = 1e-12;

pub(super) struct Coordinate<'a, T> {
    pub place: usize,
    column: Column<'a, T>,
    /// By which stored values are multiplied: a power of two.
    inverse: f64,
    pub(super) l1: f64,
    pub(super) l2: f64,
    pub(super) mean: f64,
    slope: f64,
    pub(super) curvature: f64,
    start: f64,
    pub at: f64,
}

impl<T: Scalar> Coordinate<'_, T> {
    /// Distance of zero from the subdifferential over λ₁, for a slope of the smooth part.
    fn distance(&self, slope: f64) -> f64 {
        let d = if self.at == 0.0 {
            (slope.abs() - self.l1).max(0.0)
        } else {
            (slope + self.l1 * self.at.signum()).abs()
        };
        d / self.l1
    }

    /// `image += x_j change`.
    pub(super) fn add_to(&self, image: &mut [f64], change: f64) {
        self.column.each(|i, x| image[i] += x * self.inverse * change);
    }

    /// x_jᵀ v.
    pub(super) fn dot(&self, v: &[f64]) -> f64 {
        self.column.sum(|i, x| x * self.inverse * v[i])
    }
}

pub(super) struct Quadratic<'a, T> {
    pub coordinates: Vec<Coordinate<'a, T>>,
    pub(super) rows: Vec<[f64; 2]>,
    weight: f64,
    /// g_0.
    constant: f64,
    pub(super) shift: f64,
}

impl<'a, T: Scalar> Quadratic<'a, T> {
    /// The model at `lane` on the features of `wanted` (ascending, D for a penalised intercept); `beta` is the output's part of β.
    pub fn new(problem: &'a Problem<'a, T>, lane: &Lane, wanted: &[u32], beta: &[f64], free: bool) -> Self {
        let rows: Vec<[f64; 2]> = (0..lane.scores.len()).map(|i| [lane.weight(i), 0.0]).collect();
        let weight = if free { rows.iter().map(|r| r[0]).sum() } else { 0.0 };
        let constant = if free { lane.residuals.iter().sum() } else { 0.0 };
        let mut model =
            Self { coordinates: Vec::with_capacity(wanted.len()), rows, weight, constant, shift: 0.0 };
        for &j in wanted {
            let coordinate = model.coordinate(problem, lane, j as usize, beta[j as usize]);
            model.coordinates.extend(coordinate);
        }
        model
    }

    fn coordinate(
        &self,
        problem: &'a Problem<'a, T>,
        lane: &Lane,
        j: usize,
        beta: f64,
    ) -> Option<Coordinate<'a, T>> {
        let column =
            if j < problem.features() { problem.design.column(j) } else { Column::Ones(self.rows.len()) };
        let inverse = 1.0 / problem.unit(j);
        let (l1, l2) = problem.weights(j);
        let own = column.sum(|i, x| self.rows[i][0] * (x * inverse) * (x * inverse));
        let cross = if self.weight > 0.0 { column.sum(|i, x| self.rows[i][0] * (x * inverse)) } else { 0.0 };
        let mean = if self.weight > 0.0 { cross / self.weight } else { 0.0 };
        let slope = column.sum(|i, x| lane.residuals[i] * (x * inverse)) - mean * self.constant;
        let curvature = own - mean * cross;
        (curvature > CONSTANT * own && curvature + l2 > 0.0).then_some(Coordinate {
            place: j,
            column,
            inverse,
            l1,
            l2,
            mean,
            slope,
            curvature,
            start: beta,
            at: beta,
        })
    }

    /// The largest distance from optimality before the first move.
    ///
    /// In units of the penalty's slope, which is `lambda` for a free intercept.
    pub fn distance(&self, lambda: f64) -> f64 {
        let of_intercept = self.constant.abs() / lambda;
        self.coordinates.iter().map(|c| c.distance(c.slope + c.l2 * c.at)).fold(of_intercept, f64::max)
    }

    /// Coordinate descent with jumps, until no coordinate is further than `target` from optimal when its turn comes.
    pub fn descend(&mut self, target: f64) {
        let everything: Vec<usize> = (0..self.coordinates.len()).collect();
        for _ in 0..ROUNDS {
            if self.sweep(&everything) <= target {
                break;
            }
            if !self.settle(0.5 * target) {
                self.jump(0.25 * target);
            }
        }
    }

    /// Sweeps over what is not zero; whether it came as close to optimal as `target`.
    fn settle(&mut self, target: f64) -> bool {
        (0..SWEEPS).any(|_| {
            let support = self.support();
            self.sweep(&support) <= target
        })
    }

    /// Which coordinates are not zero.
    pub(super) fn support(&self) -> Vec<usize> {
        (0..self.coordinates.len()).filter(|&at| self.coordinates[at].at != 0.0).collect()
    }

    /// The gradient of the smooth part at the present point.
    pub(super) fn slope(&self, at: usize) -> f64 {
        let c = &self.coordinates[at];
        let bend = c.column.sum(|i, x| x * c.inverse * (self.rows[i][0] * self.rows[i][1]));
        c.slope + bend - self.weight * c.mean * self.shift + c.l2 * c.at
    }

    /// Minimises along each coordinate in turn; returns the largest distance from optimality that was met.
    fn sweep(&mut self, which: &[usize]) -> f64 {
        let mut worst = 0.0_f64;
        for &at in which {
            let slope = self.slope(at);
            let (rows, c) = (&mut self.rows, &mut self.coordinates[at]);
            let inverse = c.inverse;
            worst = worst.max(c.distance(slope));
            let curvature = c.curvature + c.l2;
            let new = soft(c.at - slope / curvature, c.l1 / curvature);
            let change = new - c.at;
            if change != 0.0 {
                c.at = new;
                c.column.each(|i, x| rows[i][1] += x * inverse * change);
                self.shift += c.mean * change;
            }
        }
        worst
    }

    /// The move of the free intercept.
    pub fn intercept(&self) -> f64 {
        if self.weight > 0.0 { -self.constant / self.weight - self.shift } else { 0.0 }
    }

    /// What the move adds to the scores.
    pub fn image(&self) -> Vec<f64> {
        let constant = self.intercept();
        self.rows.iter().map(|r| r[1] + constant).collect()
    }

    /// (gᵀδ, change of the penalty) of the move, at a step of `length`.
    pub fn predicted(&self, length: f64) -> (f64, f64) {
        let (mut smooth, mut rough) = (length * self.constant * self.intercept(), 0.0);
        for c in &self.coordinates {
            let change = length * (c.at - c.start);
            let (old, new) = (c.start, c.start + change);
            smooth += (c.slope + c.mean * self.constant) * change;
            rough += c.l1 * (new.abs() - old.abs()) + 0.5 * c.l2 * (new - old) * (new + old);
        }
        (smooth, rough)
    }

    /// The places that move, and by how much at a full step.
    pub fn moves(&self) -> impl Iterator<Item = (usize, f64)> {
        self.coordinates.iter().map(|c| (c.place, c.at - c.start)).filter(|m| m.1 != 0.0)
    }
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
