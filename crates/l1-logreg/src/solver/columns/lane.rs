//! Scores, residuals and loss of one output, in double precision.
//!
//! | symbol | here | meaning |
//! |---|---|---|
//! | z_i | `scores` | |
//! | r_i = p_i − \[t_i = k\] | `residuals` | ∂f/∂z_i |
//! | w_i = p_i (1 − p_i) | [`Lane::weight`] | ∂²f/∂z_i² |

use crate::scalar::Scalar;
use crate::solver::problem::{Problem, State};

pub(super) struct Lane<'a> {
    labels: &'a [u32],
    output: u32,
    pub scores: Vec<f64>,
    pub residuals: Vec<f64>,
    pub loss: f64,
}

impl<'a> Lane<'a> {
    pub fn new<T: Scalar>(problem: &Problem<'a, T>, state: &State<T>, output: usize) -> Self {
        let scores: Vec<f64> =
            state.scores.iter().skip(output).step_by(problem.lanes()).map(|z| z.to_f64()).collect();
        let residuals = vec![0.0; scores.len()];
        let mut lane = Self { labels: problem.labels, output: output as u32, scores, residuals, loss: 0.0 };
        lane.loss = evaluate(lane.labels, lane.output, &lane.scores, &mut lane.residuals);
        lane
    }

    /// w_i; taken from |r_i|, the probability of the wrong side, in which no digit is lost.
    pub fn weight(&self, i: usize) -> f64 {
        let p = self.residuals[i].abs();
        p * (1.0 - p)
    }

    /// The lane at scores moved by `length` times `image`.
    pub fn moved(&self, length: f64, image: &[f64]) -> Self {
        let scores: Vec<f64> = self.scores.iter().zip(image).map(|(z, d)| z + length * d).collect();
        let mut residuals = vec![0.0; scores.len()];
        let loss = evaluate(self.labels, self.output, &scores, &mut residuals);
        Self { labels: self.labels, output: self.output, scores, residuals, loss }
    }
}

/// Residuals from scores, and the loss.
fn evaluate(labels: &[u32], output: u32, scores: &[f64], residuals: &mut [f64]) -> f64 {
    let mut loss = 0.0;
    for ((&t, &z), r) in labels.iter().zip(scores).zip(residuals) {
        let sign = if t == output { -1.0 } else { 1.0 };
        let z = sign * z;
        // log(1 + e^z) and its derivative, from one exponential that cannot overflow.
        let e = (-z.abs()).exp();
        loss += z.max(0.0) + e.ln_1p();
        *r = sign * if z >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
    }
    loss
}
