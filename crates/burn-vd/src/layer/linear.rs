//! A fully connected layer with sparse variational dropout.

use burn::config::Config;
use burn::module::{Content, DisplaySettings, Flag, Module, ModuleDisplay, Param};
use burn::nn::{Initializer, Linear};
use burn::tensor::module::linear;
use burn::tensor::{Device, Tensor};

use crate::error::Error;
use crate::layer::{check_log_sigma2, constant, noise};

/// Configuration of a [`SparseLinear`] layer.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_vd::SparseLinearConfig;
/// let device = Device::flex();
/// let layer = SparseLinearConfig::new(4, 3).with_bias(false).try_init(&device)?;
/// assert_eq!(layer.forward(Tensor::<2>::ones([2, 4], &device)).dims(), [2, 3]);
/// # Ok::<(), burn_vd::Error>(())
/// ```
#[derive(Config, Debug)]
pub struct SparseLinearConfig {
    /// Number of inputs.
    pub d_input: usize,
    /// Number of outputs.
    pub d_output: usize,
    /// Whether the layer has a bias. The bias has no noise and no KL.
    #[config(default = true)]
    pub bias: bool,
    /// How θ and the bias start.
    #[config(default = "Initializer::KaimingUniform { gain: 0.577_350_269_189_625_7, fan_out_only: false }")]
    pub initializer: Initializer,
    /// log σ² at the start, for every weight.
    #[config(default = "-10.0")]
    pub log_sigma2: f64,
}

impl SparseLinearConfig {
    /// A new layer. Sizes and log σ² are not checked: [`SparseLinearConfig::try_init`] does.
    #[must_use]
    pub fn init(&self, device: &Device) -> SparseLinear {
        let shape = [self.d_input, self.d_output];
        let (fan_in, fan_out) = (Some(self.d_input), Some(self.d_output));
        SparseLinear {
            weight: self.initializer.init_with(shape, fan_in, fan_out, device),
            log_sigma2: constant(shape, self.log_sigma2, device),
            bias: self.bias.then(|| self.initializer.init_with([self.d_output], fan_in, fan_out, device)),
            training: Param::from_bool(true),
        }
    }

    /// A new layer.
    ///
    /// # Errors
    /// [`Error::EmptyLayer`] for a size of 0; [`Error::OutOfRange`] for a log σ² outside [−80, 40].
    pub fn try_init(&self, device: &Device) -> Result<SparseLinear, Error> {
        if self.d_input == 0 || self.d_output == 0 {
            return Err(Error::EmptyLayer {
                layer: "SparseLinear",
                sizes: vec![self.d_input, self.d_output],
            });
        }
        check_log_sigma2(self.log_sigma2)?;
        Ok(self.init(device))
    }
}

/// O = I W + b with w ~ N(θ, σ²) for each weight.
///
/// On an autodiff device, unless frozen, outputs are drawn by local reparametrisation: one normal number per sample and output.
/// Elsewhere the mean weights θ are used. The field names are [`Linear`]'s, so that a dense layer's record loads into it
/// with `allow_partial`.
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct SparseLinear {
    /// θ, `[d_input, d_output]`.
    pub weight: Param<Tensor<2>>,
    /// log σ², `[d_input, d_output]`. −∞ stands for a weight without noise.
    pub log_sigma2: Param<Tensor<2>>,
    /// b, `[d_output]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// Whether to draw noise on an autodiff device. Cleared by [`freeze`](Module::freeze).
    pub training: Param<Flag>,
}

impl SparseLinear {
    /// The layer's outputs: drawn in training, of the mean weights elsewhere.
    ///
    /// # Shapes
    /// - input: `[..., d_input]`
    /// - output: `[..., d_output]`
    ///
    /// # Panics
    /// As [`Linear`], if the last axis of `input` is not `d_input`.
    #[must_use]
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        if !self.training.is_enabled() || !input.device().is_autodiff() {
            return self.mean(input);
        }
        let (mean, variance) = self.moments(input);
        noise::add(mean, variance)
    }

    /// The training outputs under draws that are given, of the output's shape: for tests and for antithetic or quasi-random draws.
    #[must_use]
    pub fn forward_with_noise<const D: usize>(&self, input: Tensor<D>, draws: Tensor<D>) -> Tensor<D> {
        let (mean, variance) = self.moments(input);
        noise::add_given(mean, variance, draws)
    }

    fn mean<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        linear(input, self.weight.val(), self.bias.as_ref().map(|b| b.val()))
    }

    /// Mean and variance of the outputs.
    fn moments<const D: usize>(&self, input: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        let squares = input.clone() * input.clone();
        (self.mean(input), linear(squares, noise::variance(self.log_sigma2.val()), None))
    }

    /// A sparse layer with a trained dense layer's weights. The autodiff state is the dense layer's.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a log σ² outside [−80, 40].
    pub fn from_dense(dense: &Linear, log_sigma2: f64) -> Result<Self, Error> {
        check_log_sigma2(log_sigma2)?;
        let device = dense.weight.lazy_device();
        Ok(Self {
            weight: dense.weight.clone(),
            log_sigma2: constant(dense.weight.dims(), log_sigma2, &device),
            bias: dense.bias.clone(),
            training: Param::from_bool(true),
        })
    }

    /// A dense layer with the mean weights.
    #[must_use]
    pub fn to_dense(&self) -> Linear {
        Linear { weight: self.weight.clone(), bias: self.bias.clone() }
    }
}

impl ModuleDisplay for SparseLinear {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new().with_new_line_after_attribute(false).optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        let [d_input, d_output] = self.weight.lazy_shape().dims();
        content
            .add("d_input", &d_input)
            .add("d_output", &d_output)
            .add("bias", &self.bias.is_some())
            .optional()
    }
}
