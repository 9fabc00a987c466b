//! A convolution of stride 1 as one matrix product with the input's patches.
//!
//! The CPU backend differentiates `conv2d` by convolutions with kernels as large as the image. For LeNet-5 that takes most of
//! a step. Patches cost a copy of the input per kernel element, are shared by mean and variance, and their gradient is
//! two matrix products and as many additions.

use burn::tensor::Tensor;

/// Patches `[channels · kernel, batch · positions]` of an input.
pub(crate) struct Columns {
    patches: Tensor<2>,
    batch: usize,
    /// Rows and columns of the output.
    output: [usize; 2],
}

impl Columns {
    /// Patches of an input `[batch, channels, height, width]`; `None` if the kernel is larger than the padded input.
    pub(crate) fn new(input: Tensor<4>, kernel: [usize; 2], padding: [(usize, usize); 2]) -> Option<Self> {
        let [(top, bottom), (left, right)] = padding;
        let padded = top + bottom + left + right > 0;
        let input = if padded { input.pad((left, right, top, bottom), 0.0) } else { input };
        let [batch, channels, height, width] = input.dims();
        let rows = (height + 1).checked_sub(kernel[0])?;
        let columns = (width + 1).checked_sub(kernel[1])?;
        if rows == 0 || columns == 0 {
            return None;
        }
        let input = input.swap_dims(0, 1);
        let mut parts = Vec::with_capacity(kernel[0] * kernel[1]);
        for i in 0..kernel[0] {
            for j in 0..kernel[1] {
                parts.push(input.clone().slice([0..channels, 0..batch, i..i + rows, j..j + columns]));
            }
        }
        let n = parts.len();
        let patches = Tensor::stack::<5>(parts, 1).reshape([channels * n, batch * rows * columns]);
        Some(Self { patches, batch, output: [rows, columns] })
    }

    /// The patches of the squared input.
    pub(crate) fn squared(&self) -> Self {
        Self { patches: self.patches.clone() * self.patches.clone(), batch: self.batch, output: self.output }
    }

    /// The convolution with a weight `[channels_out, channels_in, kernel, kernel]`.
    pub(crate) fn convolve(&self, weight: Tensor<4>, bias: Option<Tensor<1>>) -> Tensor<4> {
        let [out, channels, rows, columns] = weight.dims();
        let product = weight.reshape([out, channels * rows * columns]).matmul(self.patches.clone());
        let product = match bias {
            Some(bias) => product + bias.reshape([out, 1]),
            None => product,
        };
        product.reshape([out, self.batch, self.output[0], self.output[1]]).swap_dims(0, 1)
    }
}
