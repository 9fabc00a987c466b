//! Kernels: functions of two rows, each training row being the centre of one basis function.

mod exp;

use std::sync::Arc;

use estimator::{Check, InputError};
use nalgebra::DMatrix;

use crate::kernel::exp::exp_minus;

type Function = dyn Fn(&[f64], &[f64]) -> f64 + Send + Sync;

/// A user's own kernel.
#[derive(Clone)]
pub struct CustomKernel(Arc<Function>);

impl CustomKernel {
    /// From a function of a row and a centre; it need be neither symmetric nor positive definite, but finite.
    pub fn new(function: impl Fn(&[f64], &[f64]) -> f64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(function))
    }
}

impl core::fmt::Debug for CustomKernel {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("CustomKernel")
    }
}

/// Two custom kernels are equal if they are clones of one.
impl PartialEq for CustomKernel {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// `k(x, z)`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Kernel {
    /// `xᵀ z`.
    Linear,
    /// `exp(−γ ‖x − z‖²)`, γ > 0.
    Rbf {
        /// γ.
        gamma: f64,
    },
    /// `exp(−γ ‖x − z‖₁)`, γ > 0.
    Laplacian {
        /// γ.
        gamma: f64,
    },
    /// `(γ xᵀz + c)^degree`, γ > 0, c ≥ 0, degree ≥ 1: the range in which it is positive semidefinite.
    Polynomial {
        /// The degree.
        degree: u32,
        /// γ.
        gamma: f64,
        /// c.
        coef0: f64,
    },
    /// The user's function. It can't be serialised.
    #[cfg_attr(feature = "serde", serde(skip))]
    Custom(CustomKernel),
}

impl Kernel {
    pub(crate) fn check(&self) -> Result<(), InputError> {
        match self {
            Self::Linear | Self::Custom(_) => Ok(()),
            Self::Rbf { gamma } | Self::Laplacian { gamma } => Check::positive("gamma", *gamma),
            Self::Polynomial { degree, gamma, coef0 } => {
                Check::positive("gamma", *gamma)?;
                let whole = (1..=1000).contains(degree);
                Check::range("degree", f64::from(*degree), whole, "from 1 to 1000")?;
                Check::not_negative("coef0", *coef0)
            }
        }
    }

    /// Whether the Gram matrix is positive semidefinite whatever the data.
    pub(crate) fn is_positive(&self) -> bool {
        !matches!(self, Self::Custom(_))
    }

    /// `k(x_n, z)` for every row of `x`.
    pub(crate) fn column(&self, x: &DMatrix<f64>, z: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let n = x.nrows();
        let feature = |d: usize| &x.as_slice()[d * n..(d + 1) * n];
        match self {
            Self::Rbf { .. } => {
                for (d, &z) in z.iter().enumerate() {
                    for (o, x) in out.iter_mut().zip(feature(d)) {
                        *o += (x - z) * (x - z);
                    }
                }
            }
            Self::Laplacian { .. } => {
                for (d, &z) in z.iter().enumerate() {
                    for (o, x) in out.iter_mut().zip(feature(d)) {
                        *o += (x - z).abs();
                    }
                }
            }
            Self::Linear | Self::Polynomial { .. } => {
                for (d, &z) in z.iter().enumerate() {
                    for (o, x) in out.iter_mut().zip(feature(d)) {
                        *o += x * z;
                    }
                }
            }
            Self::Custom(function) => {
                let mut row = vec![0.0; x.ncols()];
                for (i, o) in out.iter_mut().enumerate() {
                    for (d, v) in row.iter_mut().enumerate() {
                        *v = x[(i, d)];
                    }
                    *o = (function.0)(&row, z);
                }
            }
        }
        match *self {
            Self::Rbf { gamma } | Self::Laplacian { gamma } => {
                // An infinite distance is a kernel of 0; γ · ∞ is never NaN as γ > 0.
                exp_minus(out, gamma);
            }
            Self::Polynomial { degree, gamma, coef0 } => {
                for o in out.iter_mut() {
                    *o = (gamma * *o + coef0).powi(degree.cast_signed());
                }
            }
            Self::Linear | Self::Custom(_) => {}
        }
    }

    /// `k(x_n, x_n)` for every row.
    pub(crate) fn diagonal(&self, x: &DMatrix<f64>) -> Vec<f64> {
        if let Self::Rbf { .. } | Self::Laplacian { .. } = self {
            return vec![1.0; x.nrows()];
        }
        let mut one = [0.0];
        x.row_iter()
            .map(|row| {
                let row: Vec<f64> = row.iter().copied().collect();
                self.column(&DMatrix::from_row_slice(1, row.len(), &row), &row, &mut one);
                one[0]
            })
            .collect()
    }
}

/// Default of the memory for kernel columns: all of them up to 5790 samples.
pub(crate) const CACHE_BYTES: usize = 256 << 20;
