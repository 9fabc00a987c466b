//! The variance of an output.
//!
//! | symbol | here | meaning |
//! |---|---|---|
//! | s² | `noise` | variance of the noise, and that of the constant in the centred frame |
//! | j_i | `index` | feature (or relevance vector) of coordinate i |
//! | c_i | `centre` | value of φ at which the constant and the weights are uncorrelated |
//! | C | `covariance` | covariance of the weights (and of the constant, where it has a coordinate) |
//!
//! Var y(φ) = s² + uᵀ C u with u_i = φ_{j_i} − c_i, and 1 as the constant's coordinate. An estimator that centres its columns has
//! its posterior in the centred frame: c is the columns' mean there. The centre is stored with the covariance, so that both are
//! always read in the frame in which they were made.

use serde::{Deserialize, Serialize};

use crate::error::{Checked, Error, ensure, finite};

/// How the weights covary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Covariance {
    /// Independent weights: their variances.
    Diagonal(Vec<f64>),
    /// The whole matrix, row by row; its last coordinate is the constant's where `constant` is true.
    Full { constant: bool, matrix: Vec<f64> },
}

/// The variance of an output as a function of the features: s² + uᵀ C u with u = φ − c.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Uncertainty {
    noise: f64,
    index: Vec<u32>,
    centre: Vec<f64>,
    covariance: Covariance,
}

#[derive(Deserialize)]
struct Unchecked {
    noise: f64,
    index: Vec<u32>,
    centre: Vec<f64>,
    covariance: Covariance,
}

impl TryFrom<Unchecked> for Uncertainty {
    type Error = Error;

    fn try_from(raw: Unchecked) -> Result<Self, Error> {
        Self { noise: raw.noise, index: raw.index, centre: raw.centre, covariance: raw.covariance }.checked()
    }
}

impl Uncertainty {
    /// Independent weights: s² + Σ_i v_i (φ_{j_i} − c_i)².
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for lengths that differ, an index twice, a negative variance or a number that is not finite.
    ///
    /// ```
    /// let u = predictor::Uncertainty::diagonal(0.25, vec![1], vec![50.0], vec![0.01])?;
    /// // At the centre only the noise is left.
    /// assert_eq!(u.variance(&[7.0, 50.0]), Some(0.25));
    /// assert_eq!(u.variance(&[7.0, 60.0]), Some(0.25 + 0.01 * 100.0));
    /// # Ok::<(), predictor::Error>(())
    /// ```
    pub fn diagonal(
        noise: f64,
        index: Vec<u32>,
        centre: Vec<f64>,
        variance: Vec<f64>,
    ) -> Result<Self, Error> {
        Self { noise, index, centre, covariance: Covariance::Diagonal(variance) }.checked()
    }

    /// Weights that covary: `matrix` is C, row by row, over the coordinates of `index`, and a last one for the constant where
    /// `constant` is true.
    ///
    /// # Errors
    /// As [`Uncertainty::diagonal`].
    pub fn full(
        noise: f64,
        index: Vec<u32>,
        centre: Vec<f64>,
        constant: bool,
        matrix: Vec<f64>,
    ) -> Result<Self, Error> {
        Self { noise, index, centre, covariance: Covariance::Full { constant, matrix } }.checked()
    }

    fn checked(self) -> Result<Self, Error> {
        self.check().map_err(Error::Inconsistent)?;
        Ok(self)
    }

    fn check(&self) -> Checked {
        ensure(self.index.windows(2).all(|w| w[0] < w[1]), || {
            "an uncertainty whose features are not ascending".to_owned()
        })?;
        ensure(self.index.len() == self.centre.len(), || {
            "an uncertainty with another number of centres than features".to_owned()
        })?;
        finite("a centre", self.centre.iter())?;
        finite("a noise variance", [self.noise].iter())?;
        ensure(self.noise >= 0.0, || "a negative noise variance".to_owned())?;
        match &self.covariance {
            Covariance::Diagonal(variance) => {
                ensure(variance.len() == self.index.len(), || "variances that do not fit".to_owned())?;
                finite("a variance", variance.iter())?;
                ensure(variance.iter().all(|v| *v >= 0.0), || "a negative variance".to_owned())
            }
            Covariance::Full { constant, matrix } => {
                let size = self.index.len() + usize::from(*constant);
                ensure(size.checked_mul(size) == Some(matrix.len()), || {
                    "a covariance that does not fit".to_owned()
                })?;
                finite("a covariance", matrix.iter())
            }
        }
    }

    /// How many features (or relevance vectors) φ must have at least.
    #[must_use]
    pub fn needs(&self) -> usize {
        self.index.last().map_or(0, |&last| last as usize + 1)
    }

    /// The features (or relevance vectors) that the variance depends on, ascending.
    #[must_use]
    pub fn index(&self) -> &[u32] {
        &self.index
    }

    /// The centre and the variance of each weight of [`Uncertainty::index`], where the weights are independent.
    #[must_use]
    pub fn independent(&self) -> Option<(&[f64], &[f64])> {
        match &self.covariance {
            Covariance::Diagonal(variance) => Some((&self.centre, variance)),
            Covariance::Full { .. } => None,
        }
    }

    /// The variance of a weight; none for a feature (or relevance vector) that the variance does not depend on.
    ///
    /// ```
    /// let u = predictor::Uncertainty::full(0.25, vec![1, 4], vec![0.0; 2], false, vec![0.01, 0.003, 0.003, 0.04])?;
    /// assert_eq!((u.weight_variance(4), u.weight_variance(0)), (Some(0.04), None));
    /// # Ok::<(), predictor::Error>(())
    /// ```
    #[must_use]
    pub fn weight_variance(&self, feature: usize) -> Option<f64> {
        let at = self.index.iter().position(|&j| j as usize == feature)?;
        match &self.covariance {
            Covariance::Diagonal(variance) => variance.get(at).copied(),
            Covariance::Full { constant, matrix } => {
                let side = self.index.len() + usize::from(*constant);
                matrix.get(at * side + at).copied()
            }
        }
    }

    /// Variance of the noise, s².
    #[must_use]
    pub fn noise(&self) -> f64 {
        self.noise
    }

    /// The variance at φ (features, or values of the kernel at the relevance vectors); none where φ is too short.
    #[must_use]
    pub fn variance(&self, phi: &[f64]) -> Option<f64> {
        if phi.len() < self.needs() {
            return None;
        }
        let offsets = self.index.iter().zip(&self.centre).map(|(&j, c)| phi[j as usize] - c);
        Some(match &self.covariance {
            Covariance::Diagonal(variance) => {
                self.noise + offsets.zip(variance).map(|(u, v)| v * u * u).sum::<f64>()
            }
            Covariance::Full { constant, matrix } => {
                let mut u: Vec<f64> = offsets.collect();
                u.extend(constant.then_some(1.0));
                let rows = matrix.chunks_exact(u.len().max(1)).zip(&u);
                let quadratic: f64 =
                    rows.map(|(row, a)| a * row.iter().zip(&u).map(|(c, b)| c * b).sum::<f64>()).sum();
                // Rounding may carry a tiny form below zero.
                self.noise + quadratic.max(0.0)
            }
        })
    }
}
