//! Which functions a model is made of.

use nalgebra::DMatrix;

/// The basis functions offered to a fit.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Basis {
    /// The columns of X as they are: `φ_d(x) = x_d`.
    #[default]
    Features,
}

/// The basis functions that a fitted model kept.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Kept {
    /// All D features are there; the posterior says which count.
    Features {
        /// D.
        dimension: usize,
    },
}

impl Kept {
    pub(crate) fn dimension(&self) -> usize {
        match self {
            Self::Features { dimension } => *dimension,
        }
    }

    /// The kept columns of the design matrix at new inputs; a kept index past the last feature is the bias.
    pub(crate) fn columns(&self, x: &DMatrix<f64>, kept: &[usize]) -> DMatrix<f64> {
        match self {
            Self::Features { dimension } => DMatrix::from_fn(x.nrows(), kept.len(), |i, k| {
                if kept[k] < *dimension { x[(i, kept[k])] } else { 1.0 }
            }),
        }
    }
}
