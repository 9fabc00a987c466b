//! From preprocessed features to outputs.

use serde::{Deserialize, Serialize};

use crate::kernel::KernelExpansion;
use crate::layers::Layers;

/// From preprocessed features to K outputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Function {
    /// A sparse linear model or network.
    Layers(Layers),
    /// A kernel expansion.
    Kernel(KernelExpansion),
}

impl From<Layers> for Function {
    fn from(layers: Layers) -> Self {
        Self::Layers(layers)
    }
}

impl From<KernelExpansion> for Function {
    fn from(kernel: KernelExpansion) -> Self {
        Self::Kernel(kernel)
    }
}

impl Function {
    /// K, the number of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        match self {
            Self::Layers(layers) => layers.outputs(),
            Self::Kernel(kernel) => kernel.outputs(),
        }
    }

    /// D, the number of features that a row has, used or not.
    #[must_use]
    pub fn inputs(&self) -> usize {
        match self {
            Self::Layers(layers) => layers.inputs(),
            Self::Kernel(kernel) => kernel.features(),
        }
    }

    /// The features that it looks at, ascending.
    #[must_use]
    pub fn features(&self) -> Vec<u32> {
        match self {
            Self::Layers(layers) => layers.features(),
            Self::Kernel(kernel) => (0..kernel.features() as u32).collect(),
        }
    }

    /// Weights that are not zero, intercepts left out.
    #[must_use]
    pub fn weights(&self) -> usize {
        match self {
            Self::Layers(layers) => layers.weights(),
            Self::Kernel(kernel) => kernel.weights().iter().filter(|w| **w != 0.0).count(),
        }
    }

    /// Puts the outputs for these features into `y`; `x` has [`Function::inputs`] entries.
    pub(crate) fn outputs_of(&self, x: &[f64], y: &mut Vec<f64>, scratch: &mut Vec<f64>) {
        match self {
            Self::Layers(layers) => layers.apply(x, y, scratch),
            Self::Kernel(kernel) => kernel.apply(x, y),
        }
    }

    /// How many φ the uncertainty of an output is a function of: features, or relevance vectors.
    pub(crate) fn basis_len(&self) -> usize {
        match self {
            Self::Layers(layers) => layers.inputs(),
            Self::Kernel(kernel) => kernel.count(),
        }
    }
}
