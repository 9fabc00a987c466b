//! What is subtracted from the data term, and the optimum of one weight under it.

use std::collections::BTreeMap;

use kl_approx::{ard, exact};

use crate::pass::point::{Point, Weight};

/// The divergence of the weights' posterior from their prior.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Prior {
    /// λ KL(α) to the log-uniform prior and ½ a (θ² + σ²), the slab that bounds the scale: weights with q² ≤ λ (S + a) are pruned.
    LogUniform { lambda: f64, slab: f64 },
    /// λ K KL(α) of a column whose weights for all K `outputs` share one α, and the slab: a column whose mean z² is at most λ is pruned.
    Shared { lambda: f64, slab: f64, outputs: usize },
    /// KL to N(0, 1/a), a in units of standardised columns: nothing is pruned. For refits.
    Normal { precision: f64 },
}

/// The largest u = 1/(2α): α beyond it is 0 for every purpose.
const LARGEST_U: f64 = 1e150;

/// Newton steps for u; each squares the error, the first is below 0.3 in log u.
const STEPS: usize = 6;

/// One coordinate's local model: qθ − ½ s θ² − ½ s′ σ², σ² = αθ².
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coordinate {
    /// The slope at θ = 0.
    pub q: f64,
    /// The curvature in θ.
    pub s: f64,
    /// Twice the slope against σ²; s at the maximum.
    pub s_variance: f64,
}

/// The u > 0 at which (κ + 2u)² D(√u)/√u = κ z², κ = s′/s; none if z² ≤ κ.
fn kept(z2: f64, ratio: f64) -> Option<f64> {
    // With u = κu′ the equation is (1 + 2u′)² D(√(κu′))/√(κu′) = z²/κ: the tabulated one but for the last factor's argument.
    let start = ratio * ard::threshold_u(z2 / ratio)?;
    if ratio == 1.0 {
        return Some(start.min(LARGEST_U));
    }
    let mut log_u = start.clamp(1e-300, LARGEST_U).ln();
    for _ in 0..STEPS {
        let u = log_u.exp();
        let r = ard::dawson_ratio(u);
        let residual = 2.0 * (ratio + 2.0 * u).ln() + r.ln() - (ratio * z2).ln();
        // d log(D(√u)/√u)/d log u = ½ (√u/D − 1) − u, from D′ = 1 − 2xD; −1 for large u, where the difference cancels.
        let slope = if u < 1e6 { 0.5 * (1.0 / r - 1.0) - u } else { -1.0 };
        let step = residual / (4.0 * u / (ratio + 2.0 * u) + slope).max(0.1);
        log_u = (log_u - step.clamp(-3.0, 3.0)).clamp(-690.0, LARGEST_U.ln());
        if step.abs() < 1e-9 {
            break;
        }
    }
    Some(log_u.exp())
}

impl Prior {
    /// σ² and θ at the maximum of one coordinate; none where it is pruned.
    pub fn optimum(&self, c: Coordinate) -> Option<(f64, f64)> {
        match *self {
            Self::LogUniform { lambda, slab } | Self::Shared { lambda, slab, .. } => {
                // The slab adds to both curvatures, which leaves the operator as it is.
                let c = Coordinate { s: c.s + slab, s_variance: c.s_variance + slab, ..c };
                let root = c.q / c.s.sqrt();
                let ratio = c.s_variance / c.s;
                let u = kept(root * root / lambda, ratio)?;
                let theta = c.q / c.s * (2.0 * u / (ratio + 2.0 * u));
                Some((theta * (theta / (2.0 * u)), theta)).filter(|(v, t)| *v > 0.0 && *t != 0.0)
            }
            Self::Normal { precision } => Some((1.0 / (c.s_variance + precision), c.q / (c.s + precision))),
        }
    }

    /// θ at the maximum of one coordinate whose log α is held, or whose σ² is held (normal prior): the pair (σ², θ).
    pub fn held(&self, c: Coordinate, variance: f64, alpha: f64) -> (f64, f64) {
        match *self {
            Self::LogUniform { slab, .. } | Self::Shared { slab, .. } => {
                let theta = c.q / (c.s + slab + alpha * (c.s_variance + slab));
                (theta * (theta * alpha), theta)
            }
            Self::Normal { precision } => (variance, c.q / (c.s + precision)),
        }
    }

