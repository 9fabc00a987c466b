//! Layers whose weights have a Gaussian posterior N(θ, σ²) each, trained by local reparametrisation.

mod conv1d;
mod conv2d;
mod gate;
mod linear;
pub(crate) mod noise;

pub use conv1d::{SparseConv1d, SparseConv1dConfig};
pub use conv2d::{SparseConv2d, SparseConv2dConfig};
pub use gate::{UnitGate, UnitGateConfig};
pub use linear::{SparseLinear, SparseLinearConfig};

use burn::module::{Param, ParamId};
use burn::tensor::{Device, Tensor};

use crate::error::{Error, in_range};

/// A parameter of one value everywhere, made when it is first used.
pub(crate) fn constant<const D: usize>(shape: [usize; D], value: f64, device: &Device) -> Param<Tensor<D>> {
    Param::uninitialized(
        ParamId::new(),
        move |device, require_grad| {
            let tensor = Tensor::full(shape, value, device);
            if require_grad { tensor.require_grad() } else { tensor }
        },
        device.clone(),
        true,
        shape.into(),
    )
}

/// Checks a starting log σ².
pub(crate) fn check_log_sigma2(value: f64) -> Result<f64, Error> {
    in_range(
        "log_sigma2",
        value,
        (crate::kl::LOWEST_LOG_SIGMA2..=40.0).contains(&value),
        "between -80 and 40",
    )
}
