//! Group sparsity: one noise variable per unit or channel.

use burn::config::Config;
use burn::module::{Flag, Module, Param};
use burn::tensor::{Device, Distribution, Tensor};

use crate::error::Error;
use crate::layer::{check_log_sigma2, constant, noise};

/// Configuration of a [`UnitGate`].
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_vd::UnitGateConfig;
/// let device = Device::flex();
/// let gate = UnitGateConfig::new(20).try_init(&device)?;
/// assert_eq!(gate.forward(Tensor::<4>::ones([2, 20, 24, 24], &device)).dims(), [2, 20, 24, 24]);
/// # Ok::<(), burn_vd::Error>(())
/// ```
#[derive(Config, Debug)]
pub struct UnitGateConfig {
    /// Number of units, or of channels.
    pub units: usize,
    /// log σ² at the start.
    #[config(default = "-10.0")]
    pub log_sigma2: f64,
}

impl UnitGateConfig {
    /// New gates, all of mean 1. Sizes and log σ² are not checked: [`UnitGateConfig::try_init`] does.
    #[must_use]
    pub fn init(&self, device: &Device) -> UnitGate {
        UnitGate {
            weight: constant([self.units], 1.0, device),
            log_sigma2: constant([self.units], self.log_sigma2, device),
            training: Param::from_bool(true),
        }
    }

    /// New gates, all of mean 1.
    ///
    /// # Errors
    /// [`Error::EmptyLayer`] for no units; [`Error::OutOfRange`] for a log σ² outside [−80, 40].
    pub fn try_init(&self, device: &Device) -> Result<UnitGate, Error> {
        if self.units == 0 {
            return Err(Error::EmptyLayer { layer: "UnitGate", sizes: vec![0] });
        }
        check_log_sigma2(self.log_sigma2)?;
        Ok(self.init(device))
    }
}

/// y = z ∘ x with one factor z ~ N(θ, σ²) per unit (or channel) and sample, and a KL per factor.
///
/// With the log-uniform prior on z a unit whose factor is noise, log α > 3, carries nothing and is removed as a whole, with its
/// weights on both sides (Neklyudov et al. 2017; Louizos, Ullrich & Welling 2017). All positions of a channel share one
/// draw. Place it behind the layer whose units it gates.
#[derive(Module, Debug)]
pub struct UnitGate {
    /// θ, `[units]`.
    pub weight: Param<Tensor<1>>,
    /// log σ², `[units]`.
    pub log_sigma2: Param<Tensor<1>>,
    /// Whether to draw noise on an autodiff device. Cleared by [`freeze`](Module::freeze).
    pub training: Param<Flag>,
}

impl UnitGate {
    /// The gated units: drawn in training, times the mean factors elsewhere.
    ///
    /// # Shapes
    /// - input: `[batch, units, ...]`, of rank 2 or more
    /// - output: the same
    ///
    /// # Panics
    /// If the second axis is not `units`, as burn's broadcasting does.
    #[must_use]
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        if !self.training.is_enabled() || !input.device().is_autodiff() {
            return input * self.along_units(self.weight.val());
        }
        let [units] = self.weight.dims();
        let batch = input.dims()[0];
        let mut shape = [1; D];
        shape[0] = batch;
        shape[1.min(D - 1)] = units;
        let draws = Tensor::random(shape, Distribution::Normal(0.0, 1.0), &input.device());
        self.forward_with_noise(input, draws)
    }

    /// The training outputs under draws that are given, of shape `[batch, units, 1, ...]`.
    #[must_use]
    pub fn forward_with_noise<const D: usize>(&self, input: Tensor<D>, draws: Tensor<D>) -> Tensor<D> {
        let mean = self.along_units(self.weight.val());
        let sd = self.along_units((noise::variance(self.log_sigma2.val())).sqrt());
        input * (mean + sd * draws)
    }

    fn along_units<const D: usize>(&self, values: Tensor<1>) -> Tensor<D> {
        let [units] = values.dims();
        let mut shape = [1; D];
        shape[1.min(D - 1)] = units;
        values.reshape(shape)
    }
}
