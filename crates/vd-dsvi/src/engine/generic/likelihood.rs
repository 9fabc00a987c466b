//! log p(t | z) of one sample, and its gradient with respect to z.
//!
//! | symbol | here | meaning |
//! |---|---|---|
//! | z | `z`, K values | pre-activations of the last layer |
//! | t | label, or K values | target |
//! | β | `beta` | noise precision (Gaussian) |
//! | G | `z` on return | scale · ∂ log p / ∂z |

use crate::data::targets::Target;
use crate::params::likelihood::Likelihood;
use crate::real::{Real, log_logistic};

/// log p of one sample; `z` becomes `scale` · ∂ log p / ∂z. `z` holds the outputs followed by zero padding.
pub(crate) fn gradient<R: Real>(
    likelihood: Likelihood,
    z: &mut [R],
    target: Target<'_, R>,
    log_beta: f64,
    scale: R,
) -> f64 {
    match (likelihood, target) {
        (Likelihood::Softmax, Target::Class(label, outputs)) => softmax(z, label, outputs, scale).f64(),
        (Likelihood::Bernoulli, Target::Values(t)) => {
            let mut log_p = 0.0;
            for (z, &t) in z.iter_mut().zip(t) {
                let (log_sigma, sigma) = log_logistic(z.f64());
                // log σ(−z) = log σ(z) − z.
                log_p += log_sigma - (1.0 - t.f64()) * z.f64();
                *z = scale * R::of(t.f64() - sigma);
            }
            log_p
        }
        (_, Target::Values(t)) => {
            let beta = log_beta.exp();
            let mut log_p = 0.5 * (log_beta - core::f64::consts::TAU.ln()) * t.len() as f64;
            for (z, &t) in z.iter_mut().zip(t) {
                let error = t - *z;
                log_p -= 0.5 * beta * error.f64() * error.f64();
                *z = scale * R::of(beta) * error;
            }
            log_p
        }
        // `TargetTable::new` pairs softmax with classes, so that no fit gets here.
        (_, Target::Class(..)) => f64::NAN,
    }
}

/// log softmax(z)_label; `z[..outputs]` becomes scale · (one-hot − softmax), the padding behind it 0.
fn softmax<R: Real>(z: &mut [R], label: usize, outputs: usize, scale: R) -> R {
    let (z, padding) = z.split_at_mut(outputs);
    let max = z.iter().fold(R::of(f64::NEG_INFINITY), |a, &b| if b > a { b } else { a });
    let chosen = z[label] - max;
    let mut total = R::ZERO;
    for z in z.iter_mut() {
        *z = (*z - max).exp();
        total += *z;
    }
    let factor = scale / total;
    for z in z.iter_mut() {
        *z = -factor * *z;
    }
    z[label] += scale;
    padding.fill(R::ZERO);
    chosen - total.ln()
}
