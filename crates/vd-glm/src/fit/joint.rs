//! A problem of a fit: one for a softmax, two classes or a number, one per class for one-vs-rest.

use crate::pass::likelihood::Likelihood;
use crate::pass::point::Point;

/// One problem.
#[derive(Debug, Clone)]
pub(crate) struct Joint {
    pub likelihood: Likelihood,
    /// The targets of the rows that take part.
    pub values: Vec<f64>,
    pub offsets: Option<Vec<f64>>,
    /// The class that it speaks for, for one-vs-rest.
    pub class: Option<usize>,
    /// The empty model.
    pub empty: Point,
}

impl Joint {
    /// S of a standardised column in the empty model of a softmax, the classes' mean: Σ ω p (1 − p).
    pub fn curvature(&self, weights: &[f64]) -> f64 {
        let intercepts: Vec<f64> = self.empty.outputs.iter().map(|o| o.intercept).collect();
        let top = intercepts.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let odds: Vec<f64> = intercepts.iter().map(|b| (b - top).exp()).collect();
        let total: f64 = odds.iter().sum();
        let mean = odds.iter().map(|o| o / total * (1.0 - o / total)).sum::<f64>() / odds.len() as f64;
        weights.iter().sum::<f64>() * mean
    }
}
