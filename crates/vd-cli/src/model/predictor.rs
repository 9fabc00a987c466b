//! From standardised features to what the user asked for.

use crate::model::{Kernel, Layers};
use serde::{Deserialize, Serialize};

/// How outputs become predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Link {
    /// The output is the prediction.
    Identity,
    /// One output; its logistic function is the probability of the second class.
    Logistic,
    /// K outputs; the softmax is the probabilities.
    Softmax,
    /// K outputs; their logistic functions, divided by their sum, are the probabilities.
    OneVsRest,
}

/// The function itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Predictor {
    /// A linear model or a network.
    Layers(Layers),
    /// A kernel expansion.
    Kernel(Kernel),
}

/// The predictive variance of a regression, in the target's unit squared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Uncertainty {
    /// The model has none.
    None,
    /// noise + Σ_j variance_j φ_j²: weights that are independent in the posterior.
    Diagonal {
        /// Noise variance, and that of the intercept.
        noise: f64,
        /// Which feature (or relevance vector) each variance belongs to.
        index: Vec<u32>,
        /// The variances.
        variance: Vec<f64>,
    },
    /// noise + (φ, 1)ᵀ C (φ, 1), the last coordinate being the intercept's where there is one.
    Full {
        /// Noise variance.
        noise: f64,
        /// Which feature (or relevance vector) each coordinate belongs to.
        index: Vec<u32>,
        /// Whether C has a last coordinate for the intercept.
        intercept: bool,
        /// C, row by row.
        covariance: Vec<f64>,
    },
}

impl Predictor {
    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        match self {
            Self::Layers(layers) => layers.outputs(),
            Self::Kernel(kernel) => kernel.bias.len(),
        }
    }

    /// The features it looks at, ascending.
    pub fn features(&self) -> Vec<u32> {
        match self {
            Self::Layers(layers) => layers.features(),
            Self::Kernel(kernel) => (0..kernel.features).collect(),
        }
    }

    /// The outputs for these standardised features.
    pub fn outputs_of(&self, x: &[f64], y: &mut Vec<f64>, scratch: &mut Vec<f64>) {
        match self {
            Self::Layers(layers) => layers.apply(x, y, scratch),
            Self::Kernel(kernel) => kernel.apply(x, y),
        }
    }
}

impl Link {
    /// Outputs to probabilities, one per class; for [`Link::Identity`] nothing changes.
    pub fn respond(self, y: &mut Vec<f64>) {
        match self {
            Self::Identity => {}
            Self::Logistic => {
                let z = y.first().copied().unwrap_or(0.0);
                *y = vec![logistic(-z), logistic(z)];
            }
            Self::Softmax => {
                let max = y.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                y.iter_mut().for_each(|v| *v = (*v - max).exp());
                divide_by_sum(y);
            }
            Self::OneVsRest => {
                y.iter_mut().for_each(|v| *v = logistic(*v));
                divide_by_sum(y);
            }
        }
    }
}

/// 1 / (1 + e^−z).
pub(crate) fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// Probabilities that sum to one; equal ones where all are zero.
fn divide_by_sum(y: &mut [f64]) {
    let sum: f64 = y.iter().sum();
    if sum > 0.0 {
        y.iter_mut().for_each(|v| *v /= sum);
    } else {
        let share = 1.0 / y.len() as f64;
        y.fill(share);
    }
}

impl Uncertainty {
    /// The variance at these features; `basis` gives a kernel's values instead.
    pub fn variance(&self, phi: &[f64]) -> Option<f64> {
        match self {
            Self::None => None,
            Self::Diagonal { noise, index, variance } => {
                let terms = index.iter().zip(variance).map(|(&j, v)| v * phi[j as usize] * phi[j as usize]);
                Some(noise + terms.sum::<f64>())
            }
            Self::Full { noise, index, intercept, covariance } => {
                let mut v: Vec<f64> = index.iter().map(|&j| phi[j as usize]).collect();
                v.extend(intercept.then_some(1.0));
                let rows = covariance.chunks_exact(v.len().max(1)).zip(&v);
                let quadratic: f64 =
                    rows.map(|(row, a)| a * row.iter().zip(&v).map(|(c, b)| c * b).sum::<f64>()).sum();
                // Rounding may carry a tiny form below zero.
                Some(noise + quadratic.max(0.0))
            }
        }
    }
}

/// What a row comes to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prediction {
    /// The value, or the classes' probabilities.
    pub outputs: Vec<f64>,
    /// The most probable class.
    pub class: usize,
    /// The predictive standard deviation.
    pub deviation: Option<f64>,
}

impl Prediction {
    /// For standardised features; those that [`Predictor::features`] does not name are not looked at.
    pub fn of(
        predictor: &Predictor,
        link: Link,
        uncertainty: &Uncertainty,
        x: &[f64],
        scratch: &mut Vec<f64>,
    ) -> Self {
        let mut outputs = Vec::with_capacity(predictor.outputs());
        predictor.outputs_of(x, &mut outputs, scratch);
        let variance = match predictor {
            _ if link != Link::Identity => None,
            Predictor::Layers(_) => uncertainty.variance(x),
            Predictor::Kernel(_) if *uncertainty == Uncertainty::None => None,
            Predictor::Kernel(kernel) => uncertainty.variance(&kernel.basis(x).collect::<Vec<_>>()),
        };
        link.respond(&mut outputs);
        // The first of equals.
        let best = |best: usize, k: usize| if outputs[k] > outputs[best] { k } else { best };
        let class = (0..outputs.len()).fold(0, best);
        Self { outputs, class, deviation: variance.map(f64::sqrt) }
    }
}
