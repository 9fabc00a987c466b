//! Parameters of a fit.

mod check;
pub(crate) mod choices;
pub(crate) mod kl;
pub(crate) mod likelihood;
mod recipes;
pub(crate) mod schedule;

use estimator::NoiseModel;

use crate::params::choices::{
    Batch, Convergence, Dropout, GradientNoise, Optimiser, Parametrisation, Removal, ThetaInit,
};
use crate::params::kl::Kl;
use crate::params::likelihood::Likelihood;
use crate::params::schedule::Schedule;

/// Parameters of a fit: what is modelled, what is maximised, and how.
///
/// Made by [`Params::new`], or by a recipe such as [`Params::recommended`]; changed by setters; checked by [`Params::check`]
/// and by every fit.
///
/// | parameter | default | range | meaning |
/// |---|---|---|---|
/// | `likelihood` | softmax | | p(t given z) |
/// | `noise` | learned | learned or fixed | the noise level of a Gaussian likelihood; learned starts from the targets' variance |
/// | `classes` | from the labels | ≥ 2 | K of the softmax, where a class may have no sample |
/// | `hidden` | none | each ≥ 1 | widths of the hidden ReLU layers |
/// | `intercept` | false | | an intercept per output, without noise, in every layer |
/// | `gradient_noise` | local | | where the noise of the gradient estimate enters |
/// | `parametrisation` | (θ, log σ²) | | which two numbers per weight the optimiser updates |
/// | `dropout` | learned | | learned, bounded or fixed α |
/// | `kl`, `lambda` | exact, 1 | ≥ 0 | KL term, and its weight λ by epoch |
/// | `optimiser`, `learning_rate` | Adam, 1e-3 | > 0 | the gradient method, and its rate by epoch |
/// | `batch` | at most 100 | 1 to N | samples per step |
/// | `epochs` | 100 | ≥ 1 | the largest number of epochs |
/// | `convergence` | none | | the stopping rule on (θ, α) |
/// | `removal` | none | | weights removed during training |
/// | `theta_init`, `log_sigma2_init` | N(0, 0.01²), −8 | | initial values |
/// | `threshold` | 3 | finite | log α above which a weight counts as pruned in reports and in the model |
/// | `report_every` | 1 | ≥ 1 | epochs between calls of the progress callback |
/// | `report_accuracy` | false | | training accuracy in the reports |
/// | `threads` | all | 1 to 1024 | does not change the result, not by a bit |
/// | `seed` | 0 | | fixes initial values, order and noise |
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(remote = "Self"))]
pub struct Params {
    /// The likelihood p(t | z).
    pub(crate) likelihood: Likelihood,
    /// The noise level of a Gaussian likelihood.
    pub(crate) noise: NoiseModel,
    /// The number of classes, where a class may have no sample.
    pub(crate) classes: Option<usize>,
    /// Widths of the hidden ReLU layers.
    pub(crate) hidden: Vec<usize>,
    /// Whether every layer has an intercept per output, without noise.
    pub(crate) intercept: bool,
    /// Where the noise of the gradient estimate enters.
    pub(crate) gradient_noise: GradientNoise,
    /// Which two numbers per weight the optimiser updates.
    pub(crate) parametrisation: Parametrisation,
    /// How the dropout rates are found.
    pub(crate) dropout: Dropout,
    /// The KL term.
    pub(crate) kl: Kl,
    /// The KL weight λ by epoch.
    pub(crate) lambda: Schedule,
    /// The gradient method.
    pub(crate) optimiser: Optimiser,
    /// The learning rate by epoch.
    pub(crate) learning_rate: Schedule,
    /// Samples per step.
    pub(crate) batch: Batch,
    /// The largest number of epochs.
    pub(crate) epochs: usize,
    /// The stopping rule.
    pub(crate) convergence: Option<Convergence>,
    /// Which weights are removed during training.
    pub(crate) removal: Option<Removal>,
    /// How means are initialised.
    pub(crate) theta_init: ThetaInit,
    /// The initial log σ² (under (θ, log α) the initial log α follows from it and θ).
    pub(crate) log_sigma2_init: f64,
    /// log α above which a weight counts as pruned in reports and in the model.
    pub(crate) threshold: f64,
    /// Epochs between progress reports.
    pub(crate) report_every: usize,
    /// Whether reports carry the training accuracy of the mean weights.
    pub(crate) report_accuracy: bool,
    /// Worker threads; none for all that the machine has.
    pub(crate) threads: Option<usize>,
    /// The seed of everything random.
    pub(crate) seed: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            likelihood: Likelihood::Softmax,
            noise: NoiseModel::Learned,
            classes: None,
            hidden: Vec::new(),
            intercept: false,
            gradient_noise: GradientNoise::Local,
            parametrisation: Parametrisation::LogSigma2,
            dropout: Dropout::Learned,
            kl: Kl::Exact,
            lambda: 1.0.into(),
            optimiser: Optimiser::ADAM,
            learning_rate: 1e-3.into(),
            batch: Batch::AtMost(100),
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

impl Params {
    /// The defaults of the table above.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the likelihood p(t | z).
    #[must_use]
    pub fn likelihood(mut self, likelihood: Likelihood) -> Self {
        self.likelihood = likelihood;
        self
    }

