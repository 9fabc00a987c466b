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

    /// The least precision that is learned for a prior of the weights, in units of standardised columns. Weights of 10 per standard deviation make a class
    /// certain; where columns separate the classes the bound would ask for ever larger ones. Those of a Gaussian target are in its own units.
    pub(crate) fn least_precision(&self) -> f64 {
        match self {
            Self::Family(Family::Gaussian { .. }) => 0.0,
            _ => 0.01,
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
    /// ∂³/∂m_k³.
    pub third: Vec<f64>,
    /// m about the label's.
    relative: Vec<f64>,
    scratch: Scratch,
}

impl Evaluation {
    pub fn new(outputs: usize) -> Self {
        let zeros = || vec![0.0; outputs];
        Self {
            p: zeros(),
            g: zeros(),
            w: zeros(),
            third: zeros(),
            relative: zeros(),
            scratch: Scratch::default(),
        }
    }

    /// The bound of a sample with target `t` and z_k ~ N(m_k, v_k); fills g, w and the third derivatives.
    ///
    /// To be compiled into the caller's instruction set.
    #[inline(always)]
    pub fn run(&mut self, likelihood: &Likelihood, t: f64, m: &[f64], v: &[f64]) -> f64 {
        let e = match likelihood {
            Likelihood::Logit => Logit::expectation_inlined(t, m[0], v[0]),
            Likelihood::Probit => Probit.expectation(t, m[0], v[0]),
            Likelihood::Family(family) => family.expectation(t, m[0], v[0]),
            Likelihood::Softmax { .. } => return self.softmax(t as usize, m, v),
        };
        self.g[0] = e.g;
        self.w[0] = e.w;
        self.third[0] = e.third;
        e.bound
    }

    #[inline(always)]
    fn softmax(&mut self, label: usize, m: &[f64], v: &[f64]) -> f64 {
        let Self { p, g, w, third, relative, scratch } = self;
        // About the label's mean: log p = −lse is at most 0 whatever the size of m, where a difference would be rounding's.
        for (relative, mean) in relative.iter_mut().zip(m) {
            *relative = mean - m[label];
        }
        let lse = softmax::log_sum_exp(relative, v, p, w, third, scratch);
        for (k, (g, p)) in g.iter_mut().zip(&*p).enumerate() {
            *g = f64::from(u8::from(k == label)) - p;
        }
        // log p = z_label − lse.
        third.iter_mut().for_each(|t| *t = -*t);
        -lse
    }
}
