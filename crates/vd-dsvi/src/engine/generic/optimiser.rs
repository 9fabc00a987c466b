//! The increment of one parameter from its gradient.

use crate::engine::step::Step;
use crate::params::choices::Optimiser;
use crate::real::Real;

/// A step's optimiser with its constants worked out.
#[derive(Clone, Copy)]
pub(crate) enum OptimiserStep<R> {
    /// Kingma & Ba 2015, with the bias corrections of this step.
    Adam { beta1: R, beta2: R, step_size: R, unbias: R, epsilon: R },
    /// Plain ascent on L / N.
    Sgd { step_size: R },
}

impl<R: Real> OptimiserStep<R> {
    /// The constants of a step of a fit to `samples` samples.
    pub fn new(optimiser: Optimiser, step: &Step, samples: usize) -> Self {
        match optimiser {
            Optimiser::Adam { beta1, beta2, epsilon } => {
                let t = step.number as f64 + 1.0;
                Self::Adam {
                    beta1: R::of(beta1),
                    beta2: R::of(beta2),
                    step_size: R::of(step.learning_rate / (1.0 - beta1.powf(t))),
                    unbias: R::of((1.0 - beta2.powf(t)).sqrt().recip()),
                    epsilon: R::of(epsilon),
                }
            }
            Optimiser::Sgd => Self::Sgd { step_size: R::of(step.learning_rate / samples as f64) },
        }
    }

    /// The increment for the gradient `g` of L, which is to be ascended; moments are updated.
    #[inline(always)]
    pub fn increment(&self, g: R, m: &mut R, v: &mut R) -> R {
        match *self {
            Self::Adam { beta1, beta2, step_size, unbias, epsilon } => {
                *m = beta1 * *m + (R::ONE - beta1) * g;
                *v = beta2 * *v + (R::ONE - beta2) * g * g;
                step_size * *m / (v.sqrt() * unbias + epsilon)
            }
            Self::Sgd { step_size } => step_size * g,
        }
    }
}
