//! Kernel expansions: y_k = b_k + Σ_m w_mk κ(x, x_m) over the relevance vectors.

use serde::{Deserialize, Serialize};

/// κ(x, x').
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum KernelKind {
    /// exp(−γ ‖x − x'‖²).
    Rbf {
        /// γ.
        gamma: f64,
    },
    /// exp(−γ Σ|x − x'|).
    Laplacian {
        /// γ.
        gamma: f64,
    },
    /// (γ x·x' + c)^d.
    Polynomial {
        /// γ.
        gamma: f64,
        /// c.
        offset: f64,
        /// d.
        degree: u32,
    },
}

impl KernelKind {
    /// κ of two points of equal length.
    pub fn value(&self, a: &[f64], b: &[f64]) -> f64 {
        let pairs = a.iter().zip(b);
        match *self {
            Self::Rbf { gamma } => (-gamma * pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f64>()).exp(),
            Self::Laplacian { gamma } => (-gamma * pairs.map(|(a, b)| (a - b).abs()).sum::<f64>()).exp(),
            Self::Polynomial { gamma, offset, degree } => {
                let degree = i32::try_from(degree).unwrap_or(i32::MAX);
                (gamma * pairs.map(|(a, b)| a * b).sum::<f64>() + offset).powi(degree)
            }
        }
    }
}

/// A kernel expansion with K outputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kernel {
    /// κ.
    pub kind: KernelKind,
    /// How many features a point has.
    pub features: u32,
    /// The relevance vectors, one after the other.
    pub vectors: Vec<f64>,
    /// Vector m's weights for the K outputs at `m K..(m + 1) K`.
    pub weights: Vec<f64>,
    /// b, one per output.
    pub bias: Vec<f64>,
}

impl Kernel {
    /// How many relevance vectors there are.
    pub fn count(&self) -> usize {
        self.weights.len() / self.bias.len().max(1)
    }

    /// κ(x, x_m) for every m.
    pub fn basis(&self, x: &[f64]) -> impl Iterator<Item = f64> {
        self.vectors.chunks_exact((self.features as usize).max(1)).map(move |v| self.kind.value(x, v))
    }

    /// The outputs for these features.
    pub fn apply(&self, x: &[f64], y: &mut Vec<f64>) {
        y.clear();
        y.extend_from_slice(&self.bias);
        for (basis, weights) in self.basis(x).zip(self.weights.chunks_exact(self.bias.len().max(1))) {
            y.iter_mut().zip(weights).for_each(|(y, w)| *y += w * basis);
        }
    }
}
