//! The covariance of the kept weights.

use nalgebra::DMatrix;

use crate::design::Design;
use crate::error::Error;
use crate::model::Model;
use crate::params::Refit;
use crate::prepare::rows::check_weights;

impl Model {
    /// The covariance of the kept weights given α and β, (β(X_AᵀX_A + diag κ_A))⁻¹ in the order of [`Model::support`].
    ///
    /// It is the inverse curvature of the objective in θ at fixed α: what the factorised posterior leaves out, and the
    /// counterpart of the relevance vector machine's Σ. X (the design matrix of the fit) is centred about the model's means.
    /// After [`Refit::LeastSquares`] κ is 0 and this is the least-squares covariance.
    ///
    /// # Errors
    /// Shapes that disagree, an entry that is not finite, a negative weight; [`Error::NotPositiveDefinite`] for collinear columns.
    pub fn covariance<'x>(
        &self,
        x: impl Into<Design<'x>>,
        weights: Option<&[f64]>,
    ) -> Result<DMatrix<f64>, Error> {
        let x = x.into();
        self.check_design(&x)?;
        if let Some(w) = weights {
            check_weights(w, x.nrows())?;
        }
        let support = self.support();
        let mut columns = DMatrix::zeros(x.nrows(), support.len());
        for (k, &d) in support.iter().enumerate() {
            columns.column_mut(k).fill(-self.means[d]);
            x.visit(d, |i, v| columns[(i, k)] += v);
            columns.column_mut(k).scale_mut(1.0 / self.norms[d]);
        }
        if let Some(w) = weights {
            for (i, w) in w.iter().enumerate() {
                columns.row_mut(i).scale_mut(w.sqrt());
            }
        }
        let mut gram = columns.tr_mul(&columns);
        if self.refit == Refit::None {
            for (k, &d) in support.iter().enumerate() {
                gram[(k, k)] += self.log_alpha[d].exp();
            }
        }
        let size = support.len();
        let inverse = gram.cholesky().ok_or(Error::NotPositiveDefinite { size })?.inverse();
        let unit = |k: usize| self.noise_std / self.norms[support[k]];
        Ok(DMatrix::from_fn(size, size, |i, j| inverse[(i, j)] * unit(i) * unit(j)))
    }
}
