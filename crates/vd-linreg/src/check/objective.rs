//! The objective in full, its gradient, and θ* = (XᵀX + diag κ)⁻¹Xᵀt, written as the formulas stand.
//!
//! | symbol | identifier | shape | meaning |
//! |---|---|---|---|
//! | X, t | `x`, `t` | N x D, N | data, centred about the weighted means where there is an intercept |
//! | w | `weights` | N | sample weights, 1 unless given |
//! | n | `weights.sum()` | | Σ_n w_n, the number of samples |
//! | θ, log α, log β | | D, D, 1 | means, log dropout rates, log noise precision |
//! | S_d | `energy` | D | Σ_n w_n x_nd² |
//! | κ_d | | D | α_d S_d |
//!
//! ```text
//! L = n/2 log β − n/2 log 2π − β/2 [ ‖Xθ − t‖²_w + Σ_d κ_d θ_d² ] − λ Σ_d KL(α_d)                          (1)
//! ∂L/∂θ = β [ Xᵀw(t − Xθ) − κ∘θ ]                                                                          (2)
//! ∂L/∂log α_d = −β/2 κ_d θ_d² − λ dKL/d log α_d                                                            (3)
//! ∂L/∂log β = n/2 − β/2 [ ‖Xθ − t‖²_w + Σ_d κ_d θ_d² ]                                                     (4)
//! ```
//!
//! (1) is the expected log-likelihood under q(w_d) = N(θ_d, α_d θ_d²) minus the divergence; Molchanov, Ashukha and Vetrov,
//! "Dropout-based automatic relevance determination" (2016), print it without the constants. Their θ* has a minus sign before
//! diag κ; setting (2) to zero gives a plus (`docs/decisions/vd-linreg-errata.md`).
//!
//! This module shares no code with the solvers: it is what they are checked against. It works in the units of the data, so
//! that values beyond 1e±150 overflow in the squares.

use estimator::{Check, InputError, Values};
use nalgebra::{DMatrix, DVector};

use crate::design::Design;
use crate::error::Error;
use crate::prepare::rows::check_weights;
use crate::solve::operator::Thresholding;

/// The objective of a data set under a divergence.
#[derive(Debug, Clone)]
pub struct Objective<P> {
    x: DMatrix<f64>,
    t: DVector<f64>,
    weights: DVector<f64>,
    energy: DVector<f64>,
    lambda: f64,
    divergence: P,
}

/// The gradient of [`Objective`].
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient {
    /// ∂L/∂θ, D entries.
    pub theta: DVector<f64>,
    /// ∂L/∂log α, D entries.
    pub log_alpha: DVector<f64>,
    /// ∂L/∂log β.
    pub log_beta: f64,
}

impl<P: Thresholding> Objective<P> {
    /// Copies the data (a sparse matrix is written out), centred if `intercept`.
    ///
    /// # Errors
    /// Shapes that disagree, entries that are not finite, weights that are negative or all zero, λ not positive and finite.
    pub fn new<'x, 't>(
        x: impl Into<Design<'x>>,
        t: impl Into<Values<'t>>,
        weights: Option<&[f64]>,
        intercept: bool,
        lambda: f64,
        divergence: P,
    ) -> Result<Self, Error> {
        let (x, t) = (x.into(), t.into());
        x.check()?;
        let (n, d) = (x.nrows(), x.ncols());
        t.check(n)?;
        Check::positive("lambda", lambda)?;
        if let Some(w) = weights {
            check_weights(w, n)?;
        }
        let weights = weights.map_or_else(|| DVector::from_element(n, 1.0), DVector::from_column_slice);
        let total = weights.sum();
        let mut dense = DMatrix::zeros(n, d);
        for j in 0..d {
            x.visit(j, |i, v| dense[(i, j)] += v);
        }
        let mut t = DVector::from_column_slice(t.as_slice());
        if intercept {
            t.add_scalar_mut(-weights.dot(&t) / total);
            for mut column in dense.column_iter_mut() {
                let mean = weights.dot(&column) / total;
                column.add_scalar_mut(-mean);
            }
        }
        let energy = DVector::from_fn(d, |j, _| {
            dense.column(j).iter().zip(weights.iter()).map(|(x, w)| w * x * x).sum::<f64>()
        });
        Ok(Self { x: dense, t, weights, energy, lambda, divergence })
    }

