//! A two-dimensional convolution with sparse variational dropout.

use burn::config::Config;
use burn::module::{Content, DisplaySettings, Flag, Module, ModuleDisplay, Param};
use burn::nn::conv::Conv2d;
use burn::nn::{Initializer, PaddingConfig2d};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};

use crate::error::Error;
use crate::layer::conv1d::{check_channels, same_padding};
use crate::layer::{check_log_sigma2, constant, noise};

/// Configuration of a [`SparseConv2d`] layer.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use burn_vd::SparseConv2dConfig;
/// let device = Device::flex();
/// let layer = SparseConv2dConfig::new([1, 20], [5, 5]).try_init(&device)?;
/// assert_eq!(layer.forward(Tensor::<4>::ones([2, 1, 28, 28], &device)).dims(), [2, 20, 24, 24]);
/// # Ok::<(), burn_vd::Error>(())
/// ```
#[derive(Config, Debug)]
pub struct SparseConv2dConfig {
    /// Number of channels, in and out.
    pub channels: [usize; 2],
    /// Size of the kernel.
    pub kernel_size: [usize; 2],
    /// Stride.
    #[config(default = "[1, 1]")]
    pub stride: [usize; 2],
    /// Spacing between kernel elements.
    #[config(default = "[1, 1]")]
    pub dilation: [usize; 2],
    /// Number of groups of channels.
    #[config(default = "1")]
    pub groups: usize,
    /// Padding.
    #[config(default = "PaddingConfig2d::Valid")]
    pub padding: PaddingConfig2d,
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

impl SparseConv2dConfig {
    /// A new layer. Sizes and log σ² are not checked: [`SparseConv2dConfig::try_init`] does.
    #[must_use]
    pub fn init(&self, device: &Device) -> SparseConv2d {
        let groups = self.groups.max(1);
        let [rows, columns] = self.kernel_size;
        let shape = [self.channels[1], self.channels[0] / groups, rows, columns];
        let (fan_in, fan_out) = (Some(shape[1] * rows * columns), Some(shape[0] / groups * rows * columns));
        SparseConv2d {
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
    pub fn try_init(&self, device: &Device) -> Result<SparseConv2d, Error> {
        let mut sizes = self.channels.to_vec();
        sizes.extend(self.kernel_size.iter().chain(&self.stride).chain(&self.dilation));
        check_channels("SparseConv2d", self.channels, self.groups, sizes)?;
        check_log_sigma2(self.log_sigma2)?;
        Ok(self.init(device))
    }
}

/// A two-dimensional convolution with w ~ N(θ, σ²) for each weight of each kernel.
///
/// In training each output pixel has its own draw: the local reparametrisation of Molchanov, Ashuha & Vetrov 2017. A weight
/// is shared by all pixels, so the draws' correlation between pixels is left out, as it is there. Elsewhere the mean
/// weights θ are used. The field names are [`Conv2d`]'s.
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct SparseConv2d {
    /// θ, `[channels_out, channels_in / groups, kernel_1, kernel_2]`.
    pub weight: Param<Tensor<4>>,
    /// log σ², of the same shape. −∞ stands for a weight without noise.
    pub log_sigma2: Param<Tensor<4>>,
    /// b, `[channels_out]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// Whether to draw noise on an autodiff device. Cleared by [`freeze`](Module::freeze).
    pub training: Param<Flag>,
    /// Stride.
    pub stride: [usize; 2],
    /// Size of the kernel.
    pub kernel_size: [usize; 2],
    /// Spacing between kernel elements.
    pub dilation: [usize; 2],
    /// Number of groups of channels.
    pub groups: usize,
    /// Padding.
    #[module(skip)]
    pub padding: PaddingConfig2d,
}

impl SparseConv2d {
    /// The layer's outputs: drawn in training, of the mean weights elsewhere.
    ///
    /// # Shapes
    /// - input: `[batch, channels_in, height, width]`
    /// - output: `[batch, channels_out, height_out, width_out]`
    ///
    /// # Panics
    /// As [`Conv2d`], if the second axis of `input` is not `channels_in`.
    #[must_use]
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        if !self.training.is_enabled() || !input.device().is_autodiff() {
            return self.mean(input);
        }
        let (mean, variance) = self.moments(input);
        noise::add(mean, variance)
    }

    /// The training outputs under draws that are given, of the output's shape.
    #[must_use]
    pub fn forward_with_noise(&self, input: Tensor<4>, draws: Tensor<4>) -> Tensor<4> {
        let (mean, variance) = self.moments(input);
        noise::add_given(mean, variance, draws)
    }

    fn mean(&self, input: Tensor<4>) -> Tensor<4> {
        let options = self.options(&input);
        conv2d(input, self.weight.val(), self.bias.as_ref().map(|b| b.val()), options)
    }

    fn moments(&self, input: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let squares = input.clone() * input.clone();
        let options = self.options(&squares);
        let variance = conv2d(squares, noise::variance(self.log_sigma2.val()), None, options);
        (self.mean(input), variance)
    }

    fn padding_of(&self, height: usize, width: usize) -> [(usize, usize); 2] {
        match self.padding {
            PaddingConfig2d::Valid => [(0, 0), (0, 0)],
            PaddingConfig2d::Explicit(top, left, bottom, right) => [(top, bottom), (left, right)],
            PaddingConfig2d::Same => [
                same_padding(height, self.kernel_size[0], self.stride[0]),
                same_padding(width, self.kernel_size[1], self.stride[1]),
            ],
        }
    }

    fn options(&self, input: &Tensor<4>) -> ConvOptions<2> {
        let [_, _, height, width] = input.dims();
        ConvOptions::new_with_padding(self.stride, self.padding_of(height, width), self.dilation, self.groups)
    }

    /// A sparse layer with a trained dense layer's weights. The autodiff state is the dense layer's.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a log σ² outside [−80, 40].
    pub fn from_dense(dense: &Conv2d, log_sigma2: f64) -> Result<Self, Error> {
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
    pub fn to_dense(&self) -> Conv2d {
        Conv2d {
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

impl ModuleDisplay for SparseConv2d {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new().with_new_line_after_attribute(false).optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        let shape = self.weight.lazy_shape();
        content
            .add("ch_in", &(shape[1] * self.groups))
            .add("ch_out", &shape[0])
            .add_debug_attribute("kernel_size", &self.kernel_size)
            .add_debug_attribute("stride", &self.stride)
            .add_debug_attribute("padding", &self.padding)
            .optional()
    }
}