    /// log α at the maximum of a column whose weights share it, given every output's coordinate; none where it is pruned.
    ///
    /// With each θ at its maximum given α the sum over the outputs is ½ Σ z²/(1 + ακ), z² = q²/(s + a) and κ = (s′ + a)/(s + a); κ is 1 at
    /// the model's centre, and its z²-weighted mean stands for all on the way there.
    pub fn shared(&self, coordinates: impl Iterator<Item = Coordinate>) -> Option<f64> {
        let Self::Shared { lambda, slab, outputs } = *self else { return None };
        let (mut z2, mut ratios) = (0.0, 0.0);
        for c in coordinates {
            let one = c.q / (c.s + slab) * c.q;
            z2 += one;
            ratios += one * ((c.s_variance + slab) / (c.s + slab));
        }
        let u = kept(z2 / (lambda * outputs as f64), ratios / z2)?;
        Some(-(2.0 * u).ln()).filter(|a| a.is_finite())
    }

    /// The divergence of one weight.
    fn divergence(&self, w: &Weight) -> f64 {
        match *self {
            Self::LogUniform { lambda, slab } | Self::Shared { lambda, slab, .. } => {
                lambda * exact::kl(w.log_alpha()) + 0.5 * slab * (w.mean * w.mean + w.variance)
            }
            Self::Normal { precision } => {
                0.5 * (precision * (w.mean * w.mean + w.variance) - 1.0 - (precision * w.variance).ln())
            }
        }
    }

    /// The divergence of all weights.
    pub fn total(&self, point: &Point) -> f64 {
        let all: f64 = point.outputs.iter().flat_map(|o| &o.weights).map(|w| self.divergence(w)).sum();
        all + self.absent(point)
    }

    /// What the weights that are exactly 0 of columns with a shared α add: their column has the divergence of all its outputs.
    fn absent(&self, point: &Point) -> f64 {
        let Self::Shared { lambda, outputs, .. } = *self else { return 0.0 };
        let mut kept: BTreeMap<usize, (usize, f64)> = BTreeMap::new();
        for w in point.outputs.iter().flat_map(|o| &o.weights) {
            kept.entry(w.column).or_insert((0, w.log_alpha())).0 += 1;
        }
        let missing = kept.values().filter(|(count, _)| *count < outputs);
        missing.map(|(count, log_alpha)| lambda * (outputs - count) as f64 * exact::kl(*log_alpha)).sum()
    }

    /// Whether the weights of a column share one α.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Shared { .. })
    }

    /// The normal prior whose precision, of `least` and more, gives the point the largest bound; another prior stays.
    pub fn learned(&self, point: &Point, least: f64) -> Self {
        match (self, precision(point, least)) {
            (Self::Normal { .. }, Some(precision)) => Self::Normal { precision },
            _ => *self,
        }
    }

    /// The slab's precision a, 0 where there is none.
    pub fn slab(&self) -> f64 {
        match *self {
            Self::LogUniform { slab, .. } | Self::Shared { slab, .. } => slab,
            Self::Normal { .. } => 0.0,
        }
    }

    /// λ, or ∞ where nothing can enter.
    pub fn threshold(&self) -> f64 {
        match *self {
            Self::LogUniform { lambda, .. } | Self::Shared { lambda, .. } => lambda,
            Self::Normal { .. } => f64::INFINITY,
        }
    }
}

/// 1/(the kept weights' mean square), none where nothing is kept: the precision, of `least` and more, of a normal prior that gives them the largest bound.
pub(crate) fn precision(point: &Point, least: f64) -> Option<f64> {
    let weights = || point.outputs.iter().flat_map(|o| &o.weights);
    let square: f64 = weights().map(|w| w.mean * w.mean + w.variance).sum();
    Some((weights().count() as f64 / square).max(least)).filter(|a| a.is_finite() && *a > 0.0)
}