    /// S_d, D entries.
    #[must_use]
    pub fn energy(&self) -> &DVector<f64> {
        &self.energy
    }

    /// L(θ, α, β), equation (1), in nats. A pruned feature is θ = 0 with log α = +∞.
    ///
    /// # Errors
    /// [`InputError::Shape`].
    pub fn value(&self, theta: &DVector<f64>, log_alpha: &DVector<f64>, log_beta: f64) -> Result<f64, Error> {
        let (_, misfit) = self.misfit(theta, log_alpha)?;
        let kl: f64 = log_alpha.iter().map(|l| self.divergence.value(*l)).sum();
        let n = self.weights.sum();
        let constant = (2.0 * std::f64::consts::PI).ln();
        Ok(0.5 * n * (log_beta - constant) - 0.5 * log_beta.exp() * misfit - self.lambda * kl)
    }

    /// The gradient, equations (2) to (4).
    ///
    /// # Errors
    /// [`InputError::Shape`].
    pub fn gradient(
        &self,
        theta: &DVector<f64>,
        log_alpha: &DVector<f64>,
        log_beta: f64,
    ) -> Result<Gradient, Error> {
        let (residual, misfit) = self.misfit(theta, log_alpha)?;
        let beta = log_beta.exp();
        let data = self.x.tr_mul(&residual.component_mul(&self.weights));
        let kappa_theta = DVector::from_fn(theta.len(), |d, _| self.kappa_times(d, theta[d], log_alpha[d]));
        let half = DVector::from_fn(theta.len(), |d, _| {
            -0.5 * beta * kappa_theta[d] * theta[d] - self.lambda * self.divergence.grad(log_alpha[d])
        });
        Ok(Gradient {
            theta: (data - kappa_theta) * beta,
            log_alpha: half,
            log_beta: 0.5 * self.weights.sum() - 0.5 * beta * misfit,
        })
    }

    /// θ* = (XᵀX + diag κ)⁻¹Xᵀt at given α: the maximum of (1) in θ. `sign` −1 gives the poster's printed formula.
    ///
    /// # Errors
    /// [`InputError::Shape`]; [`Error::NotPositiveDefinite`] if the system is singular.
    pub fn best_theta(&self, log_alpha: &DVector<f64>, sign: f64) -> Result<DVector<f64>, Error> {
        let size = self.x.ncols();
        check_length("log α", size, log_alpha.len())?;
        let mut weighted = self.x.clone();
        for (i, w) in self.weights.iter().enumerate() {
            weighted.row_mut(i).scale_mut(*w);
        }
        let mut system = self.x.tr_mul(&weighted);
        for d in 0..size {
            system[(d, d)] += sign * log_alpha[d].exp() * self.energy[d];
        }
        system.lu().solve(&weighted.tr_mul(&self.t)).ok_or(Error::NotPositiveDefinite { size })
    }

    /// t − Xθ, and ‖t − Xθ‖²_w + Σ κθ².
    fn misfit(&self, theta: &DVector<f64>, log_alpha: &DVector<f64>) -> Result<(DVector<f64>, f64), Error> {
        check_length("θ", self.x.ncols(), theta.len())?;
        check_length("log α", self.x.ncols(), log_alpha.len())?;
        let residual = &self.t - &self.x * theta;
        let data: f64 = residual.iter().zip(self.weights.iter()).map(|(r, w)| w * r * r).sum();
        let noise: f64 =
            (0..theta.len()).map(|d| self.kappa_times(d, theta[d], log_alpha[d]) * theta[d]).sum();
        Ok((residual, data + noise))
    }

    /// κ_d θ_d, 0 for a pruned feature.
    fn kappa_times(&self, d: usize, theta: f64, log_alpha: f64) -> f64 {
        if theta == 0.0 { 0.0 } else { log_alpha.exp() * self.energy[d] * theta }
    }
}

fn check_length(what: &'static str, expected: usize, found: usize) -> Result<(), InputError> {
    if expected == found { Ok(()) } else { Err(InputError::entries(what, expected, found)) }
}
