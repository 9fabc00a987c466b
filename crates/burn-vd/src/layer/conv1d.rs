//! A one-dimensional convolution with sparse variational dropout.

use burn::config::Config;
use burn::module::{Content, DisplaySettings, Flag, Module, ModuleDisplay, Param};
use burn::nn::conv::Conv1d;
use burn::nn::{Initializer, PaddingConfig1d};
use burn::tensor::module::conv1d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};

use crate::error::Error;
use crate::layer::{check_log_sigma2, constant, noise};

/// Configuration of a [`SparseConv1d`] layer.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_vd::SparseConv1dConfig;
/// let device = Device::flex();
/// let layer = SparseConv1dConfig::new([2, 5], 3).try_init(&device)?;
/// assert_eq!(layer.forward(Tensor::<3>::ones([2, 2, 10], &device)).dims(), [2, 5, 8]);
/// # Ok::<(), burn_vd::Error>(())
/// ```
#[derive(Config, Debug)]
pub struct SparseConv1dConfig {
    /// Number of channels, in and out.
    pub channels: [usize; 2],
    /// Size of the kernel.
    pub kernel_size: usize,
    /// Stride.
    #[config(default = "1")]
    pub stride: usize,
    /// Spacing between kernel elements.
    #[config(default = "1")]
    pub dilation: usize,
    /// Number of groups of channels.
    #[config(default = "1")]
    pub groups: usize,
    /// Padding.
    #[config(default = "PaddingConfig1d::Valid")]
    pub padding: PaddingConfig1d,
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

impl SparseConv1dConfig {
    /// A new layer. Sizes and log σ² are not checked: [`SparseConv1dConfig::try_init`] does.
    #[must_use]
    pub fn init(&self, device: &Device) -> SparseConv1d {
        let groups = self.groups.max(1);
        let shape = [self.channels[1], self.channels[0] / groups, self.kernel_size];
        let (fan_in, fan_out) = (Some(shape[1] * shape[2]), Some(shape[0] / groups * shape[2]));
        SparseConv1d {
            weight: self.initializer.init_with(shape, fan_in, fan_out, device),
            log_sigma2: constant(shape, self.log_sigma2, device),
            bias: self.bias.then(|| self.initializer.init_with([self.channels[1]], fan_in, fan_out, device)),
            training: Param::from_bool(true),
            stride: self.stride,
            kernel_size: self.kernel_size,
            dilation: self.dilation,
            groups,
            padding: self.padding.clone(),
        }
    }

    /// A new layer.
    ///
    /// # Errors
    /// [`Error::EmptyLayer`] for a size of 0; [`Error::Groups`] for channels that `groups` does not divide;
    /// [`Error::OutOfRange`] for a log σ² outside [−80, 40].
    pub fn try_init(&self, device: &Device) -> Result<SparseConv1d, Error> {
        let mut sizes = self.channels.to_vec();
        sizes.extend([self.kernel_size, self.stride, self.dilation]);
        check_channels("SparseConv1d", self.channels, self.groups, sizes)?;
        check_log_sigma2(self.log_sigma2)?;
        Ok(self.init(device))
    }
}

/// A one-dimensional convolution with w ~ N(θ, σ²) for each weight of each kernel.
///
/// Drawn in training, one draw per output position; the mean weights θ elsewhere. The field names are [`Conv1d`]'s.
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct SparseConv1d {
    /// θ, `[channels_out, channels_in / groups, kernel]`.
    pub weight: Param<Tensor<3>>,
    /// log σ², of the same shape. −∞ stands for a weight without noise.
    pub log_sigma2: Param<Tensor<3>>,
    /// b, `[channels_out]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// Whether to draw noise on an autodiff device. Cleared by [`freeze`](Module::freeze).
    pub training: Param<Flag>,
    /// Stride.
    pub stride: usize,
    /// Size of the kernel.
    pub kernel_size: usize,
    /// Spacing between kernel elements.
    pub dilation: usize,
    /// Number of groups of channels.
    pub groups: usize,
    /// Padding.
    #[module(skip)]
    pub padding: PaddingConfig1d,
}

impl SparseConv1d {
    /// The layer's outputs: drawn in training, of the mean weights elsewhere.
    ///
    /// # Shapes
    /// - input: `[batch, channels_in, length]`
    /// - output: `[batch, channels_out, length_out]`
    ///
    /// # Panics
    /// As [`Conv1d`], if the second axis of `input` is not `channels_in`.
    #[must_use]
    pub fn forward(&self, input: Tensor<3>) -> Tensor<3> {
        if !self.training.is_enabled() || !input.device().is_autodiff() {
            return self.mean(input);
        }
        let (mean, variance) = self.moments(input);
        noise::add(mean, variance)
    }

