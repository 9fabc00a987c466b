//! What a fit can be told, with ranges and defaults.

use crate::{Error, Kl, Likelihood, Schedule};

/// Where the noise of the gradient estimate enters; all three are unbiased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Noise {
    /// z = xθ + √(x²σ²) ε, one draw per object and output (local reparametrisation): the least variance, the default.
    #[default]
    Local,
    /// w = θ + σε, one draw per weight and step.
    Additive,
    /// w = θ (1 + √α ε), one draw per weight and step: the original variational dropout.
    Multiplicative,
}

/// Which pair of numbers per weight the optimiser moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Parametrisation {
    /// (θ, log σ²), the poster's.
    #[default]
    LogSigma2,
    /// (θ, log α), the original variational dropout's.
    LogAlpha,
}

/// How dropout rates come about.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Dropout {
    /// Learned, any α > 0.
    #[default]
    Learned,
    /// Learned under log α ≤ this (needs [`Parametrisation::LogAlpha`]); the original method has 0.
    Bounded(f64),
    /// Fixed at this log α (needs [`Parametrisation::LogAlpha`]): Gaussian dropout. The KL is then a constant.
    Fixed(f64),
}

/// Objects per step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Batch {
    /// All N: an epoch is a step.
    Full,
    /// This many, drawn without replacement; an epoch's last batch takes what is left.
    Size(usize),
}

/// The gradient method.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Optimiser {
    /// Kingma & Ba 2015.
    Adam {
        /// Decay of the first moment, in [0, 1).
        beta1: f64,
        /// Decay of the second moment, in [0, 1).
        beta2: f64,
        /// Added to √v̂; positive.
        epsilon: f64,
    },
    /// Plain gradient ascent on L / N.
    Sgd,
}

impl Optimiser {
    /// Adam with its authors' constants (0.9, 0.999, 1e-8).
    pub const ADAM: Self = Self::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
}

/// How means start.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum ThetaInit {
    /// All zero (a network needs something else to break the symmetry).
    Zero,
    /// N(0, sd²).
    Normal {
        /// Standard deviation; finite, not negative.
        sd: f64,
    },
    /// N(0, 2/inputs) in layers followed by a ReLU, N(0, 1/inputs) in the last (He et al. 2015).
    He,
}

/// Stop when (θ, log α) no longer move: averages over consecutive windows of epochs are compared.
///
/// With ā, b̄ the means of a quantity over a window and over the one before, the fit has converged when
/// ‖θ̄ₐ − θ̄_b‖ ≤ tolerance · ‖θ̄_b‖ and the mean of |log α| changes, log α held to [−10, 10], is ≤ tolerance · 10. Averages,
/// because single iterates of a stochastic method never stop moving. Not tested before both schedules are settled.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Convergence {
    /// Epochs in a window; at least 1.
    pub window: usize,
    /// Relative tolerance, positive.
    pub tolerance: f64,
}

/// Weights removed for good while training goes on, so that it gets cheaper: inputs and hidden units that have lost all of
/// their weights are left out of the arithmetic. Needs [`Parametrisation::LogSigma2`].
///
/// At the end of every epoch from `from_epoch` on, each weight with log α > `threshold` is set to zero and stays there. That
/// changes the result (a removed weight cannot return), so it is off by default; a threshold well above the one used for
/// pruning at the end, after the KL weight has reached its final value, changes it least.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Removal {
    /// log α above which a weight is removed.
    pub threshold: f64,
    /// Number of the first epoch (counted from 1) at whose end weights are removed.
    pub from_epoch: usize,
}

