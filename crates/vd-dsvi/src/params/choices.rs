//! The choices that make up a fit, each a small type.

/// Where the noise of the gradient estimate enters. All three estimates are unbiased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum GradientNoise {
    /// z = xθ + √(x²σ²) ε, one draw per sample and output (local reparametrisation): the least variance, the default.
    #[default]
    Local,
    /// w = θ + σε, one draw per weight and step.
    Additive,
    /// w = θ (1 + √α ε), one draw per weight and step: the original variational dropout.
    Multiplicative,
}

/// Which two numbers per weight the optimiser updates.
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

/// How the dropout rates α are found.
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

/// Number of samples per step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Batch {
    /// All N: an epoch is a step.
    Full,
    /// This many, drawn without replacement; an epoch's last minibatch takes what is left. More than N is an error.
    Size(usize),
    /// This many as [`Batch::Size`], or all N if there are fewer.
    AtMost(usize),
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

/// How the means θ are initialised.
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

/// Stopping rule: averages of (θ, log α) over consecutive windows of epochs no longer differ.
///
/// With ā, b̄ the means of a quantity over a window and over the one before, the fit has converged when
/// ‖θ̄ₐ − θ̄_b‖ ≤ tolerance · ‖θ̄_b‖ and the mean of |log α| changes, log α held to [−10, 10], is ≤ tolerance · 10. Averages,
/// because single iterates of a stochastic method never stop moving. Not tested before both schedules are settled. A linear fit
/// in memory goes on as long as it keeps a weight that the optimum drops
/// ([`TrainingReport::undecided`](crate::TrainingReport::undecided)).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Convergence {
    /// Epochs in a window; at least 1.
    pub window: usize,
    /// Relative tolerance, positive.
    pub tolerance: f64,
}

/// Removal of weights for good while training goes on, so that it gets cheaper: inputs and hidden units that have lost all of
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
