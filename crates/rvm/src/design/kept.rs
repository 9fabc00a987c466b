//! The basis functions that a fitted model kept.

use nalgebra::{DMatrix, DVector};

use crate::design::check_new;
use crate::error::Error;
use crate::kernel::Kernel;

/// The basis functions that a fitted model kept.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Kept {
    /// All D features are there; the posterior says which count.
    Features {
        /// D.
        dimension: usize,
        /// m, D long: what is subtracted from X first; `None` for nothing.
        centre: Option<DVector<f64>>,
    },
    /// The relevance vectors.
    Kernel {
        /// The kernel.
        kernel: Kernel,
        /// One row per kept centre, in the order of the posterior's list.
        vectors: DMatrix<f64>,
        /// N of the training data: a kept index of N is the intercept.
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
            Self::Features { dimension, .. } => *dimension,
            Self::Kernel { vectors, .. } => vectors.ncols(),
        }
    }

    /// Whether a stored posterior is one over these functions.
    #[cfg(feature = "serde")]
    pub(crate) fn belongs_to(&self, posterior: &crate::posterior::Posterior) -> Result<(), String> {
        let holds = |ok: bool, what: &str| if ok { Ok(()) } else { Err(format!("a stored model: {what}")) };
        let functions = match self {
            Self::Features { dimension, .. } => *dimension,
            Self::Kernel { centres, .. } => *centres,
        };
        holds(self.dimension() > 0, "no features")?;
        holds(
            posterior.functions() == functions,
            "the posterior has another number of functions than the basis",
        )?;
        match self {
            Self::Features { dimension, centre } => {
                let fits =
                    centre.as_ref().is_none_or(|m| m.len() == *dimension && m.iter().all(|v| v.is_finite()));
                holds(fits, "the column means do not fit the features")
            }
            Self::Kernel { kernel, vectors, centres } => {
                let kept = posterior.indices().iter().filter(|i| *i < centres).count();
                holds(vectors.nrows() == kept, "another number of relevance vectors than of kept weights")?;
                holds(vectors.iter().all(|v| v.is_finite()), "a relevance vector is not finite")?;
                kernel.check().map_err(|e| e.to_string())
            }
        }
    }

    /// The rows of the training data that the model is made of; `None` for features.
    pub(crate) fn vectors(&self) -> Option<&DMatrix<f64>> {
        match self {
            Self::Features { .. } => None,
            Self::Kernel { vectors, .. } => Some(vectors),
        }
    }

    /// What is subtracted from X; `None` for nothing.
    pub(crate) fn centre(&self) -> Option<&DVector<f64>> {
        match self {
            Self::Features { centre, .. } => centre.as_ref(),
            Self::Kernel { .. } => None,
        }
    }

    /// X must be as wide as the training data, have rows and be finite.
    pub(crate) fn check(&self, x: &DMatrix<f64>) -> Result<(), Error> {
        check_new(x, self.dimension(), self.centre())
    }

    /// The kept columns of the design matrix at new inputs; the intercept, where kept, is the last.
    pub(crate) fn columns(&self, x: &DMatrix<f64>, kept: &[usize]) -> DMatrix<f64> {
        match self {
            Self::Features { dimension, centre } => DMatrix::from_fn(x.nrows(), kept.len(), |i, k| {
                let j = kept[k];
                match centre {
                    _ if j >= *dimension => 1.0,
                    Some(m) => x[(i, j)] - m[j],
                    None => x[(i, j)],
                }
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
