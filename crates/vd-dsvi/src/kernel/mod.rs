//! The arithmetic under the training step.

pub(crate) mod fast;
pub(crate) mod noise;
pub(crate) mod reference;

pub use noise::NoiseKey;

/// What a floating-point type must bring; public only because [`crate::Real`] builds on it.
pub trait Kernel: Sized {
    /// N(0, 1) draws, a pure function of the key and the position in `out`.
    fn normals(key: NoiseKey, out: &mut [Self]);

    /// log softmax(z)_label; `z[..outputs]` becomes scale · (one-hot − softmax), the padding behind it 0.
    fn softmax_gradient(z: &mut [Self], label: usize, outputs: usize, scale: Self) -> Self;
}

impl Kernel for f32 {
    fn normals(key: NoiseKey, out: &mut [Self]) {
        noise::normals(key, out);
    }
    fn softmax_gradient(z: &mut [Self], label: usize, outputs: usize, scale: Self) -> Self {
        reference::softmax_gradient(z, label, outputs, scale)
    }
}

impl Kernel for f64 {
    fn normals(key: NoiseKey, out: &mut [Self]) {
        noise::normals_f64(key, out);
    }
    fn softmax_gradient(z: &mut [Self], label: usize, outputs: usize, scale: Self) -> Self {
        reference::softmax_gradient(z, label, outputs, scale)
    }
}
