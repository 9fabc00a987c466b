//! The posterior over the weights of the columns as they came, when the fit centred them.

use nalgebra::{DMatrix, DVector};

use crate::posterior::Posterior;

/// `N(mean, covariance)` over the weights of the raw columns and their intercept.
///
/// With centred columns `φ_d = x_d − m_d`, the intercept of the raw columns is `b − Σ_d w_d m_d`: a linear map of the fitted
/// weights, whose covariance follows. Far from zero the covariance of intercept and weights cancels in `φᵀ Σ φ`; the models'
/// own predictions use the centred columns, and lose nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct RawPosterior {
    /// Indices of the weights, ascending; the intercept, if there is one, is last and has the index D.
    pub indices: Vec<usize>,
    /// Posterior means.
    pub mean: DVector<f64>,
    /// Posterior covariance.
    pub covariance: DMatrix<f64>,
}

impl Posterior {
    /// The intercept of the raw columns: `b − Σ_d w_d m_d`.
    pub(crate) fn raw_intercept(&self, centre: Option<&DVector<f64>>) -> f64 {
        let shift = |m: &DVector<f64>| -> f64 {
            self.kept
                .iter()
                .zip(self.mean.iter())
                .filter(|(i, _)| **i < m.len())
                .map(|(&i, w)| w * m[i])
                .sum()
        };
        self.constant() - centre.map_or(0.0, shift)
    }

    pub(crate) fn raw(&self, centre: Option<&DVector<f64>>) -> RawPosterior {
        let Some(centre) = centre else {
            let (indices, mean) = (self.kept.clone(), self.mean.clone());
            return RawPosterior { indices, mean, covariance: self.covariance.clone() };
        };
        let mut indices = self.kept.clone();
        indices.retain(|&i| i < centre.len());
        let functions = indices.len();
        indices.push(centre.len());
        let map = DMatrix::from_fn(functions + 1, self.kept.len(), |row, j| match self.kept[j] {
            i if row == functions && i < centre.len() => -centre[i],
            _ if row == functions || row == j => 1.0,
            _ => 0.0,
        });
        let half = &map * &self.covariance;
        RawPosterior { indices, mean: &map * &self.mean, covariance: half * map.transpose() }
    }
}
