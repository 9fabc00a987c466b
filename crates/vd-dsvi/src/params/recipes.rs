//! Published methods and the recommended recipe, as parameters.

use crate::params::Params;
use crate::params::choices::{Batch, Dropout, GradientNoise, Parametrisation, Removal, ThetaInit};
use crate::params::kl::Kl;
use crate::params::schedule::Schedule;

impl Params {
    /// The recipe that removes what is irrelevant and keeps the accuracy: 30 epochs of batches of 50, exact KL, its weight 0 for 2.25
    /// epochs and full (λ = 1.5) from epoch 9, Adam at 0.01 and linearly to nothing from epoch 15, small initial means and variances
    /// (θ ~ N(0, 0.01²), log σ² = −6), a bias, and weights of log α > 2 removed for good from epoch 9 on.
    ///
    /// What removes noise features is the [`Removal`] more than λ: left alone, their log α creeps upwards ever more slowly (its gradient is
    /// of order 1/α) and shakes with the learning rate, so that weights stand on both sides of any threshold. A weight that is removed
    /// for good once its log α exceeds 2 cannot return. Stopping early keeps correlated features that a longer run would go on to drop, and accuracy with
    /// them. Chosen on validation samples inside the training sets of DIGITS with noise columns; `docs/explanation/noise-columns.md` has the
    /// runs. Meant for inputs of order 1 to 10; sparser still with a larger [`Params::lambda`].
    #[must_use]
    pub fn recommended() -> Self {
        Self {
            intercept: true,
            batch: Batch::AtMost(50),
            epochs: 30,
            lambda: Schedule::linear(&[(2.25, 0.0), (9.0, 1.5)]),
            learning_rate: Schedule::linear(&[(15.0, 0.01), (30.0, 1e-5)]),
            log_sigma2_init: -6.0,
            removal: Some(Removal { threshold: 2.0, from_epoch: 9 }),
            ..Self::default()
        }
    }

    /// The poster's DIGITS configuration: full batch, Adam at 1e-3 for 100,000 steps, its sigmoid KL, θ ~ N(0, 1),
    /// log σ² = 1, no bias; its pruning threshold was log α > 5.
    #[must_use]
    pub fn poster() -> Self {
        Self {
            kl: Kl::POSTER,
            batch: Batch::Full,
            epochs: 100_000,
            report_every: 1000,
            theta_init: ThetaInit::Normal { sd: 1.0 },
            log_sigma2_init: 1.0,
            threshold: 5.0,
            ..Self::default()
        }
    }

    /// Variational dropout as first published (Kingma et al. 2015): multiplicative weight noise, (θ, log α) with α ≤ 1,
    /// the cubic approximation of the KL.
    #[must_use]
    pub fn variational_dropout() -> Self {
        Self {
            gradient_noise: GradientNoise::Multiplicative,
            parametrisation: Parametrisation::LogAlpha,
            dropout: Dropout::Bounded(0.0),
            kl: Kl::KingmaCubic,
            ..Self::default()
        }
    }

    /// Gaussian dropout: w = θε with ε ~ N(1, α) at a fixed α; the KL is a constant and left out.
    #[must_use]
    pub fn gaussian_dropout(log_alpha: f64) -> Self {
        Self {
            gradient_noise: GradientNoise::Multiplicative,
            parametrisation: Parametrisation::LogAlpha,
            dropout: Dropout::Fixed(log_alpha),
            lambda: 0.0.into(),
            ..Self::default()
        }
    }
}
