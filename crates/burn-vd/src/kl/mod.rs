//! The KL divergence of sparse layers, with its true gradient under autodiff.
//!
//! | symbol | identifier | meaning |
//! |---|---|---|
//! | θ | `theta` | posterior mean of a weight |
//! | log σ² | `log_sigma2` | logarithm of its posterior variance |
//! | s | `s` | θ/σ, so that 1/α = s² |
//! | g | `d_log_sigma2` | dKL/d log α = ∂KL/∂ log σ² |
//! | h/σ | `d_theta` | ∂KL/∂θ = −2g/θ = (−2g/s)/σ |
//!
//! Everything is computed from s, which is smooth at θ = 0: neither log|θ| nor a division by θ occurs, so that θ = 0 gives
//! KL = 0 with gradients 0, and no floor under θ² decides which weights are removed.
//!
//! # How autodiff sees it
//!
//! Value and slopes are computed outside the graph. What enters the graph is
//! `L = Σ d_theta·θ + Σ d_log_sigma2·log σ²` with constant coefficients, whose gradient is the divergence's; the result is
//! `L + (KL − L)` with the bracket constant. Autodiff therefore differentiates a dot product, whatever the
//! divergence, and the device runs no backward pass through its 90 operations.
//!
//! # Where it is computed
//!
//! On the CPU backend by `kl_approx` itself; on other devices by tensor arithmetic on all layers' weights at once.

pub(crate) mod device;
pub(crate) mod host;

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::error::Error;
use crate::walk::{SparseWeights, sparse_weights};

/// The smallest log σ² that the arithmetic distinguishes: σ = 4e-18. Below it a weight has no noise and no gradient in log σ².
/// Such a weight counts as removed only if |θ| < 1e-18 besides, so the bound decides no sparsity. −∞ is allowed.
pub const LOWEST_LOG_SIGMA2: f64 = -80.0;

/// The divergence of a weight's posterior from its prior.
///
/// ```
/// use burn_vd::Kl;
/// assert_eq!(Kl::default(), Kl::Exact);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Kl {
    /// KL to the log-uniform prior, exactly: 2 ∫₀^√u D(s) ds, u = 1/(2α), D Dawson's function.
    #[default]
    Exact,
    /// k₁ (1 − σ(k₂ + k₃ log α)) + ½ log(1 + 1/α); the gradient at θ = 0 is 0 for k₃ > ½.
    Sigmoid {
        /// Height of the sigmoid.
        k1: f64,
        /// Offset inside the sigmoid.
        k2: f64,
        /// Slope inside the sigmoid.
        k3: f64,
    },
    /// ½ log(1 + 1/α): a proper prior with its variance fitted (Kharitonov et al. 2018).
    EmpiricalBayes,
    /// Kingma et al. 2015, made for α ≤ 1. Above, it stays at its value at α = 1, with slope 0.
    KingmaCubic,
    /// (γ + ln 2)/2 − ½ log α, made for α ≤ 1. Above, it stays at its value at α = 1, with slope 0.
    KingmaBound,
}

impl Kl {
    /// The poster's sigmoid, 0.64 σ(1.5 (1.3 + log α)).
    pub const POSTER: Self = Self::of_sigmoid(kl_approx::Sigmoid::POSTER);
    /// The ICML 2017 paper's sigmoid.
    pub const ICML_2017: Self = Self::of_sigmoid(kl_approx::Sigmoid::ICML_2017);
    /// The sigmoid with the least largest error.
    pub const MINIMAX: Self = Self::of_sigmoid(kl_approx::Sigmoid::MINIMAX);

    const fn of_sigmoid(s: kl_approx::Sigmoid) -> Self {
        Self::Sigmoid { k1: s.k1, k2: s.k2, k3: s.k3 }
    }

    /// The sum of the divergence over every sparse weight of a module, in nats, a tensor of shape `[1]`.
    ///
    /// # Errors
    /// [`Error::NoSparseLayers`]; [`Error::Device`] if the CPU backend can't give its values.
    pub fn of<M: Module>(&self, module: &M) -> Result<Tensor<1>, Error> {
        self.of_weights(&sparse_weights(module)?)
    }

