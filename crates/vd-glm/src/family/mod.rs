//! The distributions of a target given its linear predictor z, and their Gaussian expectations.
//!
//! With z ~ N(m, v) under q, each family gives E log p(t | z) and, by Bonnet's and Price's theorems,
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | g | `g` | ∂/∂m E log p = E ∂ log p/∂z |
//! | w | `w` | −∂²/∂m² E log p = −2 ∂/∂v E log p = −E ∂² log p/∂z²; at least 0, log p being concave in z |

pub(crate) mod count;
pub(crate) mod label;
pub(crate) mod quantile;
#[cfg(test)]
mod tests;

/// E log p(t | z) of one sample and what the quadratic model around (m, v) needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Expectation {
    /// E log p(t | z), in nats, with every constant.
    pub bound: f64,
    /// The slope in m.
    pub g: f64,
    /// The curvature: minus the second derivative in m.
    pub w: f64,
    /// ∂³/∂m³ = 2 ∂²/∂m∂v: how the curvature changes.
    pub third: f64,
}

/// A family with one linear predictor per sample.
pub(crate) trait Scalar: Sync {
    /// The expectation at one sample with target `t`.
    fn expectation(&self, t: f64, m: f64, v: f64) -> Expectation;

    /// The predictor b that fits a target of mean `mean` best where nothing else is known.
    fn link(&self, mean: f64) -> f64;
}