/// Everything that defines a fit. Build from [`Params::default`], [`Params::poster`] or another constructor.
///
/// | parameter | default | range | meaning |
/// |---|---|---|---|
/// | `likelihood` | softmax | | p(t given z) |
/// | `classes` | from the labels | ≥ 2 | K of the softmax |
/// | `hidden` | none | each ≥ 1 | widths of the hidden ReLU layers |
/// | `bias` | false | | a bias per output, without noise, in every layer |
/// | `noise` | local | | the gradient estimator |
/// | `parametrisation` | (θ, log σ²) | | what the optimiser moves |
/// | `dropout` | learned | | learned, bounded or fixed α |
/// | `kl`, `kl_weight` | exact, 1 | ≥ 0 | λ and its schedule, in epochs |
/// | `optimiser`, `learning_rate` | Adam, 1e-3 | > 0 | and its schedule, in epochs |
/// | `batch` | 100 | 1 to N | objects per step |
/// | `epochs` | 100 | ≥ 1 | at most so many |
/// | `convergence` | none | | the stopping rule on (θ, α) |
/// | `removal` | none | | weights removed during training |
/// | `theta_init`, `log_sigma2_init` | N(0, 0.01²), −8 | | start |
/// | `threshold` | 3 | not NaN | log α above which a weight counts as pruned in reports |
/// | `report_every` | 1 | ≥ 1 | epochs between calls of the progress callback |
/// | `report_accuracy` | false | | training accuracy in the reports |
/// | `threads` | all | ≥ 1 | does not change the result, not by a bit |
/// | `seed` | 0 | | fixes initial values, order and noise |
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Params {
    /// p(t | z).
    pub likelihood: Likelihood,
    /// Number of classes, if not the largest label plus one.
    pub classes: Option<usize>,
    /// Widths of hidden layers.
    pub hidden: Vec<usize>,
    /// Whether every layer has a bias.
    pub bias: bool,
    /// The gradient estimator.
    pub noise: Noise,
    /// The moved pair.
    pub parametrisation: Parametrisation,
    /// Learned, bounded or fixed dropout rates.
    pub dropout: Dropout,
    /// The KL term.
    pub kl: Kl,
    /// λ by epoch.
    pub kl_weight: Schedule,
    /// The gradient method.
    pub optimiser: Optimiser,
    /// Step rate by epoch.
    pub learning_rate: Schedule,
    /// Objects per step.
    pub batch: Batch,
    /// The most epochs.
    pub epochs: usize,
    /// The stopping rule.
    pub convergence: Option<Convergence>,
    /// Weights removed during training.
    pub removal: Option<Removal>,
    /// Initial means.
    pub theta_init: ThetaInit,
    /// Initial log σ² (under (θ, log α): the initial log α follows from it and θ).
    pub log_sigma2_init: f64,
    /// log α above which a weight counts as pruned in reports.
    pub threshold: f64,
    /// Epochs between progress reports.
    pub report_every: usize,
    /// Whether reports carry the training accuracy of the mean weights.
    pub report_accuracy: bool,
    /// Worker threads; `None` for all the machine has.
    pub threads: Option<usize>,
    /// The seed of everything random.
    pub seed: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            likelihood: Likelihood::Softmax,
            classes: None,
            hidden: Vec::new(),
            bias: false,
            noise: Noise::Local,
            parametrisation: Parametrisation::LogSigma2,
            dropout: Dropout::Learned,
            kl: Kl::Exact,
            kl_weight: 1.0.into(),
            optimiser: Optimiser::ADAM,
            learning_rate: 1e-3.into(),
            batch: Batch::Size(100),
            epochs: 100,
            convergence: None,
            removal: None,
            theta_init: ThetaInit::Normal { sd: 0.01 },
            log_sigma2_init: -8.0,
            threshold: 3.0,
            report_every: 1,
            report_accuracy: false,
            threads: None,
            seed: 0,
        }
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $t:ty),* $(,)?) => {
        $($(#[$doc])* #[must_use] pub fn $name(mut self, $name: impl Into<$t>) -> Self {
            self.$name = $name.into();
            self
        })*
    };
}

impl Params {
    setters! {
        /// Sets p(t | z).
        likelihood: Likelihood,
        /// Sets the number of classes.
        classes: Option<usize>,
        /// Sets the widths of the hidden layers.
        hidden: Vec<usize>,
        /// Sets whether every layer has a bias.
        bias: bool,
        /// Sets the gradient estimator.
        noise: Noise,
        /// Sets the moved pair.
        parametrisation: Parametrisation,
        /// Sets how dropout rates come about.
        dropout: Dropout,
        /// Sets the KL term.
        kl: Kl,
        /// Sets λ.
        kl_weight: Schedule,
        /// Sets the gradient method.
        optimiser: Optimiser,
        /// Sets the step rate.
        learning_rate: Schedule,
        /// Sets the batch size.
        batch: Batch,
        /// Sets the most epochs.
        epochs: usize,
        /// Sets the stopping rule.
        convergence: Option<Convergence>,
        /// Sets whether weights are removed during training.
        removal: Option<Removal>,
        /// Sets the initial means.
        theta_init: ThetaInit,
        /// Sets the initial log σ².
        log_sigma2_init: f64,
        /// Sets the reports' pruning threshold.
        threshold: f64,
        /// Sets the epochs between reports.
        report_every: usize,
        /// Sets whether reports carry the training accuracy.
        report_accuracy: bool,
        /// Sets the number of worker threads.
        threads: Option<usize>,
        /// Sets the seed.
        seed: u64,
    }

    /// The recipe that removes what is irrelevant and keeps the accuracy: 30 epochs of batches of 50, exact KL, its weight 0 for 2.25
    /// epochs and full (λ = 1.5) from epoch 9, Adam at 0.01 and linearly to nothing from epoch 15, small initial means and variances
    /// (θ ~ N(0, 0.01²), log σ² = −6), a bias, and weights of log α > 2 removed for good from epoch 9 on.
    ///
    /// What removes noise features is the [`Removal`] more than λ: left alone, their log α creeps upwards ever more slowly (its gradient is
    /// of order 1/α) and shakes with the step rate, so that any threshold cuts through the crowd; removed for good at the first sight
    /// of log α > 2, they cannot return. Stopping early keeps correlated features that a longer run would go on to drop, and accuracy with
    /// them. Chosen on validation objects inside the training sets of DIGITS with noise columns; `docs/explanation/noise-columns.md` has the
    /// runs. Meant for inputs of order 1 to 10; sparser still with a larger [`Params::kl_weight`].
    #[must_use]
    pub fn recommended() -> Self {
        Self {
            bias: true,
            batch: Batch::Size(50),
            epochs: 30,
            kl_weight: Schedule::linear(&[(2.25, 0.0), (9.0, 1.5)]),
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
            noise: Noise::Multiplicative,
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
            noise: Noise::Multiplicative,
            parametrisation: Parametrisation::LogAlpha,
            dropout: Dropout::Fixed(log_alpha),
            kl_weight: 0.0.into(),
            ..Self::default()
        }
    }

