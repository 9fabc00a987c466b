//! How far a linear fit is from its own rule: a weight is kept when its squared z-score exceeds λ.
//!
//! | symbol | here | meaning |
//! |---|---|---|
//! | r | `r` | ∂ log p/∂z at the mean weights |
//! | w | `w` | −∂² log p/∂z² at the mean weights: p (1 − p), or β |
//! | S | `curvature` | Σ_n x_n² w_n, by weight |
//! | g | `gradient` | Σ_n x_n r_n, by weight |
//! | z² | | (S θ + g)² / S, the squared z-score given the other weights |
//!
//! With curvature S and slope g of log p at θ, the weight's optimum without a KL term is θ + g/S. The KL term of weight λ has its
//! optimum at α = ∞ exactly if z² ≤ λ (for the exact KL: `docs/explanation/maths.md`), so that such a weight is kept for lack of time only.

use crate::data::samples::Samples;
use crate::data::targets::Target;
use crate::engine::state::State;
use crate::params::Params;
use crate::params::choices::Dropout;
use crate::params::likelihood::Likelihood;
use crate::real::{Real, log_logistic};

/// The number of weights with log α up to the threshold whose squared z-score is at most λ; none for networks, for dropout rates
/// that are not free, and for λ = 0.
pub(crate) fn undecided<R: Real>(
    params: &Params,
    state: &State<R>,
    samples: &Samples<'_, R>,
) -> Option<usize> {
    let [layer] = state.layers.as_slice() else { return None };
    let lambda = params.lambda.at(state.epoch as f64);
    if params.dropout != Dropout::Learned || lambda == 0.0 {
        return None;
    }
    let (curvature, gradient) = moments(params.likelihood, state, samples);
    let open = |i: &usize| {
        let (s, theta) = (curvature[*i], layer.theta[*i].f64());
        let kept = layer.log_alpha(*i, params.parametrisation) <= params.threshold;
        kept && (s * theta + gradient[*i]).powi(2) <= lambda * s
    };
    Some(layer.positions().filter(open).count())
}

/// S and g of every weight of a linear model, laid out as the layer's θ.
fn moments<R: Real>(
    likelihood: Likelihood,
    state: &State<R>,
    samples: &Samples<'_, R>,
) -> (Vec<f64>, Vec<f64>) {
    let layer = &state.layers[0];
    let (outputs, beta) = (layer.outputs, state.log_beta.exp());
    let mut curvature = vec![0.0; layer.theta.len()];
    let mut gradient = vec![0.0; layer.theta.len()];
    let (mut z, mut w) = (vec![0.0; outputs], vec![0.0; outputs]);
    for n in 0..samples.count() {
        let (index, value) = samples.rows.row(n);
        match &layer.intercept {
            Some(b) => z.iter_mut().zip(&b.value).for_each(|(z, b)| *z = b.f64()),
            None => z.fill(0.0),
        }
        for (&d, x) in index.iter().zip(value) {
            let theta = &layer.theta[d as usize * layer.stride..][..outputs];
            z.iter_mut().zip(theta).for_each(|(z, t)| *z += x.f64() * t.f64());
        }
        slopes(likelihood, beta, samples.targets.target(n), &mut z, &mut w);
        for (&d, x) in index.iter().zip(value) {
            let (x, from) = (x.f64(), d as usize * layer.stride);
            for k in 0..outputs {
                curvature[from + k] += x * x * w[k];
                gradient[from + k] += x * z[k];
            }
        }
    }
    (curvature, gradient)
}

/// Turns z into r, and fills w.
fn slopes<R: Real>(likelihood: Likelihood, beta: f64, target: Target<'_, R>, z: &mut [f64], w: &mut [f64]) {
    match target {
        Target::Class(label, _) => {
            estimator::softmax_in_place(z);
            for (k, (z, w)) in z.iter_mut().zip(w).enumerate() {
                *w = *z * (1.0 - *z);
                *z = f64::from(u8::from(k == label)) - *z;
            }
        }
        Target::Values(t) => {
            for ((z, w), t) in z.iter_mut().zip(w).zip(t) {
                if likelihood == Likelihood::Bernoulli {
                    let p = log_logistic(*z).1;
                    (*z, *w) = (t.f64() - p, p * (1.0 - p));
                } else {
                    (*z, *w) = (beta * (t.f64() - *z), beta);
                }
            }
        }
    }
}
