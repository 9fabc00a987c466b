//! Gaussian expectations of the families' log likelihoods, each with a bounded error.

pub(crate) mod exponential;
pub(crate) mod logistic;
pub(crate) mod lognormal;
pub(crate) mod softmax;
#[cfg(test)]
mod tests;
pub(crate) mod trapezoid;

/// An expectation E f(z) under z ~ N(m, v), with its derivatives with respect to m.
///
/// Bonnet's and Price's theorems give the other derivative from these: ∂/∂v = ½ ∂²/∂m².
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments {
    /// E f(z).
    pub value: f64,
    /// ∂/∂m E f(z) = E f′(z).
    pub slope: f64,
    /// ∂²/∂m² E f(z) = E f″(z) = 2 ∂/∂v E f(z).
    pub curvature: f64,
    /// ∂³/∂m³ E f(z) = E f‴(z).
    pub third: f64,
}
