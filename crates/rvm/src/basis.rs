//! Which functions a model is made of.

use nalgebra::DMatrix;

use crate::kernel::Kernel;

/// The basis functions offered to a fit.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Basis {
    /// The columns of X as they are: `φ_d(x) = x_d`.
    #[default]
    Features,
    /// One function per training row: `φ_n(x) = k(x, x_n)`.
    Kernel(Kernel),
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
    /// The relevance vectors.
    Kernel {
        /// The kernel.
        kernel: Kernel,
        /// One row per kept centre, in the order of the posterior's list.
        vectors: DMatrix<f64>,
        /// N of the training data: a kept index of N is the bias.
        centres: usize,
    },
}

impl Kept {
    pub(crate) fn kernel(kernel: &Kernel, x: &DMatrix<f64>, kept: &[usize]) -> Self {
        let rows: Vec<usize> = kept.iter().copied().filter(|&i| i < x.nrows()).collect();
        Self::Kernel { kernel: kernel.clone(), vectors: x.select_rows(&rows), centres: x.nrows() }
    }

    pub(crate) fn dimension(&self) -> usize {
        match self {
            Self::Features { dimension } => *dimension,
            Self::Kernel { vectors, .. } => vectors.ncols(),
        }
    }

    /// The rows of the training data that the model is made of; `None` for features.
    pub(crate) fn vectors(&self) -> Option<&DMatrix<f64>> {
        match self {
            Self::Features { .. } => None,
            Self::Kernel { vectors, .. } => Some(vectors),
        }
    }

    /// The kept columns of the design matrix at new inputs; the bias, where kept, is the last.
    pub(crate) fn columns(&self, x: &DMatrix<f64>, kept: &[usize]) -> DMatrix<f64> {
        match self {
            Self::Features { dimension } => DMatrix::from_fn(x.nrows(), kept.len(), |i, k| {
                if kept[k] < *dimension { x[(i, kept[k])] } else { 1.0 }
            }),
            Self::Kernel { kernel, vectors, centres } => {
                let mut phi = DMatrix::from_element(x.nrows(), kept.len(), 1.0);
                for (k, &i) in kept.iter().enumerate() {
                    if i < *centres {
                        let centre: Vec<f64> = vectors.row(k).iter().copied().collect();
                        kernel.column(x, &centre, phi.column_mut(k).as_mut_slice());
                    }
                }
                phi
            }
        }
    }
}