    /// Checks every range and combination.
    ///
    /// # Errors
    /// [`Error::Parameter`] or [`Error::Combination`], naming the first thing that is wrong.
    pub fn check(&self) -> Result<(), Error> {
        let range = |field, value: f64, ok: bool, allowed| {
            if ok { Ok(()) } else { Err(Error::Parameter { field, value, allowed }) }
        };
        self.likelihood.check()?;
        self.kl_weight.check("kl_weight", false)?;
        self.learning_rate.check("learning_rate", true)?;
        if let Some(k) = self.classes {
            range("classes", k as f64, k >= 2, "at least 2")?;
        }
        for &width in &self.hidden {
            range("hidden", width as f64, width >= 1, "at least 1 unit")?;
        }
        if let Batch::Size(m) = self.batch {
            range("batch", m as f64, m >= 1, "1 to the number of objects")?;
        }
        range("epochs", self.epochs as f64, self.epochs >= 1, "at least 1")?;
        range("report_every", self.report_every as f64, self.report_every >= 1, "at least 1")?;
        range("threshold", self.threshold, !self.threshold.is_nan(), "not NaN")?;
        let start = self.log_sigma2_init;
        range("log_sigma2_init", start, start.abs() <= 80.0, "-80 to 80")?;
        if let ThetaInit::Normal { sd } = self.theta_init {
            range("theta_init.sd", sd, sd.is_finite() && (0.0..=1e15).contains(&sd), "0 to 1e15")?;
        }
        if let Some(t) = self.threads {
            range("threads", t as f64, (1..=1024).contains(&t), "1 to 1024")?;
        }
        if let Some(c) = self.convergence {
            range("convergence.window", c.window as f64, c.window >= 1, "at least 1 epoch")?;
            range(
                "convergence.tolerance",
                c.tolerance,
                c.tolerance > 0.0 && c.tolerance.is_finite(),
                "positive",
            )?;
        }
        if let Some(r) = self.removal {
            range("removal.threshold", r.threshold, !r.threshold.is_nan(), "not NaN")?;
            if self.parametrisation != Parametrisation::LogSigma2 {
                return Err(Error::Combination {
                    first: "removal",
                    second: "Parametrisation::LogAlpha",
                    reason: "a weight is removed by setting log σ² to −∞",
                });
            }
        }
        if let Optimiser::Adam { beta1, beta2, epsilon } = self.optimiser {
            range("optimiser.beta1", beta1, (0.0..1.0).contains(&beta1), "0 to below 1")?;
            range("optimiser.beta2", beta2, (0.0..1.0).contains(&beta2), "0 to below 1")?;
            range("optimiser.epsilon", epsilon, epsilon > 0.0 && epsilon.is_finite(), "positive")?;
        }
        self.check_kl()?;
        self.check_dropout()
    }

    fn check_kl(&self) -> Result<(), Error> {
        if let Kl::Sigmoid { k1, k2, k3 } = self.kl {
            for (field, value, ok) in [("kl.k1", k1, k1 >= 0.0), ("kl.k2", k2, true), ("kl.k3", k3, k3 > 0.0)]
            {
                if !(ok && value.is_finite()) {
                    return Err(Error::Parameter {
                        field,
                        value,
                        allowed: "finite, k1 not negative, k3 positive",
                    });
                }
            }
        }
        Ok(())
    }

    fn check_dropout(&self) -> Result<(), Error> {
        let bound = match self.dropout {
            Dropout::Learned => f64::INFINITY,
            Dropout::Bounded(bound) | Dropout::Fixed(bound) => {
                if !(bound.abs() <= 60.0) {
                    return Err(Error::Parameter {
                        field: "dropout",
                        value: bound,
                        allowed: "log α from -60 to 60",
                    });
                }
                if self.parametrisation != Parametrisation::LogAlpha {
                    return Err(Error::Combination {
                        first: "Dropout::Bounded or Dropout::Fixed",
                        second: "Parametrisation::LogSigma2",
                        reason: "only (θ, log α) can hold log α where it is told",
                    });
                }
                bound
            }
        };
        let weighted =
            self.kl_weight != Schedule::constant(0.0) && !matches!(self.dropout, Dropout::Fixed(_));
        if weighted && bound > self.kl.upper_log_alpha() {
            return Err(Error::Combination {
                first: "Kl::KingmaCubic or Kl::KingmaBound",
                second: "dropout rates above 1",
                reason: "these approximations hold for α ≤ 1 only; use Dropout::Bounded(0.0)",
            });
        }
        Ok(())
    }
}
