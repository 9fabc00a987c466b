//! What every row of a block contributes to the local model: slopes, curvatures, and how the classes are coupled.

use crate::pass::likelihood::{Evaluation, Likelihood};
use crate::pass::plan::Targets;

/// Slopes and curvatures of a block's rows, output by output (column-major, rows x outputs); sample weights are included.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowState {
    /// ω g.
    pub g: Vec<f64>,
    /// ω w.
    pub w: Vec<f64>,
    /// The tilt ρ = −½ ∂ log w/∂m: the local model's change of row n is e = Δm − ρ Δv, and its curvature ½ w e².
    ///
    /// The bound of a row is a function of (m, v) whose second derivatives are −w, ½ ∂w/∂m and ¼ ∂²w/∂m²(−1). Where w is log-concave in m
    /// the form ½ w (Δm − ρΔv)² is at least as curved, and where log p falls like an exponential it is exact.
    pub tilt: Vec<f64>,
    /// √(ω c)·E p (softmax): the classes' curvature is diag(w + c p²) − c p pᵀ.
    pub p: Vec<f64>,
}

/// √c of one sample: the largest c ≤ 1 for which c Σ_{j≠k} p_k p_j ≤ w_k for every k.
///
/// The true curvature is E[diag(p) − ppᵀ], whose diagonal w_k = E p_k(1 − p_k) is known exactly. Its off-diagonal entries are replaced by
/// −c p_k p_j with the mean p: diagonally dominant, hence positive semi-definite; exact (c = 1) where q is certain.
#[inline(always)]
fn coupling(p: &[f64], w: &[f64]) -> f64 {
    let mut c: f64 = 1.0;
    for (p, w) in p.iter().zip(w) {
        let certain = p * (1.0 - p);
        if certain > 1e-12 {
            c = c.min(w / certain);
        }
    }
    c.max(0.0).sqrt()
}

/// The loop over rows, to be compiled, with all that is inlined into it, for the widest instructions of the processor.
///
/// A type and not a closure: a closure that borrows is called through a shim that is not inlined, and is then compiled for the narrowest.
struct Fill<'a> {
    state: &'a mut RowState,
    likelihood: &'a Likelihood,
    targets: Targets<'a>,
    m: &'a [f64],
    v: &'a [f64],
}

impl pulp::WithSimd for Fill<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> f64 {
        self.state.fill_inlined(self.likelihood, self.targets, self.m, self.v)
    }
}

impl RowState {
    /// Evaluates every row at the means `m` and variances `v` (rows x outputs each); returns the block's bound.
    pub fn fill(&mut self, likelihood: &Likelihood, targets: Targets<'_>, m: &[f64], v: &[f64]) -> f64 {
        pulp::Arch::new().dispatch(Fill { state: self, likelihood, targets, m, v })
    }

    #[inline(always)]
    fn fill_inlined(&mut self, likelihood: &Likelihood, targets: Targets<'_>, m: &[f64], v: &[f64]) -> f64 {
        let (n, outputs) = (targets.values.len(), likelihood.outputs());
        for values in [&mut self.g, &mut self.w, &mut self.tilt] {
            values.clear();
            values.resize(n * outputs, 0.0);
        }
        let coupled = outputs > 1;
        if coupled {
            self.p.clear();
            self.p.resize(n * outputs, 0.0);
        }
        let mut evaluation = Evaluation::new(outputs);
        let (mut mean, mut variance) = (vec![0.0; outputs], vec![0.0; outputs]);
        let mut bound = 0.0;
        for i in 0..n {
            for k in 0..outputs {
                mean[k] = m[k * n + i];
                // Rounding leaves variances below 0; NaN must stay.
                variance[k] = if v[k * n + i] < 0.0 { 0.0 } else { v[k * n + i] };
            }
            let weight = targets.weights.map_or(1.0, |w| w[i]);
            bound += weight * evaluation.run(likelihood, targets.values[i], &mean, &variance);
            for k in 0..outputs {
                let (w, third) = (evaluation.w[k], evaluation.third[k]);
                self.g[k * n + i] = weight * evaluation.g[k];
                self.w[k * n + i] = weight * w;
                self.tilt[k * n + i] = if w > 1e-12 { (0.5 * third / w).clamp(-0.5, 0.5) } else { 0.0 };
            }
            if coupled {
                let root = weight.sqrt() * coupling(&evaluation.p, &evaluation.w);
                for k in 0..outputs {
                    self.p[k * n + i] = root * evaluation.p[k];
                }
            }
        }
        bound
    }
}