    /// The training outputs under draws that are given, of the output's shape.
    #[must_use]
    pub fn forward_with_noise(&self, input: Tensor<3>, draws: Tensor<3>) -> Tensor<3> {
        let (mean, variance) = self.moments(input);
        noise::add_given(mean, variance, draws)
    }

    fn mean(&self, input: Tensor<3>) -> Tensor<3> {
        let options = self.options(&input);
        conv1d(input, self.weight.val(), self.bias.as_ref().map(|b| b.val()), options)
    }

    fn moments(&self, input: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
        let squares = input.clone() * input.clone();
        let options = self.options(&squares);
        let variance = conv1d(squares, noise::variance(self.log_sigma2.val()), None, options);
        (self.mean(input), variance)
    }

    fn options(&self, input: &Tensor<3>) -> ConvOptions<1> {
        let [_, _, length] = input.dims();
        let padding = match self.padding {
            PaddingConfig1d::Valid => (0, 0),
            PaddingConfig1d::Explicit(left, right) => (left, right),
            PaddingConfig1d::Same => same_padding(length, self.kernel_size, self.stride),
        };
        ConvOptions::new_with_padding([self.stride], [padding], [self.dilation], self.groups)
    }

    /// A sparse layer with a trained dense layer's weights. The autodiff state is the dense layer's.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a log σ² outside [−80, 40].
    pub fn from_dense(dense: &Conv1d, log_sigma2: f64) -> Result<Self, Error> {
        check_log_sigma2(log_sigma2)?;
        let device = dense.weight.lazy_device();
        Ok(Self {
            weight: dense.weight.clone(),
            log_sigma2: constant(dense.weight.dims(), log_sigma2, &device),
            bias: dense.bias.clone(),
            training: Param::from_bool(true),
            stride: dense.stride,
            kernel_size: dense.kernel_size,
            dilation: dense.dilation,
            groups: dense.groups,
            padding: dense.padding.clone(),
        })
    }

    /// A dense layer with the mean weights.
    #[must_use]
    pub fn to_dense(&self) -> Conv1d {
        Conv1d {
            weight: self.weight.clone(),
            bias: self.bias.clone(),
            stride: self.stride,
            kernel_size: self.kernel_size,
            dilation: self.dilation,
            groups: self.groups,
            padding: self.padding.clone(),
        }
    }
}

impl ModuleDisplay for SparseConv1d {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new().with_new_line_after_attribute(false).optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        let shape = self.weight.lazy_shape();
        content
            .add("ch_in", &(shape[1] * self.groups))
            .add("ch_out", &shape[0])
            .add("kernel_size", &self.kernel_size)
            .add("stride", &self.stride)
            .add_debug_attribute("padding", &self.padding)
            .optional()
    }
}

/// Checks that no size is 0 and that the groups divide both numbers of channels.
pub(crate) fn check_channels(
    layer: &'static str,
    channels: [usize; 2],
    groups: usize,
    sizes: Vec<usize>,
) -> Result<(), Error> {
    if sizes.contains(&0) {
        return Err(Error::EmptyLayer { layer, sizes });
    }
    if groups == 0 || channels.iter().any(|c| c % groups != 0) {
        return Err(Error::Groups { layer, channels, groups });
    }
    Ok(())
}

/// burn's padding of `Same`: what the kernel needs, the odd one at the end.
pub(crate) fn same_padding(size: usize, kernel: usize, stride: usize) -> (usize, usize) {
    if size == 0 {
        return (0, 0);
    }
    let total = ((size.div_ceil(stride) - 1) * stride + kernel).saturating_sub(size);
    (total / 2, total - total / 2)
}
