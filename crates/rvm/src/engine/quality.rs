//! What decides over one basis function: its quality q, its sparsity s, and the evidence as a function of its precision.
//!
//! | paper | here | meaning |
//! |---|---|---|
//! | `s_i` | [`Quality::sparsity`] | `φᵢᵀ C₋ᵢ⁻¹ φᵢ`: how far `φᵢ` overlaps with what the model has already |
//! | `q_i` | [`Quality::quality`] | `φᵢᵀ C₋ᵢ⁻¹ t`: how well `φᵢ` lines up with what the model lacks |
//! | `θ_i` | [`Quality::relevance`] | `qᵢ² − sᵢ`: positive exactly if the function belongs in the model |
//! | `ℓ(α_i)` | [`Quality::evidence`] | the part of the log evidence that depends on `αᵢ`, in nats; 0 without the function |
//!
//! Source: Tipping & Faul, *Fast marginal likelihood maximisation for sparse Bayesian models*, AISTATS 2003, eqs. 18–27.

/// Quality and sparsity of one basis function, given all the others.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Quality {
    /// `s = φᵀ C₋⁻¹ φ`.
    pub sparsity: f64,
    /// `q = φᵀ C₋⁻¹ t`.
    pub quality: f64,
}

impl Quality {
    /// `θ = q² − s`: positive exactly if a finite precision maximises the evidence.
    #[must_use]
    pub fn relevance(self) -> f64 {
        self.quality * self.quality - self.sparsity
    }

    /// The precision that maximises the evidence, `α = s² / (q² − s)`, or `None` if that is `α = ∞` (leave it out).
    #[must_use]
    pub fn best_precision(self) -> Option<f64> {
        let theta = self.relevance();
        if !(theta > 0.0) || !(self.sparsity > 0.0) {
            return None;
        }
        let alpha = self.sparsity * (self.sparsity / theta);
        (alpha.is_finite() && alpha > 0.0).then_some(alpha)
    }

    /// `ℓ(α) = ½ [ q²/(α + s) − log(1 + s/α) ]` in nats.
    #[must_use]
    pub fn evidence(self, alpha: f64) -> f64 {
        0.5 * (self.quality * self.quality / (alpha + self.sparsity) - (self.sparsity / alpha).ln_1p())
    }
}

/// What may be done to one basis function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Action {
    /// Take it into the model, with this precision.
    Add(f64),
    /// Change its precision to this one.
    Reestimate(f64),
    /// Take it out.
    Delete,
}

/// The best action for one function, with its gain in evidence (nats, ≥ 0); `alpha` is its precision now.
/// Precisions below `floor` are not offered: ℓ has one maximum, so the floor is then the best one allowed.
pub(crate) fn decide(quality: Quality, alpha: Option<f64>, floor: f64) -> Option<(Action, f64)> {
    let best = quality.best_precision().map(|a| a.max(floor));
    let gain_best = best.map_or(0.0, |a| quality.evidence(a));
    match (alpha, best) {
        (None, Some(a)) => Some((Action::Add(a), gain_best)),
        (None, None) => None,
        (Some(now), Some(a)) if gain_best > 0.0 => {
            Some((Action::Reestimate(a), gain_best - quality.evidence(now)))
        }
        (Some(now), _) => Some((Action::Delete, -quality.evidence(now))),
    }
}
