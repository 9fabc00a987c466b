//! Kernel expansions: y_k = b_k + Σ_m w_mk κ(x, x_m) over the relevance vectors.

use estimator::Kernel;
use serde::{Deserialize, Serialize};

use crate::error::{Checked, Error, ensure, finite};

/// A kernel expansion with K outputs: y_k = b_k + Σ_m w_mk κ(x, x_m).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct KernelExpansion {
    kernel: Kernel,
    features: u32,
    vectors: Vec<f64>,
    weights: Vec<f64>,
    bias: Vec<f64>,
}

#[derive(Deserialize)]
struct Unchecked {
    kernel: Kernel,
    features: u32,
    vectors: Vec<f64>,
    weights: Vec<f64>,
    bias: Vec<f64>,
}

impl TryFrom<Unchecked> for KernelExpansion {
    type Error = Error;

    fn try_from(raw: Unchecked) -> Result<Self, Error> {
        Self::new(raw.kernel, raw.features, raw.vectors, raw.weights, raw.bias)
    }
}

impl KernelExpansion {
    /// An expansion over M relevance vectors of D `features`, with K outputs.
    ///
    /// `vectors` holds the M vectors one after the other (M·D numbers), `weights` each vector's K weights one vector after the
    /// other (M·K), `bias` the K constants b_k.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for lengths that do not fit, a kernel out of its range, or a number that is not finite.
    ///
    /// ```
    /// use predictor::{Kernel, KernelExpansion};
    ///
    /// let expansion = KernelExpansion::new(Kernel::Rbf { gamma: 1.0 }, 1, vec![0.0, 2.0], vec![3.0, -1.0], vec![0.5])?;
    /// let mut y = Vec::new();
    /// expansion.apply(&[0.0], &mut y);
    /// assert_eq!(y, [0.5 + 3.0 - (-4.0_f64).exp()]);
    /// # Ok::<(), predictor::Error>(())
    /// ```
    pub fn new(
        kernel: Kernel,
        features: u32,
        vectors: Vec<f64>,
        weights: Vec<f64>,
        bias: Vec<f64>,
    ) -> Result<Self, Error> {
        let expansion = Self { kernel, features, vectors, weights, bias };
        expansion.check().map_err(Error::Inconsistent)?;
        Ok(expansion)
    }

    fn check(&self) -> Checked {
        let (count, outputs) = (self.count(), self.bias.len());
        let shaped = outputs > 0
            && self.features > 0
            && self.weights.len() == count * outputs
            && count.checked_mul(self.features as usize) == Some(self.vectors.len());
        ensure(shaped, || "relevance vectors and weights of different numbers".to_owned())?;
        self.kernel.check().map_err(|error| format!("the kernel's {error}"))?;
        finite("a weight", self.weights.iter().chain(&self.vectors).chain(&self.bias))
    }

    /// κ.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// D, how many features a sample has.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features as usize
    }

    /// K, how many outputs there are.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// M, how many relevance vectors there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.weights.len() / self.bias.len().max(1)
    }

    /// w, each relevance vector's K weights, one vector after the other.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// κ(x, x_m) for every m.
    pub fn basis(&self, x: &[f64]) -> impl Iterator<Item = f64> {
        self.vectors.chunks_exact((self.features as usize).max(1)).map(move |v| self.kernel.value(x, v))
    }

    /// Puts the outputs for these features into `y`.
    pub fn apply(&self, x: &[f64], y: &mut Vec<f64>) {
        y.clear();
        y.extend_from_slice(&self.bias);
        for (basis, weights) in self.basis(x).zip(self.weights.chunks_exact(self.bias.len().max(1))) {
            y.iter_mut().zip(weights).for_each(|(y, w)| *y += w * basis);
        }
    }
}