    /// Sets the noise level of a Gaussian likelihood.
    #[must_use]
    pub fn noise(mut self, noise: NoiseModel) -> Self {
        self.noise = noise;
        self
    }

    /// Sets the number of classes, where a class may have no sample.
    #[must_use]
    pub fn classes(mut self, classes: impl Into<Option<usize>>) -> Self {
        self.classes = classes.into();
        self
    }

    /// Sets widths of the hidden ReLU layers.
    #[must_use]
    pub fn hidden(mut self, hidden: &[usize]) -> Self {
        self.hidden = hidden.to_vec();
        self
    }

    /// Sets whether every layer has an intercept per output, without noise.
    #[must_use]
    pub fn intercept(mut self, intercept: bool) -> Self {
        self.intercept = intercept;
        self
    }

    /// Sets where the noise of the gradient estimate enters.
    #[must_use]
    pub fn gradient_noise(mut self, gradient_noise: GradientNoise) -> Self {
        self.gradient_noise = gradient_noise;
        self
    }

    /// Sets which two numbers per weight the optimiser updates.
    #[must_use]
    pub fn parametrisation(mut self, parametrisation: Parametrisation) -> Self {
        self.parametrisation = parametrisation;
        self
    }

    /// Sets how the dropout rates are found.
    #[must_use]
    pub fn dropout(mut self, dropout: Dropout) -> Self {
        self.dropout = dropout;
        self
    }

    /// Sets the KL term.
    #[must_use]
    pub fn kl(mut self, kl: Kl) -> Self {
        self.kl = kl;
        self
    }

    /// Sets the KL weight λ by epoch.
    #[must_use]
    pub fn lambda(mut self, lambda: impl Into<Schedule>) -> Self {
        self.lambda = lambda.into();
        self
    }

    /// Sets the gradient method.
    #[must_use]
    pub fn optimiser(mut self, optimiser: Optimiser) -> Self {
        self.optimiser = optimiser;
        self
    }

    /// Sets the learning rate by epoch.
    #[must_use]
    pub fn learning_rate(mut self, learning_rate: impl Into<Schedule>) -> Self {
        self.learning_rate = learning_rate.into();
        self
    }

    /// Sets samples per step.
    #[must_use]
    pub fn batch(mut self, batch: Batch) -> Self {
        self.batch = batch;
        self
    }

    /// Sets the largest number of epochs.
    #[must_use]
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// Sets the stopping rule.
    #[must_use]
    pub fn convergence(mut self, convergence: impl Into<Option<Convergence>>) -> Self {
        self.convergence = convergence.into();
        self
    }

    /// Sets which weights are removed during training.
    #[must_use]
    pub fn removal(mut self, removal: impl Into<Option<Removal>>) -> Self {
        self.removal = removal.into();
        self
    }

    /// Sets how means are initialised.
    #[must_use]
    pub fn theta_init(mut self, theta_init: ThetaInit) -> Self {
        self.theta_init = theta_init;
        self
    }

    /// Sets the initial log σ² (under (θ, log α) the initial log α follows from it and θ).
    #[must_use]
    pub fn log_sigma2_init(mut self, log_sigma2_init: f64) -> Self {
        self.log_sigma2_init = log_sigma2_init;
        self
    }

    /// Sets log α above which a weight counts as pruned in reports and in the model.
    #[must_use]
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
        self
    }

    /// Sets epochs between progress reports.
    #[must_use]
    pub fn report_every(mut self, report_every: usize) -> Self {
        self.report_every = report_every;
        self
    }

    /// Sets whether reports carry the training accuracy of the mean weights.
    #[must_use]
    pub fn report_accuracy(mut self, report_accuracy: bool) -> Self {
        self.report_accuracy = report_accuracy;
        self
    }

    /// Sets worker threads; none for all that the machine has.
    #[must_use]
    pub fn threads(mut self, threads: impl Into<Option<usize>>) -> Self {
        self.threads = threads.into();
        self
    }

    /// Sets the seed of everything random.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The largest number of epochs of a fit.
    #[must_use]
    pub fn max_epochs(&self) -> usize {
        self.epochs
    }

    /// The number of samples per step of a fit to `samples` samples.
    #[must_use]
    pub fn batch_size(&self, samples: usize) -> usize {
        match self.batch {
            Batch::Full => samples,
            Batch::Size(size) => size,
            Batch::AtMost(size) => size.min(samples),
        }
    }

    /// Whether the noise precision β of a Gaussian likelihood is learned.
    pub(crate) fn learns_beta(&self) -> bool {
        self.likelihood == Likelihood::Gaussian && self.noise == NoiseModel::Learned
    }

    /// The initial log β for targets of this variance; 0 where there is no β.
    pub(crate) fn initial_log_beta(&self, variance: f64) -> f64 {
        match (self.likelihood, self.noise) {
            (Likelihood::Gaussian, NoiseModel::Fixed { std }) => -2.0 * std.ln(),
            (Likelihood::Gaussian, _) => -variance.ln(),
            _ => 0.0,
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Params {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Params {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let params = Self::deserialize(deserializer)?;
        params.check().map_err(serde::de::Error::custom)?;
        Ok(params)
    }
}
