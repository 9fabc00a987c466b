//! The data term: which distribution the targets of a pass have.

use crate::family::Scalar;
use crate::family::count::Family;
use crate::family::label::{Logit, Probit};
use crate::quadrature::softmax::{self, Scratch};

/// The distribution of the targets given their linear predictors.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Likelihood {
    /// Two classes, P(t = 1) = σ(z); targets are 0 or 1.
    Logit,
    /// Two classes, P(t = 1) = Φ(z); targets are 0 or 1.
    Probit,
    /// K classes, P(t = k) = e^{z_k}/Σ_j e^{z_j}; targets are 0 to K − 1.
    Softmax {
        /// K.
        classes: usize,
    },
    /// A number.
    Family(Family),
}

impl Likelihood {
    /// Number of linear predictors.
    #[must_use]
    pub fn outputs(&self) -> usize {
        match self {
            Self::Softmax { classes } => *classes,
            _ => 1,
        }
    }

    /// The family of one predictor, if it is one.
    pub(crate) fn scalar(&self) -> Option<&dyn Scalar> {
        match self {
            Self::Logit => Some(&Logit),
            Self::Probit => Some(&Probit),
            Self::Family(family) => Some(family),
            Self::Softmax { .. } => None,
        }
    }

    /// The largest rounding and quadrature error of one sample's bound, relative to 1 + its size.
    pub(crate) fn noise(&self) -> f64 {
        match self {
            Self::Softmax { .. } => 1e-8,
            _ => 1e-12,
        }
    }
}

/// One sample's expectations under every output, in memory that is reused.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evaluation {
    /// E p_k (softmax).
    pub p: Vec<f64>,
    /// ∂/∂m_k.
    pub g: Vec<f64>,
    /// −∂²/∂m_k².
    pub w: Vec<f64>,
    scratch: Scratch,
}

impl Evaluation {
    pub fn new(outputs: usize) -> Self {
        Self {
            p: vec![0.0; outputs],
            g: vec![0.0; outputs],
            w: vec![0.0; outputs],
            scratch: Scratch::default(),
        }
    }

    /// The bound of a sample with target `t` and z_k ~ N(m_k, v_k); fills g and w.
    pub fn run(&mut self, likelihood: &Likelihood, t: f64, m: &[f64], v: &[f64]) -> f64 {
        if let Some(family) = likelihood.scalar() {
            let e = family.expectation(t, m[0], v[0]);
            self.g[0] = e.g;
            self.w[0] = e.w;
            return e.bound;
        }
        let label = t as usize;
        let lse = softmax::log_sum_exp(m, v, &mut self.p, &mut self.w, &mut self.scratch);
        for (k, (g, p)) in self.g.iter_mut().zip(&self.p).enumerate() {
            *g = f64::from(u8::from(k == label)) - p;
        }
        m[label] - lse
    }
}
