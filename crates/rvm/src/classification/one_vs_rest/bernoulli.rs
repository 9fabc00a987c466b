//! The Laplace approximation of Bernoulli classification.
//!
//! | paper | here | shape | meaning |
//! |---|---|---|---|
//! | `t` | `t` | N | targets, 0 or 1 |
//! | `η` | `eta` | N | `Φ w` |
//! | `p` | `p` | N | `σ(η)` |
//! | `B` | `b` | N | `p (1 − p)`, the weights of the quadratic model `H = Φᵀ B Φ`, `c = H w + Φᵀ (t − p)` |
//!
//! Everything is in the log domain: `log σ(η) = −log(1 + e^{−η})`, so nothing overflows, however separable the classes.

use nalgebra::DMatrix;

use crate::classification::laplace::{Likelihood, Mode, newton};
use crate::classification::link::{sigmoid, softplus};
use crate::design::Design;
use crate::error::Error;
use crate::linalg::{gram, matvec, tr_matvec};
use crate::watch::{Halt, Watch};

/// `σ(x) σ(−x)`, without the cancellation of `p (1 − p)`.
fn variance(x: f64) -> f64 {
    sigmoid(x) * sigmoid(-x)
}

/// One class against the rest.
pub(crate) struct Bernoulli<'d, D: Design> {
    pub(crate) design: &'d D,
    pub(crate) t: &'d [f64],
}

impl<D: Design> Likelihood for Bernoulli<'_, D> {
    type Quadratic<'q>
        = D::Quadratic<'q>
    where
        Self: 'q;

    fn candidates(&self) -> usize {
        self.design.len()
    }

    fn mode(&self, active: &[usize], alpha: &[f64], w: &mut [f64]) -> Result<Mode, Error> {
        let phi = self.design.columns(active);
        let n = self.t.len();
        let likelihood = |w: &[f64]| {
            let eta = DMatrix::from_vec(n, 1, matvec(&phi, w));
            let sum = |(&e, &t): (&f64, &f64)| if t > 0.5 { -softplus(-e) } else { -softplus(e) };
            let total = eta.iter().zip(self.t).map(sum).sum();
            let p = eta.map(sigmoid);
            (total, eta, p)
        };
        let gradient = |p: &DMatrix<f64>| {
            let error: Vec<f64> = self.t.iter().zip(p.iter()).map(|(t, p)| t - p).collect();
            tr_matvec(&phi, &error)
        };
        let hessian = |eta: &DMatrix<f64>, _: &DMatrix<f64>| {
            let b: Vec<f64> = eta.iter().map(|&e| variance(e)).collect();
            gram(&phi, Some(&b))
        };
        newton(alpha, w, n as f64, likelihood, gradient, hessian)
    }

    fn quadratic<'q>(&'q self, mode: &Mode, watch: &'q Watch<'q>) -> Result<D::Quadratic<'q>, Halt> {
        let b: Vec<f64> = mode.eta.iter().map(|&e| variance(e)).collect();
        let z: Vec<f64> = (0..self.t.len()).map(|i| b[i] * mode.eta[i] + (self.t[i] - mode.p[i])).collect();
        self.design.quadratic(Some(&b), &z, watch)
    }
}