    /// The same over weights already collected by [`sparse_weights`].
    ///
    /// # Errors
    /// As for [`Kl::of`].
    pub fn of_weights(&self, weights: &[SparseWeights]) -> Result<Tensor<1>, Error> {
        if weights.is_empty() {
            return Err(Error::NoSparseLayers);
        }
        let terms = if weights.iter().all(|w| on_host(&w.theta.device())) {
            weights.iter().map(|w| host::terms(self, w)).collect::<Result<Vec<_>, _>>()?
        } else {
            device::terms(self, weights)
        };
        let mut total: Option<Tensor<1>> = None;
        for (w, term) in weights.iter().zip(terms) {
            let term = surrogate(w.theta.clone(), w.log_sigma2.clone(), term);
            total = Some(match total {
                None => term,
                Some(sum) => sum + term,
            });
        }
        total.ok_or(Error::NoSparseLayers)
    }

    /// KL in nats and dKL/d log α at one log α, in double precision.
    #[must_use]
    pub fn value_grad(&self, log_alpha: f64) -> (f64, f64) {
        self.with(|d| {
            let upper = d.domain().upper;
            if log_alpha > upper { (d.value(upper), 0.0) } else { d.value_grad(log_alpha) }
        })
    }

    /// Calls `f` with kl-approx's form.
    pub(crate) fn with<T>(&self, f: impl FnOnce(&dyn kl_approx::Divergence) -> T) -> T {
        use kl_approx::{EmpiricalBayes, Exact, KingmaBound, KingmaCubic, Sigmoid};
        match *self {
            Self::Exact => f(&Exact),
            Self::Sigmoid { k1, k2, k3 } => f(&Sigmoid { k1, k2, k3 }),
            Self::EmpiricalBayes => f(&EmpiricalBayes),
            Self::KingmaCubic => f(&KingmaCubic),
            Self::KingmaBound => f(&KingmaBound),
        }
    }
}

/// The exact KL divergence of every sparse weight of a module, summed, in nats: a tensor of shape `[1]` for the loss.
///
/// It is **not** scaled by the number of samples; [`crate::VdLoss`] does that.
///
/// # Errors
/// As for [`Kl::of`].
///
/// ```
/// use burn::tensor::Device;
/// use burn_vd::{SparseLinearConfig, kl};
/// let device = Device::flex().autodiff();
/// let layer = SparseLinearConfig::new(4, 3).init(&device);
/// assert!(kl(&layer)?.into_scalar::<f32>() > 0.0);
/// # Ok::<(), burn_vd::Error>(())
/// ```
pub fn kl<M: Module>(module: &M) -> Result<Tensor<1>, Error> {
    Kl::Exact.of(module)
}

/// A divergence's sum and its slopes at each weight, outside the graph.
pub(crate) struct Terms {
    /// Σ KL, shape `[1]`.
    pub(crate) value: Tensor<1>,
    /// ∂KL/∂θ.
    pub(crate) d_theta: Tensor<1>,
    /// ∂KL/∂ log σ².
    pub(crate) d_log_sigma2: Tensor<1>,
}

/// A tensor with the value and the gradient that `terms` says.
fn surrogate(theta: Tensor<1>, log_sigma2: Tensor<1>, terms: Terms) -> Tensor<1> {
    let attach = |t: Tensor<1>| if theta.is_autodiff() { Tensor::from_inner(t) } else { t };
    // The clamp's backward pass is what stops the gradient below the lowest log σ², and −∞ · 0 would be NaN.
    let log_sigma2 = log_sigma2.clamp_min(LOWEST_LOG_SIGMA2);
    let linear =
        (theta.clone() * attach(terms.d_theta)).sum() + (log_sigma2 * attach(terms.d_log_sigma2)).sum();
    let rest = attach(terms.value) - linear.clone().detach();
    linear + rest
}

/// Whether a device's tensors are ordinary memory of this process.
fn on_host(device: &Device) -> bool {
    #[cfg(feature = "flex")]
    {
        *device == Device::flex()
    }
    #[cfg(not(feature = "flex"))]
    {
        let _ = device;
        false
    }
}
