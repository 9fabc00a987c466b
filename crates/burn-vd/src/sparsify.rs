//! From a trained network to a sparse one.
//!
//! Three roads, by what the network's type is:
//!
//! | the network | road | noise |
//! |---|---|---|
//! | any module, type kept | [`sparsify`] attaches log σ² to its weights | one draw of the weights per pass |
//! | one whose sparse twin has the same field names | [`copy_weights`], or the dense record with `allow_partial` | local reparametrisation |
//! | single layers | `SparseLinear::from_dense` and its siblings | local reparametrisation |
//!
//! Rust's types are fixed: a field of type `Linear` can't become a `SparseLinear`. [`sparsify`] therefore uses burn's
//! reparametrisation hook, which replaces the *weight* that a layer reads by θ + σ ε. All samples of a pass share one ε, so
//! that gradients vary more than with local reparametrisation; they are unbiased just as well. For training from scratch,
//! or where the last digit of compression counts, write the network with sparse layers.

use std::collections::HashMap;

use burn::module::{Flag, Module, ModuleMapper, ModuleVisitor, Param, Reparameterization, Reparameterizer};
use burn::tensor::{Distribution, Tensor};

use crate::error::Error;
use crate::kl::LOWEST_LOG_SIGMA2;
use crate::layer::{check_log_sigma2, constant};
use crate::walk::{LOG_SIGMA2, NOISE, WEIGHT, sparse_weights};

/// Additive noise of a parameter: the layer reads θ + σ ε in training and θ elsewhere.
#[derive(Module, Debug)]
pub struct WeightNoise {
    /// log σ² of every element, flat.
    pub log_sigma2: Param<Tensor<1>>,
    /// Whether to draw noise on an autodiff device.
    pub training: Param<Flag>,
}

impl Reparameterization for WeightNoise {
    const NAME: &'static str = NOISE;

    fn apply<const D: usize>(&self, base: Tensor<D>) -> Tensor<D> {
        if !self.training.is_enabled() || !base.device().is_autodiff() {
            return base;
        }
        let draws = base.random_like(Distribution::Normal(0.0, 1.0));
        // σ = exp(½ log σ²): no square root whose slope is infinite at 0.
        let sigma = (self.log_sigma2.val().clamp_min(LOWEST_LOG_SIGMA2) * 0.5).exp();
        let shape = base.dims();
        base + sigma.reshape(shape) * draws
    }
}

/// Which parameters to attach noise to.
struct Attach<F> {
    log_sigma2: f64,
    chosen: F,
    already: Vec<String>,
    attached: std::rc::Rc<std::cell::Cell<usize>>,
}

impl<F: FnMut(&str) -> bool> Reparameterizer for Attach<F> {
    type Reparam = WeightNoise;

    fn reparameterize<const D: usize>(
        &mut self,
        path: &str,
        param: Param<Tensor<D>>,
    ) -> (Param<Tensor<D>>, Option<WeightNoise>) {
        let is_weight = path.rsplit('.').next() == Some(WEIGHT) && D >= 2;
        let sparse = self.already.iter().any(|p| p == path);
        if !is_weight || sparse || !(self.chosen)(path) {
            return (param, None);
        }
        self.attached.set(self.attached.get() + 1);
        let noise = WeightNoise {
            log_sigma2: constant([param.lazy_shape().num_elements()], self.log_sigma2, &param.lazy_device()),
            training: Param::from_bool(true),
        };
        (param, Some(noise))
    }
}

/// Makes every `weight` of rank 2 or more of a module sparse, its trained values kept as θ. Biases and normalisation stay.
///
/// The module's type, its records' paths and its optimiser's view of θ don't change; each weight gains a parameter
/// `weight.weight_noise.log_sigma2`. [`crate::kl`], [`crate::Masks`] and [`crate::Report`] see those weights as they see sparse
/// layers'. When done, `module.valid().materialize()` folds the noise away.
///
/// ```
/// use burn::nn::LinearConfig;
/// use burn::tensor::Device;
/// let device = Device::flex().autodiff();
/// let trained = LinearConfig::new(4, 3).init(&device);
/// let sparse = burn_vd::sparsify(trained, -8.0)?;
/// assert!(burn_vd::kl(&sparse)?.into_scalar::<f32>() > 0.0);
/// # Ok::<(), burn_vd::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`] for a log σ² outside [−80, 40]; [`Error::NoSparseLayers`] if nothing was attached.
pub fn sparsify<M: Module>(module: M, log_sigma2: f64) -> Result<M, Error> {
    sparsify_where(module, log_sigma2, |_| true)
}

/// [`sparsify`] for the weights whose path, such as `block.conv.weight`, is `chosen`.
///
/// # Errors
/// As for [`sparsify`].
pub fn sparsify_where<M: Module>(
    module: M,
    log_sigma2: f64,
    chosen: impl FnMut(&str) -> bool,
) -> Result<M, Error> {
    check_log_sigma2(log_sigma2)?;
    let already = match sparse_weights(&module) {
        Ok(found) => found.into_iter().map(|w| w.weight_path()).collect(),
        Err(Error::NoSparseLayers) => Vec::new(),
        Err(other) => return Err(other),
    };
    let attached = std::rc::Rc::new(std::cell::Cell::new(0));
    let module =
        module.apply_reparameterization(Attach { log_sigma2, chosen, already, attached: attached.clone() });
    if attached.get() == 0 { Err(Error::NoSparseLayers) } else { Ok(module) }
}

/// Copies a module's parameters to another module by path: a dense network's into its sparse twin.
///
/// Every parameter of `to` but `log_sigma2` must have one of the same path and shape in `from`. What `from` has besides is left
/// out. `to` keeps its devices and its autodiff state.
///
/// # Errors
/// [`Error::NoSuchPath`] if `from` lacks a parameter; [`Error::Shape`] if the shapes differ.
pub fn copy_weights<A: Module, B: Module>(from: &A, to: B) -> Result<B, Error> {
    let mut source = Source::default();
    from.visit(&mut source);
    let mut copy = Copy { source, path: Vec::new(), error: None };
    let module = to.map(&mut copy);
    match copy.error {
        Some(error) => Err(error),
        None => Ok(module),
    }
}

#[derive(Default)]
struct Source {
    path: Vec<String>,
    found: HashMap<String, (Vec<usize>, Tensor<1>)>,
}

impl ModuleVisitor for Source {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        let value = if value.is_autodiff() { value.inner() } else { value };
        let shape = value.dims().to_vec();
        let flat = value.reshape([shape.iter().product::<usize>()]);
        self.found.insert(self.path.join("."), (shape, flat));
    }
}

struct Copy {
    source: Source,
    path: Vec<String>,
    error: Option<Error>,
}

impl ModuleMapper for Copy {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path.join(".");
        let shape = param.lazy_shape();
        let expected: Vec<usize> = (0..D).map(|d| shape[d]).collect();
        match self.source.found.get(&path) {
            None => {
                if self.path.last().is_none_or(|name| name != LOG_SIGMA2) {
                    let mut known: Vec<String> = self.source.found.keys().cloned().collect();
                    known.sort();
                    self.error.get_or_insert(Error::NoSuchPath { path, known });
                }
                param
            }
            Some((found, _)) if *found != expected => {
                self.error.get_or_insert(Error::Shape { path, found: found.clone(), expected });
                param
            }
            Some((_, value)) => crate::walk::replace(param, value.clone()),
        }
    }
}
